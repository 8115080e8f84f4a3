/**
 * `collect`: a payer's card on the payee's phone (docs/spec/protocol.md, section 6.2).
 *
 *     SELECT, [GET DATA summary], [VERIFY], PAY
 *
 * What must hold: nothing is taken from a purse on the block list, nor for one; the Payment is verified down to the root
 * before the phone calls anything paid. Torn at any
 * point, the same tap with the same ticket is the remedy: it debits at most once (I4).
 */
import { equal } from '@sokkin/codec';
import {
  areListed,
  type CarriedPayment,
  type CarriedTicket,
  outdatedList,
  type Verifier,
} from '../carried.ts';
import { verifyPin } from '../client/birth.ts';
import { type Met, meet, summary } from '../client/read.ts';
import { pay } from '../client/value.ts';
import { type Outcome, ok } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';

export interface CollectRequest {
  readonly ticket: CarriedTicket;
  /** Minor units. */
  readonly amount: bigint;
  readonly pin?: string | undefined;
  /** A tap for this ticket was torn before. Costs one exchange more, and tells what happened then. */
  readonly again?: boolean | undefined;
}

export interface Collected {
  readonly payment: CarriedPayment;
  /** `before`: it was made in an earlier tap, and this one debited nothing. */
  readonly paid: 'now' | 'before';
}

export async function collect(
  payer: ApduTransport,
  verifier: Verifier,
  request: CollectRequest,
): Promise<Outcome<Collected>> {
  const outdated = outdatedList(verifier);
  if (outdated !== undefined) return outdated;
  const met = await meet(payer, verifier);
  if (met.status !== 'ok') return met;
  if (areListed(verifier, met.value.chain.leaf, request.ticket.chain.leaf))
    return { status: 'counterparty_blocked' };
  return collectFrom(met.value, verifier, request);
}

/** The same with a purse that is selected already, and that the block list was asked about. */
export async function collectFrom(
  met: Met,
  verifier: Verifier,
  request: CollectRequest,
): Promise<Outcome<Collected>> {
  const { ticket, amount } = request;
  // Seen here, too, so that the phone need not show a ticket to its own purse to learn it.
  if (equal(met.chain.leaf.subjectRef, ticket.fields.purse)) return { status: 'own_purse' };
  const before = request.again === true ? await summary(met.transport) : undefined;
  if (before !== undefined && before.status !== 'ok') return before;
  const paid = await payWithPin(met, verifier, request);
  if (paid.status !== 'ok') return paid;
  const { seq, amount: paidAmount } = paid.value.fields;
  // Another amount can only come from an earlier tap: the purse answers a ticket once and for all.
  const earlier = (before !== undefined && seq <= before.value.seq) || paidAmount !== amount;
  return ok({ payment: paid.value, paid: earlier ? 'before' : 'now' });
}

/**
 * A payment that was made before is handed out without the PIN, so after a torn tap the purse is asked first: a
 * mistyped PIN must not read as "nothing was paid" when something was.
 */
async function payWithPin(
  met: Met,
  verifier: Verifier,
  { ticket, amount, pin, again }: CollectRequest,
): Promise<Outcome<CarriedPayment>> {
  if (again === true || pin === undefined) {
    const paid = await pay(met, verifier, ticket, amount);
    if (paid.status !== 'pin_required' || pin === undefined) return paid;
  }
  const verified = await verifyPin(met.transport, pin);
  return verified.status === 'ok' ? pay(met, verifier, ticket, amount) : verified;
}
