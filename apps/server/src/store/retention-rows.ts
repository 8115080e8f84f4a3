/**
 * Removing what was kept long enough.
 *
 * What must hold: one statement looks at a bounded number of rows, by an index that is there; nothing goes that an open
 * alert, a blocked purse or a payment that is not settled on both sides still needs; what is evidence stays.
 */
import type { RetentionRows, RetentionTable } from '@sokkin/issuer';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** Any number that is ours alone within the database: "rete". */
const LOCK = 0x72657465;

/**
 * What of each table may go, when it is older than `before`: the key of its rows, in the order in which they are looked
 * through, and the condition.
 */
interface Rule {
  readonly table: string;
  readonly key: readonly string[];
  readonly may: (before: Date) => RawBuilder<unknown>;
  /** In place of removing the row. */
  readonly instead?: RawBuilder<unknown>;
}

/** An open alert about the purse, a claim that has not come to its end, or somebody who has blocked it, and has not lifted that. */
const isLookedAt = (purse: RawBuilder<unknown>) => sql`(
  EXISTS (SELECT FROM alerts a WHERE a.purse = ${purse} AND a.status = 'open')
  OR EXISTS (SELECT FROM claims c WHERE c.purse = ${purse} AND c.status IN ('waiting', 'refunded'))
  OR EXISTS (SELECT FROM purse_blocks b WHERE b.purse = ${purse} AND b.reason <> 'retired'))`;

/** The purse's proven journal had this number in it already then; that of an issuer is always proven. */
const wasProven = (purse: RawBuilder<unknown>, seq: RawBuilder<unknown>, before: Date) => sql`(
  EXISTS (SELECT FROM syncs s WHERE s.purse = ${purse} AND s.seq >= ${seq} AND s.created_at < ${before})
  OR EXISTS (SELECT FROM journals j WHERE j.purse = ${purse} AND j.is_issuer))`;

const RULES: Readonly<Record<RetentionTable, Rule>> = {
  kept_answers: {
    table: 'kept_answers',
    key: ['key'],
    may: (before) => sql`t.created_at < ${before}`,
  },
  sync_answers: {
    table: 'syncs',
    key: ['purse', 'statement_hash'],
    // The newest of each purse is what its phone asks for again.
    may: (before) => sql`t.created_at < ${before} AND t.answer <> '{}'::jsonb
      AND EXISTS (SELECT FROM purses p WHERE p.id = t.purse AND p.last_sync_at > t.created_at)
      AND NOT ${isLookedAt(sql`t.purse`)}`,
    instead: sql`answer = '{}'::jsonb`,
  },
  challenges: { table: 'challenges', key: ['nonce'], may: (before) => sql`t.expires_at < ${before}` },
  audit_runs: { table: 'audit_runs', key: ['number'], may: (before) => sql`t.holds AND t.at < ${before}` },
  deliveries: {
    table: 'deliveries',
    key: ['number'],
    may: (before) => sql`t.status <> 'waiting' AND t.created_at < ${before}`,
  },
  events: {
    table: 'events',
    key: ['number'],
    may: (before) => sql`t.fanned_out AND t.created_at < ${before}
      AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event = t.id)`,
  },
  signed_messages: {
    table: 'signed_messages',
    key: ['signer', 'hash'],
    may: (
      before,
    ) => sql`(t.judged OR EXISTS (SELECT FROM journals j WHERE j.purse = t.signer AND j.is_issuer))
      AND EXISTS (
        SELECT FROM payments p
        JOIN receipts r ON r.payee = p.payee AND r.ticket_no = p.ticket_no AND r.payment_hash = p.hash
        WHERE p.payer = t.payer AND p.payment_no = t.payment_no AND p.state = r.outcome
          AND ${wasProven(sql`p.payer`, sql`p.payment_no`, before)} AND ${wasProven(sql`r.payee`, sql`r.seq`, before)})
      AND NOT ${isLookedAt(sql`t.signer`)} AND NOT ${isLookedAt(sql`t.payer`)} AND NOT ${isLookedAt(sql`t.payee`)}`,
  },
  shop_messages: {
    table: 'acceptance_messages',
    key: ['account', 'key'],
    may: (before) => sql`t.at < ${before} AND NOT EXISTS (
      SELECT FROM acceptance_payments p WHERE p.account = t.account AND p.key = t.payment AND p.state = 'open')`,
  },
  shop_payments: {
    table: 'acceptance_payments',
    key: ['account', 'key'],
    // What moved money stays as the ledger does: days are settled, and statements made, from both.
    may: (before) => sql`t.moves = 0 AND t.state <> 'open' AND t.changed_at < ${before}`,
  },
  card_orders_ended: {
    table: 'card_scripts',
    key: ['account', 'card', 'id'],
    may: (before) => sql`t.state IN ('done', 'failed', 'withdrawn') AND t.ended_at < ${before}`,
  },
};

export function retentionRows(trx: Transaction<Database>): RetentionRows {
  return {
    async claim() {
      const { rows } = await sql<{
        is_ours: boolean;
      }>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS is_ours`.execute(trx);
      return rows[0]?.is_ours === true;
    },
    async page(what, before, { after, limit, isDry }) {
      const { table, key, may, instead } = RULES[what];
      const t = sql.table(table);
      const columns = sql.join(key.map((name) => sql.ref(name)));
      const beyond =
        after === undefined
          ? sql`true`
          : sql`(${columns}) > (SELECT ${columns} FROM jsonb_populate_record(NULL::${t}, ${after}::jsonb))`;
      const same = sql.join(
        key.map((name) => sql`x.${sql.ref(name)} = t.${sql.ref(name)}`),
        sql` AND `,
      );
      const act =
        instead === undefined
          ? sql`DELETE FROM ${t} x USING old t WHERE ${same} RETURNING 1`
          : sql`UPDATE ${t} x SET ${instead} FROM old t WHERE ${same} RETURNING 1`;
      const gone = isDry ? sql`SELECT 1 FROM old` : act;
      const { rows } = await sql<{ looked: number; gone: number; last: object | null }>`
        WITH looked AS MATERIALIZED (SELECT * FROM ${t} WHERE ${beyond} ORDER BY ${columns} LIMIT ${limit}),
          old AS MATERIALIZED (SELECT ${columns} FROM looked t WHERE ${may(before)}),
          gone AS (${gone})
        SELECT (SELECT count(*)::int FROM looked) AS looked, (SELECT count(*)::int FROM gone) AS gone,
          (SELECT to_jsonb(k) FROM (SELECT ${columns} FROM looked ORDER BY ${sql.join(key.map((name) => sql`${sql.ref(name)} DESC`))} LIMIT 1) k) AS last`.execute(
        trx,
      );
      const { looked = 0, gone: removed = 0, last = null } = rows[0] ?? {};
      return { removed, next: looked < limit || last === null ? undefined : JSON.stringify(last) };
    },
    async addRun({ at, removed, milliseconds }) {
      await trx
        .insertInto('retention_runs')
        .values({ at, removed: JSON.stringify(removed), milliseconds })
        .execute();
    },
    async lastRun() {
      const row = await trx
        .selectFrom('retention_runs')
        .selectAll()
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && { at: row.at, removed: row.removed, milliseconds: row.milliseconds };
    },
  };
}
