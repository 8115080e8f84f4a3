/**
 * Limits in force: the newest version of the document that two have agreed to.
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
  type PurseAssurance,
  profilesDocument,
  profilesOf,
} from '@sokkin/issuer';
import type { Limits } from '@sokkin/purse';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';

const NAME = 'limits';

const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,15})$/, 'yen in decimal digits are expected')
  .describe('Yen in decimal digits');
const perClass = z.strictObject({ per_payment: amount, cumulative: amount });
const perAssurance = <T extends z.ZodType>(item: T) =>
  z.strictObject({ secure_element: item, tee: item, software: item });
const limits = z.strictObject({
  holding: amount.describe('The most that a purse holds'),
  count: z.int().min(0).max(0xffff).describe('Payments between two syncs'),
  per_payment_without_pin: amount,
  cumulative_without_pin: amount,
  by_class: perAssurance(perClass).describe("By the payee's assurance"),
});
export const limitsPolicy = z.strictObject({ normal: perAssurance(limits) });
export const limitsProposal = z.strictObject({
  from_version: z.int().min(1).describe('The version that this is to follow'),
  document: limitsPolicy,
});
export type LimitsProposal = z.infer<typeof limitsProposal>;

/** At the first start of a database. */
export async function seedPolicies(b: Backend): Promise<void> {
  const first = { name: NAME, version: 1, proposal: undefined, createdAt: b.clock() };
  await b.store.write(async (tx) => {
    if ((await tx.policies.current(NAME)) === undefined)
      await tx.policies.add({ ...first, document: profilesDocument(PROFILES) });
  });
}

export async function limitsInForce(tx: LedgerTx): Promise<PolicyVersion> {
  const version = await tx.policies.current(NAME);
  if (version === undefined) throw new Error('Bug: the database has no limits');
  return version;
}

const parsed = (document: unknown): Profiles => profilesOf(limitsPolicy.parse(document));

/** What the next Grant of such a purse says. */
export async function limitsNow(tx: LedgerTx, assurance: PurseAssurance): Promise<Limits> {
  return parsed((await limitsInForce(tx)).document).normal[assurance];
}

export const limitsHistory = (tx: LedgerTx, before: number | undefined, limit: number) =>
  tx.policies.history(NAME, before, limit);

export async function checkLimits(tx: LedgerTx, { from_version, document }: LimitsProposal): Promise<void> {
  const fault = faultOf(profilesOf(document));
  if (fault !== undefined) throw new Problem('policy_invalid', fault, 'document');
  const { version } = await limitsInForce(tx);
  if (version !== from_version)
    throw new Problem(
      'policy_outdated',
      `Version ${version} is in force, not ${from_version}.`,
      'from_version',
    );
}

export async function setLimits(b: Backend, tx: LedgerTx, proposal: string, wanted: LimitsProposal) {
  await checkLimits(tx, wanted);
  const version = wanted.from_version + 1;
  const { document } = wanted;
  if (!(await tx.policies.add({ name: NAME, version, document, proposal, createdAt: b.clock() })))
    throw new Problem('policy_outdated', `Version ${version} is in force already.`, 'from_version');
  return { version };
}
