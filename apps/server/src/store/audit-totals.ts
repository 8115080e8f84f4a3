/**
 * The sums of the audit (packages/issuer/src/audit.ts explains the terms).
 *
 * What must hold: each payment falls into the term that `termOf` gives it, once its two sides have met; and no statement
 * compares rows of two purses, which the matcher has done before.
 */
import type { AuditTotals } from '@sokkin/issuer';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { entryValue } from './claims-schema.ts';
import type { Database } from './schema.ts';

/** Of `payments`: which are in the term. */
export function paymentTerm(term: 'waiting' | 'returning' | 'counterfeit'): RawBuilder<boolean> {
  switch (term) {
    case 'waiting':
      return sql`state <> 'cancelled' AND (verdict IS NULL OR verdict IN ('waiting', 'refused'))`;
    case 'returning':
      return sql`state <> 'cancelled' AND verdict IN ('cancelled', 'never_issued', 'other_amount')`;
    case 'counterfeit':
      return sql`state = 'cancelled' AND verdict IN ('credited', 'taken_back')`;
  }
}

/** Of `meetings`. */
export const meetingTerm = (term: 'credited_ahead' | 'counterfeit'): RawBuilder<boolean> =>
  term === 'credited_ahead' ? sql`state = 'ahead'` : sql`state <> 'ahead'`;

/** Of `cleared_approvals`. */
export const clearedTerm = (term: 'cleared_ahead' | 'cleared_denied'): RawBuilder<boolean> =>
  term === 'cleared_ahead' ? sql`state = 'ahead'` : sql`state NOT IN ('ahead', 'agreed') AND covered = 0`;

/** Of `approvals`: paid for, and then taken back; nobody has judged that yet. */
export const clearedAndTakenBack = sql`state = 'cancelled' AND is_cleared`;

const sumWhere = (which: RawBuilder<unknown>): RawBuilder<bigint> =>
  sql`coalesce(sum(amount) FILTER (WHERE ${which}), 0)::bigint`;

export async function auditTotals(trx: Kysely<Database>): Promise<AuditTotals> {
  const { rows } = await sql<
    Omit<AuditTotals, 'creditedAhead' | 'clearedAhead' | 'clearedDenied'> & {
      credited_ahead: bigint;
      cleared_ahead: bigint;
      cleared_denied: bigint;
    }
  >`
    WITH paid AS (
      SELECT ${sumWhere(paymentTerm('waiting'))} AS waiting, ${sumWhere(paymentTerm('returning'))} AS "returning",
        ${sumWhere(paymentTerm('counterfeit'))} AS taken_back,
        ${sumWhere(sql`state <> 'cancelled' AND verdict = 'credited'`)} AS met
      FROM payments
    ), carried AS (
      SELECT ${sumWhere(meetingTerm('credited_ahead'))} AS ahead, ${sumWhere(meetingTerm('counterfeit'))} AS against
      FROM meetings
    ), credits AS (SELECT ${sumWhere(sql`outcome = 'credited'`)} AS credited FROM receipts)
    SELECT waiting, "returning", ahead AS credited_ahead, taken_back + against AS counterfeit,
      credited - met - ahead - taken_back - against AS unmet,
      (SELECT coalesce(sum(p.amount), 0)::bigint FROM postings p JOIN transfers t ON t.id = p.transfer
        JOIN accounts a ON a.id = p.account WHERE t.kind = 'issuance' AND a.kind = 'online') AS issued,
      (SELECT coalesce(sum(p.amount), 0)::bigint FROM postings p JOIN transfers t ON t.id = p.transfer
        JOIN accounts a ON a.id = p.account WHERE t.kind = 'destruction' AND a.kind = 'destroyed') AS redeemed,
      (SELECT coalesce(sum(balance), 0)::bigint FROM accounts WHERE kind = 'online') AS online,
      (SELECT coalesce(sum(balance), 0)::bigint FROM accounts WHERE kind = 'offline_float') AS float,
      (SELECT coalesce(sum(balance), 0)::bigint FROM journals WHERE NOT is_issuer) AS offline,
      (SELECT coalesce(sum(amount), 0)::bigint FROM approvals WHERE state = 'open' AND NOT is_cleared) AS approvals,
      (SELECT ${sumWhere(clearedTerm('cleared_ahead'))} FROM cleared_approvals) AS cleared_ahead,
      (SELECT ${sumWhere(clearedTerm('cleared_denied'))} FROM cleared_approvals)
        + (SELECT ${sumWhere(clearedAndTakenBack)} FROM approvals) AS cleared_denied,
      (SELECT coalesce(sum(${entryValue}), 0)::bigint FROM claim_entries) AS refunded,
      (SELECT coalesce(sum(balance), 0)::bigint FROM accounts) AS "ledgerSum"
    FROM paid, carried, credits`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new Error('Bug: an aggregate query gives one row');
  const { credited_ahead, cleared_ahead, cleared_denied, ...totals } = row;
  return {
    ...totals,
    creditedAhead: credited_ahead,
    clearedAhead: cleared_ahead,
    clearedDenied: cleared_denied,
  };
}
