/**
 * Who stands for TCs that journals deny: a loss account of the card's institution brings the money back into the float.
 *
 * What must hold: each is covered once and whole, or stays open and is tried again; until then the audit shows it.
 */
import { type ClearedApproval, type LedgerTx, move, SYSTEM_ACCOUNTS } from '@sokkin/issuer';
import { accountOwner } from '../../access/owned.ts';
import type { Backend } from '../../backend.ts';
import { clearingInForce } from './policy.ts';

type Denied = Pick<ClearedApproval, 'purse' | 'atc' | 'clearing' | 'amount'>;
const PAGE = 100;

/** False: there is no loss account, or it does not have the amount. The purse is locked. */
export async function cover(b: Backend, tx: LedgerTx, denied: Denied): Promise<boolean> {
  const { purse, atc, clearing, amount } = denied;
  const row = await tx.purses.byId(purse);
  if (row === undefined) throw new Error('Bug: what was cleared has its purse');
  const { institution = '' } = await accountOwner(tx, row.accountId);
  const account = (await clearingInForce(tx)).document.loss_accounts[institution];
  if (account === undefined) return false;
  const back = move('clearing_loss', clearing, account, SYSTEM_ACCOUNTS.float.id, amount);
  if ((await tx.accounts.post(back, b.clock())).status !== 'ok') return false;
  await tx.clearings.setCovered(purse, atc);
  return true;
}

/** All that is open. How much was covered. */
export async function coverAll(b: Backend): Promise<number> {
  let covered = 0;
  let after: readonly [string, number] = ['', 0];
  for (;;) {
    const page = await b.store.read((tx) => tx.clearings.uncovered(after, PAGE));
    for (const { purse, atc } of page) {
      const isCovered = await b.store.write(async (tx) => {
        await tx.purses.lock(purse);
        const now = await tx.clearings.cleared(purse, atc);
        return now !== undefined && !now.isCovered && cover(b, tx, now);
      });
      if (isCovered) covered++;
      after = [purse, atc];
    }
    if (page.length < PAGE) return covered;
  }
}
