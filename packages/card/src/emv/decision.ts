/**
 * Card risk management: which cryptogram the card gives (Book 3, 9.3; Annex C7 of the common core definitions).
 * Pure: it sees the terminal's request and the card's standing, and answers with a type and its reasons.
 *
 * What must hold:
 * - the card never gives more than the terminal asked for (TC over ARQC over AAC; Book 3, 6.5.5.4);
 * - a TC is either debited, by the purse's own rules, or approved online;
 * - an ARQC and an AAC leave the balance alone.
 */
import { type Bytes, type CryptogramType, type CvrBit, equal, fromHex, hex } from '@sokkin/codec';
import type { EmvState } from './state.ts';

export interface Decision {
  readonly type: CryptogramType;
  /** Whether its amount is taken from the balance. */
  readonly debit: boolean;
  readonly bits: readonly CvrBit[];
}

/** What the terminal says of the transaction, as far as the card decides on it. */
export interface Purchase {
  /** Minor units; undefined if it is no number. */
  readonly amount: bigint | undefined;
  /** Nothing but goods and services for the amount: no cash, no cashback, no refund. */
  readonly isPurchase: boolean;
  readonly terminalIsOffline: boolean;
}

export interface Standing {
  readonly state: EmvState;
  /** Whether the profile lets it approve offline at all. */
  readonly mayBeOffline: boolean;
  /** Whether the purse would debit the amount now. */
  readonly isCovered: boolean;
}

/** Reasons that were there before this transaction, for the verification results. */
export function standingBits({ flags }: EmvState): CvrBit[] {
  const bits: CvrBit[] = [];
  if (flags.has('onlineNotCompleted')) bits.push('lastOnlineNotCompleted');
  if (flags.has('issuerAuthenticationNotPerformed')) bits.push('issuerAuthenticationNotPerformed');
  if (flags.has('issuerAuthenticationFailed')) bits.push('issuerAuthenticationFailed');
  if (flags.has('scriptFailed')) bits.push('scriptFailed');
  if (flags.has('goOnline')) bits.push('goOnlineWasSet');
  return bits;
}

function countBits({ offlineCount, limits }: EmvState): CvrBit[] {
  const bits: CvrBit[] = [];
  if (offlineCount + 1 > limits.lowerCount) bits.push('lowerCountExceeded');
  if (offlineCount + 1 > limits.upperCount) bits.push('upperCountExceeded');
  return bits;
}

/** First GENERATE AC. */
export function decideFirst(requested: CryptogramType, purchase: Purchase, standing: Standing): Decision {
  const { state } = standing;
  const counts = countBits(state);
  const decide = (type: CryptogramType, more: readonly CvrBit[] = []): Decision => ({
    type,
    debit: type === 'tc',
    bits: [...counts, ...more],
  });
  if (requested === 'aac' || state.flags.has('applicationBlocked')) return decide('aac');
  if (requested === 'arqc') return decide('arqc');
  const refused = !standing.mayBeOffline || !purchase.isPurchase || !standing.isCovered;
  // The purse's limits stand for the cumulative amount: above them only the issuer can say yes.
  const more: CvrBit[] = refused ? ['upperAmountExceeded'] : [];
  if (refused || counts.includes('upperCountExceeded'))
    return decide(purchase.terminalIsOffline ? 'aac' : 'arqc', more);
  const wantsIssuer = state.flags.has('goOnline') || counts.includes('lowerCountExceeded');
  return decide(wantsIssuer && !purchase.terminalIsOffline ? 'arqc' : 'tc');
}

/** What became of asking the issuer. */
export type IssuerAnswer =
  /** It proved itself, and said so. */
  | { readonly authenticated: true; readonly approves: boolean }
  /** Something was shown that is not the issuer's. */
  | { readonly authenticated: false; readonly shown: boolean };

/** Second GENERATE AC, after an ARQC. */
export function decideSecond(
  requested: 'tc' | 'aac',
  responseCode: Bytes,
  answer: IssuerAnswer,
  purchase: Purchase,
  standing: Standing & { readonly requireIssuerAuthentication: boolean },
): Decision {
  const no: Decision = { type: 'aac', debit: false, bits: [] };
  const online: Decision = { type: 'tc', debit: false, bits: [] };
  const unable = isUnable(responseCode);
  if (standing.state.flags.has('applicationBlocked')) return no;
  if (unable && !answer.authenticated) {
    const counts = countBits(standing.state);
    const bits: CvrBit[] = [...counts, 'unableToGoOnline'];
    const offline = standing.mayBeOffline && purchase.isPurchase && standing.isCovered;
    const approved = requested === 'tc' && offline && !counts.includes('upperCountExceeded');
    return approved ? { type: 'tc', debit: true, bits } : { ...no, bits };
  }
  if (requested === 'aac') return no;
  if (answer.authenticated) return answer.approves ? online : no;
  return answer.shown || standing.requireIssuerAuthentication ? no : online;
}

/** Y3 and Z3: the terminal could not go online (Book 4, Annex A6). */
const UNABLE = [fromHex('5933'), fromHex('5a33')];
const isUnable = (responseCode: Bytes): boolean => UNABLE.some((code) => equal(code, responseCode));

/** Approvals among authorisation response codes: 00, 10, 11 (ISO 8583 as Book 4, Annex A6, uses it). */
const APPROVALS = [fromHex('3030'), fromHex('3130'), fromHex('3131')];
export const isApproval = (responseCode: Bytes): boolean => APPROVALS.some((c) => equal(c, responseCode));

/** A number in format n; undefined if its bytes are no digits. */
export function amountOf(bcd: Bytes | undefined): bigint | undefined {
  if (bcd === undefined) return undefined;
  const digits = hex(bcd);
  return /^\d+$/.test(digits) ? BigInt(digits) : undefined;
}
