/**
 * Ticket: a single-use right to pay its signer once (docs/spec/protocol.md, section 4.2).
 * Its number is its sequence number, so no ticket number is ever used twice.
 */
import { amountBytes, type Bytes, readAmount } from '@sokkin/codec';
import {
  badMessage,
  type Header,
  parseBody,
  parseSigned,
  readHeader,
  type Signed,
  TYPE,
  writeHeader,
} from './header.ts';

export const REFERENCE_LENGTH = 8;

export interface Ticket extends Header {
  readonly currency: number;
  /** Minor units: the most that may be paid on it. Reserved under the payee's holding limit. */
  readonly maxAmount: bigint;
  /** The payee's own mark (order number, request number). Asking again with it gives the same ticket. */
  readonly reference: Bytes;
}

export function encodeTicket(t: Ticket): Bytes {
  return writeHeader(TYPE.ticket, t)
    .u16(t.currency)
    .bytes(amountBytes(t.maxAmount))
    .bytes(t.reference)
    .finish();
}

export function parseTicketBody(body: Bytes): Ticket {
  return parseBody('Ticket', body, (r) => {
    const { purse, seq, link } = readHeader(r, TYPE.ticket, 'Ticket');
    const currency = r.u16();
    const maxAmount = readAmount(r);
    if (maxAmount === 0n) throw badMessage('Ticket: a maximum of zero can never be paid');
    return { purse, seq, link, currency, maxAmount, reference: r.take(REFERENCE_LENGTH) };
  });
}

export const parseTicket = (message: Bytes): Signed<Ticket> =>
  parseSigned('Ticket', message, parseTicketBody);
