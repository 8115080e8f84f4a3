/**
 * The policy of clearing: how old a TC may be, whether one that its purse's journal denies is paid, and who stands for it.
 *
 * What must hold: version 1 is what the program comes with: a genuine TC is always paid, because the shop did all that the
 * scheme asks of it, and the loss is shown. A version is made from the one that its proposer saw, and by two.
 */
import type { LedgerTx } from '@sokkin/issuer';
import { z } from 'zod';
import type { Backend } from '../../backend.ts';
import { addLossPolicy, checkLossPolicy, fromVersion, lossAccounts } from '../../operations/loss-policy.ts';

const NAME = 'clearing';

export const clearingPolicy = z.strictObject({
  most_days: z.int().min(1).max(3650).describe('How old the transaction of a TC may be'),
  pay_denied: z
    .boolean()
    .describe(
      'Whether a genuine TC is paid that the journal of its purse denies when it comes; false: it is refused',
    ),
  loss_accounts: lossAccounts.describe(
    'By institution of the card: the account of its own that stands for TCs which journals deny',
  ),
});
export type ClearingPolicy = z.infer<typeof clearingPolicy>;
export const clearingProposal = z.strictObject({
  from_version: fromVersion,
  document: clearingPolicy,
});
export type ClearingProposal = z.infer<typeof clearingProposal>;

const FIRST: ClearingPolicy = { most_days: 180, pay_denied: true, loss_accounts: {} };

export async function clearingInForce(tx: LedgerTx) {
  const stored = await tx.policies.current(NAME);
  if (stored === undefined) return { version: 1, document: FIRST, proposal: undefined };
  const { version, document, proposal } = stored;
  return { version, document: clearingPolicy.parse(document), proposal };
}

export async function checkClearingPolicy(tx: LedgerTx, wanted: ClearingProposal): Promise<void> {
  await checkLossPolicy(tx, await clearingInForce(tx), wanted);
}

export async function setClearingPolicy(
  b: Backend,
  tx: LedgerTx,
  proposal: string,
  wanted: ClearingProposal,
) {
  await checkClearingPolicy(tx, wanted);
  return addLossPolicy(b, tx, NAME, proposal, wanted);
}
