/** Last days of certificates, taken up from the purses behind them. */
import type { ExpiryRows } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

export function expiryRows(trx: Transaction<Database>): ExpiryRows {
  return {
    async unwatched(madeBefore, limit) {
      const { rows } = await sql<{ purse: string; number: bigint; certificate: Uint8Array; made: Date }>`
        SELECT id AS purse, number, certificate, created_at AS made FROM purses
        WHERE number > (SELECT coalesce(max(number), 0) FROM purse_expiries)
        ORDER BY number LIMIT ${limit}`.execute(trx);
      // One that is too young keeps back those after it: a smaller number may not be committed yet.
      const young = rows.findIndex((row) => row.made > madeBefore);
      return young === -1 ? rows : rows.slice(0, young);
    },
    async watch(rows) {
      if (rows.length === 0) return;
      await trx
        .insertInto('purse_expiries')
        .values(rows.map(({ purse, number, lastDay, step }) => ({ purse, number, last_day: lastDay, step })))
        .onConflict((c) => c.column('purse').doNothing())
        .execute();
    },
    async due(step, lastDay, limit) {
      const rows = await trx
        .selectFrom('purse_expiries')
        .select(['purse', 'last_day', 'step'])
        .where('step', '=', step)
        .where('last_day', '<=', lastDay)
        .orderBy('last_day')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ purse: row.purse, lastDay: row.last_day, step: row.step }));
    },
    async set({ purse, lastDay, step }) {
      await trx
        .updateTable('purse_expiries')
        .set({ last_day: lastDay, step })
        .where('purse', '=', purse)
        .execute();
    },
  };
}
