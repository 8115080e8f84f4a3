/**
 * Meetings in PostgreSQL. The contract of packages/issuer/src/meeting-ports.ts holds.
 *
 * What must hold here: what is carried goes by lists of keys (unnest), and a join is between rows of one purse; the list of purses
 * stands beside as `= ANY`, by which a spread table is asked only where they are; purses
 * are locked before their payments change, in the order of their names, the issuers' last, as everybody does.
 */
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import {
  type Arrival,
  type Credit,
  type MeetingRows,
  type MeetingState,
  type Paid,
  type StoredVerdict,
  VERDICTS,
} from '@sokkin/issuer';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';
import { byShard } from './shard-of.ts';

const bytesOf = (hashes: readonly string[]): Buffer[] => hashes.map((hash) => Buffer.from(hash, 'hex'));
const bigs = (numbers: readonly number[]): bigint[] => numbers.map(BigInt);

interface PaidColumns {
  readonly payer: string;
  readonly payment_no: bigint;
  readonly payee: string;
  readonly ticket_no: bigint;
  readonly amount: bigint;
  readonly hash: Bytes;
  readonly state: string;
  readonly verdict: StoredVerdict | null;
}

const paidOf = (row: PaidColumns): Paid => ({
  payer: row.payer,
  paymentNo: Number(row.payment_no),
  payee: row.payee,
  ticketNo: Number(row.ticket_no),
  amount: row.amount,
  hash: hex(row.hash),
  isCancelled: row.state === 'cancelled',
  verdict: row.verdict ?? undefined,
});

export interface CreditColumns {
  readonly payee: string;
  readonly ticket_no: bigint;
  readonly seq: bigint;
  readonly payer: string;
  readonly payment_no: bigint;
  readonly hash: Bytes;
  readonly amount: bigint;
}

export const creditOf = (row: CreditColumns): Credit => ({
  payee: row.payee,
  ticketNo: Number(row.ticket_no),
  seq: Number(row.seq),
  payer: row.payer,
  paymentNo: Number(row.payment_no),
  hash: hex(row.hash),
  amount: row.amount,
});

/** In the order of their keys, so that of two who write the same rows one waits for the other. */
const sorted = <T>(items: readonly T[], key: (item: T) => string): T[] =>
  items
    .map((item) => [key(item), item] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item);

const arrivalList = (arrivals: readonly Arrival[]): RawBuilder<unknown> =>
  sql`unnest(${arrivals.map((a) => a.payee)}::text[], ${bigs(arrivals.map((a) => a.ticketNo))}::bigint[],
    ${arrivals.map((a) => a.payer)}::text[], ${bigs(arrivals.map((a) => a.paymentNo))}::bigint[])`;

const meetingList = (credits: readonly Credit[]): RawBuilder<unknown> =>
  sql`unnest(${credits.map((c) => c.payer)}::text[], ${bigs(credits.map((c) => c.paymentNo))}::bigint[],
    ${credits.map((c) => c.payee)}::text[], ${bigs(credits.map((c) => c.ticketNo))}::bigint[])`;

export function meetingRows(trx: Transaction<Database>, shards: number | undefined): MeetingRows {
  return {
    async facts(due) {
      const list = sql`unnest(${due.map((d) => d.purse)}::text[], ${bigs(due.map((d) => d.after))}::bigint[],
        ${bigs(due.map((d) => d.upTo))}::bigint[]) AS d (purse, after, up_to)`;
      const paid = await sql<PaidColumns>`SELECT p.* FROM ${list}
        JOIN payments p ON p.payer = d.purse AND p.payment_no > d.after AND p.payment_no <= d.up_to
        WHERE p.payer = ANY(${due.map((d) => d.purse)}::text[])`.execute(trx);
      const takenBack = await sql<PaidColumns>`SELECT p.* FROM ${list}
        JOIN payments p ON p.payer = d.purse AND p.state = 'cancelled'
          AND (p.verdict IS NULL OR p.verdict IN ('waiting', 'credited'))
        WHERE p.payer = ANY(${due.map((d) => d.purse)}::text[])`.execute(trx);
      const credits = await sql<CreditColumns>`SELECT r.*, r.payment_hash AS hash FROM ${list}
        JOIN receipts r ON r.payee = d.purse AND r.seq > d.after AND r.seq <= d.up_to
          AND r.outcome = 'credited'
        WHERE r.payee = ANY(${due.map((d) => d.purse)}::text[])`.execute(trx);
      return {
        paid: paid.rows.map(paidOf),
        takenBack: takenBack.rows.map(paidOf),
        credits: credits.rows.map(creditOf),
      };
    },
    async addArrivals(arrivals) {
      if (arrivals.length === 0) return;
      const rows = sorted(arrivals, (a) => `${a.payee} ${a.ticketNo} ${a.payer} ${a.paymentNo}`);
      await sql`INSERT INTO arrivals (payee, ticket_no, payer, payment_no, amount, hash, is_refused)
        SELECT * FROM unnest(${rows.map((a) => a.payee)}::text[], ${bigs(rows.map((a) => a.ticketNo))}::bigint[],
          ${rows.map((a) => a.payer)}::text[], ${bigs(rows.map((a) => a.paymentNo))}::bigint[],
          ${rows.map((a) => a.amount)}::bigint[], ${bytesOf(rows.map((a) => a.hash))}::bytea[],
          ${rows.map((a) => a.isRefused)}::boolean[])
        ON CONFLICT (payee, ticket_no, payer, payment_no) DO UPDATE SET is_refused = true
          WHERE excluded.is_refused AND NOT arrivals.is_refused`.execute(trx);
    },
    async arrivalsAt(payees) {
      const rows = await trx
        .selectFrom('arrivals')
        .selectAll()
        .where('payee', '=', sql<string>`ANY(${payees}::text[])`)
        .execute();
      return rows.map((row) => ({
        payee: row.payee,
        ticketNo: Number(row.ticket_no),
        payer: row.payer,
        paymentNo: Number(row.payment_no),
        amount: row.amount,
        hash: hex(row.hash),
        isRefused: row.is_refused,
      }));
    },
    async dropArrivals(arrivals) {
      if (arrivals.length === 0) return;
      await sql`DELETE FROM arrivals a USING ${arrivalList(arrivals)} AS d (payee, ticket_no, payer, payment_no)
        WHERE a.payee = d.payee AND a.ticket_no = d.ticket_no AND a.payer = d.payer
          AND a.payment_no = d.payment_no AND a.payee = ANY(${arrivals.map((x) => x.payee)}::text[])`.execute(
        trx,
      );
    },
    async ticketWords(asked) {
      if (asked.length === 0) return [];
      const { rows } = await sql<{
        payee: string;
        ticket_no: bigint;
        seq: bigint | null;
        state: 'open' | 'credited' | 'cancelled' | null;
        consumed_by: Bytes | null;
      }>`SELECT a.payee, a.ticket_no, j.seq, t.state, t.consumed_by
        FROM unnest(${asked.map((a) => a.payee)}::text[], ${bigs(asked.map((a) => a.ticketNo))}::bigint[])
          AS a (payee, ticket_no)
        LEFT JOIN journals j ON j.purse = a.payee AND j.purse = ANY(${asked.map((a) => a.payee)}::text[])
        LEFT JOIN tickets t ON t.payee = a.payee AND t.ticket_no = a.ticket_no
          AND t.payee = ANY(${asked.map((a) => a.payee)}::text[])`.execute(trx);
      return rows.map((row) => ({
        payee: row.payee,
        ticketNo: Number(row.ticket_no),
        payeeSeq: row.seq === null ? undefined : Number(row.seq),
        state: row.state ?? undefined,
        by: row.consumed_by === null ? undefined : hex(row.consumed_by),
      }));
    },
    async addMeetings(credits) {
      if (credits.length > 0) await putMeetings(trx, credits, () => 'ahead');
    },
    async setMeetings(meetings) {
      const states = new Map(meetings.map((m) => [m as Credit, m.state]));
      if (meetings.length > 0) await putMeetings(trx, meetings, (m) => states.get(m) ?? 'ahead');
    },
    async reachedMeetings(payers) {
      const { rows } = await sql<CreditColumns>`SELECT m.* FROM meetings m
        JOIN journals j ON j.purse = m.payer AND j.seq >= m.payment_no
        WHERE m.payer = ANY(${payers}::text[]) AND m.state = 'ahead'`.execute(trx);
      return rows.map(creditOf);
    },
    async dropMeetings(meetings) {
      if (meetings.length === 0) return;
      await sql`DELETE FROM meetings m USING ${meetingList(meetings)} AS d (payer, payment_no, payee, ticket_no)
        WHERE m.payer = d.payer AND m.payment_no = d.payment_no AND m.payee = d.payee
          AND m.ticket_no = d.ticket_no AND m.state = 'ahead'
          AND m.payer = ANY(${meetings.map((x) => x.payer)}::text[])`.execute(trx);
    },
    async payerWords(asked) {
      if (asked.length === 0) return [];
      const { rows } = await sql<
        Omit<PaidColumns, 'payee'> & {
          payee: string | null;
          asked_payer: string;
          asked_no: bigint;
          seq: bigint | null;
          is_issuer: boolean | null;
        }
      >`SELECT a.payer AS asked_payer, a.payment_no AS asked_no, j.seq, j.is_issuer, p.*
        FROM unnest(${asked.map((a) => a.payer)}::text[], ${bigs(asked.map((a) => a.paymentNo))}::bigint[])
          AS a (payer, payment_no)
        LEFT JOIN journals j ON j.purse = a.payer AND j.purse = ANY(${asked.map((a) => a.payer)}::text[])
        LEFT JOIN payments p ON p.payer = a.payer AND p.payment_no = a.payment_no
          AND p.payer = ANY(${asked.map((a) => a.payer)}::text[])`.execute(trx);
      return rows.map(({ asked_payer, asked_no, seq, is_issuer, payee, ...row }) => ({
        payer: asked_payer,
        paymentNo: Number(asked_no),
        payerSeq: seq === null ? undefined : Number(seq),
        isIssuer: is_issuer === true,
        paid: payee === null ? undefined : paidOf({ ...row, payee }),
      }));
    },
    async setVerdicts(verdicts) {
      if (verdicts.length === 0) return [];
      const strongest = new Map<string, (typeof verdicts)[number]>();
      for (const v of verdicts) {
        const before = strongest.get(`${v.payer}/${v.paymentNo}`);
        if (before === undefined || VERDICTS.indexOf(before.verdict) < VERDICTS.indexOf(v.verdict))
          strongest.set(`${v.payer}/${v.paymentNo}`, v);
      }
      const list = [...strongest.values()];
      await lockJournals(trx, new Set(list.map((v) => v.payer)), shards);
      const order = sql`${VERDICTS}::text[]`;
      const { rows } = await sql<PaidColumns>`
        UPDATE payments p
        SET verdict = CASE WHEN v.verdict = 'credited' AND p.state = 'cancelled' THEN 'taken_back' ELSE v.verdict END
        FROM unnest(${list.map((v) => v.payer)}::text[], ${bigs(list.map((v) => v.paymentNo))}::bigint[],
          ${list.map((v) => v.verdict)}::text[]) AS v (payer, payment_no, verdict)
        WHERE p.payer = v.payer AND p.payment_no = v.payment_no AND p.payer = ANY(${list.map((v) => v.payer)}::text[])
          AND coalesce(array_position(${order}, p.verdict), 0) < array_position(${order}, v.verdict)
        RETURNING p.*`.execute(trx);
      return rows.map(paidOf).filter((p) => p.verdict === 'taken_back');
    },
    async shadows(purses) {
      const { rows } = await sql<{
        purse: string;
        is_issuer: boolean;
        balance: bigint;
        credited_ahead: bigint;
        waiting: bigint;
      }>`SELECT j.purse, j.is_issuer, j.balance,
          (SELECT coalesce(sum(m.amount), 0)::bigint FROM meetings m
            WHERE m.payer = j.purse AND m.state = 'ahead' AND m.payment_no > j.seq)
          + (SELECT coalesce(sum(c.amount), 0)::bigint FROM cleared_approvals c
            WHERE c.purse = j.purse AND c.state = 'ahead') AS credited_ahead,
          (SELECT coalesce(sum(a.amount), 0)::bigint FROM arrivals a
            LEFT JOIN tickets t ON t.payee = a.payee AND t.ticket_no = a.ticket_no
            WHERE a.payee = j.purse AND NOT a.is_refused
              AND (t.state = 'open' OR (t.state IS NULL AND a.ticket_no > j.seq))) AS waiting
        FROM journals j WHERE j.purse = ANY(${purses}::text[])`.execute(trx);
      return rows.map(({ purse, is_issuer, balance, credited_ahead, waiting }) => ({
        purse,
        isIssuer: is_issuer,
        balance,
        creditedAhead: credited_ahead,
        waiting,
      }));
    },
  };
}

/** A meeting that was judged stays so. */
async function putMeetings<C extends Credit>(
  trx: Transaction<Database>,
  credits: readonly C[],
  stateOf: (credit: C) => MeetingState,
): Promise<void> {
  const rows = sorted(credits, (c) => `${c.payer} ${c.paymentNo} ${c.payee} ${c.ticketNo}`);
  await sql`INSERT INTO meetings (payer, payment_no, payee, ticket_no, seq, hash, amount, state)
    SELECT * FROM unnest(${rows.map((c) => c.payer)}::text[], ${bigs(rows.map((c) => c.paymentNo))}::bigint[],
      ${rows.map((c) => c.payee)}::text[], ${bigs(rows.map((c) => c.ticketNo))}::bigint[],
      ${bigs(rows.map((c) => c.seq))}::bigint[], ${rows.map((c) => Buffer.from(fromHex(c.hash)))}::bytea[],
      ${rows.map((c) => c.amount)}::bigint[], ${rows.map(stateOf)}::text[])
    ON CONFLICT (payer, payment_no, payee, ticket_no) DO UPDATE SET state = excluded.state
      WHERE meetings.state = 'ahead' AND excluded.state <> 'ahead'`.execute(trx);
}

/**
 * The order in which everybody locks: purses first, issuers' purses last. Where purses are spread over machines, FOR UPDATE
 * is for rows of one shard: shard after shard, and Citus finds those who wait in a circle.
 */
export async function lockJournals(
  trx: Transaction<Database>,
  purses: ReadonlySet<string>,
  shards: number | undefined,
): Promise<void> {
  for (const some of byShard([...purses], shards))
    await sql`SELECT FROM journals WHERE purse = ANY(${some}::text[])
      ORDER BY is_issuer, purse FOR NO KEY UPDATE`.execute(trx);
}
