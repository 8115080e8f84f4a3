/**
 * What shops ask of one account: holds, captures, reversals, refunds, in whatever order their messages arrive
 * (docs/spec/token-vault.md, section 6). Pure: a step takes the book and a message, and gives the book after it, an outcome, and what
 * moves on the ledger.
 *
 * What must hold:
 * - what is held never exceeds what is there: `availableIn` is never negative;
 * - a message that comes again has the answer that it had, and moves nothing;
 * - a payment is reversed at most to nothing, refunded at most what was captured, whoever asks however often;
 * - a reversal that overtakes its payment wins: the payment, when it comes, is refused.
 */
import { assert } from '@sokkin/codec';
import type { AcceptanceOutcome } from './outcome.ts';

/** One payment of the book. Amounts in minor units. */
export interface BookPayment {
  /** Kept for it, and not captured yet. */
  readonly held: bigint;
  /** Taken from the account for it, and not given back by a reversal. */
  readonly captured: bigint;
  readonly refunded: bigint;
  /** `reversed`: nothing may happen to it any more; also of payments that never came. `expired`: its hold was released. */
  readonly state: 'open' | 'captured' | 'reversed' | 'expired';
  /** Milliseconds since 1970; the hold is released from then on. */
  readonly expiresAt: number;
}

/** What a message got for an answer, to give it again. */
export interface BookReply {
  readonly fingerprint: string;
  readonly outcome: AcceptanceOutcome;
  /** Of a payment: what was approved. Of a balance inquiry: what could be paid. */
  readonly approved: bigint;
  /** What it was the answer to. Inquiries are no messages of the book, and have an answer that is to be given again, too. */
  readonly kind: BookMessage['kind'] | 'balance';
}

export interface AcceptanceBook {
  /** On the ledger. */
  readonly balance: bigint;
  /** By the key of the message that asked for it. */
  readonly payments: ReadonlyMap<string, BookPayment>;
  readonly replies: ReadonlyMap<string, BookReply>;
}

interface Common {
  /** The same for a message and its repeats, and for no other (`isoMatchingKey`, with the acquirer before it). */
  readonly key: string;
  /** A digest of what it asks: the same key with another is no repeat. */
  readonly fingerprint: string;
}

export type BookMessage =
  /** `hold` keeps the amount, `pay` takes it at once. `partial`: less than the amount will do. */
  | (Common & {
      readonly kind: 'hold' | 'pay';
      readonly amount: bigint;
      readonly partial: boolean;
      readonly expiresAt: number;
    })
  /** Takes of what is held; `last`: the rest is let go. */
  | (Common & {
      readonly kind: 'capture';
      readonly original: string;
      readonly amount: bigint;
      readonly last: boolean;
    })
  /** Leaves `keep` of the payment; 0: nothing. */
  | (Common & { readonly kind: 'reverse'; readonly original: string; readonly keep: bigint })
  | (Common & { readonly kind: 'refund'; readonly original: string; readonly amount: bigint });

export interface BookStep {
  readonly book: AcceptanceBook;
  readonly outcome: AcceptanceOutcome;
  readonly approved: bigint;
  /** What moves on the ledger: below zero from the account, above zero to it. */
  readonly moved: bigint;
  /** By how much more, or less, its payment now holds and has taken: what a token is used up by. */
  readonly usedChange: bigint;
  /** It was answered before. */
  readonly isRepeat: boolean;
}

export const newBook = (balance: bigint): AcceptanceBook => ({
  balance,
  payments: new Map(),
  replies: new Map(),
});

export const heldIn = ({ payments }: AcceptanceBook): bigint =>
  [...payments.values()].reduce((sum, { held }) => sum + held, 0n);

export const availableIn = (book: AcceptanceBook): bigint => book.balance - heldIn(book);

export function applyMessage(book: AcceptanceBook, message: BookMessage): BookStep {
  const before = book.replies.get(message.key);
  if (before !== undefined) return repeated(book, before, message);
  const { outcome, approved, moved, of, payment } = act(book, message);
  const { fingerprint, kind } = message;
  // What is not known yet may still come: then the repeat of this message shall find it.
  const replies =
    outcome === 'original_unknown'
      ? book.replies
      : new Map(book.replies).set(message.key, { fingerprint, outcome, approved, kind });
  const payments = payment === undefined ? book.payments : new Map(book.payments).set(of, payment);
  const next = { balance: book.balance + moved, payments, replies };
  assert(availableIn(next) >= 0n, 'holds exceed the balance');
  const usedChange = payment === undefined ? 0n : usedOf(payment) - usedOf(book.payments.get(of));
  return { book: next, outcome, approved, moved, usedChange, isRepeat: false };
}

const usedOf = (payment: BookPayment | undefined): bigint =>
  payment === undefined ? 0n : payment.held + payment.captured;

function repeated(book: AcceptanceBook, before: BookReply, { fingerprint }: BookMessage): BookStep {
  const isSame = before.fingerprint === fingerprint;
  return {
    book,
    outcome: isSame ? before.outcome : 'duplicate',
    approved: isSame ? before.approved : 0n,
    moved: 0n,
    usedChange: 0n,
    isRepeat: isSame,
  };
}

interface Done {
  readonly outcome: AcceptanceOutcome;
  readonly approved: bigint;
  readonly moved: bigint;
  /** The key of the payment, and it as it is now; undefined: no payment changed. */
  readonly of: string;
  readonly payment: BookPayment | undefined;
}

const refused = (outcome: AcceptanceOutcome): Done => ({
  outcome,
  approved: 0n,
  moved: 0n,
  of: '',
  payment: undefined,
});

function act(book: AcceptanceBook, message: BookMessage): Done {
  // Its reversal was here first: whoever asked has given up, and would not hear a yes.
  if (book.payments.get(message.key)?.state === 'reversed') return refused('timed_out');
  switch (message.kind) {
    case 'hold':
    case 'pay':
      return ask(book, message);
    case 'capture':
      return capture(book, message);
    case 'reverse':
      return reverse(book, message);
    case 'refund':
      return refund(book, message);
  }
}

function ask(book: AcceptanceBook, m: Extract<BookMessage, { kind: 'hold' | 'pay' }>): Done {
  if (m.amount <= 0n) return refused('amount_invalid');
  const available = availableIn(book);
  const approved = m.amount <= available ? m.amount : m.partial ? available : 0n;
  if (approved <= 0n) return refused('insufficient_funds');
  const isPay = m.kind === 'pay';
  return {
    outcome: approved < m.amount ? 'approved_partially' : 'approved',
    approved,
    moved: isPay ? -approved : 0n,
    of: m.key,
    payment: {
      held: isPay ? 0n : approved,
      captured: isPay ? approved : 0n,
      refunded: 0n,
      state: isPay ? 'captured' : 'open',
      expiresAt: m.expiresAt,
    },
  };
}

/** The payment that a message is about, or why it is about none. */
function originalOf(book: AcceptanceBook, key: string): BookPayment | AcceptanceOutcome {
  const payment = book.payments.get(key);
  if (payment !== undefined) return payment;
  // The key of a capture, a refund or a reversal, or of what was refused: nothing to be taken back.
  return book.replies.has(key) ? 'original_mismatch' : 'original_unknown';
}

function capture(book: AcceptanceBook, m: Extract<BookMessage, { kind: 'capture' }>): Done {
  if (m.amount <= 0n) return refused('amount_invalid');
  const payment = originalOf(book, m.original);
  if (typeof payment === 'string') return refused(payment);
  if (payment.state === 'expired') return captureLate(book, m, payment);
  if (payment.state !== 'open' || m.amount > payment.held) return refused('original_mismatch');
  const rest = payment.held - m.amount;
  const isOver = m.last || rest === 0n;
  return {
    outcome: 'approved',
    approved: m.amount,
    moved: -m.amount,
    of: m.original,
    payment: {
      ...payment,
      held: isOver ? 0n : rest,
      captured: payment.captured + m.amount,
      state: isOver ? 'captured' : 'open',
    },
  };
}

/** The goods are gone, and nothing is kept for them any more: whatever is there now pays, or nobody does. */
function captureLate(
  book: AcceptanceBook,
  m: Extract<BookMessage, { kind: 'capture' }>,
  payment: BookPayment,
): Done {
  if (m.amount > availableIn(book)) return refused('insufficient_funds');
  return {
    outcome: 'approved',
    approved: m.amount,
    moved: -m.amount,
    of: m.original,
    payment: { ...payment, captured: payment.captured + m.amount, state: 'captured' },
  };
}

function reverse(book: AcceptanceBook, m: Extract<BookMessage, { kind: 'reverse' }>): Done {
  if (m.keep < 0n) return refused('amount_invalid');
  const payment = originalOf(book, m.original);
  if (payment === 'original_unknown') return m.keep === 0n ? overtaken(m.original) : refused(payment);
  if (payment === 'original_mismatch') return reverseNothing(book, m.original);
  if (typeof payment === 'string') return refused(payment);
  if (payment.state === 'reversed') return accepted(m.original, payment, 0n);
  const used = usedOf(payment);
  if (m.keep > used || payment.refunded > m.keep) return refused('original_mismatch');
  // What is kept stays captured first; the hold goes before money moves back.
  const captured = m.keep < payment.captured ? m.keep : payment.captured;
  const held = m.keep - captured;
  const state = m.keep === 0n ? 'reversed' : held > 0n ? payment.state : 'captured';
  return accepted(m.original, { ...payment, captured, held, state }, payment.captured - captured);
}

/** A payment that never was, so that it cannot come any more. */
const overtaken = (key: string): Done =>
  accepted(key, { held: 0n, captured: 0n, refunded: 0n, state: 'reversed', expiresAt: 0 }, 0n);

/** A refused payment, or an inquiry, is reversed by shops that did not hear the answer; a reversal is not to be reversed. */
function reverseNothing(book: AcceptanceBook, key: string): Done {
  const kind = book.replies.get(key)?.kind;
  return kind === 'hold' || kind === 'pay' || kind === 'balance'
    ? { ...refused('reversal_accepted'), of: key }
    : refused('original_mismatch');
}

const accepted = (of: string, payment: BookPayment, moved: bigint): Done => ({
  outcome: 'reversal_accepted',
  approved: 0n,
  moved,
  of,
  payment,
});

function refund(book: AcceptanceBook, m: Extract<BookMessage, { kind: 'refund' }>): Done {
  if (m.amount <= 0n) return refused('amount_invalid');
  const payment = originalOf(book, m.original);
  if (typeof payment === 'string') return refused(payment);
  const refundable = payment.captured - payment.refunded;
  if (m.amount > refundable) return refused('original_mismatch');
  const next = { ...payment, refunded: payment.refunded + m.amount };
  return { outcome: 'approved', approved: m.amount, moved: m.amount, of: m.original, payment: next };
}

/** Lets go what is held for too long; names the payments. */
export function expireHolds(
  book: AcceptanceBook,
  at: number,
): { readonly book: AcceptanceBook; readonly released: readonly string[] } {
  const over = [...book.payments].filter(([, p]) => p.state === 'open' && p.expiresAt <= at);
  if (over.length === 0) return { book, released: [] };
  const payments = new Map(book.payments);
  for (const [key, payment] of over) {
    payments.set(key, { ...payment, held: 0n, state: payment.captured > 0n ? 'captured' : 'expired' });
  }
  return { book: { ...book, payments }, released: over.map(([key]) => key) };
}
