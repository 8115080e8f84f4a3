/**
 * Writing to IndexedDB. What must hold: whatever is written is on disk before the promise resolves, or none of it is there; a disk that is full is said to be
 * (`storage_full`), whichever part of the transaction was told so.
 */
import { SokkinError } from '@sokkin/codec';

interface Transaction {
  readonly done: Promise<void>;
}

/** Waits for a transaction that was opened with `durability: 'strict'`, and for what was asked of it. */
export async function written(transaction: Transaction, changes: readonly unknown[]): Promise<void> {
  const ends = await Promise.allSettled([transaction.done, ...changes]);
  const reasons: unknown[] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  if (reasons.length === 0) return;
  const full = reasons.find(isFull);
  if (full === undefined) throw reasons[0];
  throw new SokkinError(
    'storage_full',
    'There is no room left to keep this on the device: make room, and try again.',
    { cause: full },
  );
}

const isFull = (reason: unknown): boolean =>
  reason instanceof DOMException && reason.name === 'QuotaExceededError';

/** Bytes that this origin may still keep; undefined: the browser does not say. */
export async function roomLeft(): Promise<number | undefined> {
  const storage = navigator.storage as StorageManager | undefined;
  const { quota, usage } = (await storage?.estimate?.().catch(() => undefined)) ?? {};
  return quota === undefined || usage === undefined ? undefined : quota - usage;
}
