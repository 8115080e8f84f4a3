/** What an upload brings, and what it gets. */
import type { Bytes } from '@sokkin/codec';
import type { Refusal } from '@sokkin/purse';
import type { Principal } from '../../access/principal.ts';
import type { Problem } from '../../problems.ts';

export interface HandedIn {
  readonly message: Bytes;
  readonly purse: Bytes;
  /** Absent: one of our own. */
  readonly issuer: Bytes | undefined;
}

export interface HandedRefusal {
  readonly list: 'payments' | 'receipts';
  readonly index: number;
  readonly status: Refusal;
}

export type HandedLists = Readonly<Record<'payments' | 'receipts', readonly HandedIn[]>>;

export interface SyncRequest extends HandedLists {
  readonly statement: Bytes;
  readonly entries: readonly Bytes[];
}

export interface Upload {
  readonly who: Principal;
  readonly purse: string;
  readonly request: SyncRequest;
  /** Makes the answer as it is sent, and kept to be sent again. */
  readonly shape: (answer: SyncAnswer) => object;
}

/** A kept message, as it goes out to its counterpart. */
export interface Delivery {
  readonly message: Bytes;
  readonly issuer: Bytes;
  readonly purse: Bytes;
}
export interface SyncAnswer {
  readonly id: string;
  readonly acknowledgedSeq: number;
  readonly grant: Bytes;
  /** Certificate of who signed it. */
  readonly authority: Bytes;
  readonly payments: readonly Delivery[];
  readonly receipts: readonly Delivery[];
  readonly refused: readonly HandedRefusal[];
}

/** What is on disk, and whose messages came with it. */
export interface Answered {
  readonly answer: object;
  readonly signers: readonly string[];
}

/** `refused` is thrown at who asked. */
export type Settled = Answered | { readonly refused: Problem };
