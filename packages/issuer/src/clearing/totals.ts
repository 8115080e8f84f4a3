/**
 * Totals of a batch or a day, as acquirers state them (ISO 8583, DE 74 to 77, 86 to 89 and 97), and whether two of them agree.
 *
 * What must hold: debits are what cards paid, credits what they got back; a reversal stands among the reversals and is not taken
 * off what it reverses; `net` is what the merchant's account got in all, so each transfer counts in exactly one sum.
 */
export interface CountedSum {
  readonly count: number;
  /** Minor units, never below zero. */
  readonly amount: bigint;
}

export interface BatchTotals {
  /** Refunds: DE 74, 86. */
  readonly credits: CountedSum;
  /** Refunds taken back: DE 75, 87. */
  readonly creditReversals: CountedSum;
  /** Payments, approved online or offline: DE 76, 88. */
  readonly debits: CountedSum;
  /** Payments taken back: DE 77, 89. */
  readonly debitReversals: CountedSum;
}

export const BATCH_PARTS = ['credits', 'creditReversals', 'debits', 'debitReversals'] as const;
export type BatchPart = (typeof BATCH_PARTS)[number];

const NOTHING: CountedSum = { count: 0, amount: 0n };
export const NO_TOTALS: BatchTotals = {
  credits: NOTHING,
  creditReversals: NOTHING,
  debits: NOTHING,
  debitReversals: NOTHING,
};

/** What the merchant's account got in all: DE 97, where the sign C says that it is for the merchant. */
export const netOf = (t: BatchTotals): bigint =>
  t.debits.amount - t.debitReversals.amount - t.credits.amount + t.creditReversals.amount;

export function addTotals(a: BatchTotals, b: BatchTotals): BatchTotals {
  const of = (part: BatchPart): CountedSum => ({
    count: a[part].count + b[part].count,
    amount: a[part].amount + b[part].amount,
  });
  return {
    credits: of('credits'),
    creditReversals: of('creditReversals'),
    debits: of('debits'),
    debitReversals: of('debitReversals'),
  };
}

export interface TotalsDifference {
  readonly part: BatchPart;
  readonly theirs: CountedSum;
  readonly ours: CountedSum;
}

/** The sums that differ; none: in balance. */
export const compareTotals = (theirs: BatchTotals, ours: BatchTotals): TotalsDifference[] =>
  BATCH_PARTS.flatMap((part) => {
    const [a, b] = [theirs[part], ours[part]];
    return a.count === b.count && a.amount === b.amount ? [] : [{ part, theirs: a, ours: b }];
  });
