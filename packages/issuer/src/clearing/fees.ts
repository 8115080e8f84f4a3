/**
 * What a merchant pays its acquirer for the payments of a day.
 *
 * What must hold: the fee is taken of what the merchant kept of its payments (debits less what was reversed), never of less than
 * nothing, and is never more than that; refunds do not bring a fee back. It is rounded once, on the day's sum and downwards, so
 * that no rounding is ever for the acquirer.
 */
import type { BatchTotals } from './totals.ts';

export interface FeeTerms {
  /** Hundredths of a percent, 0 to 10000. */
  readonly basisPoints: number;
  /** Minor units for each payment that nothing was taken back of; 0 and more. */
  readonly fixed: bigint;
}

export const NO_FEE: FeeTerms = { basisPoints: 0, fixed: 0n };

const WHOLE = 10_000n;

export function feeOf({ basisPoints, fixed }: FeeTerms, { debits, debitReversals }: BatchTotals): bigint {
  const kept = debits.amount - debitReversals.amount;
  if (kept <= 0n) return 0n;
  const count = BigInt(Math.max(0, debits.count - debitReversals.count));
  const fee = (kept * BigInt(basisPoints)) / WHOLE + fixed * count;
  return fee < kept ? fee : kept;
}
