/**
 * The policy of clearing: how old a TC may be, whether one that its purse's journal denies is paid, and who stands for it.
 *
 * What must hold: version 1 is what the program comes with: a genuine TC is always paid, because the shop did all that the
 * scheme asks of it, and the loss is shown. A version is made from the one that its proposer saw, and by two.
 */
import type { LedgerTx } from '@sokkin/issuer';
import { z } from 'zod';
import type { Backend } from '../../backend.ts';
import { Problem } from '../../problems.ts';

const NAME = 'clearing';

export const clearingPolicy = z.strictObject({
  most_days: z.int().min(1).max(3650).describe('How old the transaction of a TC may be'),
  pay_denied: z
    .boolean()
    .describe(
      'Whether a genuine TC is paid that the journal of its purse denies when it comes; false: it is refused',
    ),
  loss_accounts: z
    .record(z.string().regex(/^ins_[0-9a-z_]{1,40}$/), z.string().regex(/^acc_[0-9a-z_]{1,40}$/))
    .describe('By institution of the card: the account of its own that stands for TCs which journals deny'),
});
export type ClearingPolicy = z.infer<typeof clearingPolicy>;
export const clearingProposal = z.strictObject({
  from_version: z.int().min(1).describe('The version that this is to follow'),
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
  for (const [institution, account] of Object.entries(wanted.document.loss_accounts)) {
    const row = await tx.accounts.byId(account);
    const fits = row?.kind === 'online' && row.institution === institution && row.party === undefined;
    if (!fits)
      throw new Problem(
        'policy_invalid',
        `The loss account of ${institution} must be an online account of its own, without a customer: ${account} is not.`,
        'document',
      );
  }
  const { version } = await clearingInForce(tx);
  if (version !== wanted.from_version)
    throw new Problem(
      'policy_outdated',
      `Version ${version} is in force, not ${wanted.from_version}.`,
      'from_version',
    );
}

export async function setClearingPolicy(
  b: Backend,
  tx: LedgerTx,
  proposal: string,
  wanted: ClearingProposal,
) {
  await checkClearingPolicy(tx, wanted);
  const version = wanted.from_version + 1;
  const { document } = wanted;
  if (!(await tx.policies.add({ name: NAME, version, document, proposal, createdAt: b.clock() })))
    throw new Problem('policy_outdated', `Version ${version} is in force already.`, 'from_version');
  return { version };
}
