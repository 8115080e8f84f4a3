/**
 * Is what a shop presents an offline approval of our card? (docs/clearing.md)
 *
 * What must hold: every figure that money depends on (amount, currency, counter, and that the card took the amount from its own
 * balance) is read from under the card's MAC, or from nowhere; what the acquirer says beside it must agree, and decides nothing.
 */
import { type Bytes, chipDataOf, SokkinError } from '@sokkin/codec';
import type { CardIdentity, SymmetricPort } from '@sokkin/crypto';
import type { CryptogramProfile } from '../emv/cryptogram-profile.ts';
import { type CardData, checkCryptogram, type KeysByIndex } from '../emv/verify.ts';

/** What stands beside the chip data in the message or the line of a file. */
export interface PresentedApproval {
  /** Minor units. */
  readonly amount: bigint;
  /** ISO 4217, three digits. */
  readonly currency: string;
  /** Elements of DE 55. */
  readonly chip: CardData;
}

/** What the cryptogram stands for. */
export interface GenuineTc {
  readonly verdict: 'genuine';
  readonly atc: number;
  readonly amount: bigint;
  readonly cryptogram: Bytes;
  /** Of the terminal, YYMMDD. */
  readonly date: string;
  /** Of the limited-use key that it was made with; undefined: the card has a key for good. */
  readonly keyNumber: number | undefined;
}

/** `not_offline`: the card took nothing from its balance, because the issuer approved it online. */
export type TcRefusal =
  | 'data_missing'
  | 'cryptogram_wrong'
  | 'key_unknown'
  | 'not_a_tc'
  | 'not_offline'
  | 'amount_differs'
  | 'currency_unsupported'
  | 'date_invalid';

export type TcFinding = GenuineTc | { readonly verdict: TcRefusal };

export interface TcRules {
  /** ISO 4217, three digits. */
  readonly currency: string;
  /** Days since 1970. */
  readonly today: number;
  /** How old a transaction may be, in days. */
  readonly mostDays: number;
}

/** A terminal's calendar may be a day ahead of ours. */
const DAYS_AHEAD = 1;

export function judgeTc(
  port: SymmetricPort,
  keysOf: KeysByIndex,
  profile: CryptogramProfile,
  card: CardIdentity,
  presented: PresentedApproval,
  rules: TcRules,
): TcFinding {
  const found = checkCryptogram(port, keysOf, profile, card, presented.chip);
  switch (found.verdict) {
    case 'missing-data':
    case 'bad-data':
    case 'bad-iad':
      return { verdict: 'data_missing' };
    case 'unknown-key':
      return { verdict: 'key_unknown' };
    case 'wrong-cryptogram':
      return { verdict: 'cryptogram_wrong' };
    case 'type-mismatch':
      return { verdict: 'not_a_tc' };
    case 'genuine':
      break;
  }
  if (found.type !== 'tc') return { verdict: 'not_a_tc' };
  if (found.data.debited !== true) return { verdict: 'not_offline' };
  const keyNumber = profile.limitedUse ? found.data.keyNumber : undefined;
  const figures = figuresOf(presented, rules, found.cryptogram);
  return figures.verdict === 'genuine' ? { ...figures, keyNumber } : figures;
}

/** All of these elements are under the MAC: profiles of our cards cover them. */
function figuresOf(
  presented: PresentedApproval,
  rules: TcRules,
  cryptogram: Bytes,
): Omit<GenuineTc, 'keyNumber'> | { readonly verdict: TcRefusal } {
  const said = valuesOf(presented.chip);
  if (said === undefined) return { verdict: 'data_missing' };
  if (said.currency !== rules.currency || presented.currency !== rules.currency)
    return { verdict: 'currency_unsupported' };
  if (said.amount <= 0n || said.amount !== presented.amount) return { verdict: 'amount_differs' };
  const day = dayOfTransaction(said.date);
  const isInTime =
    day !== undefined && day <= rules.today + DAYS_AHEAD && day >= rules.today - rules.mostDays;
  if (!isInTime) return { verdict: 'date_invalid' };
  return { verdict: 'genuine', atc: said.atc, amount: said.amount, cryptogram, date: said.date };
}

function valuesOf(chip: CardData) {
  try {
    return chipDataOf(chip);
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

/** Days since 1970 of YYMMDD, which EMV counts from 1950 to 2049 (Book 4, 6.7.3); undefined: there is no such day. */
export function dayOfTransaction(date: string): number | undefined {
  const found = /^(\d\d)(\d\d)(\d\d)$/.exec(date);
  if (found === null) return undefined;
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number];
  const at = new Date(Date.UTC(year < 50 ? 2000 + year : 1900 + year, month - 1, day));
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) return undefined;
  return Math.floor(at.getTime() / 86_400_000);
}
