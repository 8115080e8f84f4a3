/** What every step of a claim does with its rows. What must hold: purse before claim, both locked, whoever comes. */
import type { ClaimRow, LedgerTx, PurseRow } from '@sokkin/issuer';
import { record } from '../../access/audit-log.ts';
import { accountOwner } from '../../access/owned.ts';
import { mayAct, maySee, type Principal } from '../../access/principal.ts';
import { type Backend, purseName } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import { type EventType, emitOfPurse } from '../events.ts';

export interface Locked {
  readonly row: PurseRow;
  readonly claim: ClaimRow;
}

/** A claim that an address names, for who may see it or act on it. */
export async function claimPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: 'see' | 'act',
): Promise<ClaimRow> {
  const claim = await tx.claims.byId(id);
  const may = to === 'see' ? maySee : mayAct;
  if (claim === undefined || !may(who, await accountOwner(tx, claim.account)))
    throw new Problem('not_found', `There is no claim ${id}.`);
  return claim;
}

export async function lockClaim(
  tx: LedgerTx,
  { purse, id }: Pick<ClaimRow, 'purse' | 'id'>,
): Promise<Locked> {
  const row = await tx.purses.lock(purse);
  const claim = await tx.claims.lock(purse, id);
  if (row === undefined || claim === undefined) throw new Error('Bug: a claim that was seen has its purse');
  return { row, claim };
}

/** Locked, waiting for its refund, and the principal's to act on. */
export async function lockWaiting(tx: LedgerTx, who: Principal, id: string): Promise<Locked> {
  const locked = await lockClaim(tx, await claimPath(tx, who, id, 'act'));
  if (locked.claim.status !== 'waiting') throw notWaiting(locked.claim);
  return locked;
}

export const notWaiting = ({ id, status }: ClaimRow): Problem =>
  new Problem('claim_not_waiting', `The claim ${id} is ${status}.`);

export const tellOfClaim = (
  b: Backend,
  tx: LedgerTx,
  { row, claim }: Locked,
  type: EventType,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> => emitOfPurse(b, tx, row, type, { claim: claim.id, kind: claim.kind, ...data });

/** Without a refund. One that is withdrawn was found: its block is lifted, unless others stand. */
export async function end(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  locked: Locked,
  as: { readonly status: 'withdrawn' | 'refused'; readonly reason?: string },
): Promise<void> {
  const { row, claim } = locked;
  const { status } = as;
  await tx.claims.change(claim, { ...as, endedAt: b.clock(), nextAt: null });
  record(b, tx, who, `claim.${status}`, claim.id, { purse: purseName(row.id) });
  await tellOfClaim(b, tx, locked, `claim.${status}`);
  // A newer claim of the same purse has taken the block over.
  if (status === 'refused' || (await tx.claims.ofPurse(row.id)) !== undefined) return;
  await tx.purses.lift(row.id, 'report');
  const isBlocked = (await tx.purses.byId(row.id))?.isBlocked ?? false;
  if (row.isBlocked && !isBlocked) await emitOfPurse(b, tx, row, 'purse.unblocked');
}
