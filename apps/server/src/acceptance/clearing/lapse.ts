/**
 * Offline approvals whose TC never came: when it would be too old to be paid, the float gives the amount back to the account of the purse.
 *
 * What must hold: an approval is paid to a shop, or goes back, and never both: either takes its counter in `cleared_approvals`, under the
 * lock of the purse. The purse's own balance stays as its journal has it; the next Grant closes the approval there.
 */
import { type LedgerTx, move, SYSTEM_ACCOUNTS, type WaitingApproval } from '@sokkin/issuer';
import { accountOwner } from '../../access/owned.ts';
import { type Backend, newId } from '../../backend.ts';
import { emit } from '../../operations/events.ts';
import { clearingInForce } from './policy.ts';

const PAGE = 100;
const MS_PER_DAY = 86_400_000;
/** What a shop's clock may be ahead, and a time zone. */
const MARGIN_DAYS = 2;
/** In `cleared_approvals`, in place of a clearing. */
const PREFIX = 'lps';

export const isLapsed = (clearing: string): boolean => clearing.startsWith(`${PREFIX}_`);

/** All that is due. How many went back. */
export async function lapseAll(b: Backend): Promise<number> {
  let lapsed = 0;
  let after: WaitingApproval | undefined;
  for (;;) {
    const [seenBefore, from] = [await limitOf(b), after];
    const page = await b.store.read((tx) => tx.clearings.neverCleared(seenBefore, from, PAGE));
    for (const waiting of page) {
      after = waiting;
      if (await b.store.write((tx) => lapse(b, tx, waiting))) lapsed++;
    }
    if (page.length < PAGE) return lapsed;
  }
}

/** A journal that was here by then shows approvals that are older than any TC may be. */
async function limitOf(b: Backend): Promise<Date> {
  const { document } = await b.store.read(clearingInForce);
  return new Date(b.clock().getTime() - (document.most_days + MARGIN_DAYS) * MS_PER_DAY);
}

/** False: it was cleared or taken back in the meantime; or the account is full, and it is tried again. */
async function lapse(b: Backend, tx: LedgerTx, { purse, atc }: WaitingApproval): Promise<boolean> {
  const row = await tx.purses.lock(purse);
  if (row === undefined) throw new Error('Bug: an approval has its purse');
  const word = await tx.clearings.journalWord(purse, atc);
  if (word.word !== 'approval' || word.state !== 'open') return false;
  if ((await tx.clearings.cleared(purse, atc)) !== undefined) return false;
  const { amount, cryptogram } = word;
  const id = newId(b, PREFIX);
  const back = move('approval_lapsed', id, SYSTEM_ACCOUNTS.float.id, row.accountId, amount);
  if ((await tx.accounts.post(back, b.clock())).status !== 'ok') return false;
  await tx.clearings.addCleared({ purse, atc, clearing: id, amount, cryptogram, state: 'agreed' });
  const { institution = '' } = await accountOwner(tx, row.accountId);
  const data = { account: row.accountId, amount: amount.toString() };
  await emit(b, tx, { type: 'approval.lapsed', institution, subject: id, data });
  return true;
}
