/**
 * What blocks a purse at once: alerts of the kinds and severities that two have agreed on.
 *
 * What must hold: the block is in the transaction of its alert, names it as its cause, and stands in the log; it is lifted
 * by a person who says why, with the alert. Until two agree on something else, only what a purse signed against itself
 * blocks it, and what it credited that our own purses never paid.
 */
import type { AlertKind, AlertRow, LedgerTx } from '@sokkin/issuer';
import { z } from 'zod';
import { record, SYSTEM } from '../access/audit-log.ts';
import { alertPath } from '../access/owned.ts';
import type { Principal } from '../access/principal.ts';
import { type Backend, purseName } from '../backend.ts';
import { Problem } from '../problems.ts';
import { emitOfPurse } from './events.ts';

const NAME = 'blocking';

const BLOCKING_KINDS = [
  'fork',
  'rollback',
  'invalid_journal',
  'funding_invented',
  'payment_contradicted',
  'outcome_contradicted',
  'shadow_negative',
  'unknown_certificate',
  'velocity',
] as const satisfies readonly AlertKind[];
const severity = z.enum(['proven', 'suspected']);
export const blockingPolicy = z.strictObject({
  blocks: z
    .array(z.strictObject({ kind: z.enum(BLOCKING_KINDS), severity }))
    .max(2 * BLOCKING_KINDS.length)
    .describe('An alert that is one of these blocks its purse at once'),
  velocity: z
    .strictObject({
      count_per_day: z.int().min(1).max(1_000_000),
      amount_per_day: z.string().regex(/^[1-9][0-9]{0,15}$/, 'yen in decimal digits are expected'),
    })
    .default({ count_per_day: 1_000, amount_per_day: '10000000' })
    .describe('More than this, paid and received, raises an alert of the kind velocity'),
});
export const blockingProposal = z.strictObject({
  from_version: z.int().min(0).describe('The version that this is to follow'),
  document: blockingPolicy,
});
export type BlockingProposal = z.infer<typeof blockingProposal>;

const FIRST: z.infer<typeof blockingPolicy> = blockingPolicy.parse({
  blocks: [
    { kind: 'fork', severity: 'proven' },
    { kind: 'invalid_journal', severity: 'proven' },
    { kind: 'funding_invented', severity: 'suspected' },
  ],
});

/** Version 0 came with the program. */
export async function blockingInForce(tx: LedgerTx) {
  const version = await tx.policies.current(NAME);
  if (version === undefined) return { version: 0, document: FIRST, proposal: undefined };
  const { version: number, document, proposal } = version;
  return { version: number, document: blockingPolicy.parse(document), proposal };
}

export async function checkBlocking(tx: LedgerTx, { from_version }: BlockingProposal): Promise<void> {
  const { version } = await blockingInForce(tx);
  if (version === from_version) return;
  throw new Problem(
    'policy_outdated',
    `Version ${version} is in force, not ${from_version}.`,
    'from_version',
  );
}

export async function setBlocking(b: Backend, tx: LedgerTx, proposal: string, wanted: BlockingProposal) {
  await checkBlocking(tx, wanted);
  const version = wanted.from_version + 1;
  const { document } = wanted;
  if (!(await tx.policies.add({ name: NAME, version, document, proposal, createdAt: b.clock() })))
    throw new Problem('policy_outdated', `Version ${version} is in force already.`, 'from_version');
  return { version };
}

/** After an alert was raised. An issuer's own purse, and one that was never certified here, cannot be blocked. */
export async function blockByPolicy(
  b: Backend,
  tx: LedgerTx,
  alert: Pick<AlertRow, 'id' | 'kind' | 'severity' | 'purse'>,
): Promise<void> {
  const { document } = await blockingInForce(tx);
  const blocks = document.blocks.some((one) => one.kind === alert.kind && one.severity === alert.severity);
  if (!blocks) return;
  const before = await tx.purses.lock(alert.purse);
  if (before === undefined) return;
  if ((await tx.purses.blocks(before.id)).some(({ reason }) => reason === 'policy')) return;
  await tx.purses.block(before.id, { reason: 'policy', by: SYSTEM.id, cause: alert.id }, b.clock());
  record(b, tx, SYSTEM, 'purse.blocked', purseName(before.id), { reason: 'policy', alert: alert.id });
  if (!before.isBlocked) await emitOfPurse(b, tx, before, 'purse.blocked', { alert: alert.id });
}

/** Closes an alert, by a person who says why; with `lift`, what the policy blocked is let go. */
export async function closeAlert(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  { reason, lift }: { readonly reason: string; readonly lift: boolean },
): Promise<AlertRow> {
  const alert = await alertPath(tx, who, id, 'act');
  if (!(await tx.alerts.close(id, who.id, reason, b.clock())))
    throw new Problem('alert_closed', `The alert was closed before: it is ${alert.status}.`);
  record(b, tx, who, 'alert.closed', id, { reason });
  if (lift) await liftPolicyBlock(b, tx, who, alert, reason);
  return alertPath(tx, who, id, 'see');
}

async function liftPolicyBlock(b: Backend, tx: LedgerTx, who: Principal, alert: AlertRow, reason: string) {
  if (!(await tx.purses.lift(alert.purse, 'policy'))) return;
  record(b, tx, who, 'purse.unblocked', purseName(alert.purse), { was: 'policy', alert: alert.id, reason });
  const purse = await tx.purses.byId(alert.purse);
  // Others may have blocked it for reasons of their own.
  if (purse !== undefined && !purse.isBlocked) await emitOfPurse(b, tx, purse, 'purse.unblocked');
}
