/**
 * Rows of uploads: many journals in one transaction. The contract of ports.ts holds for them.
 *
 * What must hold: all rows are keyed by the purse whose upload they are of, so that an upload stays on one shard.
 */
import type { Bytes } from '@sokkin/codec';
import type { Grant } from '@sokkin/purse';
import type { Owner } from './access-ports.ts';
import type { Effect } from './effect.ts';
import type { PurseRow, SyncRow } from './purse-ports.ts';
import type { PaymentVerdict } from './reconcile.ts';
import type { IssuedGrant } from './replay.ts';
import type { JournalView } from './view.ts';

export interface JournalEntry {
  readonly seq: number;
  readonly body: Bytes;
  readonly hash: Bytes;
}

/** A signed message that some phone handed in, with the chain that it was verified by. */
export interface SignedRow {
  readonly hash: Bytes;
  readonly kind: 'payment' | 'receipt';
  readonly signer: string;
  readonly seq: number;
  readonly payer: string;
  readonly paymentNo: number;
  readonly payee: string;
  readonly ticketNo: number;
  readonly message: Bytes;
  readonly issuerCertificate: Bytes;
  readonly purseCertificate: Bytes;
}

/** A purse with its journal's view, locked until the transaction ends. */
export interface LockedPurse {
  readonly row: PurseRow;
  readonly view: JournalView;
}

/** A purse as it was certified, and whose it is. */
export interface KnownPurse {
  readonly id: string;
  readonly device: string | undefined;
  readonly certificate: Bytes;
  readonly accountId: string;
  readonly owner: Owner;
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

export interface OpenVerdict {
  readonly paymentNo: number;
  readonly verdict: PaymentVerdict;
}

export interface UploadRows {
  /** Without locks. Accounts are looked up for themselves: they are distributed by their own ids. */
  known(purses: readonly string[]): Promise<Map<string, KnownPurse>>;
  /** Of those that are there. Locks are taken in the order of the ids. */
  lock(purses: readonly string[], currency: number): Promise<Map<string, LockedPurse>>;
  /** By purse: the sync that accepted this very Statement before. */
  accepted(
    statements: readonly { readonly purse: string; readonly statementHash: Bytes }[],
  ): Promise<Map<string, SyncRow>>;
  /** What these purses have spent, by purse; each in hexadecimal. */
  spentNonces(purses: readonly string[]): Promise<Map<string, Set<string>>>;
  /** What these purses spent that has expired by now is forgotten. */
  spendNonces(
    spent: readonly { readonly purse: string; readonly nonce: Bytes; readonly expiresAt: Date }[],
    now: Date,
  ): Promise<void>;
  /** Of the Grants that are named, those that were issued; by purse and number. */
  grants(
    named: readonly { readonly purse: string; readonly grantNo: number }[],
  ): Promise<Map<string, Map<number, IssuedGrant>>>;
  /** A journal at most once. A journal that does not stand where its entries begin fails the transaction. */
  append(journals: readonly Appended[]): Promise<void>;
  /** Open payments of these payers, with what has been carried to them of the payees' journals; by payer. */
  openVerdicts(payers: readonly string[]): Promise<Map<string, OpenVerdict[]>>;
  /** By purse: signed Payments on its open tickets, and signed Receipts for its open payments. */
  signedFor(views: readonly JournalView[]): Promise<Map<string, SignedRow[]>>;
  acknowledge(answers: readonly Acknowledged[], at: Date): Promise<void>;
}
