/**
 * The sums of the audit (packages/issuer/src/audit.ts explains the terms). What must hold: each payment falls
 * into the term that `termOf` gives it; a test compares the two row by row.
 */
import type { AuditTotals } from '@sokkin/issuer';
import { type Kysely, sql } from 'kysely';
import { entryValue } from './claims-schema.ts';
import type { Database } from './schema.ts';

/** `items`: the payments that a term counts, each with its term; for a WITH. */
export const paymentItems = sql`
  met AS (
    SELECT p.payer IS NOT NULL AS debited, coalesce(p.state, 'open') AS state,
      coalesce(p.amount, r.amount) AS amount, r.payee IS NOT NULL AS credited,
      coalesce(p.payer, r.payer) AS payer, coalesce(p.payment_no, r.payment_no) AS payment_no,
      coalesce(p.payee, r.payee) AS payee, coalesce(p.ticket_no, r.ticket_no) AS ticket_no,
      coalesce(j.seq >= r.payment_no, false) AS payer_covers,
      coalesce(p.payer IS NOT NULL AND r.payee IS NULL AND (t.state IN ('credited', 'cancelled')
        OR (t.state IS NULL AND p.ticket_no <= k.seq)), false) AS never
    FROM payments p
    FULL JOIN (SELECT * FROM receipts WHERE outcome = 'credited') r
      ON r.payer = p.payer AND r.payment_no = p.payment_no AND r.payment_hash = p.hash AND r.payee = p.payee
      AND r.amount = p.amount
    LEFT JOIN journals j ON j.purse = r.payer
    LEFT JOIN journals k ON k.purse = p.payee
    LEFT JOIN tickets t ON t.payee = p.payee AND t.ticket_no = p.ticket_no
  ), items AS (
    SELECT *, CASE
        WHEN debited AND state <> 'cancelled' AND NOT credited THEN CASE WHEN never THEN 'returning' ELSE 'waiting' END
        WHEN credited AND ((NOT debited AND payer_covers) OR (debited AND state = 'cancelled')) THEN 'counterfeit'
        WHEN credited AND NOT debited THEN 'credited_ahead'
      END AS term
    FROM met
  )`;

export async function auditTotals(trx: Kysely<Database>): Promise<AuditTotals> {
  const { rows } = await sql<Omit<AuditTotals, 'creditedAhead'> & { credited_ahead: bigint }>`
    WITH ${paymentItems}, sums AS (
      SELECT
        sum(amount) FILTER (WHERE term = 'waiting') AS waiting,
        sum(amount) FILTER (WHERE term = 'returning') AS "returning",
        sum(amount) FILTER (WHERE term = 'credited_ahead') AS credited_ahead,
        sum(amount) FILTER (WHERE term = 'counterfeit') AS counterfeit
      FROM items
    )
    SELECT
      coalesce(waiting, 0)::bigint AS waiting, coalesce("returning", 0)::bigint AS "returning",
      coalesce(credited_ahead, 0)::bigint AS credited_ahead, coalesce(counterfeit, 0)::bigint AS counterfeit,
      (SELECT coalesce(sum(p.amount), 0)::bigint FROM postings p JOIN transfers t ON t.id = p.transfer
        JOIN accounts a ON a.id = p.account WHERE t.kind = 'issuance' AND a.kind = 'online') AS issued,
      (SELECT coalesce(sum(p.amount), 0)::bigint FROM postings p JOIN transfers t ON t.id = p.transfer
        JOIN accounts a ON a.id = p.account WHERE t.kind = 'destruction' AND a.kind = 'destroyed') AS redeemed,
      (SELECT coalesce(sum(balance), 0)::bigint FROM accounts WHERE kind = 'online') AS online,
      (SELECT coalesce(sum(balance), 0)::bigint FROM accounts WHERE kind = 'offline_float') AS float,
      (SELECT coalesce(sum(balance), 0)::bigint FROM journals WHERE NOT is_issuer) AS offline,
      (SELECT coalesce(sum(amount), 0)::bigint FROM approvals WHERE state = 'open') AS approvals,
      (SELECT coalesce(sum(${entryValue}), 0)::bigint FROM claim_entries) AS refunded,
      (SELECT coalesce(sum(balance), 0)::bigint FROM accounts) AS "ledgerSum"
    FROM sums`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new Error('Bug: an aggregate query gives one row');
  const { credited_ahead, ...totals } = row;
  return { ...totals, creditedAhead: credited_ahead };
}
