/**
 * What finds its way back to the payer (docs/spec/protocol.md, section 6.4): receipts handed in, and payments
 * fetched again whose copies were lost on the way.
 *
 *     SELECT, SETTLE          SELECT, GET DATA, REISSUE for each
 */
import { equal } from '@sokkin/codec';
import type { CarriedPayment, CarriedReceipt, CarriedTicket, Verifier } from '../carried.ts';
import { meet, openPayments } from '../client/read.ts';
import { issueTicket, reissue, settle, type TicketWish } from '../client/value.ts';
import { type Outcome, ok } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';

/** Closes the payment in its payer's purse, or re-credits it there. Repeating it changes nothing. */
export async function returnReceipt(
  payer: ApduTransport,
  verifier: Verifier,
  receipt: CarriedReceipt,
): Promise<Outcome<void>> {
  const met = await meet(payer, verifier);
  if (met.status !== 'ok') return met;
  if (!equal(met.value.chain.leaf.subjectRef, receipt.fields.payer)) return { status: 'not_for_this_purse' };
  return settle(met.value, receipt);
}

/** Every payment of this purse whose fate it does not know, ready to be delivered once more. */
export async function pickUp(payer: ApduTransport, verifier: Verifier): Promise<Outcome<CarriedPayment[]>> {
  const met = await meet(payer, verifier);
  if (met.status !== 'ok') return met;
  const open = await openPayments(payer);
  if (open.status !== 'ok') return open;
  const payments: CarriedPayment[] = [];
  for (const { paymentNo } of open.value) {
    const payment = await reissue(met.value, verifier, paymentNo);
    if (payment.status !== 'ok') return payment;
    payments.push(payment.value);
  }
  return ok(payments);
}

/** A ticket of this purse, to be kept for whoever pays it later. */
export async function fetchTicket(
  payee: ApduTransport,
  verifier: Verifier,
  wish: TicketWish,
): Promise<Outcome<CarriedTicket>> {
  const met = await meet(payee, verifier);
  return met.status === 'ok' ? issueTicket(met.value, verifier, wish) : met;
}
