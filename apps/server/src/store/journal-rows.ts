/**
 * Journals: entries, and what they have proven.
 *
 * What must hold: an entry is in one place, in `segments` (an upload a row) or in `entries` (an entry a row: the issuer's
 * own purse, and what programs before migration 13 wrote); readers look in both. A journal is written from where it stands and
 * from nowhere else, or not at all: that is what keeps two writers of one journal apart, whatever each of them believes.
 */
import { type Bytes, hex } from '@sokkin/codec';
import type { JournalEntry, JournalRows } from '@sokkin/issuer';
import { encodeLimits, GENESIS_LINK, NO_LIMITS } from '@sokkin/purse';
import { sql, type Transaction } from 'kysely';
import { applyEffects } from './effects.ts';
import { viewColumns, viewOf } from './journal-views.ts';
import type { Database } from './schema.ts';
import { unpackSegment } from './segments.ts';
import { appendAll } from './upload-rows.ts';

export function journalRows(trx: Transaction<Database>): JournalRows {
  return {
    async view(purse, currency) {
      const row = await trx.selectFrom('journals').selectAll().where('purse', '=', purse).executeTakeFirst();
      return row && viewOf(trx, row, currency);
    },
    async heads(purse, from, to) {
      const entries = await entriesBetween(trx, purse, from, to, to - from + 1);
      return new Map(entries.map((e): [number, Bytes] => [e.seq, e.hash]));
    },
    entries: (purse, after, limit) => entriesBetween(trx, purse, after + 1, Number.MAX_SAFE_INTEGER, limit),
    async create(view) {
      await trx
        .insertInto('journals')
        .values({ purse: hex(view.purse), is_issuer: false, ...viewColumns(view) })
        .execute();
    },
    append: (view, entries, effects) => appendAll(trx, [{ view, entries, effects }]),
    async lockIssuer(purse) {
      await trx
        .insertInto('journals')
        .values({
          purse,
          is_issuer: true,
          certificate_hash: GENESIS_LINK,
          lifecycle: 'active',
          seq: 0n,
          head: GENESIS_LINK,
          balance: 0n,
          grant_no: 0n,
          ack_seq: 0n,
          limits: encodeLimits(NO_LIMITS),
          // It has no bounds: what is open is looked up.
          open_items: null,
        })
        .onConflict((c) => c.column('purse').doNothing())
        .execute();
      const row = await trx
        .selectFrom('journals')
        .select(['seq', 'head'])
        .where('purse', '=', purse)
        .forNoKeyUpdate()
        .executeTakeFirstOrThrow();
      return { seq: Number(row.seq), head: row.head };
    },
    async appendIssuer(purse, { seq, hash, body }, effects) {
      await trx
        .insertInto('entries')
        .values({ purse, seq: BigInt(seq), hash, body })
        .execute();
      await applyEffects(trx, [{ purse, effects }]);
      const columns = { seq: BigInt(seq), head: hash };
      await trx.updateTable('journals').set(columns).where('purse', '=', purse).execute();
    },
  };
}

/** Oldest first, `limit` at most. */
export async function entriesBetween(
  trx: Transaction<Database>,
  purse: string,
  from: number,
  to: number,
  limit: number,
): Promise<JournalEntry[]> {
  if (to < from || limit <= 0) return [];
  const old = await trx
    .selectFrom('entries')
    .select(['seq', 'hash', 'body'])
    .where('purse', '=', purse)
    .where('seq', '>=', BigInt(from))
    .where('seq', '<=', BigInt(to))
    .orderBy('seq')
    .limit(limit)
    .execute();
  const found: JournalEntry[] = old.map((row) => ({ ...row, seq: Number(row.seq) }));
  await addSegmentEntries(trx, purse, from, to, limit, found);
  return found.sort((a, b) => a.seq - b.seq).slice(0, limit);
}

/** A few segments at a time: a journal may be a million entries long. */
const SEGMENTS_AT_ONCE = 16;

async function addSegmentEntries(
  trx: Transaction<Database>,
  purse: string,
  from: number,
  to: number,
  limit: number,
  found: JournalEntry[],
): Promise<void> {
  let [next, count] = [from, 0];
  while (count < limit && next <= to) {
    const { rows } = await sql<{ first_seq: bigint; last_seq: bigint; link: Bytes; bodies: Bytes }>`
      SELECT first_seq, last_seq, link, bodies FROM segments
      WHERE purse = ${purse} AND first_seq <= ${BigInt(to)}
        AND first_seq >= coalesce((SELECT max(first_seq) FROM segments
          WHERE purse = ${purse} AND first_seq <= ${BigInt(next)}), ${BigInt(next)})
      ORDER BY first_seq LIMIT ${SEGMENTS_AT_ONCE}`.execute(trx);
    if (rows.length === 0) return;
    for (const { first_seq, link, bodies } of rows) {
      for (const entry of unpackSegment(purse, { firstSeq: Number(first_seq), link, bodies })) {
        if (entry.seq > to || count === limit) break;
        if (entry.seq < next) continue;
        found.push(entry);
        count += 1;
      }
    }
    const last = Number(rows.at(-1)?.last_seq ?? 0n);
    if (last < next) return;
    next = last + 1;
  }
}
