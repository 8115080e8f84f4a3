/**
 * The acceptance SDK's store in a browser: sales, the queue, the torn log.
 *
 * What must hold: the contract of `AcceptanceStore` (the suite `storeConformance` of the SDK's tests): a change is one transaction over
 * both tables, on disk before it resolves; so an approval and its place in the queue are there together, or neither is.
 */

import { type AcceptanceStore, isUnfinished, type SaleRecord } from '@sokkin/sdk/acceptance';
import { formatTornLog, readTornLog } from '@sokkin/terminal';
import { getAbout, putAbout, type ShopDatabase, STRICT } from './database.ts';
import type { SaleRow } from './rows.ts';

const rowOf = (record: SaleRecord): SaleRow => {
  const { id, at } = record;
  return { id, at, ...(isUnfinished(record) && { open: 1 as const }), record };
};

export function databaseStore(database: ShopDatabase): AcceptanceStore {
  return {
    async write({ sales = [], queue = [], done = [] }) {
      const transaction = database.transaction(['sales', 'queue'], 'readwrite', STRICT);
      const [saleRows, queueRows] = [transaction.objectStore('sales'), transaction.objectStore('queue')];
      await Promise.all([
        ...sales.map((record) => saleRows.put(rowOf(record))),
        ...queue.map((item) => queueRows.put(item)),
        ...done.map((id) => queueRows.delete(id)),
        transaction.done,
      ]);
    },
    sale: async (id) => (await database.get('sales', id))?.record,
    async sales(from, until) {
      if (!(from < until)) return [];
      const range = IDBKeyRange.bound(from, until, false, true);
      return (await database.getAllFromIndex('sales', 'at', range)).map(({ record }) => record);
    },
    async unfinished() {
      const rows = await database.getAllFromIndex('sales', 'open');
      return rows.sort((a, b) => a.at - b.at).map(({ record }) => record);
    },
    queue: () => database.getAllFromIndex('queue', 'at'),
    torn: {
      async load() {
        const text = await getAbout(database, 'torn');
        return text === undefined ? [] : readTornLog(text);
      },
      save: (log) => putAbout(database, 'torn', formatTornLog(log)),
    },
  };
}
