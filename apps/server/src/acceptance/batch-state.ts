/**
 * What a batch of messages is decided on, and what it changes: rows as they were read under their locks, and as the messages leave them.
 *
 * What must hold: the books that messages are decided by are the rows, with what is held for payments that nobody asked about as one
 * more; so the rules of packages/issuer/src/acceptance/book.ts hold for the whole account, whatever part of it was read.
 */
import { hash } from 'node:crypto';
import {
  type AcceptanceBook,
  type AcceptanceOutcome,
  type AtcState,
  type BookMessage,
  type BookPayment,
  type BookReply,
  type BookStep,
  type EntryMode,
  MAX_BALANCE,
  type TokenUse,
  type TransferKind,
} from '@sokkin/issuer';
import type { TokenNow } from './instruments.ts';

export interface AccountLine {
  readonly ctid: string;
  readonly id: string;
  readonly kind: string;
  readonly balance: bigint;
  readonly held: bigint;
  readonly institution: string;
  readonly blocked: boolean;
}

/** What a row has beside the book's payment. `merchant` undefined: its reversal came before it. */
export interface PaymentAbout {
  readonly id: string;
  readonly merchant: string | undefined;
  readonly acquirer: string;
  readonly instrument: string;
  readonly terminal: string;
  readonly stan: string;
  readonly rrn: string | undefined;
  readonly moves: number;
}

/** What is written of a payment once, when it was approved. */
export interface NewPayment {
  readonly entry: EntryMode;
  readonly currency: string;
  readonly amount: bigint;
  readonly approvalCode: string;
}

export interface PaymentLine {
  readonly account: string;
  readonly key: string;
  readonly payment: BookPayment;
  readonly about: PaymentAbout;
  /** The answer of its own request; undefined: it never came. */
  readonly reply: BookReply | undefined;
}

export interface ReplyLine {
  readonly account: string;
  readonly key: string;
  readonly reply: BookReply;
}

export interface Movement {
  readonly kind: TransferKind;
  readonly reference: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly fromAfter: bigint;
  readonly toAfter: bigint;
}

/** An answer to be remembered; that of a payment's own request is with the payment. */
export interface NewReply {
  readonly account: string;
  readonly key: string;
  readonly reply: BookReply;
  readonly moved: bigint;
  readonly transfer: string | undefined;
  readonly payment: string | undefined;
  readonly merchant: string | undefined;
}

export interface ChangedPayment extends PaymentLine {
  /** There is no row yet. */
  readonly isNew: boolean;
  readonly made: NewPayment | undefined;
}

/** What institutions may want to hear. */
export interface News {
  readonly type: 'payment.approved' | 'payment.captured' | 'payment.reversed' | 'payment.refunded';
  readonly payment: string;
  readonly account: string;
  readonly merchant: string;
  readonly acquirer: string;
  readonly amount: bigint;
}

export interface SeenCounterLine {
  readonly account: string;
  readonly card: string;
  readonly atc: number;
  readonly asked: Uint8Array;
  readonly keyNumber: number | undefined;
}

/** By account and card. */
export interface CardUse {
  readonly counters: ReadonlyMap<string, AtcState>;
  /** How often limited-use keys were used: by account, card and number. */
  readonly keys: ReadonlyMap<string, number>;
}
export const keyPlace = (card: string, keyNumber: number): string => `${card} ${keyNumber}`;

const placeOf = (account: string, key: string): string => `${account} ${key}`;
/** Of what is held for payments that were not read. No key of a message is empty. */
const OTHERS = '';

export class BatchState {
  readonly #lines: ReadonlyMap<string, AccountLine>;
  readonly #money = new Map<string, { balance: bigint; held: bigint }>();
  readonly #books = new Map<string, AcceptanceBook>();
  readonly #about = new Map<string, PaymentAbout>();
  readonly #changed = new Map<string, ChangedPayment>();
  readonly #isRow = new Set<string>();
  readonly tokens: Map<string, TokenNow>;
  readonly tokenUse = new Map<string, TokenUse>();
  /** By account and card. */
  readonly counters: Map<string, AtcState>;
  /** By `keyPlace`. */
  readonly keyUses: Map<string, number>;
  readonly seen: SeenCounterLine[] = [];
  readonly movements: Movement[] = [];
  readonly replies: NewReply[] = [];
  readonly news: News[] = [];

  constructor(
    lines: readonly AccountLine[],
    payments: readonly PaymentLine[],
    replies: readonly ReplyLine[],
    tokens: ReadonlyMap<string, TokenNow>,
    use: CardUse,
  ) {
    this.counters = new Map(use.counters);
    this.keyUses = new Map(use.keys);
    this.#lines = new Map(lines.map((line) => [line.id, line]));
    this.tokens = new Map(tokens);
    for (const { id, balance, held } of lines) this.#money.set(id, { balance, held });
    for (const line of payments) this.#take(line);
    for (const { account, key, reply } of replies) {
      const book = this.#bookOf(account);
      this.#books.set(account, { ...book, replies: new Map(book.replies).set(key, reply) });
    }
    for (const [account, book] of this.#books) this.#holdOthers(account, book);
  }

  #take({ account, key, payment, about, reply }: PaymentLine): void {
    const book = this.#bookOf(account);
    const payments = new Map(book.payments).set(key, payment);
    const replies = reply === undefined ? book.replies : new Map(book.replies).set(key, reply);
    this.#books.set(account, { ...book, payments, replies });
    this.#about.set(placeOf(account, key), about);
    this.#isRow.add(placeOf(account, key));
  }

  #holdOthers(account: string, book: AcceptanceBook): void {
    const known = [...book.payments.values()].reduce((sum, { held }) => sum + held, 0n);
    const held = (this.#lines.get(account)?.held ?? 0n) - known;
    const others: BookPayment = {
      held,
      captured: 0n,
      refunded: 0n,
      state: 'open',
      expiresAt: Number.MAX_SAFE_INTEGER,
    };
    this.#books.set(account, { ...book, payments: new Map(book.payments).set(OTHERS, others) });
  }

  #bookOf(account: string): AcceptanceBook {
    return this.#books.get(account) ?? { balance: 0n, payments: new Map(), replies: new Map() };
  }

  /** Undefined: there is no such account, or it is none of a customer or institution. */
  account(id: string): AccountLine | undefined {
    const line = this.#lines.get(id);
    return line?.kind === 'online' ? line : undefined;
  }

  /** As the messages before left it. */
  book(account: string): AcceptanceBook {
    if (!this.#books.has(account)) this.#holdOthers(account, this.#bookOf(account));
    return { ...this.#bookOf(account), balance: this.#money.get(account)?.balance ?? 0n };
  }

  about(account: string, key: string): PaymentAbout | undefined {
    return this.#about.get(placeOf(account, key));
  }

  /** The newest payment that a terminal names so. */
  keyNamed(account: string, is: (about: PaymentAbout) => boolean): string | undefined {
    return [...this.#bookOf(account).payments.keys()].reverse().find((key) => {
      const about = this.about(account, key);
      return about !== undefined && is(about);
    });
  }

  /** What could be taken from it. */
  available(account: string): bigint {
    const money = this.#money.get(account);
    return money === undefined ? 0n : money.balance - money.held;
  }

  hasRoom(account: string, amount: bigint): boolean {
    return (this.#money.get(account)?.balance ?? 0n) + amount <= MAX_BALANCE;
  }

  /** The book as a step leaves it; `key` is the payment's that changed. */
  keep(
    account: string,
    { book }: BookStep,
    changed: Omit<ChangedPayment, 'isNew' | 'account'> | undefined,
  ): void {
    this.#books.set(account, book);
    if (changed === undefined) return;
    const { key, about } = changed;
    const place = placeOf(account, key);
    const before = this.#changed.get(place);
    this.#about.set(place, about);
    this.#changed.set(place, {
      ...changed,
      account,
      isNew: !this.#isRow.has(place),
      made: changed.made ?? before?.made,
    });
  }

  /** By how much more is held on the account. */
  hold(account: string, change: bigint): void {
    const money = this.#money.get(account);
    if (money !== undefined) money.held += change;
  }

  move(movement: Omit<Movement, 'fromAfter' | 'toAfter'>): void {
    const [from, to] = [this.#money.get(movement.from), this.#money.get(movement.to)];
    if (from === undefined || to === undefined)
      throw new Error('Bug: money moves between accounts that were read');
    from.balance -= movement.amount;
    to.balance += movement.amount;
    this.movements.push({ ...movement, fromAfter: from.balance, toAfter: to.balance });
  }

  /** Accounts that changed, with what they have now. */
  get money(): readonly { readonly line: AccountLine; readonly balance: bigint; readonly held: bigint }[] {
    return [...this.#lines.values()].flatMap((line) => {
      const now = this.#money.get(line.id);
      return now === undefined || (now.balance === line.balance && now.held === line.held)
        ? []
        : [{ line, ...now }];
    });
  }

  get payments(): readonly ChangedPayment[] {
    return [...this.#changed.values()];
  }
}

/** `pmt_...`: of the account and the key. */
export const paymentId = (account: string, key: string): string =>
  `pmt_${hash('sha256', `${account} ${key}`, 'hex').slice(0, 24)}`;

/** Six digits (field 38) of what was approved: the same for its repeats. */
export const approvalCodeOf = (account: string, key: string): string =>
  (Number.parseInt(hash('sha256', `${key} ${account}`, 'hex').slice(0, 12), 16) % 1_000_000)
    .toString()
    .padStart(6, '0');

/** A message that is refused beside the book, and remembered. */
export function refusing(
  book: AcceptanceBook,
  { key, fingerprint, kind }: Pick<BookMessage, 'key' | 'fingerprint' | 'kind'>,
  outcome: AcceptanceOutcome,
): BookStep {
  const replies = new Map(book.replies).set(key, { fingerprint, outcome, approved: 0n, kind });
  return { book: { ...book, replies }, outcome, approved: 0n, moved: 0n, usedChange: 0n, isRepeat: false };
}
