/**
 * What the policies have in common that say who stands for losses.
 *
 * What must hold: an institution's losses are borne by an online account of its own, and by no customer's; a version is made
 * from the one that its proposer saw.
 */
import type { LedgerTx } from '@sokkin/issuer';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';

/** By institution, an account of its own. */
export const lossAccounts = z.record(
  z.string().regex(/^ins_[0-9a-z_]{1,40}$/),
  z.string().regex(/^acc_[0-9a-z_]{1,40}$/),
);
export const fromVersion = z.int().min(1).describe('The version that this is to follow');

interface Wanted {
  readonly from_version: number;
  readonly document: { readonly loss_accounts: z.infer<typeof lossAccounts> };
}

export async function checkLossPolicy(
  tx: LedgerTx,
  { version }: { readonly version: number },
  wanted: Wanted,
): Promise<void> {
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
  if (version !== wanted.from_version)
    throw new Problem(
      'policy_outdated',
      `Version ${version} is in force, not ${wanted.from_version}.`,
      'from_version',
    );
}

/** After `checkLossPolicy`, in the same transaction. */
export async function addLossPolicy(
  b: Backend,
  tx: LedgerTx,
  name: string,
  proposal: string,
  { from_version, document }: Wanted,
): Promise<{ version: number }> {
  const version = from_version + 1;
  if (!(await tx.policies.add({ name, version, document, proposal, createdAt: b.clock() })))
    throw new Problem('policy_outdated', `Version ${version} is in force already.`, 'from_version');
  return { version };
}
