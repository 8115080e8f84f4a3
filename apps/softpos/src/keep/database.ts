/**
 * What a shop keeps in its browser, in one IndexedDB database beside its purse.
 *
 * What must hold: whatever is written is on disk before its promise resolves (`durability: 'strict'`), all of it or nothing; another
 * version of the app changes the tables in `upgrade` alone.
 */
import type { Bytes } from '@sokkin/codec';
import type { QueueItem, SaleRecord } from '@sokkin/sdk/acceptance';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Basket, Product } from '../shop/basket.ts';
import type { ClosedDay, Settings } from '../shop/view.ts';
import type { KeptNote } from './notes.ts';
import type { KeptStaff } from './staff.ts';
import type { KeptEntry } from './till.ts';

/** A record, with what it is found by. */
export interface SaleRow {
  readonly id: string;
  readonly at: number;
  /** Only in rows of unfinished records, so that the index of it holds these alone. */
  readonly open?: 1;
  readonly record: SaleRecord;
}

/** Who this terminal is at the back-end. */
export interface Registered {
  readonly name: string;
  readonly category: string;
  readonly merchant: string;
  readonly acceptor: string;
  readonly terminal: string;
  readonly account: string;
  readonly device: string;
}

export interface Believed {
  readonly root: Bytes;
  readonly issuers: readonly Bytes[];
}

/** As it came, to be read anew at each start. */
export interface KeptConfiguration {
  readonly etag: string;
  readonly text: string;
  readonly checkedAt: number;
}

export interface KeptPair {
  readonly key: string;
  readonly reader: string | undefined;
}

/** Single values, by name. */
export interface About {
  readonly registered: Registered;
  readonly device: { readonly key: CryptoKey; readonly jwk: DeviceKey };
  readonly believed: Believed;
  readonly configuration: KeptConfiguration;
  /** As it was signed. */
  readonly blockList: { readonly authority: Bytes; readonly message: Bytes };
  readonly settings: Settings;
  readonly basket: Basket;
  /** The sale that is on the tap sheet. */
  readonly current: { readonly id: string; readonly kind: 'sale' | 'refund'; readonly of?: string };
  readonly reader: { readonly kind: 'field' } | { readonly kind: 'bridge'; readonly pair: KeptPair };
  readonly ownPin: string;
  readonly torn: string;
  readonly till: { readonly stan: number; readonly batch: number };
  readonly dayFrom: number;
  readonly syncedAt: number;
  /** A sweep that was begun: the same key again finishes it. */
  readonly sweep: { readonly amount: bigint; readonly key: string };
}
export interface DeviceKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

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
/** Names of tables; the schema's own index signature left out. */
export type TableName = 'about' | 'sales' | 'queue' | 'notes' | 'till' | 'staff' | 'products' | 'days';

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

/** The shop was opened to its end: the day from which it counts is written last. */
export const isWhole = async (database: ShopDatabase): Promise<boolean> =>
  (await getAbout(database, 'dayFrom')) !== undefined;
