/** The payee's side: crediting a payment once, or cancelling it (docs/spec/protocol.md, section 6.3). */
import { assert, type Bytes, equal } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import type { Payment } from '../messages/payment.ts';
import { encodeReceipt, type Outcome } from '../messages/receipt.ts';
import { type PurseState, receiptCell, type TicketCell, ticketCell } from '../state.ts';
import { isBlocked } from './pay.ts';
import { append, refuse, type Step, storedMessage, unchanged } from './step.ts';
import { closeTicket } from './ticket.ts';

/** A payment whose signature and certificate chain were verified, expiry aside. */
export interface CreditRequest {
  readonly payment: Payment;
  /** SHA-256 of the payment's body. */
  readonly paymentHash: Bytes;
  readonly payer: Certificate;
  /** The payer's certificate, or its issuer's, has expired by this purse's epoch. */
  readonly payerExpired: boolean;
}

/** Credits the payment if its ticket is open; repeats the Receipt if it did; refuses it for ever otherwise. */
export function credit(old: PurseState, request: CreditRequest): Step {
  return consume(old, request, 'credited');
}

/** As `credit`, but an open ticket is closed without crediting. A payment that was credited stays so (I3). */
export function cancel(old: PurseState, request: CreditRequest): Step {
  return consume(old, request, 'cancelled');
}

function consume(old: PurseState, request: CreditRequest, wanted: Outcome): Step {
  const { payment, paymentHash, payer } = request;
  assert(
    equal(payment.purse, payer.subjectRef),
    'the payment was verified with the certificate of its signer',
  );
  if (old.identity === undefined) return refuse('wrong_lifecycle');
  const own = old.identity.purse;
  if (!equal(payment.payee, own.subjectRef)) return refuse('not_for_this_purse');
  if (payment.currency !== own.currency) return refuse('wrong_currency');
  const cell = ticketCell(old, payment.ticketNo);
  if (cell === undefined) return refuse('ticket_unknown');
  if (cell.ticket !== 'open') return answerAgain(old, request);
  // A blocked purse takes nothing more in, but it may still send value home.
  const mayWrite = old.lifecycle === 'active' || (old.lifecycle === 'blocked' && wanted === 'cancelled');
  if (!mayWrite) return refuse('wrong_lifecycle');
  const outcome: Outcome = wanted === 'credited' && acceptable(old, request, cell) ? 'credited' : 'cancelled';
  const closed = closeTicket(old, payment.ticketNo, outcome);
  const state = outcome === 'credited' ? { ...closed, balance: closed.balance + payment.amount } : closed;
  const fields = {
    kind: 'receipt' as const,
    outcome,
    currency: payment.currency,
    amount: payment.amount,
    payer: payment.purse,
    paymentNo: payment.seq,
    paymentHash,
    ticketNo: payment.ticketNo,
  };
  const added = append(old, state, { type: 'receipt', fields }, (base) => base);
  return {
    status: 'ok',
    state: added.state,
    answer: { kind: 'entry', index: added.index, body: added.body },
  };
}

/** An honest payer never pays above the ticket's maximum; what a broken one sends is sent back. */
function acceptable(state: PurseState, request: CreditRequest, cell: TicketCell): boolean {
  if (request.payment.amount > cell.entry.fields.maxAmount) return false;
  if (request.payerExpired) return false;
  return !isBlocked(state, request.payer);
}

/** The ticket is consumed: by this payment (then the same Receipt), or not (then it never will be). */
function answerAgain(old: PurseState, { payment, paymentHash }: CreditRequest): Step {
  const receipt = receiptCell(old, payment.ticketNo);
  if (receipt !== undefined && equal(receipt.entry.fields.paymentHash, paymentHash)) {
    return unchanged(old, { kind: 'stored', message: storedMessage(receipt) });
  }
  assert(old.identity !== undefined, 'a ticket is only known to a personalised purse');
  const body = encodeReceipt({
    kind: 'refusal',
    purse: old.identity.purse.subjectRef,
    seq: old.seq,
    link: old.head,
    outcome: 'cancelled',
    currency: payment.currency,
    amount: payment.amount,
    payer: payment.purse,
    paymentNo: payment.seq,
    paymentHash,
    ticketNo: payment.ticketNo,
  });
  return unchanged(old, { kind: 'attestation', body });
}
