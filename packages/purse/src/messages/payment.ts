/**
 * Payment: value that has left its signer and belongs to whoever the ticket names (docs/spec/protocol.md, 4.3).
 */
import { amountBytes, type Bytes, readAmount } from '@sokkin/codec';
import {
  badMessage,
  type Header,
  PURSE_ID_LENGTH,
  parseBody,
  parseSigned,
  readHeader,
  type Signed,
  TYPE,
  writeHeader,
} from './header.ts';

export interface Payment extends Header {
  readonly currency: number;
  /** Minor units, at least 1. */
  readonly amount: bigint;
  readonly payee: Bytes;
  readonly ticketNo: number;
}

export function encodePayment(p: Payment): Bytes {
  return writeHeader(TYPE.payment, p)
    .u16(p.currency)
    .bytes(amountBytes(p.amount))
    .bytes(p.payee)
    .u32(p.ticketNo)
    .finish();
}

export function parsePaymentBody(body: Bytes): Payment {
  return parseBody('Payment', body, (r) => {
    const { purse, seq, link } = readHeader(r, TYPE.payment, 'Payment');
    const currency = r.u16();
    const amount = readAmount(r);
    if (amount === 0n) throw badMessage('Payment: an amount of zero is no payment');
    return { purse, seq, link, currency, amount, payee: r.take(PURSE_ID_LENGTH), ticketNo: r.u32() };
  });
}

export const parsePayment = (message: Bytes): Signed<Payment> =>
  parseSigned('Payment', message, parsePaymentBody);
