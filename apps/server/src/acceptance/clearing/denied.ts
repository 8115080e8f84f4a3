/**
 * TCs that were paid before their purse's journal came, held against the journal when it has come. The matcher calls it.
 *
 * What must hold: what a journal decides is the same whichever of the two came first (`meetApproval`); it is decided once, under
 * the lock of the purse.
 */
import { isContradicted, meetApproval } from '@sokkin/issuer';
import type { Backend } from '../../backend.ts';
import { raiseDenied } from './alerts.ts';
import { cover } from './loss.ts';

export async function judgeCleared(b: Backend, purses: readonly string[]): Promise<void> {
  if (purses.length === 0) return;
  const open = await b.store.read((tx) => tx.clearings.undecided(purses));
  for (const { purse, atc } of open) {
    await b.store.write(async (tx) => {
      await tx.purses.lock(purse);
      const now = await tx.clearings.cleared(purse, atc);
      if (now === undefined || isContradicted(now.state)) return;
      const state = meetApproval(now, await tx.clearings.journalWord(purse, atc));
      if (state === now.state) return;
      await tx.clearings.setState(purse, atc, state);
      if (!isContradicted(state)) return;
      const row = await tx.clearings.byId(now.clearing);
      if (row === undefined) throw new Error('Bug: what was paid has its row');
      await raiseDenied(b, tx, { ...now, state }, row);
      await cover(b, tx, now);
    });
  }
}
