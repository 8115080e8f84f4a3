/**
 * What is due to be met, and whose it is.
 *
 * What must hold: two processes never work on the same purse by plan (an advisory lock, which goes with its holder); if
 * they do all the same, every step may be repeated.
 */
import type { Due, MatcherRows } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import { creditOf, lockJournals } from './meeting-rows.ts';
import type { Database } from './schema.ts';

/** So many entries of one journal in one round: the rest is due again. */
const ENTRIES = 5_000;

interface DueColumns {
  readonly purse: string;
  readonly is_issuer: boolean;
  readonly met_seq: bigint;
  readonly seq: bigint;
}

const dueOf = (row: DueColumns): Due => ({
  purse: row.purse,
  isIssuer: row.is_issuer,
  after: Number(row.met_seq),
  upTo: Number(row.seq),
});

export function matcherRows(trx: Transaction<Database>, shards: number | undefined): MatcherRows {
  return {
    async claim(from, limit) {
      const { rows } = await sql<DueColumns>`
        SELECT * FROM (SELECT purse, is_issuer, met_seq, seq FROM journals
          WHERE met_seq < seq AND purse >= ${from} ORDER BY purse LIMIT ${limit}) AS due
        WHERE pg_try_advisory_xact_lock(hashtextextended('meet ' || purse, 0))`.execute(trx);
      return rows.map(dueOf).map((due) => ({ ...due, upTo: Math.min(due.upTo, due.after + ENTRIES) }));
    },
    async markMet(due) {
      await lockJournals(trx, new Set(due.map((d) => d.purse)), shards);
      const { rows } = await sql<{ purse: string }>`
        UPDATE journals j SET met_seq = d.up_to
        FROM unnest(${due.map((d) => d.purse)}::text[], ${due.map((d) => BigInt(d.after))}::bigint[],
          ${due.map((d) => BigInt(d.upTo))}::bigint[]) AS d (purse, after, up_to)
        WHERE j.purse = d.purse AND j.met_seq = d.after AND j.purse = ANY(${due.map((d) => d.purse)}::text[])
        RETURNING j.purse`.execute(trx);
      const marked = new Set(rows.map((row) => row.purse));
      return due.filter((d) => marked.has(d.purse));
    },
    async addDays(days) {
      const { rows } = await sql<{
        purse: string;
        day: number;
        count: bigint;
        amount: bigint;
        before: number | null;
      }>`INSERT INTO purse_days AS d (purse, day, count, amount)
        SELECT * FROM unnest(${days.map((d) => d.purse)}::text[], ${days.map((d) => d.day)}::int[],
          ${days.map((d) => BigInt(d.count))}::bigint[], ${days.map((d) => d.amount)}::bigint[])
        ON CONFLICT (purse, day) DO UPDATE
          SET count = d.count + excluded.count, amount = d.amount + excluded.amount
        RETURNING d.*, (SELECT max(o.day) FROM purse_days o WHERE o.purse = d.purse AND o.day < d.day) AS before`.execute(
        trx,
      );
      return rows.map((row) => ({
        ...row,
        count: Number(row.count),
        before: row.before ?? undefined,
      }));
    },
    async withOwn(purses) {
      const { rows } = await sql<{ purse: string }>`
        SELECT purse FROM fundings WHERE purse = ANY(${purses}::text[]) AND status = 'paid'
        UNION
        SELECT p.payer FROM payments p
          JOIN redemptions r ON r.payee = p.payee AND r.ticket_no = p.ticket_no AND r.status = 'open'
          WHERE p.payer = ANY(${purses}::text[]) AND p.state = 'open'`.execute(trx);
      return rows.map((row) => row.purse);
    },
    async unjudgedSigners(purses) {
      const { rows } = await sql<{ signer: string }>`
        SELECT signer FROM signed_messages WHERE NOT judged AND signer = ANY(${purses}::text[])
        UNION
        SELECT signer FROM signed_messages WHERE NOT judged AND payee = ANY(${purses}::text[])`.execute(trx);
      return rows.map((row) => row.signer);
    },
    async creditOn(payee, ticketNo) {
      const row = await trx
        .selectFrom('receipts')
        .selectAll()
        .where('payee', '=', payee)
        .where('ticket_no', '=', BigInt(ticketNo))
        .where('outcome', '=', 'credited')
        .executeTakeFirst();
      return row && creditOf({ ...row, hash: row.payment_hash });
    },
    async positions(purses) {
      const { rows } = await sql<DueColumns>`
        SELECT purse, is_issuer, met_seq, seq FROM journals WHERE purse = ANY(${purses}::text[])`.execute(
        trx,
      );
      return rows.map(dueOf);
    },
    async isDone() {
      const due = await sql`SELECT FROM journals WHERE met_seq < seq LIMIT 1`.execute(trx);
      const handed = await sql`SELECT FROM handed_in LIMIT 1`.execute(trx);
      return due.rows.length === 0 && handed.rows.length === 0;
    },
  };
}
