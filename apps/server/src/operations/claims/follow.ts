/**
 * A claim is brought to where it must be, by what the journals say now and by the date.
 *
 * What must hold: it may be called by anybody, at any time and as often as they like; what it does is one transaction,
 * under the lock of the purse, and depends on the rows alone. So it does not matter whether a sync, a date or an operator
 * comes first, nor how often a process dies between two of them.
 */
import type { LedgerTx } from '@sokkin/issuer';
import { SYSTEM } from '../../access/audit-log.ts';
import { type Backend, dayOf } from '../../backend.ts';
import { type Balanced, type Balancing, balance } from './books.ts';
import { end, type Locked, lockClaim, tellOfClaim } from './claim.ts';
import { seeApprovals, seePayments, warnOfUncovered } from './late.ts';
import { capFor, claimsNow, daysAfter, lossAccountOf } from './policy.ts';

/** How often the server looks by itself at a claim that nothing calls it to. */
const LOOK_DAYS = 1;
const LOOK_DAYS_CLOSED = 30;

/** Of the purse's claim, if it has one. */
export async function follow(b: Backend, tx: LedgerTx, purse: string): Promise<void> {
  const seen = await tx.claims.ofPurse(purse);
  if (seen === undefined) return;
  const locked = await lockClaim(tx, seen);
  switch (locked.claim.status) {
    case 'waiting':
      return whileWaiting(b, tx, locked);
    case 'refunded':
    case 'closed':
      return afterRefund(b, tx, locked);
    case 'refused':
    case 'withdrawn':
      return;
  }
}

async function whileWaiting(b: Backend, tx: LedgerTx, locked: Locked): Promise<void> {
  const { row, claim } = locked;
  const now = b.clock();
  await seePayments(b, tx, claim, false);
  await seeApprovals(b, tx, claim, false);
  const isBack =
    claim.kind === 'expired' && row.lastSyncAt !== undefined && row.lastSyncAt > claim.reportedAt;
  if (isBack) return takeBack(b, tx, locked);
  if (claim.dueAt > now) return tx.claims.change(claim, { nextAt: claim.dueAt });
  // Whose purse is proven to have made money waits until somebody has decided.
  if ((await tx.claims.provenAlert(claim.purse)) !== undefined)
    return tx.claims.change(claim, { nextAt: daysAfter(now, LOOK_DAYS) });
  await refund(b, tx, locked);
}

/** An expired purse that is in use after all: it is looked at again when it has been silent as long as before. */
async function takeBack(b: Backend, tx: LedgerTx, locked: Locked): Promise<void> {
  const { purse } = locked.claim;
  await end(b, tx, SYSTEM, locked, { status: 'withdrawn', reason: 'The purse has synced.' });
  await tx.claims.expiries.set({ purse, lastDay: dayOf(b.clock()), step: 'claim' });
}

/** From now on the purse is retired: what it still has is written off against the refund. Purse and claim are locked. */
export async function refund(b: Backend, tx: LedgerTx, locked: Locked): Promise<void> {
  const { row, claim } = locked;
  const now = b.clock();
  await seePayments(b, tx, claim, false);
  await seeApprovals(b, tx, claim, false);
  await tx.purses.block(row.id, { reason: 'retired', by: SYSTEM.id, cause: claim.id }, now);
  const closesAt = daysAfter(now, (await claimsNow(tx)).close_days);
  const nextAt = daysAfter(now, LOOK_DAYS);
  await tx.claims.change(claim, { status: 'refunded', refundedAt: now, closesAt, nextAt });
  const { refund: amount } = await rebalance(b, tx, locked, { isFinal: false, isCapped: true, late: [] });
  await tellOfClaim(b, tx, locked, 'claim.refunded', { amount: amount.toString() });
}

async function afterRefund(b: Backend, tx: LedgerTx, locked: Locked): Promise<void> {
  const { row, claim } = locked;
  const { refundedAt, closesAt, foundAt, status } = claim;
  if (refundedAt === undefined || closesAt === undefined) throw new Error('Bug: a refund has its dates');
  const now = b.clock();
  if (foundAt === undefined && row.lastSyncAt !== undefined && row.lastSyncAt > refundedAt)
    await tx.claims.change(claim, { foundAt: row.lastSyncAt });
  const late = await seePayments(b, tx, claim, true);
  for (const { paymentNo, amount } of late)
    await tellOfClaim(b, tx, locked, 'claim.late_payment', {
      payment_no: paymentNo,
      amount: amount.toString(),
    });
  const cleared = await seeApprovals(b, tx, claim, true);
  for (const { clearing, amount } of cleared)
    await tellOfClaim(b, tx, locked, 'claim.late_payment', { clearing, amount: amount.toString() });
  const closes = status === 'refunded' && closesAt <= now;
  const isFinal = status === 'closed';
  const isCapped = !closes && !isFinal;
  const { uncovered } = await rebalance(b, tx, locked, { isFinal, isCapped, late: [...late, ...cleared] });
  await warnOfUncovered(b, tx, claim, uncovered);
  const nextAt = daysAfter(now, closes || isFinal ? LOOK_DAYS_CLOSED : LOOK_DAYS);
  if (!closes) return tx.claims.change(claim, { nextAt });
  await tx.claims.change(claim, { status: 'closed', endedAt: now, nextAt });
  await tellOfClaim(b, tx, locked, 'claim.closed');
}

async function rebalance(
  b: Backend,
  tx: LedgerTx,
  { row, claim }: Locked,
  how: { readonly isFinal: boolean; readonly isCapped: boolean; readonly late: Balancing['late'] },
): Promise<Balanced> {
  const policy = await claimsNow(tx);
  const account = await tx.accounts.byId(claim.account);
  if (account === undefined) throw new Error('Bug: a claim has its account');
  const { isFinal, isCapped, late } = how;
  const cap = isCapped ? capFor(policy, row) : undefined;
  return balance(b, tx, { claim, lossAccount: lossAccountOf(policy, account), cap, isFinal, late });
}
