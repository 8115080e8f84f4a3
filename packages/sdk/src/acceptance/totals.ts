/** The day's figures, from its records. Pure. */
import type { SaleRecord, Way } from './types.ts';

export interface Sum {
  readonly count: number;
  readonly amount: bigint;
}
export interface DayTotals {
  readonly sales: Readonly<Record<Way, Sum>>;
  readonly refunds: Sum;
  readonly declined: number;
  readonly cancelled: number;
  /** Open, asking or paid: `resume` brings them to their end. */
  readonly unfinished: number;
  /** Sales less refunds. */
  readonly net: bigint;
}

const NOTHING: Sum = { count: 0, amount: 0n };
const plus = ({ count, amount }: Sum, more: bigint): Sum => ({ count: count + 1, amount: amount + more });

export interface Counted {
  readonly kind: SaleRecord['kind'];
  readonly state: SaleRecord['state'];
  readonly amount: bigint;
  readonly way?: Way | undefined;
}

export function totalsOf(records: readonly Counted[]): DayTotals {
  const sales = { purse: NOTHING, emv_offline: NOTHING, emv_online: NOTHING };
  let [refunds, declined, cancelled, unfinished] = [NOTHING, 0, 0, 0];
  for (const { kind, state, way, amount } of records) {
    if (state === 'declined') declined += 1;
    else if (state === 'cancelled') cancelled += 1;
    else if (state !== 'approved') unfinished += 1;
    else if (kind === 'refund') refunds = plus(refunds, amount);
    else if (way !== undefined) sales[way] = plus(sales[way], amount);
  }
  const gross = Object.values(sales).reduce((sum, { amount }) => sum + amount, 0n);
  return { sales, refunds, declined, cancelled, unfinished, net: gross - refunds.amount };
}
