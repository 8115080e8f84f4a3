/**
 * What purses did between their syncs, for previews of limits.
 *
 * What must hold: every statement is on the keys of the purses that it names, with a limit; nothing is joined across purses.
 */
import { type Period, type PeriodEvent, type PreviewRows, type PurseAssurance, tierOf } from '@sokkin/issuer';
import { parseStatement } from '@sokkin/purse';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

interface SyncPoint {
  readonly purse: string;
  readonly seq: bigint;
  readonly statement: Uint8Array;
  readonly is_since: boolean;
}
interface Moved {
  readonly purse: string;
  readonly seq: bigint;
  readonly amount: bigint;
  /** Of a payment. */
  readonly payee: string | null;
}

export function previewRows(trx: Transaction<Database>): PreviewRows {
  return {
    async withinMs(ms) {
      await sql`SELECT set_config('statement_timeout', ${ms.toString()}, true)`.execute(trx);
    },
    async active(since, after, limit) {
      const rows = await trx
        .selectFrom('purses')
        .select(['id', 'assurance', 'tier', 'anonymous'])
        .where('id', '>', after)
        .where('last_sync_at', '>=', since)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(({ anonymous, ...row }) => ({ ...row, isAnonymous: anonymous }));
    },
    async histories(purses, since, most) {
      const ids = purses.map((p) => p.id);
      const points = grouped(await syncPoints(trx, ids, since));
      const starts = ids.map((id) => startOf(points.get(id) ?? []));
      const moved = await movedAfter(trx, ids, starts, most + 1);
      const isWhole = moved.length <= most;
      const classes = await assurances(trx, moved.slice(0, most));
      const byPurse = grouped(moved.slice(0, most));
      const histories = purses.map((purse) => ({
        tier: tierOf(purse),
        assurance: purse.assurance,
        periods: periodsOf(points.get(purse.id) ?? [], byPurse.get(purse.id) ?? [], classes),
      }));
      return { histories, read: Math.min(moved.length, most), isWhole };
    },
  };
}

/** Where the first period begins: at the last sync from before. */
const startOf = (points: readonly SyncPoint[]): bigint => points.findLast((p) => !p.is_since)?.seq ?? 0n;

/** Of each purse, those since then and the last one before. */
async function syncPoints(
  trx: Transaction<Database>,
  ids: readonly string[],
  since: Date,
): Promise<SyncPoint[]> {
  const { rows } = await sql<SyncPoint>`
    SELECT purse, seq, statement, true AS is_since FROM syncs
    WHERE purse = ANY (${ids}::text[]) AND created_at >= ${since}
    UNION ALL
    SELECT DISTINCT ON (purse) purse, seq, statement, false FROM syncs
    WHERE purse = ANY (${ids}::text[]) AND created_at < ${since}
    ORDER BY purse, seq`.execute(trx);
  return rows;
}

/** Payments out of these purses and into them, each purse from its own number on. */
async function movedAfter(
  trx: Transaction<Database>,
  ids: readonly string[],
  starts: readonly bigint[],
  limit: number,
): Promise<Moved[]> {
  const { rows } = await sql<Moved>`
    WITH wanted AS (SELECT * FROM unnest(${ids}::text[], ${starts.map(String)}::bigint[]) AS w (purse, start))
    SELECT w.purse, p.payment_no AS seq, p.amount, p.payee FROM wanted w
      JOIN payments p ON p.payer = w.purse AND p.payment_no > w.start
    UNION ALL
    SELECT w.purse, r.seq, r.amount, NULL FROM wanted w
      JOIN receipts r ON r.payee = w.purse AND r.seq > w.start AND r.outcome = 'credited'
    ORDER BY purse, seq LIMIT ${limit}`.execute(trx);
  return rows;
}

/** Who is not in it is the issuer's purse. */
async function assurances(
  trx: Transaction<Database>,
  moved: readonly Moved[],
): Promise<ReadonlyMap<string, PurseAssurance>> {
  const payees = [...new Set(moved.flatMap(({ payee }) => payee ?? []))];
  if (payees.length === 0) return new Map();
  const rows = await trx.selectFrom('purses').select(['id', 'assurance']).where('id', 'in', payees).execute();
  return new Map(rows.map((row) => [row.id, row.assurance]));
}

function grouped<T extends { readonly purse: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.purse);
    if (group === undefined) groups.set(row.purse, [row]);
    else group.push(row);
  }
  return groups;
}

/** One from each sync to the next. What no sync since then has proven is not looked at. */
function periodsOf(
  points: readonly SyncPoint[],
  moved: readonly Moved[],
  classes: ReadonlyMap<string, PurseAssurance>,
): Period[] {
  const event = ({ amount, payee }: Moved): PeriodEvent =>
    payee === null ? { kind: 'credited', amount } : { kind: 'paid', amount, to: classes.get(payee) };
  const sorted = points.toSorted((a, b) => Number(a.seq - b.seq));
  const periods: Period[] = [];
  let [at, balance] = [0, 0n];
  for (const point of sorted) {
    const begin = at;
    while (at < moved.length && (moved[at]?.seq ?? 0n) <= point.seq) at += 1;
    if (point.is_since) periods.push({ balance, events: moved.slice(begin, at).map(event) });
    balance = parseStatement(point.statement).fields.balance;
  }
  return periods;
}
