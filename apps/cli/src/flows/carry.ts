/**
 * A phone between cards: a ticket fetched ahead, the payer's card, the payee's card, the receipt handed back.
 *
 * What must hold: what a card gave is in the phone's file before the tap goes on; a ticket that a payer may have
 * paid on is offered to nobody else until that is known.
 */
import { hex, SokkinError } from '@sokkin/codec';
import {
  type CarriedPayment,
  type CarriedReceipt,
  type CarriedTicket,
  cancelPayment,
  collect,
  deliverTo,
  dropTicket,
  due,
  fetchTicket,
  keepPayment,
  keepReceipt,
  keepTicket,
  meet,
  pickUp,
  receiptTaken,
  settle,
  ticketFor,
} from '@sokkin/terminal';
import { beginAttempt } from '../data/attempts.ts';
import { keepPaymentEvidence, keepReceiptEvidence, paymentName } from '../data/evidence.ts';
import { changeMailbox, mailboxOf } from '../data/phone.ts';
import { type Place, personalisedPlace } from '../data/places.ts';
import { verifierOf } from '../data/trust.ts';
import type { Context } from '../io/context.ts';
import { refuse, type TapOptions, withTap } from './tap.ts';

/** Fetches a ticket of the card for the phone's mailbox. */
export async function ticketFlow(
  context: Context,
  { phone, card, maxAmount }: { phone: Place; card: Place; maxAmount: bigint },
  options: TapOptions = {},
): Promise<CarriedTicket> {
  const verifier = await verifierOf(context);
  const attempt = await beginAttempt(context, ['ticket', phone.name, card.name, maxAmount.toString()]);
  return withTap(context, card, options, async (tapped) => {
    const wish = { maxAmount, reference: attempt.reference };
    const ticket = await fetchTicket(tapped.transport, verifier, wish);
    if (ticket.status !== 'ok') {
      await attempt.finish();
      return refuse(ticket, tapped, { attempted: 'receive', amount: maxAmount });
    }
    await changeMailbox(phone, (box) => keepTicket(box, ticket.value));
    await attempt.finish();
    return ticket.value;
  });
}

export interface CollectWish {
  readonly phone: Place;
  /** The payer's. */
  readonly card: Place;
  /** The card that is to be paid; the phone has a ticket of it. */
  readonly payee: Place;
  readonly amount: bigint;
  readonly pin?: string | undefined;
}
export interface CollectDone {
  readonly id: string;
  readonly payment: CarriedPayment;
  readonly paid: 'now' | 'before';
}

/** The payer's card on the phone. */
export async function collectFlow(
  context: Context,
  { phone, card, payee, amount, pin }: CollectWish,
  options: TapOptions = {},
): Promise<CollectDone> {
  const verifier = await verifierOf(context, phone);
  const { purse } = await personalisedPlace(payee);
  const words = ['collect', phone.name, card.name, payee.name, amount.toString()];
  const attempt = await beginAttempt(context, words);
  const ticket = attempt.ticket ?? ticketFor(await mailboxOf(phone).load(), purse, amount);
  if (ticket === undefined) {
    await attempt.finish();
    throw new SokkinError(
      'no_ticket',
      `The phone ${phone.name} has no ticket of the card ${payee.name} for ${amount}. Fetch one: sokkin ticket --phone ${phone.name} --card ${payee.name} --max ${amount}`,
    );
  }
  await attempt.keepTicket(ticket);
  await changeMailbox(phone, (box) => dropTicket(box, ticket));
  return withTap(context, card, options, async (tapped) => {
    const request = { ticket, amount, pin, again: attempt.again };
    const done = await collect(tapped.transport, verifier, request);
    if (done.status !== 'ok') {
      // `ticket_spent`: this payer got its money back on it once, so it is worth nothing to anybody.
      if (done.status !== 'ticket_spent') await changeMailbox(phone, (box) => keepTicket(box, ticket));
      await attempt.finish();
      return refuse(done, tapped, { attempted: 'pay', amount, payee: ticket.chain.leaf });
    }
    const { payment, paid } = done.value;
    await keepPaymentEvidence(context, payment);
    await changeMailbox(phone, (box) => keepPayment(box, payment));
    await attempt.finish();
    return { id: paymentName(payment), payment, paid };
  });
}

export interface TapOnPhone {
  /** Payments credited (or sent back) on this card. */
  readonly delivered: readonly CarriedReceipt[];
  /** Receipts that this card took. */
  readonly returned: readonly CarriedReceipt[];
  readonly ticket: CarriedTicket | undefined;
}

/** Any card on the phone: everything that waits for it is handed over, the next ticket fetched. */
export async function tapOnPhone(
  context: Context,
  { phone, card, nextMaximum }: { phone: Place; card: Place; nextMaximum?: bigint | undefined },
  options: TapOptions = {},
): Promise<TapOnPhone> {
  const verifier = await verifierOf(context);
  return withTap(context, card, options, async (tapped) => {
    const met = await meet(tapped.transport, verifier);
    if (met.status !== 'ok') return refuse(met, tapped, { attempted: 'deliver' });
    const waiting = due(await mailboxOf(phone).load(), met.value.chain.leaf.subjectRef);
    const [delivered, returned]: [CarriedReceipt[], CarriedReceipt[]] = [[], []];
    for (const payment of waiting.payments) {
      const done = await deliverTo(met.value, verifier, { payment });
      if (done.status !== 'ok')
        return refuse(done, tapped, { attempted: 'deliver', amount: payment.fields.amount });
      await keepWord(context, phone, done.value.receipt);
      delivered.push(done.value.receipt);
    }
    for (const receipt of waiting.receipts) {
      const done = await settle(met.value, receipt);
      // Settled long ago and forgotten since, or by a Grant: the receipt has done its work.
      if (done.status !== 'ok' && done.status !== 'payment_unknown')
        return refuse(done, tapped, { attempted: 'return' });
      await changeMailbox(phone, (box) => receiptTaken(box, receipt));
      returned.push(receipt);
    }
    if (nextMaximum === undefined) return { delivered, returned, ticket: undefined };
    const attempt = await beginAttempt(context, ['next', phone.name, card.name, nextMaximum.toString()]);
    const wish = { maxAmount: nextMaximum, reference: attempt.reference };
    const next = await fetchTicket(tapped.transport, verifier, wish);
    if (next.status !== 'ok') {
      await attempt.finish();
      return refuse(next, tapped, { attempted: 'receive', amount: nextMaximum });
    }
    await changeMailbox(phone, (box) => keepTicket(box, next.value));
    await attempt.finish();
    return { delivered, returned, ticket: next.value };
  });
}

async function keepWord(context: Context, phone: Place, receipt: CarriedReceipt): Promise<void> {
  await keepReceiptEvidence(context, receipt);
  await changeMailbox(phone, (box) => keepReceipt(box, receipt));
}

/** The payer's open payments, fetched once more. */
export async function pickUpFlow(
  context: Context,
  { phone, card }: { phone: Place; card: Place },
  options: TapOptions = {},
): Promise<readonly CarriedPayment[]> {
  const verifier = await verifierOf(context);
  return withTap(context, card, options, async (tapped) => {
    const found = await pickUp(tapped.transport, verifier);
    if (found.status !== 'ok') return refuse(found, tapped, { attempted: 'other' });
    for (const payment of found.value) {
      await keepPaymentEvidence(context, payment);
      await changeMailbox(phone, (box) => keepPayment(box, payment));
    }
    return found.value;
  });
}

/** The payee's card sends back what it has not yet credited. */
export async function cancelFlow(
  context: Context,
  { phone, card, id }: { phone: Place; card: Place; id?: string | undefined },
  options: TapOptions = {},
): Promise<readonly CarriedReceipt[]> {
  const verifier = await verifierOf(context);
  const { purse } = await personalisedPlace(card);
  const chosen = due(await mailboxOf(phone).load(), purse).payments.filter((p) =>
    paymentName(p).startsWith(id?.toLowerCase() ?? ''),
  );
  if (chosen.length === 0) {
    const which = id === undefined ? '' : ` ${id}`;
    throw new SokkinError(
      'not_found',
      `The phone ${phone.name} keeps no payment${which} for the card ${card.name} (purse ${hex(purse)}).`,
    );
  }
  return withTap(context, card, options, async (tapped) => {
    const receipts: CarriedReceipt[] = [];
    for (const payment of chosen) {
      const done = await cancelPayment(tapped.transport, verifier, payment);
      if (done.status !== 'ok')
        return refuse(done, tapped, { attempted: 'deliver', amount: payment.fields.amount });
      await keepWord(context, phone, done.value);
      receipts.push(done.value);
    }
    return receipts;
  });
}
