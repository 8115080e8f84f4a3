/**
 * Purses whose certificates end: their holders are told, and what is in them is refunded when nobody has heard of them.
 *
 * What must hold: a holder is told once; a purse that has synced after its last day may bring its value home itself, and
 * is not claimed before it has been silent as long as the policy says; a certificate that was renewed counts.
 */
import { type Epoch, isoOfEpoch } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import type { ExpiryRow, LedgerTx, PurseRow } from '@sokkin/issuer';
import { SYSTEM } from '../../access/audit-log.ts';
import { type Backend, dayOf } from '../../backend.ts';
import { emitOfPurse } from '../events.ts';
import { purseWorth } from './books.ts';
import { claimsNow } from './policy.ts';
import { open } from './report.ts';

const PAGE = 100;
/** A purse that is older was committed, and so was every one before it. */
const SETTLED_MS = 60 * 60_000;

const lastDayOf = (certificate: Uint8Array): Epoch => parseCertificate(certificate).expiration;

/** One page of each kind of work; true: there is more. */
export async function workOnExpiries(b: Backend): Promise<boolean> {
  const taken = await takeUp(b);
  const { notice_days, wait_days } = await b.store.read(claimsNow);
  const today = dayOf(b.clock());
  const toTell = await b.store.read((tx) => tx.claims.expiries.due('notice', today + notice_days, PAGE));
  for (const row of toTell) await b.store.write((tx) => tell(b, tx, row));
  const silentSince = today - wait_days.expired - 1;
  const toClaim = await b.store.read((tx) => tx.claims.expiries.due('claim', silentSince, PAGE));
  for (const row of toClaim) await b.store.write((tx) => claimExpired(b, tx, row));
  return [taken, toTell.length, toClaim.length].includes(PAGE);
}

async function takeUp(b: Backend): Promise<number> {
  const settled = new Date(b.clock().getTime() - SETTLED_MS);
  return b.store.write(async (tx) => {
    const rows = await tx.claims.expiries.unwatched(settled, PAGE);
    await tx.claims.expiries.watch(
      rows.map(({ purse, number, certificate }) => ({
        purse,
        number,
        lastDay: lastDayOf(certificate),
        step: 'notice',
      })),
    );
    return rows.length;
  });
}

async function tell(b: Backend, tx: LedgerTx, { purse, lastDay }: ExpiryRow): Promise<void> {
  const row = await locked(tx, purse);
  const ends = lastDayOf(row.certificate);
  if (ends > lastDay) return tx.claims.expiries.set({ purse, lastDay: ends, step: 'notice' });
  const isGone = (await tx.claims.ofPurse(purse)) !== undefined || row.lifecycle === 'terminated';
  if (!isGone) await emitOfPurse(b, tx, row, 'purse.expiring', { last_day: isoOfEpoch(ends) });
  await tx.claims.expiries.set({ purse, lastDay, step: 'claim' });
}

async function claimExpired(b: Backend, tx: LedgerTx, { purse, lastDay }: ExpiryRow): Promise<void> {
  const row = await locked(tx, purse);
  const ends = lastDayOf(row.certificate);
  if (ends > lastDay) return tx.claims.expiries.set({ purse, lastDay: ends, step: 'notice' });
  const silentSince = row.lastSyncAt === undefined ? ends : Math.max(ends, dayOf(row.lastSyncAt));
  if (silentSince > lastDay) return tx.claims.expiries.set({ purse, lastDay: silentSince, step: 'claim' });
  // Nobody believes it any more: if it is on the list of blocked purses, the next one is made without it.
  if (row.isBlocked) await tx.blockList.mark(purse);
  if ((await tx.claims.ofPurse(purse)) !== undefined)
    return tx.claims.expiries.set({ purse, lastDay, step: 'done' });
  // What payers bring later is found when it is looked at again.
  if (!(await holdsSomething(b, tx, purse)))
    return tx.claims.expiries.set({ purse, lastDay: dayOf(b.clock()), step: 'claim' });
  await open(b, tx, SYSTEM, 'system', { purse, kind: 'expired' });
  await tx.claims.expiries.set({ purse, lastDay, step: 'done' });
}

async function holdsSomething(b: Backend, tx: LedgerTx, purse: string): Promise<boolean> {
  const { acknowledged, waiting, returning, heldBack } = await purseWorth(b, tx, purse);
  return acknowledged + waiting + returning + heldBack > 0n;
}

async function locked(tx: LedgerTx, purse: string): Promise<PurseRow> {
  const row = await tx.purses.lock(purse);
  if (row === undefined) throw new Error('Bug: a purse whose certificate is watched is there');
  return row;
}
