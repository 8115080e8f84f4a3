/**
 * `deliver` and `cancel`: the payee's card on its phone (docs/spec/protocol.md, section 6.3).
 *
 *     SELECT, CREDIT, [ISSUE TICKET]          SELECT, CANCEL
 *
 * What must hold: once the purse has signed a Receipt, no later fault of the same tap loses it; shown the same
 * Payment again, the purse gives the same Receipt.
 */
import { equal } from '@sokkin/codec';
import type { CarriedPayment, CarriedReceipt, CarriedTicket, Verifier } from '../carried.ts';
import { type Met, meet } from '../client/read.ts';
import { cancel, credit, issueTicket, type TicketWish } from '../client/value.ts';
import { type Failure, type Outcome, ok } from '../outcome.ts';
import { type ApduTransport, isCardLost } from '../transport.ts';

export interface DeliverRequest {
  readonly payment: CarriedPayment;
  /** The ticket for the next payer, fetched while the card is there. */
  readonly nextTicket?: TicketWish | undefined;
}

/** An extra that a tap tried after its main work was done: what came of it, or that the card left over it. */
export type Extra<T> = Outcome<T> | { readonly status: 'torn' };

export interface Delivered {
  /** Says `credited`, or `cancelled`: then the payer gets the money back with this Receipt. */
  readonly receipt: CarriedReceipt;
  readonly next: Extra<CarriedTicket> | undefined;
}

export async function deliver(
  payee: ApduTransport,
  verifier: Verifier,
  request: DeliverRequest,
): Promise<Outcome<Delivered>> {
  const met = await meetPayee(payee, verifier, request.payment);
  return met.status === 'ok' ? deliverTo(met.value, verifier, request) : met;
}

export async function deliverTo(
  met: Met,
  verifier: Verifier,
  { payment, nextTicket }: DeliverRequest,
): Promise<Outcome<Delivered>> {
  const credited = await credit(met, verifier, payment);
  if (credited.status !== 'ok') return credited;
  const next =
    nextTicket === undefined ? undefined : await attempt(() => issueTicket(met, verifier, nextTicket));
  return ok({ receipt: credited.value, next });
}

/** The payee sends a payment back that it has not yet credited. What was credited stays so (I3). */
export async function cancelPayment(
  payee: ApduTransport,
  verifier: Verifier,
  payment: CarriedPayment,
): Promise<Outcome<CarriedReceipt>> {
  const met = await meetPayee(payee, verifier, payment);
  return met.status === 'ok' ? cancel(met.value, verifier, payment) : met;
}

/** The wrong card is told apart before anything is sent to it. */
async function meetPayee(
  transport: ApduTransport,
  verifier: Verifier,
  payment: CarriedPayment,
): Promise<Outcome<Met>> {
  const met = await meet(transport, verifier);
  if (met.status !== 'ok') return met;
  return equal(met.value.chain.leaf.subjectRef, payment.fields.payee) ? met : NOT_FOR_THIS_PURSE;
}

const NOT_FOR_THIS_PURSE: Failure = { status: 'not_for_this_purse' };

/** Runs the last step of a tap, whose loss must not lose what came before it. */
export async function attempt<T>(step: () => Promise<Outcome<T>>): Promise<Extra<T>> {
  try {
    return await step();
  } catch (error) {
    if (isCardLost(error)) return { status: 'torn' };
    throw error;
  }
}
