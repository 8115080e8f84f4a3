/**
 * What a merchant got and gave back in a day, made of the ledger's own transfers.
 *
 * What must hold: every transfer counts once; what it counts as follows from its kind alone; the sums are what the merchant's
 * accounts show.
 */
import { type BatchTotals, type CountedSum, NO_TOTALS } from './totals.ts';

/** Transfers of shops' payments, and what they are in totals. */
export const MOVEMENT_KINDS = ['purchase', 'clearing', 'purchase_reversed', 'purchase_refund'] as const;
export type MovementKind = (typeof MOVEMENT_KINDS)[number];

/** One transfer between a merchant's account and a cardholder's, or the float. */
export interface Movement {
  readonly kind: MovementKind;
  /** Minor units, above zero, whichever way it went. */
  readonly amount: bigint;
}

export type MovementSums = Readonly<Record<MovementKind, CountedSum>>;

const NOTHING: CountedSum = { count: 0, amount: 0n };
export const NO_MOVEMENTS: MovementSums = {
  purchase: NOTHING,
  clearing: NOTHING,
  purchase_reversed: NOTHING,
  purchase_refund: NOTHING,
};

export function addMovement(sums: MovementSums, { kind, amount }: Movement): MovementSums {
  const before = sums[kind];
  return { ...sums, [kind]: { count: before.count + 1, amount: before.amount + amount } };
}

const both = (a: CountedSum, b: CountedSum): CountedSum => ({
  count: a.count + b.count,
  amount: a.amount + b.amount,
});

/** As acquirers count them: an approval is a payment, whoever gave it. A refund is never taken back. */
export const totalsOf = (sums: MovementSums): BatchTotals => ({
  ...NO_TOTALS,
  debits: both(sums.purchase, sums.clearing),
  debitReversals: sums.purchase_reversed,
  credits: sums.purchase_refund,
});
