/**
 * The issuer's own purse: it pays fundings, and is paid redemptions, with the messages of every other purse.
 *
 * It has no limits and no windows, so what it remembers is rows in the store, not cells; what it decides is
 * decided here. What must hold: its numbers rise by one and its entries are chained, as in every purse; a
 * ticket is consumed once; it never says both `credited` and `cancelled` of one payment.
 */
import { assert, type Bytes, equal } from '@sokkin/codec';
import {
  encodeEntry,
  encodeReceipt,
  headAfter,
  type NewEntry,
  type Outcome,
  type Payment,
  type Receipt,
  SEQ_MAX,
} from '@sokkin/purse';
import type { KnownTicket } from './reconcile.ts';

/** Where the issuer's purse stands. */
export interface IssuerPurse {
  readonly purse: Bytes;
  readonly currency: number;
  readonly seq: number;
  readonly head: Bytes;
}

/** A new entry: to be signed, and stored together with the purse after it. */
export interface Written {
  readonly purse: IssuerPurse;
  readonly seq: number;
  readonly body: Bytes;
  readonly hash: Bytes;
}

/** Writes the next entry of the issuer's journal. */
export function write(old: IssuerPurse, entry: NewEntry): Written {
  assert(old.seq < SEQ_MAX, 'the issuer replaces its purse before its numbers run out');
  const seq = old.seq + 1;
  const header = { purse: old.purse, seq, link: old.head };
  const body = encodeEntry({ type: entry.type, fields: { ...header, ...entry.fields } } as Parameters<
    typeof encodeEntry
  >[0]);
  const hash = headAfter(body);
  return { purse: { ...old, seq, head: hash }, seq, body, hash };
}

/** The first entry, as of every purse. */
export const writeGenesis = (old: IssuerPurse, certificateHash: Bytes): Written =>
  write(old, { type: 'genesis', fields: { currency: old.currency, certificateHash } });

export const writeTicket = (old: IssuerPurse, maxAmount: bigint, reference: Bytes): Written =>
  write(old, { type: 'ticket', fields: { currency: old.currency, maxAmount, reference } });

export const writePayment = (old: IssuerPurse, payee: Bytes, ticketNo: number, amount: bigint): Written =>
  write(old, { type: 'payment', fields: { currency: old.currency, amount, payee, ticketNo } });

export const writeSettle = (old: IssuerPurse, paymentNo: number, outcome: Outcome): Written =>
  write(old, { type: 'settle', fields: { paymentNo, outcome } });

/** A payment that is proven: by its signature, or by its payer's journal. */
export interface ProvenPayment {
  readonly payment: Payment;
  readonly hash: Bytes;
}

export type TakeAnswer =
  /** The ticket is consumed by this payment: store entry and purse, sign, answer. */
  | { readonly kind: 'receipt'; readonly outcome: Outcome; readonly written: Written }
  /** This payment consumed the ticket before: the stored Receipt goes out again. */
  | { readonly kind: 'again' }
  /** Another payment did: a signed `cancelled` that changes nothing. */
  | { readonly kind: 'refusal'; readonly body: Bytes };

/** Takes a payment on a ticket of the issuer's purse, for good or back. */
export function takePayment(
  old: IssuerPurse,
  ticket: KnownTicket & { readonly maxAmount: bigint },
  { payment, hash }: ProvenPayment,
  acceptable: boolean,
): TakeAnswer {
  assert(equal(payment.payee, old.purse), 'the payment names the issuer as its payee');
  const word: Omit<Receipt, 'purse' | 'seq' | 'link' | 'kind' | 'outcome'> = {
    currency: payment.currency,
    amount: payment.amount,
    payer: payment.purse,
    paymentNo: payment.seq,
    paymentHash: hash,
    ticketNo: payment.ticketNo,
  };
  if (ticket.state !== 'open') {
    if (ticket.by !== undefined && equal(ticket.by, hash)) return { kind: 'again' };
    const stands = { purse: old.purse, seq: old.seq, link: old.head };
    return {
      kind: 'refusal',
      body: encodeReceipt({ ...stands, ...word, kind: 'refusal', outcome: 'cancelled' }),
    };
  }
  const fits = payment.currency === old.currency && payment.amount <= ticket.maxAmount;
  const outcome: Outcome = acceptable && fits ? 'credited' : 'cancelled';
  const written = write(old, { type: 'receipt', fields: { ...word, kind: 'receipt', outcome } });
  return { kind: 'receipt', outcome, written };
}
