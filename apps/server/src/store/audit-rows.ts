/**
 * What stands behind the figures of the audit, and what it found when it ran by itself.
 *
 * What must hold: the entries of a term, all pages together, add up to its figure in `auditTotals`: what is in it is
 * said once (audit-totals.ts).
 */
import type { AuditEntry, AuditRows, AuditRun, AuditTerm } from '@sokkin/issuer';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { clearedAndTakenBack, clearedTerm, meetingTerm, paymentTerm } from './audit-totals.ts';
import { entryValue } from './claims-schema.ts';
import type { Database } from './schema.ts';

/** Any number that is ours alone within the database: who has it runs the audit. */
const LOCK = 0x61756474;

interface Line {
  readonly cursor: string;
  readonly amount: bigint;
  readonly account: string | null;
  readonly purse: string | null;
  readonly counterpart: string | null;
  readonly reference: string | null;
}

type Query = (after: readonly string[], limit: number) => RawBuilder<Line>;
/** Cursors are the sorted-by columns with dots between. */
const accounts =
  (which: RawBuilder<unknown>): Query =>
  ([after = '0'], limit) =>
    sql<Line>`SELECT number::text AS cursor, balance AS amount, id AS account, NULL AS purse, NULL AS counterpart, NULL AS reference
      FROM accounts WHERE ${which} AND balance <> 0 AND number > ${after}::bigint ORDER BY number LIMIT ${limit}`;
const postings =
  (kind: string, account: string): Query =>
  ([transfer = '0', posting = '0'], limit) =>
    sql<Line>`SELECT t.id || '.' || p.id AS cursor, p.amount, p.account, NULL AS purse, NULL AS counterpart, t.reference
      FROM transfers t JOIN postings p ON p.transfer = t.id JOIN accounts a ON a.id = p.account
      WHERE t.kind = ${sql.lit(kind)} AND a.kind = ${sql.lit(account)}
        AND (t.id, p.id) > (${transfer}::bigint, ${posting}::bigint) ORDER BY t.id, p.id LIMIT ${limit}`;
/** Rows of the two tables by payer, each with the cursor of its key. */
const byPayer =
  (rows: RawBuilder<unknown>): Query =>
  ([payer = '', payment = '0', payee = '', ticket = '0'], limit) =>
    sql<Line>`SELECT concat_ws('.', payer, payment_no, payee, ticket_no) AS cursor, amount, NULL AS account, payer AS purse,
        payee AS counterpart, payment_no::text AS reference
      FROM (${rows}) AS items WHERE (payer, payment_no, payee, ticket_no) >
        (${payer}, ${payment}::bigint, ${payee}, ${ticket}::bigint)
      ORDER BY payer, payment_no, payee, ticket_no LIMIT ${limit}`;
const KEY = sql`payer, payment_no, payee, ticket_no, amount`;
const paymentsIn = (term: Parameters<typeof paymentTerm>[0]) =>
  sql`SELECT ${KEY} FROM payments WHERE ${paymentTerm(term)}`;
const meetingsIn = (term: Parameters<typeof meetingTerm>[0]) =>
  sql`SELECT ${KEY} FROM meetings WHERE ${meetingTerm(term)}`;

/** Rows by purse and counter. */
const byCounter =
  (from: RawBuilder<unknown>): Query =>
  ([purse = '', atc = '0'], limit) =>
    sql<Line>`SELECT purse || '.' || atc AS cursor, amount, NULL AS account, purse, NULL AS counterpart,
        clearing AS reference
      FROM (${from}) cleared WHERE (purse, atc) > (${purse}, ${atc}::integer) ORDER BY purse, atc LIMIT ${limit}`;
const clearedIn = (term: Parameters<typeof clearedTerm>[0]) =>
  sql`SELECT purse, atc, amount, clearing FROM cleared_approvals WHERE ${clearedTerm(term)}`;

const QUERIES: Readonly<Record<AuditTerm, Query>> = {
  issued: postings('issuance', 'online'),
  redeemed: postings('destruction', 'destroyed'),
  online: accounts(sql`kind = 'online'`),
  float: accounts(sql`kind = 'offline_float'`),
  ledger: accounts(sql`true`),
  offline: (
    [after = ''],
    limit,
  ) => sql<Line>`SELECT purse AS cursor, balance AS amount, NULL AS account, purse,
      NULL AS counterpart, NULL AS reference
    FROM journals WHERE NOT is_issuer AND balance <> 0 AND purse > ${after} ORDER BY purse LIMIT ${limit}`,
  approvals: (
    [purse = '', no = '0'],
    limit,
  ) => sql<Line>`SELECT purse || '.' || approval_no AS cursor, amount, NULL AS account,
      purse, NULL AS counterpart, approval_no::text AS reference
    FROM approvals WHERE state = 'open' AND NOT is_cleared AND (purse, approval_no) > (${purse}, ${no}::bigint)
    ORDER BY purse, approval_no LIMIT ${limit}`,
  cleared_ahead: byCounter(clearedIn('cleared_ahead')),
  cleared_denied: byCounter(sql`${clearedIn('cleared_denied')} UNION ALL
    SELECT purse, atc, amount, NULL AS clearing FROM approvals WHERE ${clearedAndTakenBack}`),
  refunded: (
    [after = ''],
    limit,
  ) => sql<Line>`SELECT purse AS cursor, sum(${entryValue})::bigint AS amount, NULL AS account, purse,
      NULL AS counterpart, min(claim) AS reference
    FROM claim_entries WHERE purse > ${after} GROUP BY purse HAVING sum(${entryValue}) <> 0
    ORDER BY purse LIMIT ${limit}`,
  waiting: byPayer(paymentsIn('waiting')),
  returning: byPayer(paymentsIn('returning')),
  credited_ahead: byPayer(meetingsIn('credited_ahead')),
  counterfeit: byPayer(sql`${paymentsIn('counterfeit')} UNION ALL ${meetingsIn('counterfeit')}`),
  // Of credits that are in the middle of it, the figure knows before the list does.
  unmet: (
    [payee = '', ticket = '0'],
    limit,
  ) => sql<Line>`SELECT r.payee || '.' || r.ticket_no AS cursor, r.amount, NULL AS account, r.payer AS purse,
      r.payee AS counterpart, r.payment_no::text AS reference
    FROM receipts r JOIN journals j ON j.purse = r.payee AND j.met_seq < r.seq
    WHERE r.outcome = 'credited' AND (r.payee, r.ticket_no) > (${payee}, ${ticket}::bigint)
    ORDER BY r.payee, r.ticket_no LIMIT ${limit}`,
};

export function auditRows(trx: Transaction<Database>): AuditRows {
  return {
    async entries(term, page): Promise<AuditEntry[]> {
      const after = page.after === undefined ? [] : page.after.split('.');
      return (await QUERIES[term](after, page.limit).execute(trx)).rows;
    },
    async claim(notAfter, now) {
      const { rows } = await sql<{
        mine: boolean;
      }>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS mine`.execute(trx);
      if (rows[0]?.mine !== true) return false;
      const newest = await trx
        .selectFrom('audit_runs')
        .select('at')
        .orderBy('number', 'desc')
        .limit(1)
        .execute();
      const at = newest[0]?.at;
      return at === undefined || at <= notAfter || at > now;
    },
    async add({ at, holds, totals, milliseconds }) {
      const digits = Object.fromEntries(Object.entries(totals).map(([name, value]) => [name, String(value)]));
      await trx
        .insertInto('audit_runs')
        .values({ at, holds, totals: JSON.stringify(digits), milliseconds })
        .execute();
    },
    async runs(page): Promise<AuditRun[]> {
      let query = trx.selectFrom('audit_runs').selectAll();
      if (page.after !== undefined) query = query.where('number', '<', BigInt(page.after));
      const rows = await query.orderBy('number', 'desc').limit(page.limit).execute();
      return rows.map(({ number, totals, ...row }) => ({
        ...row,
        number,
        totals: totals as Record<string, string>,
      }));
    },
  };
}
