/**
 * What is shown of settlement: an acquirer's day with its merchants, a merchant's day with its payments.
 *
 * What must hold: a day that is settled is shown by its rows, which never change; the day that is open, by the same sums over what
 * there is so far. What belongs to another institution is not found.
 */
import {
  addTotals,
  type BatchTotals,
  feeOf,
  type LedgerTx,
  NO_FEE,
  NO_TOTALS,
  netOf,
  type SettlementPosition,
  type SettlingMerchant,
  totalsOf,
} from '@sokkin/issuer';
import { mayAct, maySee, type Principal } from '../../access/principal.ts';
import type { Backend } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import { dateOf } from './days.ts';

type For = 'see' | 'act';

/** An institution that an address names, as an acquirer; issuers acquire, too. */
export async function acquirerPath(tx: LedgerTx, who: Principal, id: string, to: For): Promise<string> {
  const may = to === 'see' ? maySee : mayAct;
  const row = await tx.institutions.byId(id);
  if (row === undefined || row.kind === 'central_bank' || !may(who, { institution: id }))
    throw new Problem('not_found', `There is no acquirer ${id}.`);
  return id;
}

export async function merchantPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: For,
): Promise<SettlingMerchant> {
  const may = to === 'see' ? maySee : mayAct;
  const row = await tx.settlement.merchant(id);
  if (row === undefined || !may(who, { institution: row.acquirer }))
    throw new Problem('not_found', `There is no merchant ${id}.`);
  return row;
}

export interface DayHead {
  readonly acquirer: string;
  readonly day: number;
  readonly businessDate: string;
  readonly openedAt: Date;
  readonly closedAt: Date | undefined;
  readonly status: 'open' | 'cut' | 'settled';
}

/** undefined in place of a number: the day that is open. */
export async function dayHead(
  b: Backend,
  tx: LedgerTx,
  acquirer: string,
  wanted: number | undefined,
): Promise<DayHead> {
  const calendar = await tx.settlement.calendar(acquirer);
  const { day, businessDate, openedAt } = calendar ?? (await firstDay(b, tx, acquirer));
  if (wanted === undefined || wanted === day)
    return { acquirer, day, businessDate, openedAt, closedAt: undefined, status: 'open' };
  const row = await tx.settlement.day(acquirer, wanted);
  if (row === undefined) throw new Problem('not_found', `${acquirer} has no day ${wanted}.`);
  const { isSettled, ...rest } = row;
  return { ...rest, status: isSettled ? 'settled' : 'cut' };
}

/** Of an acquirer that never had a day: it opens with what it does first. */
async function firstDay(b: Backend, tx: LedgerTx, acquirer: string) {
  const openedAt = (await tx.institutions.byId(acquirer))?.createdAt ?? b.clock();
  return { day: 1, businessDate: dateOf(b.clock()), openedAt };
}

/** Of a day that is not settled, as it would be settled now. */
export async function positionNow(
  tx: LedgerTx,
  { acquirer, day }: Pick<DayHead, 'acquirer' | 'day'>,
  merchant: string,
): Promise<SettlementPosition> {
  const kept = await tx.settlement.position(acquirer, day, merchant);
  if (kept !== undefined) return kept;
  const before = await tx.settlement.position(acquirer, day - 1, merchant);
  const sums = await tx.settlement.sums({ acquirer, day, merchant });
  const terms = (await tx.settlement.terms(merchant))?.terms ?? NO_FEE;
  return {
    ...{ acquirer, day, merchant, sums, fee: feeOf(terms, totalsOf(sums)), feePaid: 0n },
    owedBefore: before === undefined ? 0n : owedAfter(before),
  };
}

export const owedAfter = ({ fee, owedBefore, feePaid }: SettlementPosition): bigint =>
  fee + owedBefore - feePaid;

export interface AcquirerDay extends DayHead {
  readonly totals: BatchTotals;
  /** What all merchants got in all. */
  readonly net: bigint;
  readonly fees: { readonly due: bigint; readonly paid: bigint; readonly owed: bigint };
  readonly positions: readonly SettlementPosition[];
}

const PAGE = 100;

/** With all its merchants. */
export async function acquirerDay(b: Backend, tx: LedgerTx, acquirer: string, day: number | undefined) {
  const head = await dayHead(b, tx, acquirer, day);
  const positions: SettlementPosition[] = [];
  let after = '';
  for (;;) {
    const page = await tx.settlement.merchants(acquirer, after, PAGE);
    for (const { id } of page) positions.push(await positionNow(tx, head, id));
    after = page.at(-1)?.id ?? after;
    if (page.length < PAGE) break;
  }
  return summed(head, positions);
}

function summed(head: DayHead, positions: readonly SettlementPosition[]): AcquirerDay {
  let totals = NO_TOTALS;
  let [due, paid, owed] = [0n, 0n, 0n];
  for (const position of positions) {
    totals = addTotals(totals, totalsOf(position.sums));
    due += position.fee;
    paid += position.feePaid;
    owed += owedAfter(position);
  }
  return { ...head, totals, net: netOf(totals), fees: { due, paid, owed }, positions };
}

export interface MerchantDay extends DayHead {
  readonly merchant: SettlingMerchant;
  readonly position: SettlementPosition;
  readonly net: bigint;
}

export async function merchantDay(
  b: Backend,
  tx: LedgerTx,
  merchant: SettlingMerchant,
  day: number | undefined,
): Promise<MerchantDay> {
  const head = await dayHead(b, tx, merchant.acquirer, day);
  const position = await positionNow(tx, head, merchant.id);
  return { ...head, merchant, position, net: netOf(totalsOf(position.sums)) };
}
