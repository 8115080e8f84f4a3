/**
 * Two purses and a phone between them: Ticket, Payment, Receipt.
 *
 * What must hold: nothing moves but by the purse machine; a payee's ticket is not kept when the payer refuses to pay on
 * it, as if the payer had been asked first.
 */
import { assert } from '@sokkin/codec';
import { type Payment, paymentCell, type Refusal } from '@sokkin/purse';
import { askFor, isCredited, learn, type Moved, payOn, take } from './element.ts';
import type { Money } from './money.ts';
import type { Purse } from './society.ts';

export type Tap =
  | { readonly status: 'paid' | 'cancelled'; readonly payment: Moved<Payment> }
  /** It left its payer, and has not arrived. */
  | { readonly status: 'torn'; readonly payment: Moved<Payment> }
  | { readonly status: 'refused'; readonly by: 'payer' | 'payee'; readonly why: Refusal };

export interface TapOptions {
  readonly amount: number;
  readonly isTorn: boolean;
  /** The payer learns the outcome at once. */
  readonly isReceipted: boolean;
}

export function tap(money: Money, payer: Purse, payee: Purse, options: TapOptions): Tap {
  const { amount, isTorn, isReceipted } = options;
  const asked = askFor(payee.state, amount);
  if (asked.status !== 'ok') return { status: 'refused', by: 'payee', why: asked.status };
  const paid = payOn(payer.state, asked.message, payee.certificate, amount);
  if (paid.status !== 'ok') return { status: 'refused', by: 'payer', why: paid.status };
  payee.state = asked.state;
  payer.state = paid.state;
  if (!paid.isAgain) money.leaves(amount, paid.hash);
  if (isTorn) return { status: 'torn', payment: paid };
  return { status: deliver(money, payer, payee, paid, isReceipted), payment: paid };
}

/** Brings a Payment to its payee; and what the payee says of it to the payer. */
export function deliver(
  money: Money,
  payer: Purse,
  payee: Purse,
  { message, hash }: Pick<Moved<Payment>, 'message' | 'hash'>,
  isReceipted: boolean,
): 'paid' | 'cancelled' {
  const taken = take(payee.state, { payment: message, paymentHash: hash, payer: payer.certificate });
  // What the payee cannot take in any more, the back-end settles.
  if (taken.status !== 'ok') return 'cancelled';
  payee.state = taken.state;
  const receipt = taken.message;
  if (isCredited(receipt)) money.arrives(Number(message.amount), hash);
  if (!isReceipted && isCredited(receipt)) return 'paid';
  const wasOpen = paymentCell(payer.state, message.seq)?.payment === 'open';
  payer.state = learn(payer.state, receipt);
  const isClosed = wasOpen && paymentCell(payer.state, message.seq)?.payment === 'cancelled';
  if (isClosed) money.arrives(Number(message.amount), hash);
  assert(isClosed || isCredited(receipt) || !wasOpen, 'a payer takes the word of its payee');
  return isCredited(receipt) ? 'paid' : 'cancelled';
}
