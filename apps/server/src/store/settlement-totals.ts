/** Totals that were compared. What must hold: amounts are kept as decimal digits, and read back as they were. */
import { BATCH_PARTS, type BatchTotals, type ComparedTotals, type SettlementRows } from '@sokkin/issuer';
import type { Selectable, Transaction } from 'kysely';
import { z } from 'zod';
import type { Database } from './schema.ts';

const counted = z.strictObject({ count: z.int().min(0), amount: z.string().transform(BigInt) });
const stored = z.strictObject({
  credits: counted,
  creditReversals: counted,
  debits: counted,
  debitReversals: counted,
});
const entries = z.record(z.string(), z.string().transform(BigInt));

const toJson = (totals: BatchTotals): string =>
  JSON.stringify(
    Object.fromEntries(
      BATCH_PARTS.map((part) => [
        part,
        { count: totals[part].count, amount: totals[part].amount.toString() },
      ]),
    ),
  );

const comparedOf = (row: Selectable<Database['settlement_totals']>): ComparedTotals & { number: string } => ({
  acquirer: row.acquirer,
  number: row.number.toString(),
  key: row.key,
  day: row.day,
  merchant: row.merchant ?? undefined,
  terminal: row.terminal ?? undefined,
  theirs: stored.parse(row.theirs),
  ours: stored.parse(row.ours),
  isInBalance: row.in_balance,
  upTo: row.up_to === null ? undefined : entries.parse(row.up_to),
  at: row.at,
});

type ComparedRows = Pick<SettlementRows, 'comparedByKey' | 'lastBatch' | 'addCompared' | 'compared'>;

export function comparedRows(trx: Transaction<Database>): ComparedRows {
  const of = (acquirer: string) =>
    trx.selectFrom('settlement_totals').selectAll().where('acquirer', '=', acquirer);
  return {
    async comparedByKey(acquirer, key) {
      const row = await of(acquirer).where('key', '=', key).executeTakeFirst();
      return row && comparedOf(row);
    },
    async lastBatch(acquirer, merchant, terminal) {
      const row = await of(acquirer)
        .where('merchant', '=', merchant)
        .where('terminal', '=', terminal)
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && comparedOf(row);
    },
    async addCompared({ acquirer, key, day, merchant, terminal, theirs, ours, isInBalance, upTo, at }) {
      const ends = upTo && Object.fromEntries(Object.entries(upTo).map(([k, v]) => [k, v.toString()]));
      await trx
        .insertInto('settlement_totals')
        .values({
          ...{ acquirer, key, day, at, merchant: merchant ?? null, terminal: terminal ?? null },
          ...{ theirs: toJson(theirs), ours: toJson(ours), in_balance: isInBalance },
          up_to: ends === undefined ? null : JSON.stringify(ends),
        })
        .execute();
    },
    async compared(acquirer, day, before, limit) {
      let query = of(acquirer);
      if (day !== undefined) query = query.where('day', '=', day);
      if (before !== undefined) query = query.where('number', '<', BigInt(before));
      return (await query.orderBy('number', 'desc').limit(limit).execute()).map(comparedOf);
    },
  };
}
