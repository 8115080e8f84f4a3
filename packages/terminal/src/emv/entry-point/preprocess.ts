/**
 * Pre-processing of a new transaction (Book B, 3.1.1): which combinations may be used at all, and what each tells the card.
 *
 * What must hold: pure; the limits are those of the combination, and "at least" or "above" as the book has it for each.
 */
import type { Bytes } from '@sokkin/codec';
import type { Combination, TerminalConfig } from '../config/types.ts';
import { type ContactlessOutcome, noVerdict, tryAnotherInterface } from '../outcome.ts';

/** Tag 9C: goods and services, cash, goods with cashback. */
export const TRANSACTION_TYPE = { purchase: 0x00, cash: 0x01, cashback: 0x09 } as const;
export type TransactionType = keyof typeof TRANSACTION_TYPE;

/** What the merchant wants of the payer. */
export interface Transaction {
  /** The merchant's own name for it: a tap after a torn one is for the same transaction if this is the same. */
  readonly id: string;
  /** Minor units, up to twelve digits; with cashback, all of it. */
  readonly amount: bigint;
  /** Of the amount: cash. */
  readonly other: bigint;
  readonly type: TransactionType;
  /** The merchant wants the issuer to be asked (Book 4, 6.5.1). */
  readonly forceOnline: boolean;
  /** Whether the issuer can be asked now. */
  readonly hasNetwork: boolean;
}

/** Book B, Annex A: Entry Point Pre-Processing Indicators. */
export interface Indicators {
  readonly statusCheckRequested: boolean;
  readonly zeroAmount: boolean;
  readonly cvmRequired: boolean;
  readonly overFloorLimit: boolean;
}

export interface Prepared {
  readonly combination: Combination;
  readonly indicators: Indicators;
  /** The copy of the terminal transaction qualifiers that the card is shown. */
  readonly qualifiers: Bytes;
}

const OFFLINE_ONLY_READER = 0x08;
const ONLINE_CRYPTOGRAM_REQUIRED = 0x80;
const CVM_REQUIRED = 0x40;

export type PreProcessed =
  | { readonly combinations: readonly Prepared[] }
  | { readonly outcome: ContactlessOutcome };

export function preProcess(config: TerminalConfig, transaction: Transaction): PreProcessed {
  const combinations = config.combinations.flatMap(
    (c) => prepare(c, transaction.amount, config.exponent) ?? [],
  );
  if (combinations.length > 0) return { combinations };
  // 3.1.1.13: none is allowed
  const because = 'No application of this terminal takes the amount without contacts (Book B, 3.1.1.13).';
  const outcome = tryAnotherInterface(config.hasContacts, noVerdict('not_allowed_contactless', because));
  return { outcome };
}

/** Undefined: Contactless Application Not Allowed. */
function prepare(combination: Combination, amount: bigint, exponent: number): Prepared | undefined {
  const { transactionLimit, floorLimit, cvmRequiredLimit, statusCheck } = combination;
  // 3.1.1.3: a single unit of currency
  const statusCheckRequested = statusCheck && amount === 10n ** BigInt(exponent);
  // 3.1.1.4
  const zeroAmount = amount === 0n;
  if (zeroAmount && !combination.zeroAmountAllowed) return undefined;
  // 3.1.1.5: at least
  if (transactionLimit !== undefined && amount >= transactionLimit) return undefined;
  // 3.1.1.6 and 3.1.1.7: above
  const overFloorLimit = floorLimit !== undefined && amount > floorLimit;
  // 3.1.1.8: at least
  const cvmRequired = cvmRequiredLimit !== undefined && amount >= cvmRequiredLimit;
  const qualifiers = combination.qualifiers.slice();
  const isOfflineOnly = ((qualifiers[0] ?? 0) & OFFLINE_ONLY_READER) !== 0;
  // 3.1.1.11: nothing is paid, so the issuer's word is all that could be wanted
  if (zeroAmount && isOfflineOnly) return undefined;
  // 3.1.1.2, then 3.1.1.9 to 3.1.1.12
  let second = (qualifiers[1] ?? 0) & ~(ONLINE_CRYPTOGRAM_REQUIRED | CVM_REQUIRED);
  if (overFloorLimit || statusCheckRequested || zeroAmount) second |= ONLINE_CRYPTOGRAM_REQUIRED;
  if (cvmRequired) second |= CVM_REQUIRED;
  qualifiers[1] = second;
  const indicators = { statusCheckRequested, zeroAmount, cvmRequired, overFloorLimit };
  return { combination, indicators, qualifiers };
}
