/**
 * The policy of claims: how long a refund waits, how much is paid before a claim closes, who stands for late payments.
 *
 * What must hold: version 1 is what the program comes with; a version is made from the one that its proposer saw, and by
 * two; every step of a claim goes by the version that is newest in its transaction.
 */
import type { AccountRow, ClaimKind, LedgerTx, PolicyVersion, PurseRow } from '@sokkin/issuer';
import { z } from 'zod';
import type { Backend } from '../../backend.ts';
import { addLossPolicy, checkLossPolicy, fromVersion, lossAccounts } from '../loss-policy.ts';

const NAME = 'claims';

const days = (least: number) => z.int().min(least).max(3650);
const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,14})$/, 'yen in decimal digits are expected')
  .describe('Yen in decimal digits');
const cap = z.strictObject({
  any: amount.describe('The most that is refunded before the claim closes'),
  by_tier: z
    .record(z.string().regex(/^(0|[1-9][0-9]{0,2})$/), amount)
    .describe('Other amounts for some tiers'),
});
export const claimsPolicy = z.strictObject({
  wait_days: z
    .strictObject({ lost: days(0), stolen: days(0), broken: days(0), expired: days(0) })
    .describe(
      'From the report to the refund; expired: also from the last day of the certificate to the claim',
    ),
  close_days: days(1).describe(
    'From the refund to the end: until then late payments are taken from the account',
  ),
  notice_days: days(1).describe('How long before the last day of a certificate its holder hears of it'),
  caps: z.strictObject({ secure_element: cap, tee: cap, software: cap }),
  settle_alone: amount.describe('What one operator may refund before its date; more takes two'),
  loss_accounts: lossAccounts.describe(
    'By institution: the account of its own that stands for late payments which the refunded account cannot',
  ),
});
export type ClaimsPolicy = z.infer<typeof claimsPolicy>;
export const claimsProposal = z.strictObject({
  from_version: fromVersion,
  document: claimsPolicy,
});
export type ClaimsProposal = z.infer<typeof claimsProposal>;

/** Terminals of shops sync daily, and wallets within weeks: a month of waiting leaves little that is late. */
const FIRST: ClaimsPolicy = {
  wait_days: { lost: 30, stolen: 30, broken: 14, expired: 30 },
  close_days: 180,
  notice_days: 60,
  caps: {
    secure_element: { any: '100000', by_tier: {} },
    tee: { any: '70000', by_tier: {} },
    software: { any: '50000', by_tier: {} },
  },
  settle_alone: '10000',
  loss_accounts: {},
};

export async function claimsInForce(tx: LedgerTx): Promise<PolicyVersion & { document: ClaimsPolicy }> {
  const stored = await tx.policies.current(NAME);
  if (stored !== undefined) return { ...stored, document: claimsPolicy.parse(stored.document) };
  return { name: NAME, version: 1, document: FIRST, proposal: undefined, createdAt: new Date(0) };
}

export const claimsNow = async (tx: LedgerTx): Promise<ClaimsPolicy> => (await claimsInForce(tx)).document;

const MS_PER_DAY = 86_400_000;
export const daysAfter = (at: Date, count: number): Date => new Date(at.getTime() + count * MS_PER_DAY);

export const dueDate = (policy: ClaimsPolicy, kind: ClaimKind, reportedAt: Date): Date =>
  daysAfter(reportedAt, policy.wait_days[kind]);

export function capFor({ caps }: ClaimsPolicy, { assurance, tier }: PurseRow): bigint {
  const { any, by_tier } = caps[assurance];
  return BigInt(by_tier[tier.toString()] ?? any);
}

/** The account that stands for late payments of this institution's purses; undefined: it has named none. */
export const lossAccountOf = ({ loss_accounts }: ClaimsPolicy, { institution }: AccountRow) =>
  loss_accounts[institution];

export async function checkClaimsPolicy(tx: LedgerTx, wanted: ClaimsProposal): Promise<void> {
  await checkLossPolicy(tx, await claimsInForce(tx), wanted);
}

export async function setClaimsPolicy(b: Backend, tx: LedgerTx, proposal: string, wanted: ClaimsProposal) {
  await checkClaimsPolicy(tx, wanted);
  return addLossPolicy(b, tx, NAME, proposal, wanted);
}
