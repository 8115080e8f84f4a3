/**
 * What a decided message leaves behind: the payment as it is now, the money that moves, the answer to give again.
 *
 * What must hold: a step is kept whole or not at all; an answer is remembered once, with its payment where it is that payment's own.
 */
import type { AcceptanceOutcome, BookMessage, BookStep, TransferKind } from '@sokkin/issuer';
import {
  approvalCodeOf,
  type BatchState,
  type NewPayment,
  type News,
  type PaymentAbout,
} from './batch-state.ts';
import type { CheckedChip } from './chip.ts';
import type { Instrument } from './instruments.ts';
import type { AskRequest, BalanceInquiry, FollowUp } from './request.ts';

export interface ShopMerchant {
  readonly id: string;
  readonly account: string;
  /** Pays back what the merchant's account cannot. */
  readonly reserve: string | undefined;
  readonly takesPartial: boolean;
  readonly isOpen: boolean;
}

export interface DeskItem {
  readonly request: AskRequest | FollowUp | BalanceInquiry;
  readonly instrument: Instrument;
  /** Undefined: the acquirer has none of that name. */
  readonly merchant: ShopMerchant | undefined;
  readonly checked: CheckedChip | undefined;
}

export interface Decided {
  readonly outcome: AcceptanceOutcome;
  readonly approved: bigint;
  readonly approvalCode: string | undefined;
  /** What the account could pay, where that was asked. */
  readonly available: bigint | undefined;
}

export const declined = (outcome: AcceptanceOutcome): Decided => ({
  outcome,
  approved: 0n,
  approvalCode: undefined,
  available: undefined,
});

export const shown = (account: string, key: string, { outcome, approved }: BookStep): Decided => ({
  ...declined(outcome),
  approved,
  approvalCode: approved > 0n ? approvalCodeOf(account, key) : undefined,
});

/** Who gives money back: the merchant, or who stands for it. */
export const giverOf = (
  state: BatchState,
  { account, reserve }: ShopMerchant,
  amount: bigint,
): string | undefined =>
  [account, reserve].find(
    (id) => id !== undefined && state.account(id) !== undefined && state.available(id) >= amount,
  );

export type PurchaseKind = Extract<TransferKind, 'purchase' | 'purchase_reversed' | 'purchase_refund'>;

interface StepOf {
  /** Of the payment. */
  readonly key: string;
  readonly about: PaymentAbout;
  /** Of one that was approved just now. */
  readonly made: NewPayment | undefined;
  readonly kind: PurchaseKind;
}

const NEWS: Readonly<Record<PurchaseKind, News['type']>> = {
  purchase: 'payment.captured',
  purchase_reversed: 'payment.reversed',
  purchase_refund: 'payment.refunded',
};

/** A step that changed a payment. Gives the name of the transfer, if money moved. */
export function keepStep(
  state: BatchState,
  account: string,
  merchant: ShopMerchant,
  step: BookStep,
  { key, about, made, kind }: StepOf,
): string | undefined {
  const before = state.book(account).payments.get(key);
  const payment = step.book.payments.get(key);
  if (payment === undefined) throw new Error('Bug: a step that changed a payment has it');
  const isMove = step.moved !== 0n;
  const moves = about.moves + (isMove ? 1 : 0);
  const reply = step.book.replies.get(key);
  state.hold(account, payment.held - (before?.held ?? 0n));
  state.keep(account, step, { key, payment, about: { ...about, moves }, reply, made });
  const amount = step.moved < 0n ? -step.moved : step.moved;
  const news = { payment: about.id, account, merchant: merchant.id, acquirer: about.acquirer };
  if (made === undefined) state.news.push({ ...news, type: NEWS[kind], amount });
  else state.news.push({ ...news, type: 'payment.approved', amount: reply?.approved ?? 0n });
  if (!isMove) return undefined;
  const giver = giverOf(state, merchant, amount) ?? merchant.account;
  const [from, to] = step.moved < 0n ? [account, merchant.account] : [giver, account];
  const reference = `${about.id}-${moves}`;
  state.move({ kind, reference, from, to, amount });
  return reference;
}

/** A step that changed no payment that was there; `tombstone`: it made one that can never come. */
export function keepReply(
  state: BatchState,
  item: DeskItem,
  message: Pick<BookMessage, 'key'>,
  step: BookStep,
  of: { readonly original?: string; readonly tombstone?: PaymentAbout } = {},
): Decided {
  const { account } = item.instrument;
  const { original: key, tombstone: about } = of;
  const before = state.book(account);
  const payment = key === undefined ? undefined : step.book.payments.get(key);
  const isMade = key !== undefined && payment !== undefined && !before.payments.has(key);
  const isAnswered = before.replies.has(message.key);
  const made =
    isMade && about !== undefined ? { key, payment, about, reply: undefined, made: undefined } : undefined;
  state.keep(account, step, made);
  if (!isAnswered)
    remember(state, item, message, step, {
      payment: payment === undefined ? undefined : key,
      transfer: undefined,
    });
  return shown(account, message.key, step);
}

export function remember(
  state: BatchState,
  { instrument, merchant }: DeskItem,
  { key }: Pick<BookMessage, 'key'>,
  step: BookStep,
  of: { readonly payment: string | undefined; readonly transfer: string | undefined },
): void {
  const reply = step.book.replies.get(key);
  // `original_unknown` is not: the original may still come.
  if (reply === undefined) return;
  const { account } = instrument;
  state.replies.push({ account, key, reply, moved: step.moved, merchant: merchant?.id, ...of });
}

export function countUse(
  state: BatchState,
  { instrument, request }: DeskItem,
  total: bigint,
  count: number,
): void {
  const { number } = request.card;
  const now = state.tokens.get(number);
  if (instrument.kind !== 'token' || now === undefined) return;
  const change = state.tokenUse.get(number) ?? { total: 0n, count: 0 };
  state.tokenUse.set(number, { total: change.total + total, count: change.count + count });
  state.tokens.set(number, {
    ...now,
    use: { total: now.use.total + total, count: now.use.count + count },
  });
}
