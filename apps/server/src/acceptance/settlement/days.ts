/**
 * Business days of acquirers: cut over, then settled merchant by merchant (docs/settlement.md).
 *
 * What must hold:
 * - a day is cut once, whoever asks for it and how many at once: under the lock of the acquirer's calendar;
 * - every transfer of a payment stands in exactly one day: the one in which its entry of the merchant's account is;
 * - a merchant's position and its fee are one transaction, and made once; a kill between two merchants loses nothing, because what
 *   is not settled is settled by whoever looks next.
 */
import {
  feeOf,
  type LedgerTx,
  move,
  NO_FEE,
  type SettlementDay,
  type SettlingMerchant,
  totalsOf,
} from '@sokkin/issuer';
import { record } from '../../access/audit-log.ts';
import type { Principal } from '../../access/principal.ts';
import type { Backend } from '../../backend.ts';
import { emit } from '../../operations/events.ts';

const PAGE = 100;
const MS_PER_DAY = 86_400_000;

export const dateOf = (at: Date): string => at.toISOString().slice(0, 10);

/** The day after, or today, if that is later: weeks in which nobody closed a day are one day. */
function dateAfter(date: string, now: Date): string {
  const next = dateOf(new Date(Date.parse(`${date}T00:00:00Z`) + MS_PER_DAY));
  const today = dateOf(now);
  return next > today ? next : today;
}

/** The calendar, with its day; opened at the first question. */
export const calendarNow = (b: Backend, tx: LedgerTx, acquirer: string) =>
  tx.settlement.lockCalendar(acquirer, dateOf(b.clock()), b.clock());

/** Ends the day that is open. The same key again gives the day that it ended. */
export async function cutOver(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { acquirer, key }: { readonly acquirer: string; readonly key: string },
): Promise<SettlementDay> {
  const calendar = await calendarNow(b, tx, acquirer);
  const before = await tx.settlement.dayOfKey(acquirer, key);
  if (before !== undefined) return before;
  const { day, businessDate, openedAt } = calendar;
  const closedAt = b.clock();
  const ended = { acquirer, day, businessDate, openedAt, closedAt, closedBy: who.id, key };
  await tx.settlement.cut(ended, { businessDate: dateAfter(businessDate, closedAt) });
  record(b, tx, who, 'settlement.cut_over', acquirer, { day, business_date: businessDate });
  return { ...ended, isSettled: false };
}

/** The days of an acquirer that are cut and not settled yet, oldest first: what is owed goes from one to the next. */
export async function settleDays(b: Backend, acquirer: string): Promise<void> {
  for (const day of await b.store.read((tx) => tx.settlement.unsettled(acquirer))) {
    let after = '';
    for (;;) {
      const page = await b.store.read((tx) => tx.settlement.merchants(acquirer, after, PAGE));
      for (const merchant of page) await b.store.write((tx) => settleMerchant(b, tx, day, merchant));
      after = page.at(-1)?.id ?? after;
      if (page.length < PAGE) break;
    }
    await b.store.write((tx) => finish(b, tx, day));
  }
}

async function finish(
  b: Backend,
  tx: LedgerTx,
  { acquirer, day, businessDate }: SettlementDay,
): Promise<void> {
  await calendarNow(b, tx, acquirer);
  if ((await tx.settlement.day(acquirer, day))?.isSettled !== false) return;
  await tx.settlement.setSettled(acquirer, day);
  const data = { acquirer, day, business_date: businessDate };
  await emit(b, tx, { type: 'settlement.closed', institution: acquirer, subject: acquirer, data });
}

/** Under the calendar's lock, so that of two processes the second finds the position of the first. */
async function settleMerchant(
  b: Backend,
  tx: LedgerTx,
  { acquirer, day }: SettlementDay,
  { id: merchant, account }: SettlingMerchant,
): Promise<void> {
  const { feeAccount } = await calendarNow(b, tx, acquirer);
  if ((await tx.settlement.position(acquirer, day, merchant)) !== undefined) return;
  const before = await tx.settlement.position(acquirer, day - 1, merchant);
  const owedBefore = before === undefined ? 0n : before.fee + before.owedBefore - before.feePaid;
  const sums = await tx.settlement.sums({ acquirer, day, merchant });
  const terms = (await tx.settlement.terms(merchant))?.terms ?? NO_FEE;
  const fee = feeOf(terms, totalsOf(sums));
  const due = fee + owedBefore;
  const reference = `${acquirer}/${day}/${merchant}`;
  const feePaid =
    feeAccount === undefined || feeAccount === account
      ? 0n
      : await takeFee(b, tx, { reference, from: account, to: feeAccount }, due);
  await tx.settlement.addPosition({ acquirer, day, merchant, sums, fee, owedBefore, feePaid });
}

interface Taking {
  readonly reference: string;
  readonly from: string;
  readonly to: string;
}

/** All of it, or as much as is there; what was taken. */
async function takeFee(
  b: Backend,
  tx: LedgerTx,
  { reference, from, to }: Taking,
  due: bigint,
): Promise<bigint> {
  if (due === 0n) return 0n;
  const post = (amount: bigint) =>
    tx.accounts.post(move('settlement_fee', reference, from, to, amount), b.clock());
  const posted = await post(due);
  if (posted.status === 'ok') return due;
  if (posted.status !== 'insufficient_funds' || posted.available <= 0n) return 0n;
  // What is there is known now, and locked.
  return (await post(posted.available)).status === 'ok' ? posted.available : 0n;
}

/** An acquirer that has no answer says it again; its day was not that short. */
const REPEAT_MS = 10 * 60_000;

/** A cut-over that came as a network message (0800), which has no key: within ten minutes of the last one it is a repeat. */
export async function networkCutOver(b: Backend, who: Principal, acquirer: string): Promise<void> {
  await b.store.write(async (tx) => {
    const { day, openedAt } = await calendarNow(b, tx, acquirer);
    const isRepeat = day > 1 && b.clock().getTime() - openedAt.getTime() < REPEAT_MS;
    if (!isRepeat) await cutOver(b, tx, who, { acquirer, key: `message/${day}` });
  });
}
