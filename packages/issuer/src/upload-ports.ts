/**
 * Rows of uploads: many journals in one transaction. The contract of ports.ts holds for them.
 *
 * What must hold: all rows are keyed by the purse whose upload they are of, so that an upload stays on one shard.
 */
import type { Bytes } from '@sokkin/codec';
import type { Grant } from '@sokkin/purse';
import type { JournalEntry, SignedRow } from './ports.ts';
import type { PurseRow, SyncRow } from './purse-ports.ts';
import type { Effect, IssuedGrant } from './replay.ts';
import type { JournalView } from './view.ts';

/** A purse with its journal's view, locked until the transaction ends. */
export interface LockedPurse {
  readonly row: PurseRow;
  readonly view: JournalView;
}

/** What one upload adds to its journal. */
export interface Appended {
  /** After the entries. */
  readonly view: JournalView;
  readonly entries: readonly JournalEntry[];
  readonly effects: readonly Effect[];
}

/** The Grant that answers an upload, and the answer itself. */
export interface Acknowledged {
  readonly sync: SyncRow;
  readonly grant: Grant;
  readonly grantHash: Bytes;
  readonly grantMessage: Bytes;
}

export interface UploadRows {
  /** Of those that are there. Locks are taken in the order of the ids. */
  lock(purses: readonly string[], currency: number): Promise<Map<string, LockedPurse>>;
  /** By purse: the sync that accepted this very Statement before. */
  accepted(
    statements: readonly { readonly purse: string; readonly statementHash: Bytes }[],
  ): Promise<Map<string, SyncRow>>;
  /** Of the Grants that are named, those that were issued; by purse and number. */
  grants(
    named: readonly { readonly purse: string; readonly grantNo: number }[],
  ): Promise<Map<string, Map<number, IssuedGrant>>>;
  /** A journal at most once. A journal that does not stand where its entries begin fails the transaction. */
  append(journals: readonly Appended[]): Promise<void>;
  addSigned(rows: readonly SignedRow[]): Promise<void>;
  acknowledge(answers: readonly Acknowledged[], at: Date): Promise<void>;
}
