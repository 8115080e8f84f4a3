/** An AcceptanceStore that is gone with the program: for demos, tests, and terminals that keep nothing. */
import { memoryTornLog } from '@sokkin/terminal';
import type { AcceptanceStore } from './ports.ts';
import type { QueueItem, SaleRecord } from './types.ts';

export function memoryStore(): AcceptanceStore {
  const sales = new Map<string, SaleRecord>();
  const queue = new Map<string, QueueItem>();
  const byAge = <T extends { readonly at: number }>(items: Iterable<T>) =>
    [...items].sort((a, b) => a.at - b.at);
  return {
    torn: memoryTornLog(),
    async write(change) {
      for (const sale of change.sales ?? []) sales.set(sale.id, sale);
      for (const item of change.queue ?? []) queue.set(item.id, item);
      for (const id of change.done ?? []) queue.delete(id);
    },
    sale: async (id) => sales.get(id),
    sales: async (from, until) => byAge(sales.values()).filter(({ at }) => at >= from && at < until),
    unfinished: async () => byAge(sales.values()).filter(isUnfinished),
    queue: async () => byAge(queue.values()),
  };
}

/** What every store gives as unfinished. */
export const isUnfinished = ({ state, ticketIsOut }: SaleRecord): boolean =>
  ticketIsOut || state === 'open' || state === 'asking' || state === 'paid';

/** The own purse may have paid it already: it waits for the same card. */
export const isTornRefund = ({ kind, state, isTorn }: SaleRecord): boolean =>
  kind === 'refund' && state === 'open' && isTorn;
