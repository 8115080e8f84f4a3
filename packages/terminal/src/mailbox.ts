/**
 * What a phone keeps for others: store and forward (docs/spec/protocol.md, section 1).
 *
 * Tickets of its owner's cards wait for payers, Payments for their payees, Receipts for their payers. Pure: a
 * mailbox is a value, and the phone stores the new one before it goes on (`MailboxStore`).
 *
 * What must hold:
 * - a Payment stays until the payee's word on it is here, whatever was torn in between;
 * - a Receipt stays until its payer has taken it;
 * - nothing is kept twice: messages are named by the hash of their body, never by their signature.
 */
import { type Bytes, concat, decodeTlvs, equal, hex, SokkinError, tlv } from '@sokkin/codec';
import {
  type CarriedKind,
  type CarriedPayment,
  type CarriedReceipt,
  type CarriedTicket,
  decodeCarried,
  encodeCarried,
} from './carried.ts';
import { hashOfMessage } from './client/value.ts';

export interface Mailbox {
  readonly tickets: readonly CarriedTicket[];
  readonly payments: readonly CarriedPayment[];
  readonly receipts: readonly CarriedReceipt[];
}

/** Where a device keeps it. `save` returns when the mailbox is durable. */
export interface MailboxStore {
  load(): Promise<Mailbox>;
  save(box: Mailbox): Promise<void>;
}

export const EMPTY_MAILBOX: Mailbox = { tickets: [], payments: [], receipts: [] };

const nameOf = (carried: { readonly message: Bytes }): string => hex(hashOfMessage(carried.message));

function added<T extends { readonly message: Bytes }>(list: readonly T[], item: T): readonly T[] {
  return list.some((x) => nameOf(x) === nameOf(item)) ? list : [...list, item];
}

export const keepTicket = (box: Mailbox, ticket: CarriedTicket): Mailbox => ({
  ...box,
  tickets: added(box.tickets, ticket),
});

/** Keeps a Payment for its payee; the ticket that it is made on is used up. */
export function keepPayment(box: Mailbox, payment: CarriedPayment): Mailbox {
  const { payee, ticketNo } = payment.fields;
  const used = (t: CarriedTicket) => t.fields.seq === ticketNo && equal(t.fields.purse, payee);
  const answered = box.receipts.some((r) => isAnswer(r, payment));
  return {
    ...box,
    tickets: box.tickets.filter((t) => !used(t)),
    payments: answered ? box.payments : added(box.payments, payment),
  };
}

/** Keeps a Receipt for its payer; the Payment it answers has arrived. */
export const keepReceipt = (box: Mailbox, receipt: CarriedReceipt): Mailbox => ({
  ...box,
  payments: box.payments.filter((p) => !isAnswer(receipt, p)),
  receipts: box.receipts.some((r) => equal(r.fields.paymentHash, receipt.fields.paymentHash))
    ? box.receipts
    : [...box.receipts, receipt],
});

/** The payer (or the back-end on its behalf) has taken this Receipt. */
export const receiptTaken = (box: Mailbox, receipt: CarriedReceipt): Mailbox => ({
  ...box,
  receipts: box.receipts.filter((r) => !equal(r.fields.paymentHash, receipt.fields.paymentHash)),
});

export const dropTicket = (box: Mailbox, ticket: CarriedTicket): Mailbox => ({
  ...box,
  tickets: box.tickets.filter((t) => nameOf(t) !== nameOf(ticket)),
});

/** Whether the receipt is about the payment; `answers` in carried.ts looks at every field. */
const isAnswer = (receipt: CarriedReceipt, payment: CarriedPayment): boolean =>
  equal(receipt.fields.paymentHash, hashOfMessage(payment.message));

/** What there is to do when this purse is tapped. */
export interface Due {
  readonly payments: readonly CarriedPayment[];
  readonly receipts: readonly CarriedReceipt[];
}
export const due = (box: Mailbox, purse: Bytes): Due => ({
  payments: box.payments.filter((p) => equal(p.fields.payee, purse)),
  receipts: box.receipts.filter((r) => equal(r.fields.payer, purse)),
});

/** The smallest ticket of that payee on which this amount can be paid. */
export function ticketFor(box: Mailbox, payee: Bytes, amount: bigint): CarriedTicket | undefined {
  const fitting = box.tickets.filter((t) => equal(t.fields.purse, payee) && t.fields.maxAmount >= amount);
  return fitting.sort((a, b) => (a.fields.maxAmount < b.fields.maxAmount ? -1 : 1))[0];
}

/** One object an item: F1 ticket, F2 payment, F3 receipt, each around its carried form. */
const TAG: Readonly<Record<CarriedKind, number>> = { ticket: 0xf1, payment: 0xf2, receipt: 0xf3 };

export const encodeMailbox = (box: Mailbox): Bytes =>
  concat(
    ...box.tickets.map((t) => tlv(TAG.ticket, encodeCarried('ticket', t))),
    ...box.payments.map((p) => tlv(TAG.payment, encodeCarried('payment', p))),
    ...box.receipts.map((r) => tlv(TAG.receipt, encodeCarried('receipt', r))),
  );

export function decodeMailbox(bytes: Bytes): Mailbox {
  const [tickets, payments, receipts]: [CarriedTicket[], CarriedPayment[], CarriedReceipt[]] = [[], [], []];
  const repeatable = new Set(Object.values(TAG));
  for (const { tag, value } of decodeTlvs(bytes, { repeatable, maxLength: 1 << 24 })) {
    if (tag === TAG.ticket) tickets.push(decodeCarried('ticket', value));
    else if (tag === TAG.payment) payments.push(decodeCarried('payment', value));
    else if (tag === TAG.receipt) receipts.push(decodeCarried('receipt', value));
    else throw new SokkinError('unexpected_tag', `Mailbox: tag ${tag.toString(16)} does not belong here`);
  }
  return { tickets, payments, receipts };
}
