/** The payer's side: paying on a ticket, and learning what became of the payment (protocol.md, 6.2 and 6.4). */
import { assert, type Bytes, equal } from '@sokkin/codec';
import { type Certificate, ROLE } from '@sokkin/crypto';
import { headAfter } from '../messages/journal.ts';
import { type CounterpartyClass, classOf } from '../messages/limits.ts';
import type { Receipt } from '../messages/receipt.ts';
import type { Ticket } from '../messages/ticket.ts';
import { type PaymentCell, type PurseState, paymentCell, paymentOnTicket } from '../state.ts';
import { closeOutgoing, debit, maySpend, type Spend } from './spend.ts';
import { append, refuse, type Step, storedMessage, unchanged } from './step.ts';

/** A ticket whose signature and certificate chain were verified, expiry aside, and what the payer is asked to pay. */
export interface PayRequest {
  readonly ticket: Ticket;
  readonly payee: Certificate;
  /** The payee's certificate, or its issuer's, has expired by this purse's epoch. */
  readonly payeeExpired: boolean;
  readonly amount: bigint;
  /** The cardholder was verified in this session, and no payment has used it up yet. */
  readonly pinVerified: boolean;
}

/**
 * Debits and writes the Payment.
 * Idempotent by ticket (I4): asked again for the same ticket it answers with the same Payment.
 */
export function pay(old: PurseState, request: PayRequest): Step {
  const { ticket, payee, payeeExpired, amount, pinVerified } = request;
  assert(equal(ticket.purse, payee.subjectRef), 'the ticket was verified with the certificate of its signer');
  if (old.identity === undefined) return refuse('wrong_lifecycle');
  const before = paymentOnTicket(old, ticket.purse, ticket.seq);
  if (before !== undefined) {
    if (before.payment === 'cancelled') return refuse('ticket_spent');
    return unchanged(old, { kind: 'stored', message: storedMessage(before) });
  }
  if (old.lifecycle !== 'active') return refuse('wrong_lifecycle');
  const own = old.identity.purse;
  if (equal(ticket.purse, own.subjectRef)) return refuse('own_purse');
  if (ticket.currency !== own.currency) return refuse('wrong_currency');
  if (payeeExpired) return refuse('certificate_expired');
  if (isBlocked(old, payee)) return refuse('counterparty_blocked');
  if (amount <= 0n) return refuse('bad_amount');
  if (amount > ticket.maxAmount) return refuse('over_ticket_maximum');
  const counted = countedAs(old, payee);
  const spend: Spend = { opens: 'payment', amount, counted, holderVerified: pinVerified };
  const verdict = maySpend(old, spend);
  if (verdict !== 'ok') return refuse(verdict);
  const fields = { currency: own.currency, amount, payee: ticket.purse, ticketNo: ticket.seq };
  const added = append(old, debit(old, spend), { type: 'payment', fields }, (base) => ({
    ...(base as PaymentCell),
    payment: 'open',
    counted,
  }));
  return {
    status: 'ok',
    state: added.state,
    answer: { kind: 'entry', index: added.index, body: added.body },
  };
}

/**
 * Closes a payment with the word of its payee, or re-credits it, exactly once.
 * The holding limit does not bind a re-credit: value must find its way home.
 */
export function settle(old: PurseState, receipt: Receipt): Step {
  if (old.identity === undefined) return refuse('wrong_lifecycle');
  if (old.lifecycle !== 'active' && old.lifecycle !== 'blocked') return refuse('wrong_lifecycle');
  if (!equal(receipt.payer, old.identity.purse.subjectRef)) return refuse('not_for_this_purse');
  const cell = paymentCell(old, receipt.paymentNo);
  if (cell === undefined) return refuse('payment_unknown');
  if (!equal(headAfter(cell.body), receipt.paymentHash)) return refuse('payment_unknown');
  if (!equal(cell.entry.fields.payee, receipt.purse)) return refuse('not_for_this_purse');
  if (cell.payment !== 'open') return unchanged(old);
  const state = closeOutgoing(old, receipt.paymentNo, receipt.outcome);
  const fields = { paymentNo: receipt.paymentNo, outcome: receipt.outcome };
  const added = append(old, state, { type: 'settle', fields }, (base) => base);
  return { status: 'ok', state: added.state, answer: { kind: 'none' } };
}

export function isBlocked(state: PurseState, other: Certificate): boolean {
  return state.blocked.some((id) => equal(id, other.subjectRef) || equal(id, other.issuerRef));
}

/** Which limits a payment counts against. Paying one's own issuer back is no risk to it, and counts nowhere. */
function countedAs(state: PurseState, payee: Certificate): CounterpartyClass | undefined {
  const own = state.identity?.purse.issuerRef;
  const toOwnIssuer = payee.role === ROLE.issuerPurse && own !== undefined && equal(payee.issuerRef, own);
  return toOwnIssuer ? undefined : classOf(payee.assurance);
}

/** The signed Payment under this number, to be shown again. */
export function reissue(state: PurseState, paymentNo: number): Bytes | undefined {
  const cell = paymentCell(state, paymentNo);
  return cell === undefined ? undefined : storedMessage(cell);
}
