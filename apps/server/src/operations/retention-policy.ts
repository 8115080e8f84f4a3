/**
 * For how many days what is kept, as a policy.
 *
 * What must hold: nothing that is needed to repeat an answer, to settle a payment or to prove a counterfeit has a period
 * here; each period has a least length, below which it would break what others rely on.
 */
import type { LedgerTx } from '@sokkin/issuer';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { addVersion, assertFollows, policyInForce } from './policy-versions.ts';

export const RETENTION = 'retention';

/** Days: the least, and what a new database begins with. */
export const PERIODS = {
  kept_answers: { least: 7, first: 90, says: 'answers to requests with an Idempotency-Key' },
  sync_answers: { least: 7, first: 90, says: 'answers to syncs; the Statement itself stays, as evidence' },
  challenges: { least: 1, first: 2, says: 'nonces that were given out' },
  audit_runs: { least: 30, first: 400, says: 'results of the audit; those that did not hold stay' },
  deliveries: { least: 7, first: 30, says: 'webhook deliveries that are done, and events that were told' },
  signed_messages: {
    least: 90,
    first: 400,
    says: 'signed messages that phones handed in, of payments that both journals have settled',
  },
  shop_messages: {
    least: 30,
    first: 400,
    says: "answers to shops' messages, payments that moved nothing, and orders for cards at their end",
  },
  closed_identities: {
    least: 30,
    first: 1830,
    says: 'the identity of a customer or merchant, after they were closed',
  },
} as const;
export type RetentionClass = keyof typeof PERIODS;
export const RETENTION_CLASSES = Object.keys(PERIODS) as [RetentionClass, ...RetentionClass[]];

const days = (name: RetentionClass) =>
  z.int().min(PERIODS[name].least).max(36_500).describe(`Days. ${PERIODS[name].says}`);
export const retentionDocument = z.strictObject({
  kept_answers: days('kept_answers'),
  sync_answers: days('sync_answers'),
  challenges: days('challenges'),
  audit_runs: days('audit_runs'),
  deliveries: days('deliveries'),
  signed_messages: days('signed_messages'),
  // Documents of the program before are without.
  shop_messages: days('shop_messages').default(PERIODS.shop_messages.first),
  closed_identities: days('closed_identities'),
});
export type RetentionDocument = z.infer<typeof retentionDocument>;
export const retentionProposal = z.strictObject({
  from_version: z.int().min(1).describe('The version that this is to follow'),
  document: retentionDocument,
});
export type RetentionProposal = z.infer<typeof retentionProposal>;

export const firstRetention = (): RetentionDocument => ({
  kept_answers: PERIODS.kept_answers.first,
  sync_answers: PERIODS.sync_answers.first,
  challenges: PERIODS.challenges.first,
  audit_runs: PERIODS.audit_runs.first,
  deliveries: PERIODS.deliveries.first,
  signed_messages: PERIODS.signed_messages.first,
  shop_messages: PERIODS.shop_messages.first,
  closed_identities: PERIODS.closed_identities.first,
});

export async function retentionInForce(tx: LedgerTx) {
  const { version, document, createdAt } = await policyInForce(tx, RETENTION);
  return { version, document: retentionDocument.parse(document), createdAt };
}

export const checkRetention = async (tx: LedgerTx, { from_version }: RetentionProposal): Promise<void> => {
  await assertFollows(tx, RETENTION, from_version);
};

export async function setRetention(b: Backend, tx: LedgerTx, proposal: string, wanted: RetentionProposal) {
  await checkRetention(tx, wanted);
  const { from_version: from, document } = wanted;
  return addVersion(b, tx, { name: RETENTION, from, document, proposal });
}
