/**
 * A card's memory in IndexedDB.
 *
 * What must hold: the contract of @sokkin/card's nvm.ts. One write is one transaction, and on disk before it resolves (`durability: 'strict'`); nobody else
 * writes while it is open: a lock of the origin sees to that, in all tabs and workers, and is gone with whoever held it.
 */

import type { Nvm } from '@sokkin/card';
import { assert, type Bytes, SokkinError } from '@sokkin/codec';
import { type IDBPDatabase, openDB } from 'idb';
import { written } from './durable.ts';

const PAGE = 512;
const PAGES = 'pages';
const ABOUT = 'about';
const SIZE = 'size';
/** A page that is loaded anew comes before its worker of before has ended. */
const PATIENCE_MS = 2_000;

const lockOf = (name: string): string => `sokkin-nvm-${name}`;

export interface DatabaseNvm extends Nvm {
  close(): Promise<void>;
}

/**
 * Opens the memory of this name, or makes one of `size` bytes, erased. Fails with `purse_in_use` when another tab or worker has it and keeps it, with
 * `files_incompatible` when it is there in another size.
 */
export async function databaseNvm(name: string, size: number): Promise<DatabaseNvm> {
  const release = await lock(lockOf(name));
  try {
    const database = await openDB(name, 1, {
      upgrade(fresh) {
        fresh.createObjectStore(PAGES);
        fresh.createObjectStore(ABOUT);
      },
    });
    await assertSize(database, size);
    return over(database, size, release);
  } catch (error) {
    release();
    throw error;
  }
}

function over(database: IDBPDatabase, size: number, release: () => void): DatabaseNvm {
  const inside = (offset: number, length: number) =>
    assert(offset >= 0 && length >= 0 && offset + length <= size, 'an access inside the device');
  return {
    size,
    async read(offset, length) {
      inside(offset, length);
      const bytes = new Uint8Array(length);
      const { store } = database.transaction(PAGES);
      await Promise.all(
        spansOf(offset, length).map(async ({ page, from, at, count }) => {
          const kept: Bytes | undefined = await store.get(page);
          if (kept !== undefined) bytes.set(kept.subarray(from, from + count), at);
        }),
      );
      return bytes;
    },
    async write(offset, bytes) {
      inside(offset, bytes.length);
      if (bytes.length === 0) return;
      const given = bytes.slice();
      const transaction = database.transaction(PAGES, 'readwrite', { durability: 'strict' });
      const changed = spansOf(offset, given.length).map(async ({ page, from, at, count }) => {
        const kept: Bytes | undefined = count === PAGE ? undefined : await transaction.store.get(page);
        const next = kept ?? new Uint8Array(PAGE);
        next.set(given.subarray(at, at + count), from);
        await transaction.store.put(next, page);
      });
      await written(transaction, changed);
    },
    async close() {
      database.close();
      release();
    },
  };
}

/** Which part of which page is which part of an access. */
function spansOf(offset: number, length: number) {
  const spans: {
    readonly page: number;
    readonly from: number;
    readonly at: number;
    readonly count: number;
  }[] = [];
  for (let at = 0; at < length; ) {
    const [page, from] = [Math.floor((offset + at) / PAGE), (offset + at) % PAGE];
    const count = Math.min(PAGE - from, length - at);
    spans.push({ page, from, at, count });
    at += count;
  }
  return spans;
}

async function assertSize(database: IDBPDatabase, size: number): Promise<void> {
  const transaction = database.transaction(ABOUT, 'readwrite', { durability: 'strict' });
  const before: number | undefined = await transaction.store.get(SIZE);
  await written(transaction, before === undefined ? [transaction.store.put(size, SIZE)] : []);
  if (before === undefined || before === size) return;
  database.close();
  throw new SokkinError(
    'files_incompatible',
    `The memory has ${before} bytes, not ${size}: it is another version's.`,
  );
}

/** Holds the lock until the given function is called, or the tab is gone. */
function lock(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    navigator.locks
      .request(name, { signal }, () => new Promise<void>((release) => resolve(() => release())))
      .catch((cause) =>
        reject(
          signal.aborted
            ? new SokkinError('purse_in_use', 'The purse is open in another tab: use it there, or close it.')
            : cause,
        ),
      );
  });
}

/** Whether a memory is open somewhere in this browser. */
export async function isMemoryInUse(name: string): Promise<boolean> {
  const { held } = await navigator.locks.query();
  return held?.some((one) => one.name === lockOf(name)) ?? false;
}
