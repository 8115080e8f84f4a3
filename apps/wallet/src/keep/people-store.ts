/**
 * What this wallet remembers of people, in a database of its own: contacts, requests, what it told its holder, and the signed messages of payments.
 *
 * What must hold: none of it leaves this browser but by its holder's hand; what is kept is on disk before the promise resolves; what may grow
 * without end has an end.
 */
import type { Bytes } from '@sokkin/codec';
import { written } from '@sokkin/web';
import { type IDBPDatabase, openDB } from 'idb';

/** Somebody whose purse was met, under a name that only this wallet knows. */
export interface Contact {
  /** Of their purse, hexadecimal: eight bytes out of its certificate. */
  readonly purse: string;
  readonly name: string;
  /** ISO. */
  readonly since: string;
}

/** `mine`: I asked. `theirs`: I was asked. */
export type Asker = 'mine' | 'theirs';
export type RequestState = 'open' | 'paid' | 'cancelled';

export interface MoneyRequest {
  /** Of the ticket: payee and number. */
  readonly id: string;
  readonly by: Asker;
  readonly amount: bigint;
  readonly note: string;
  /** As its asker calls themselves; may be empty. */
  readonly from: string;
  /** Of who asks, hexadecimal. */
  readonly payee: string;
  readonly ticketNo: number;
  /** As carried: message and certificates. */
  readonly ticket: Bytes;
  /** ISO. */
  readonly askedAt: string;
  readonly until: string;
  readonly state: RequestState;
}

/** The signed messages of a payment, as carried. */
export interface Proof {
  /** SHA-256 of the Payment, hexadecimal. */
  readonly id: string;
  readonly payer: string;
  readonly paymentNo: number;
  readonly payee: string;
  /** Of the Receipt in the payee's journal; undefined while there is none. */
  readonly receiptNo: number | undefined;
  readonly payment: Bytes | undefined;
  readonly receipt: Bytes | undefined;
  readonly at: string;
}

export type NewsKind =
  | 'money_back'
  | 'arrived'
  | 'request_paid'
  | 'limit_near'
  | 'sync_due'
  | 'certificate'
  | 'claim'
  | 'device_joined';

/** Something its holder is told; the same `id` is told once. */
export interface News {
  readonly id: string;
  readonly kind: NewsKind;
  /** ISO. */
  readonly at: string;
  readonly isRead: boolean;
  readonly amount?: bigint | undefined;
  /** What it leads to: a record, a claim. */
  readonly about?: string | undefined;
  /** ISO: when something is due. */
  readonly due?: string | undefined;
  /** A word of the program: of a claim, its newest step. */
  readonly word?: string | undefined;
}

interface Rows {
  readonly contacts: Contact;
  readonly requests: MoneyRequest;
  readonly proofs: Proof;
  readonly news: News;
}
export type RowKind = keyof Rows;
const KEYS: Readonly<Record<RowKind, string>> = {
  contacts: 'purse',
  requests: 'id',
  proofs: 'id',
  news: 'id',
};
const KINDS = Object.keys(KEYS) as readonly RowKind[];
/** The newest are kept; contacts go when their holder says so. */
const MOST: Readonly<Partial<Record<RowKind, number>>> = { requests: 200, proofs: 1_000, news: 200 };

export class PeopleStore {
  readonly #database: IDBPDatabase;
  private constructor(database: IDBPDatabase) {
    this.#database = database;
  }

  static async open(name: string): Promise<PeopleStore> {
    const database = await openDB(`sokkin-people-${name}`, 1, {
      upgrade(fresh) {
        for (const kind of KINDS) fresh.createObjectStore(kind, { keyPath: KEYS[kind] });
      },
    });
    return new PeopleStore(database);
  }

  async all<K extends RowKind>(kind: K): Promise<Rows[K][]> {
    return this.#database.getAll(kind);
  }
  async one<K extends RowKind>(kind: K, key: string): Promise<Rows[K] | undefined> {
    return this.#database.get(kind, key);
  }
  async put<K extends RowKind>(kind: K, row: Rows[K]): Promise<void> {
    const transaction = this.#database.transaction(kind, 'readwrite', { durability: 'strict' });
    await written(transaction, [transaction.store.put(row)]);
    await this.#trim(kind);
  }
  async remove(kind: RowKind, key: string): Promise<void> {
    const transaction = this.#database.transaction(kind, 'readwrite', { durability: 'strict' });
    await written(transaction, [transaction.store.delete(key)]);
  }

  async #trim(kind: RowKind): Promise<void> {
    const most = MOST[kind];
    if (most === undefined || (await this.#database.count(kind)) <= most) return;
    const rows = await this.#database.getAll(kind);
    rows.sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
    for (const row of rows.slice(0, rows.length - most)) await this.remove(kind, row[KEYS[kind]]);
  }
}

const ageOf = (row: { readonly at?: string; readonly askedAt?: string }): string =>
  row.at ?? row.askedAt ?? '';
