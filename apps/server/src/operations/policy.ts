/**
 * Limits in force: the newest version of the document that two have agreed to, in the situation that is in force.
 *
 * What must hold: the first version is what the program came with; every Grant is made by the version that is newest in
 * its transaction, at every server process; a new version is made from the one that its proposer saw, or not at all.
 */
import {
  faultOf,
  type LedgerTx,
  type PolicyVersion,
  PROFILES,
  type Profiles,
  type PurseRow,
  profilesDocument,
  profilesOf,
  tierOf,
} from '@sokkin/issuer';
import type { Limits } from '@sokkin/purse';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';
import { type LimitsProposal, readLimitsPolicy } from './policy-documents.ts';
import { addVersion, assertFollows, policyInForce } from './policy-versions.ts';
import { firstRetention, RETENTION } from './retention-policy.ts';
import { firstSituation, SITUATION, situationNow } from './situation.ts';

const NAME = 'limits';

/** At the first start of a database. */
export async function seedPolicies(b: Backend): Promise<void> {
  const createdAt = b.clock();
  const first = [
    { name: NAME, document: profilesDocument(PROFILES) },
    { name: SITUATION, document: firstSituation(createdAt) },
    { name: RETENTION, document: firstRetention() },
  ];
  await b.store.write(async (tx) => {
    for (const policy of first)
      if ((await tx.policies.current(policy.name)) === undefined)
        await tx.policies.add({ ...policy, version: 1, proposal: undefined, createdAt });
  });
}

export const limitsInForce = (tx: LedgerTx): Promise<PolicyVersion> => policyInForce(tx, NAME);

export const profilesNow = async (tx: LedgerTx): Promise<Profiles> =>
  profilesOf(readLimitsPolicy((await limitsInForce(tx)).document));

/** What the next Grant of this purse says. */
export async function limitsNow(
  b: Backend,
  tx: LedgerTx,
  purse: Pick<PurseRow, 'assurance' | 'tier' | 'isAnonymous'>,
): Promise<Limits> {
  const { situation } = await situationNow(b, tx);
  return (await profilesNow(tx))[situation][tierOf(purse)][purse.assurance];
}

export const limitsHistory = (tx: LedgerTx, before: number | undefined, limit: number) =>
  tx.policies.history(NAME, before, limit);

export async function checkLimits(tx: LedgerTx, { from_version, document }: LimitsProposal): Promise<void> {
  const fault = faultOf(profilesOf(document));
  if (fault !== undefined) throw new Problem('policy_invalid', fault, 'document');
  await assertFollows(tx, NAME, from_version);
}

export async function setLimits(b: Backend, tx: LedgerTx, proposal: string, wanted: LimitsProposal) {
  await checkLimits(tx, wanted);
  const { from_version: from, document } = wanted;
  return addVersion(b, tx, { name: NAME, from, document, proposal });
}
