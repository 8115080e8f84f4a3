/**
 * What was sold: pages, filters, one sale with its timeline, CSV.
 *
 * What must hold: a page costs what it shows and passes over, not what there is; no field of a CSV can become a
 * formula or break its line.
 */

import { isTornRefund, isUnfinished, type SaleRecord } from '@sokkin/sdk/acceptance';
import type { ShopDatabase } from '../keep/database.ts';
import { noteOf } from '../keep/notes.ts';
import type { KeptNote, SaleRow } from '../keep/rows.ts';
import type { Entry, EntryDetail, HistoryFilter, HistoryPage } from './view.ts';

const PAGE = 50;

/** What of them has not reached the back-end, by sale. */
export async function queuedSales(database: ShopDatabase): Promise<ReadonlySet<string>> {
  return new Set((await database.getAll('queue')).map(({ sale }) => sale));
}

export function entryOf(record: SaleRecord, note: KeptNote | undefined, queued: ReadonlySet<string>): Entry {
  const { id, kind, amount, at, state, way, reason, refunded, of } = record;
  return {
    ...{ id, kind, amount, at, state, way, reason, refunded, of },
    isQueued: queued.has(id),
    needsCare: note?.timeline.some((moment) => moment.kind === 'refused') === true,
    staff: note?.staff,
  };
}

/** Newest first, from `before` on (excluded). */
export async function historyPage(
  database: ShopDatabase,
  filter: HistoryFilter,
  before: number = Number.MAX_SAFE_INTEGER,
  most: number = PAGE,
): Promise<HistoryPage> {
  const { from = 0, until = Number.MAX_SAFE_INTEGER } = filter;
  const end = Math.min(before, until);
  if (from >= end) return { entries: [], next: undefined };
  const queued = await queuedSales(database);
  const entries: Entry[] = [];
  const transaction = database.transaction(['sales', 'notes']);
  const range = IDBKeyRange.bound(from, end, false, true);
  let cursor = await transaction.objectStore('sales').index('at').openCursor(range, 'prev');
  for (; cursor !== null; cursor = await cursor.continue()) {
    const { record, at }: SaleRow = cursor.value;
    // Those of the same moment stay together: the next page begins before it.
    const last = entries.at(-1);
    if (entries.length >= most && last !== undefined && at < last.at) return { entries, next: last.at };
    const entry = entryOf(record, await transaction.objectStore('notes').get(record.id), queued);
    if (fits(entry, record, filter)) entries.push(entry);
  }
  return { entries, next: undefined };
}

function fits(
  entry: Entry,
  record: SaleRecord,
  { kind, way, state, staff, text = '' }: HistoryFilter,
): boolean {
  if (kind !== undefined && entry.kind !== kind) return false;
  if (way !== undefined && entry.way !== way) return false;
  if (staff !== undefined && entry.staff !== staff) return false;
  const wanted = text.trim().toLowerCase();
  const words = [entry.id, entry.amount.toString(), record.receipt?.from ?? '', entry.staff ?? ''];
  if (wanted !== '' && !words.some((word) => word.toLowerCase().includes(wanted))) return false;
  switch (state) {
    case undefined:
      return true;
    case 'queued':
      return entry.isQueued;
    case 'unfinished':
      return isUnfinished(record);
    default:
      return entry.state === state;
  }
}

/** A refund of this sale that was cut off: the shop's purse may have paid already. */
export async function tornRefundOf(database: ShopDatabase, sale: string): Promise<SaleRecord | undefined> {
  const open = await database.getAllFromIndex('sales', 'open');
  return open.map(({ record }) => record).find((record) => isTornRefund(record) && record.of === sale);
}

export async function detailOf(database: ShopDatabase, id: string): Promise<EntryDetail | undefined> {
  const record = (await database.get('sales', id))?.record;
  if (record === undefined) return undefined;
  const note = await noteOf(database, id);
  const torn = isTornRefund(record) ? record : await tornRefundOf(database, id);
  const isSold = record.kind === 'sale' && record.state === 'approved';
  return {
    ...entryOf(record, note, await queuedSales(database)),
    lines: note?.basket?.lines ?? [],
    priced: note?.priced,
    receipt: record.receipt,
    timeline: note?.timeline ?? [],
    refundable: isSold ? record.amount - record.refunded : 0n,
    torn: torn?.of === undefined ? undefined : { sale: torn.of, amount: torn.amount },
  };
}

const COLUMNS = ['at', 'id', 'kind', 'amount', 'state', 'way', 'reason', 'refunded', 'of', 'staff'] as const;

/** RFC 4180. */
export function csvOf(entries: readonly Entry[]): string {
  const lines = entries.map((entry) =>
    COLUMNS.map((column) =>
      field(column === 'at' ? new Date(entry.at).toISOString() : String(entry[column] ?? '')),
    ).join(','),
  );
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

const field = (text: string): string => {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};
