/**
 * The commands that move value (docs/spec/card-application.md, section 4.4). Each verifies what comes back with
 * the device's own cryptography, and that it is what was asked for: a purse is not believed because it answers.
 */
import { type Bytes, concat, equal } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import { sha256 } from '@sokkin/crypto';
import { object, type ShownChain } from '@sokkin/purse';
import {
  answers,
  believePayment,
  believeReceipt,
  believeTicket,
  type CarriedPayment,
  type CarriedReceipt,
  type CarriedTicket,
  type Verifier,
} from '../carried.ts';
import { type Outcome, ok, untrusted } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';
import { amountObject, call, expectNothing, expectObject, numberObject } from './call.ts';
import type { Met } from './read.ts';

const SIGNATURE_LENGTH = 64;
const asIs = (value: Bytes): Bytes => value;

/** SHA-256 of a message's body: what names it everywhere. */
export const hashOfMessage = (message: Bytes): Bytes =>
  sha256(message.subarray(0, message.length - SIGNATURE_LENGTH));

/**
 * The chain as a purse must be shown it. A purse of the same issuer knows that certificate: leaving it out saves
 * 221 bytes on the air and a signature check in the purse.
 */
export function shownTo(own: Certificate, chain: ShownChain): Bytes {
  const leaf = object('purse', chain.leaf.bytes);
  if (equal(own.issuerRef, chain.leaf.issuerRef)) return leaf;
  return concat(leaf, object('issuer', chain.issuer.bytes));
}

export interface TicketWish {
  /** Minor units. */
  readonly maxAmount: bigint;
  /** 8 bytes; asking again with the same gives the same ticket. */
  readonly reference: Bytes;
}

export async function issueTicket(
  { transport, chain }: Met,
  verifier: Verifier,
  wish: TicketWish,
): Promise<Outcome<CarriedTicket>> {
  const data = concat(amountObject(wish.maxAmount), object('reference', wish.reference));
  const answer = expectObject(await call(transport, 'issueTicket', data, 'object'), 'ticket', asIs);
  if (answer.status !== 'ok') return answer;
  const ticket = await believeTicket(verifier, chain, answer.value);
  if (ticket.status !== 'ok') return ticket;
  const { maxAmount, reference } = ticket.value.fields;
  if (maxAmount !== wish.maxAmount || !equal(reference, wish.reference))
    return untrusted('The ticket is not the one that was asked for.');
  return ticket;
}

/** Withdraws an open ticket. */
export async function voidTicket(transport: ApduTransport, ticketNo: number): Promise<Outcome<void>> {
  return expectNothing(await call(transport, 'voidTicket', numberObject(ticketNo), 'nothing'));
}

/**
 * Pays on the ticket. Asked again for the same ticket, the purse answers with the Payment it made the first time,
 * whatever amount is asked for now: look at the amount in the answer.
 */
export async function pay(
  { transport, chain }: Met,
  verifier: Verifier,
  ticket: CarriedTicket,
  amount: bigint,
): Promise<Outcome<CarriedPayment>> {
  const data = concat(
    shownTo(chain.leaf, ticket.chain),
    object('ticket', ticket.message),
    amountObject(amount),
  );
  const answer = expectObject(await call(transport, 'pay', data, 'object'), 'payment', asIs);
  if (answer.status !== 'ok') return answer;
  const payment = await believePayment(verifier, chain, answer.value);
  if (payment.status !== 'ok') return payment;
  const { payee, ticketNo, currency } = payment.value.fields;
  const asked = ticket.fields;
  if (!equal(payee, asked.purse) || ticketNo !== asked.seq || currency !== asked.currency)
    return untrusted('The payment is on another ticket.');
  return payment;
}

/** A payment that the purse has not yet forgotten, as it was signed then. */
export async function reissue(
  { transport, chain }: Met,
  verifier: Verifier,
  paymentNo: number,
): Promise<Outcome<CarriedPayment>> {
  const data = numberObject(paymentNo);
  const answer = expectObject(await call(transport, 'reissue', data, 'object'), 'payment', asIs);
  if (answer.status !== 'ok') return answer;
  const payment = await believePayment(verifier, chain, answer.value);
  if (payment.status !== 'ok') return payment;
  return payment.value.fields.seq === paymentNo
    ? payment
    : untrusted('Another payment came than was asked for.');
}

/**
 * Hands the payee's word to the payer: closes the payment, or re-credits it. `seen`: in this very session PAY was
 * shown the payee's chain, so it is left out.
 */
export async function settle(
  { transport, chain }: Met,
  receipt: CarriedReceipt,
  payee: 'seen' | 'shown' = 'shown',
): Promise<Outcome<void>> {
  const word = object('receipt', receipt.message);
  const data = payee === 'seen' ? word : concat(shownTo(chain.leaf, receipt.chain), word);
  return expectNothing(await call(transport, 'settle', data, 'nothing'));
}

export const credit = (met: Met, v: Verifier, payment: CarriedPayment): Promise<Outcome<CarriedReceipt>> =>
  take('credit', met, v, payment);

/** As `credit`, but an open ticket is closed without crediting it. */
export const cancel = (met: Met, v: Verifier, payment: CarriedPayment): Promise<Outcome<CarriedReceipt>> =>
  take('cancel', met, v, payment);

async function take(
  instruction: 'credit' | 'cancel',
  { transport, chain }: Met,
  verifier: Verifier,
  payment: CarriedPayment,
): Promise<Outcome<CarriedReceipt>> {
  const data = concat(shownTo(chain.leaf, payment.chain), object('payment', payment.message));
  const answer = expectObject(await call(transport, instruction, data, 'object'), 'receipt', asIs);
  if (answer.status !== 'ok') return answer;
  const receipt = await believeReceipt(verifier, chain, answer.value);
  if (receipt.status !== 'ok') return receipt;
  if (!answers(receipt.value.fields, payment.fields, hashOfMessage(payment.message)))
    return untrusted('The receipt is for another payment.');
  return ok(receipt.value);
}
