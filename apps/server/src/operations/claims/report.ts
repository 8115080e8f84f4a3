/**
 * Reporting a purse, taking the report back, refusing its refund.
 *
 * What must hold: who is reported is blocked in the same transaction; a purse has one open claim; a device reports and
 * sees what its customer has, also what lives on another device, which is the one that is gone; what was stolen is not
 * taken back by a device, because it may be the thief's.
 */
import type { ClaimChannel, ClaimKind, ClaimRow, LedgerTx } from '@sokkin/issuer';
import { record } from '../../access/audit-log.ts';
import { accountOwner } from '../../access/owned.ts';
import { mayAct, type Principal } from '../../access/principal.ts';
import { type Backend, newId, purseName } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import { emitOfPurse } from '../events.ts';
import { claimPath, end, lockClaim, lockWaiting, notWaiting, tellOfClaim } from './claim.ts';
import { seeApprovals, seePayments } from './late.ts';
import { claimsNow, dueDate } from './policy.ts';

const CHANNELS: Readonly<Record<Principal['kind'], ClaimChannel>> = {
  device: 'customer',
  institution: 'institution',
  operator: 'operator',
  nobody: 'system',
};

export async function report(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { purse, kind }: { readonly purse: string; readonly kind: Exclude<ClaimKind, 'expired'> },
): Promise<ClaimRow> {
  const seen = await tx.purses.byId(purse);
  if (seen === undefined || !mayAct(who, await accountOwner(tx, seen.accountId)))
    throw new Problem('purse_unknown', `There is no purse ${purseName(purse)}.`, 'purse');
  return open(b, tx, who, CHANNELS[who.kind], { purse, kind });
}

/** One that has expired is not blocked: it may still bring its value home. */
export async function open(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  channel: ClaimChannel,
  { purse, kind }: { readonly purse: string; readonly kind: ClaimKind },
): Promise<ClaimRow> {
  const row = await tx.purses.lock(purse);
  if (row === undefined) throw new Error('Bug: a purse that was seen is there');
  const before = await tx.claims.ofPurse(purse);
  if (before !== undefined)
    throw new Problem('claim_exists', `The purse has a claim already: ${before.id}.`, 'purse');
  const reportedAt = b.clock();
  const id = newId(b, 'clm');
  const dueAt = dueDate(await claimsNow(tx), kind, reportedAt);
  const { seq: knownSeq, accountId: account } = row;
  await tx.claims.add({ id, purse, kind, account, reportedBy: who.id, channel, reportedAt, knownSeq, dueAt });
  if (kind !== 'expired')
    await tx.purses.block(purse, { reason: 'report', by: who.id, cause: id }, reportedAt);
  const locked = await lockClaim(tx, { purse, id });
  // What payees have shown before the report is known.
  await seePayments(b, tx, locked.claim, false);
  await seeApprovals(b, tx, locked.claim, false);
  record(b, tx, who, 'claim.reported', id, { purse: purseName(purse), kind });
  if (kind !== 'expired' && !row.isBlocked) await emitOfPurse(b, tx, row, 'purse.blocked');
  await tellOfClaim(b, tx, locked, 'claim.reported', { due_at: dueAt.toISOString() });
  return locked.claim;
}

export async function withdraw(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<void> {
  const locked = await lockClaim(tx, await claimPath(tx, who, id, 'act'));
  const { status, kind } = locked.claim;
  if (status !== 'waiting' && status !== 'refused') throw notWaiting(locked.claim);
  if (kind === 'stolen' && who.kind === 'device')
    throw new Problem('forbidden', 'What was reported stolen is taken back by its issuer alone: call there.');
  await end(b, tx, who, locked, { status: 'withdrawn' });
}

export async function refuse(b: Backend, tx: LedgerTx, who: Principal, id: string, reason: string) {
  await end(b, tx, who, await lockWaiting(tx, who, id), { status: 'refused', reason });
}
