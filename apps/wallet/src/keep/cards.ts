/**
 * The cards that this phone knows, and what it carries between cards, in a database of their own beside the wallet's.
 *
 * What must hold: what is kept is on disk before the promise resolves; money that is carried is in the mailbox of keep/store.ts, here stands
 * only whose it is, since when, and what became of it.
 */
import type { Bytes } from '@sokkin/codec';
import type { HistoryLine, Limits, Summary } from '@sokkin/purse';
import { written } from '@sokkin/web';
import { type IDBPDatabase, openDB } from 'idb';

/** How a card stood when it was here last. */
export interface CardReading {
  /** ISO. */
  readonly at: string;
  readonly summary: Summary;
  readonly limits: Limits;
  /** Newest first. */
  readonly lines: readonly HistoryLine[];
}

/** A report of a lost card, as the bank told of it last. */
export interface KeptClaim {
  readonly id: string;
  readonly status: string;
  readonly kind: string;
  /** ISO. */
  readonly reportedAt: string;
  readonly dueAt: string;
  /** Minor units that would be refunded now. */
  readonly amount: bigint;
  readonly refunded: bigint;
  readonly steps: readonly {
    readonly step: string;
    readonly at: string | null;
    readonly due: string | null;
  }[];
}

export interface KeptCard {
  /** Its purse, hexadecimal. */
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  readonly certificate: Bytes;
  readonly issuer: Bytes;
  readonly pairedAt: string;
  readonly reading: CardReading;
  /** Whether it is of this wallet's customer; undefined: the bank was not asked yet. */
  readonly isMine: boolean | undefined;
  /** Up to which amount this phone takes payments for it; undefined: it does not. */
  readonly takes: bigint | undefined;
  readonly claim: KeptClaim | undefined;
  /** Of a card of software in this browser: its name there. */
  readonly virtual: string | undefined;
}

export type CarriedState =
  /** It is on this phone: the payee's card has to come. */
  | 'carried'
  /** The payee's card has it. */
  | 'arrived'
  /** The payee's card gave it back: the payer's card has to come. */
  | 'returning'
  | 'returned'
  /** The payee's card no longer knows of it: the bank settles it, and was told. */
  | 'at_bank';

export interface CarriedMoney {
  /** The payment's hash, hexadecimal. */
  readonly id: string;
  /** Purses, hexadecimal. */
  readonly payer: string;
  readonly payee: string;
  readonly amount: bigint;
  /** ISO: since when it is here, and when it came to its end. */
  readonly at: string;
  readonly changedAt: string;
  readonly state: CarriedState;
}

/** A payment from card to card that was begun, and for which nothing was paid yet. */
export interface Draft {
  readonly amount: bigint;
  readonly reference: Bytes;
  /** Of the card that is to get it, once it was here. */
  readonly ticket: Bytes | undefined;
  /** The payer's card was asked before, and left before it answered. */
  readonly wasAsked: boolean;
}

const CARDS = 'cards';
const CARRIED = 'carried';
const DRAFT = 'draft';

export class CardStore {
  readonly #database: IDBPDatabase;
  private constructor(database: IDBPDatabase) {
    this.#database = database;
  }

  /** `name`: of the wallet. */
  static async open(name: string): Promise<CardStore> {
    const database = await openDB(`sokkin-wallet-cards-${name}`, 1, {
      upgrade(fresh) {
        fresh.createObjectStore(CARDS, { keyPath: 'id' });
        fresh.createObjectStore(CARRIED, { keyPath: 'id' });
        fresh.createObjectStore(DRAFT);
      },
    });
    return new CardStore(database);
  }

  /** In the order in which they came. */
  async cards(): Promise<readonly KeptCard[]> {
    const all: KeptCard[] = await this.#database.getAll(CARDS);
    return all.sort((a, b) => (a.pairedAt < b.pairedAt ? -1 : 1));
  }
  card(id: string): Promise<KeptCard | undefined> {
    return this.#database.get(CARDS, id);
  }
  keepCard(card: KeptCard): Promise<void> {
    return this.#write(CARDS, (store) => store.put(card));
  }
  /** Of a card that was removed meanwhile nothing is kept. */
  async changeCard(id: string, change: (card: KeptCard) => KeptCard): Promise<void> {
    const before = await this.card(id);
    if (before !== undefined) await this.keepCard(change(before));
  }
  removeCard(id: string): Promise<void> {
    return this.#write(CARDS, (store) => store.delete(id));
  }

  /** Newest first. */
  async carried(): Promise<readonly CarriedMoney[]> {
    const all: CarriedMoney[] = await this.#database.getAll(CARRIED);
    return all.sort((a, b) => (a.at < b.at ? 1 : -1));
  }
  carriedOne(id: string): Promise<CarriedMoney | undefined> {
    return this.#database.get(CARRIED, id);
  }
  keepCarried(money: CarriedMoney): Promise<void> {
    return this.#write(CARRIED, (store) => store.put(money));
  }

  draft(): Promise<Draft | undefined> {
    return this.#database.get(DRAFT, DRAFT);
  }
  keepDraft(draft: Draft): Promise<void> {
    return this.#write(DRAFT, (store) => store.put(draft, DRAFT));
  }
  dropDraft(): Promise<void> {
    return this.#write(DRAFT, (store) => store.delete(DRAFT));
  }

  async #write(
    name: string,
    change: (store: { put(value: unknown, key?: string): unknown; delete(key: string): unknown }) => unknown,
  ): Promise<void> {
    const transaction = this.#database.transaction(name, 'readwrite', { durability: 'strict' });
    await written(transaction, [change(transaction.store)]);
  }
}
