/**
 * What a shop keeps in its browser, in one IndexedDB database beside its purse.
 *
 * What must hold: whatever is written is on disk before its promise resolves (`durability: 'strict'`), all of it or nothing; another
 * version of the app changes the tables in `upgrade` alone.
 */
import type { QueueItem } from '@sokkin/sdk/acceptance';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Basket, Product } from '../shop/basket.ts';
import type { ClosedDay } from '../shop/view.ts';
import type { About, KeptEntry, KeptNote, KeptStaff, SaleRow } from './rows.ts';

export interface Tables extends DBSchema {
  about: { key: string; value: About[keyof About] };
  sales: { key: string; value: SaleRow; indexes: { at: number; open: number } };
  queue: { key: string; value: QueueItem; indexes: { at: number } };
  notes: { key: string; value: KeptNote };
  till: { key: [number, string, string]; value: KeptEntry; indexes: { name: string } };
  staff: { key: string; value: KeptStaff };
  products: { key: string; value: Product & { readonly order: number } };
  days: { key: string; value: ClosedDay; indexes: { until: number } };
}
export type ShopDatabase = IDBPDatabase<Tables>;

const VERSION = 1;

export const openShopDatabase = (name: string): Promise<ShopDatabase> =>
  openDB<Tables>(`sokkin-shop-${name}`, VERSION, {
    upgrade(fresh) {
      fresh.createObjectStore('about');
      const sales = fresh.createObjectStore('sales', { keyPath: 'id' });
      sales.createIndex('at', 'at');
      sales.createIndex('open', 'open');
      fresh.createObjectStore('queue', { keyPath: 'id' }).createIndex('at', 'at');
      fresh.createObjectStore('notes', { keyPath: 'id' });
      fresh
        .createObjectStore('till', { keyPath: ['batch', 'reference', 'kind'] })
        .createIndex('name', 'name');
      fresh.createObjectStore('staff', { keyPath: 'id' });
      fresh.createObjectStore('products', { keyPath: 'id' });
      fresh.createObjectStore('days', { keyPath: 'id' }).createIndex('until', 'until');
    },
  });

export const STRICT = { durability: 'strict' } as const;

/** Of a write that found no room: nothing of it was written. */
export const isFull = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'QuotaExceededError';

export async function getAbout<K extends keyof About>(
  database: ShopDatabase,
  what: K,
): Promise<About[K] | undefined> {
  // Written under this name by `putAbout` alone.
  return (await database.get('about', what)) as About[K] | undefined;
}

export async function putAbout<K extends keyof About>(
  database: ShopDatabase,
  what: K,
  value: About[K] | undefined,
): Promise<void> {
  const transaction = database.transaction('about', 'readwrite', STRICT);
  const change = value === undefined ? transaction.store.delete(what) : transaction.store.put(value, what);
  await Promise.all([change, transaction.done]);
}

/** The sale that was on the tap sheet is done with, and in the same step what it was rung up from: nobody is charged for it again. */
export async function finishSheet(database: ShopDatabase, emptied: Basket | undefined): Promise<void> {
  const transaction = database.transaction('about', 'readwrite', STRICT);
  const basket = emptied === undefined ? undefined : transaction.store.put(emptied, 'basket');
  await Promise.all([transaction.store.delete('current'), basket, transaction.done]);
}

/** The shop was opened to its end: the day from which it counts is written last. */
export const isWhole = async (database: ShopDatabase): Promise<boolean> =>
  (await getAbout(database, 'dayFrom')) !== undefined;
