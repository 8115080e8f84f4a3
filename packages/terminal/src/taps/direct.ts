/**
 * `payDirect`: both purses within reach at once, phone to phone, or a card on the phone that it pays.
 *
 *     payee: SELECT, ISSUE TICKET     payer: SELECT, [VERIFY], PAY     payee: CREDIT     payer: SETTLE
 *
 * What must hold: what each step yields is kept (`keep`) before the next begins, so that wherever the tap is torn,
 * the same call with what was kept finishes it; and nothing is debited twice. A ticket that the payer refused is
 * withdrawn, so that it does not go on reserving room at the payee.
 */
import { type Bytes, equal } from '@sokkin/codec';
import {
  areListed,
  type CarriedPayment,
  type CarriedReceipt,
  type CarriedTicket,
  outdatedList,
  type Verifier,
} from '../carried.ts';
import { meet, openPayments, openTickets } from '../client/read.ts';
import { issueTicket, settle, voidTicket } from '../client/value.ts';
import { type Outcome, ok } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';
import { collectFrom } from './collect.ts';
import { attempt, deliverTo, type Extra } from './deliver.ts';

export type Kept =
  | { readonly kind: 'ticket'; readonly ticket: CarriedTicket }
  | { readonly kind: 'payment'; readonly payment: CarriedPayment }
  | { readonly kind: 'receipt'; readonly receipt: CarriedReceipt };

export interface DirectRequest {
  /** Minor units. */
  readonly amount: bigint;
  /** 8 bytes, the same for every repetition of this payment. */
  readonly reference: Bytes;
  readonly pin?: string | undefined;
  /** From an earlier, torn call. `ticket_spent`: that payment was finished since, by a sync or another tap. */
  readonly ticket?: CarriedTicket | undefined;
  readonly again?: boolean | undefined;
  /** Stores what the call would not like to lose; awaited before the next step. */
  readonly keep?: ((kept: Kept) => Promise<void>) | undefined;
}

export interface PaidDirect {
  readonly payment: CarriedPayment;
  readonly paid: 'now' | 'before';
  readonly receipt: CarriedReceipt;
  /** Whether the payer has learnt the outcome; if not, hand it the receipt some other time. */
  readonly settled: Extra<void>;
}

/** Which of the two refused, so that the sentence can name it. */
export type Sided<T> = Outcome<T> & { readonly by?: 'payer' | 'payee' };

export async function payDirect(
  payer: ApduTransport,
  payee: ApduTransport,
  verifier: Verifier,
  request: DirectRequest,
): Promise<Sided<PaidDirect>> {
  const { amount, reference, pin, again } = request;
  const keep = request.keep ?? (async () => undefined);
  const outdated = outdatedList(verifier);
  if (outdated !== undefined) return outdated;
  const metPayee = await meet(payee, verifier);
  if (metPayee.status !== 'ok') return { ...metPayee, by: 'payee' };
  if (areListed(verifier, metPayee.value.chain.leaf)) return { status: 'counterparty_blocked', by: 'payer' };
  const wish = { maxAmount: amount, reference };
  const ticket =
    request.ticket === undefined ? await issueTicket(metPayee.value, verifier, wish) : ok(request.ticket);
  if (ticket.status !== 'ok') return { ...ticket, by: 'payee' };
  await keep({ kind: 'ticket', ticket: ticket.value });

  const metPayer = await meet(payer, verifier);
  if (metPayer.status !== 'ok') return { ...metPayer, by: 'payer' };
  if (areListed(verifier, metPayer.value.chain.leaf)) {
    await attempt(() => voidTicket(payee, ticket.value.fields.seq));
    return { status: 'counterparty_blocked', by: 'payee' };
  }
  if (request.ticket !== undefined) {
    const live = await isLive(payer, payee, request.ticket);
    if (live.status !== 'ok') return { ...live, by: 'payer' };
    if (!live.value) return { status: 'ticket_spent', by: 'payee' };
  }
  const collected = await collectFrom(metPayer.value, verifier, { ticket: ticket.value, amount, pin, again });
  if (collected.status !== 'ok') {
    await attempt(() => voidTicket(payee, ticket.value.fields.seq));
    return { ...collected, by: 'payer' };
  }
  const { payment } = collected.value;
  await keep({ kind: 'payment', payment });

  const delivered = await deliverTo(metPayee.value, verifier, { payment });
  if (delivered.status !== 'ok') return { ...delivered, by: 'payee' };
  const { receipt } = delivered.value;
  await keep({ kind: 'receipt', receipt });
  const settled = await attempt(() => settle(metPayer.value, receipt, 'seen'));
  return ok({ ...collected.value, receipt, settled });
}

/**
 * Whether there is still something to do with a ticket of an earlier call: it is open at the payee, or paid on by
 * the payer, who waits for its receipt. If neither, a sync or another tap has finished that payment, and paying on
 * the ticket again could only come back.
 */
async function isLive(
  payer: ApduTransport,
  payee: ApduTransport,
  { fields }: CarriedTicket,
): Promise<Outcome<boolean>> {
  const tickets = await openTickets(payee);
  if (tickets.status !== 'ok') return tickets;
  if (tickets.value.some((t) => t.ticketNo === fields.seq)) return ok(true);
  const payments = await openPayments(payer);
  if (payments.status !== 'ok') return payments;
  return ok(payments.value.some((p) => p.ticketNo === fields.seq && equal(p.payee, fields.purse)));
}
