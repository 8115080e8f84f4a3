/**
 * What this wallet remembers beside its purse, in IndexedDB.
 *
 * What must hold: what is kept is on disk before the promise resolves; everything that is read was written by this version or is looked
 * at before it is believed; amounts are bigint.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import type { HeldBlockList, Trust } from '@sokkin/purse';
import type { DeviceJwk } from '@sokkin/sdk';
import { decodeMailbox, EMPTY_MAILBOX, encodeMailbox, type Mailbox } from '@sokkin/terminal';
import { written } from '@sokkin/web';
import type { Passkey } from '@sokkin/web/passkey';
import { type IDBPDatabase, openDB } from 'idb';

/** Who this wallet is at the back-end. */
export interface Registered {
  readonly name: string;
  readonly account: string;
  readonly device: string;
}

export interface Believed {
  readonly root: Bytes;
  readonly issuers: readonly Bytes[];
}

export type RecordKind = 'paid' | 'received' | 'topped_up' | 'cashed_out' | 'refused' | 'shop';
export type RecordState = 'open' | 'credited' | 'cancelled';

/** One movement of the purse, as its holder sees it. */
export interface MoneyRecord {
  /** `out-` or `in-`, and the number of its entry in the purse's journal. */
  readonly id: string;
  readonly kind: RecordKind;
  readonly amount: bigint;
  readonly state: RecordState;
  /** Of the other purse, hexadecimal. */
  readonly counterparty: string;
  /** ISO, when this wallet first knew of it, and when its state changed last. */
  readonly at: string;
  readonly changedAt: string;
  readonly note?: string | undefined;
}

/** Something that was begun, so that asking again finishes it in place of beginning another. */
export interface Attempt {
  readonly name: string;
  readonly reference: Bytes;
  readonly key: string;
  /** Of a receipt of money that was torn: its ticket, and whether value may be on its way because of it. */
  readonly ticket?: Bytes | undefined;
  readonly debited?: boolean | undefined;
  /** Of a request that stands among the requests, too. */
  readonly isRequest?: boolean | undefined;
}

/** A PIN, as a passkey opens it. */
export interface SealedPin {
  readonly passkey: Passkey;
  readonly iv: Bytes;
  readonly sealed: Bytes;
  /** The purse has another PIN by now. */
  readonly isStale: boolean;
}

interface About {
  readonly registered: Registered;
  readonly believed: Believed;
  readonly mailbox: Bytes;
  readonly device: { readonly key: CryptoKey; readonly jwk: DeviceJwk };
  readonly online: { readonly balance: string; readonly at: string };
  readonly syncedAt: string;
  /** How many purses this wallet had before the one it has. */
  readonly generation: number;
  /** What the purse before brought home to the account, so that it may be put into this one. */
  readonly broughtHome: bigint;
  /** Whom this wallet neither pays nor takes from. */
  readonly blocked: HeldBlockList;
  /** Purses of issuers that this wallet was topped up from, or cashed out to. */
  readonly issuerPurses: readonly Bytes[];
  /** The token that this phone is a card of. */
  readonly shopCard: { readonly token: string; readonly isSuspended?: boolean };
  /** undefined: it was taken away. */
  readonly passkey: SealedPin | undefined;
  /** Whether the PIN is asked for when the wallet is opened. */
  readonly locks: boolean;
}

const ABOUT = 'about';
const RECORDS = 'records';
const ATTEMPTS = 'attempts';

export class WalletStore {
  readonly #database: IDBPDatabase;
  private constructor(database: IDBPDatabase) {
    this.#database = database;
  }

  static async open(name: string): Promise<WalletStore> {
    const database = await openDB(`sokkin-wallet-${name}`, 1, {
      upgrade(fresh) {
        fresh.createObjectStore(ABOUT);
        fresh.createObjectStore(RECORDS, { keyPath: 'id' });
        fresh.createObjectStore(ATTEMPTS, { keyPath: 'name' });
      },
    });
    return new WalletStore(database);
  }

  get<K extends keyof About>(what: K): Promise<About[K] | undefined> {
    return this.#database.get(ABOUT, what);
  }
  async put<K extends keyof About>(what: K, value: About[K]): Promise<void> {
    await this.#write(ABOUT, (store) => store.put(value, what));
  }

  async trust(today: number): Promise<Trust> {
    const believed = await this.get('believed');
    if (believed === undefined) throw new SokkinError('no_trust', 'This wallet has not been opened yet.');
    return {
      root: parseCertificate(believed.root),
      knownIssuers: believed.issuers.map(parseCertificate),
      epoch: today,
    };
  }

  async mailbox(): Promise<Mailbox> {
    const kept = await this.get('mailbox');
    return kept === undefined ? EMPTY_MAILBOX : decodeMailbox(kept);
  }
  async changeMailbox(change: (box: Mailbox) => Mailbox): Promise<void> {
    await this.put('mailbox', encodeMailbox(change(await this.mailbox())));
  }

  /** Newest first. */
  async records(): Promise<MoneyRecord[]> {
    const all: MoneyRecord[] = await this.#database.getAll(RECORDS);
    return all.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.id < b.id ? 1 : -1));
  }
  record(id: string): Promise<MoneyRecord | undefined> {
    return this.#database.get(RECORDS, id);
  }
  async keepRecord(record: MoneyRecord): Promise<void> {
    await this.#write(RECORDS, (store) => store.put(record));
  }

  /** Of a purse that this wallet has no more: numbers of the next one begin anew. */
  async archiveRecords(generation: number): Promise<void> {
    const transaction = this.#database.transaction(RECORDS, 'readwrite', { durability: 'strict' });
    const all: MoneyRecord[] = await transaction.store.getAll();
    const moved = all
      .filter(({ id }) => !id.includes('@'))
      .flatMap((record) => [
        transaction.store.put({ ...record, id: `${record.id}@${generation}` }),
        transaction.store.delete(record.id),
      ]);
    await written(transaction, moved);
  }

  /** The one of this name that was left over, or a new one. */
  async attempt(name: string): Promise<Attempt & { readonly again: boolean }> {
    const left: Attempt | undefined = await this.#database.get(ATTEMPTS, name);
    if (left !== undefined) return { ...left, again: true };
    const reference = crypto.getRandomValues(new Uint8Array(8));
    const fresh: Attempt = { name, reference, key: crypto.randomUUID() };
    await this.keepAttempt(fresh);
    return { ...fresh, again: false };
  }
  attempts(): Promise<Attempt[]> {
    return this.#database.getAll(ATTEMPTS);
  }
  async keepAttempt(attempt: Attempt): Promise<void> {
    await this.#write(ATTEMPTS, (store) => store.put(attempt));
  }
  async finish(name: string): Promise<void> {
    await this.#write(ATTEMPTS, (store) => store.delete(name));
  }

  async #write(
    name: string,
    change: (store: { put(value: unknown, key?: string): unknown; delete(key: string): unknown }) => unknown,
  ): Promise<void> {
    const transaction = this.#database.transaction(name, 'readwrite', { durability: 'strict' });
    await written(transaction, [change(transaction.store)]);
  }
}
