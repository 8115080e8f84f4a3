/**
 * What is due on claims, as a habit of the server.
 *
 * What must hold: one of several processes works on it at a time (a lock of the database, which goes with its holder);
 * each claim is a transaction of its own, so that a kill between two of them loses nothing; one that fails keeps back no
 * other, and is tried again.
 */
import type { ClaimRow } from '@sokkin/issuer';
import type { Backend } from '../../backend.ts';
import { type Habit, habit } from '../habit.ts';
import { workOnExpiries } from './expiry.ts';
import { follow } from './follow.ts';

const PAGE = 100;
const AGAIN_MS = 60 * 60_000;

/** False: another process is at it. `say` hears of what failed. */
export async function workOnClaims(b: Backend, say: (line: string) => void): Promise<boolean> {
  for (;;) {
    const done = await onePage(b, say);
    if (done !== 'more') return done === 'all';
  }
}

/** Short enough for the transaction that holds the lock to be open all the while. */
async function onePage(b: Backend, say: (line: string) => void): Promise<'all' | 'more' | 'elsewhere'> {
  return b.store.write(async (tx) => {
    if (!(await tx.claims.claimWork())) return 'elsewhere';
    const isMore = await workOnExpiries(b);
    const due = await b.store.read((one) => one.claims.due(b.clock(), PAGE));
    for (const claim of due) await step(b, claim, say);
    return isMore || due.length === PAGE ? 'more' : 'all';
  });
}

async function step(
  b: Backend,
  { id, purse }: Pick<ClaimRow, 'id' | 'purse'>,
  say: (line: string) => void,
): Promise<void> {
  try {
    await b.store.write((tx) => follow(b, tx, purse));
  } catch (error) {
    say(`The claim ${id} could not be worked on: ${error instanceof Error ? error.message : String(error)}`);
    const nextAt = new Date(b.clock().getTime() + AGAIN_MS);
    await b.store.write((tx) => tx.claims.change({ id, purse }, { nextAt }));
  }
}

export const claimsHabit = (b: Backend, seconds: number, say: (line: string) => void): Habit =>
  habit({ seconds, name: 'The work on claims', say }, () => workOnClaims(b, say));
