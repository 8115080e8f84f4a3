/**
 * Receipt and Refusal: the payee's word on one payment (docs/spec/protocol.md, sections 4.4 and 4.5).
 *
 * A Receipt is an entry: it consumed the ticket, either crediting the payment or cancelling it. A Refusal has
 * the same fields but changes nothing: the ticket was consumed before, so this payment can never be credited.
 * What must hold: an honest payee never says both `credited` and `cancelled` of one payment.
 */
import { amountBytes, type Bytes, readAmount } from '@sokkin/codec';
import {
  badMessage,
  HASH_LENGTH,
  type Header,
  PURSE_ID_LENGTH,
  parseBody,
  parseSigned,
  readHeader,
  type Signed,
  TYPE,
  writeHeader,
} from './header.ts';

export const OUTCOME = { credited: 0x01, cancelled: 0x02 } as const;
export type Outcome = keyof typeof OUTCOME;

export interface Receipt extends Header {
  readonly kind: 'receipt' | 'refusal';
  readonly outcome: Outcome;
  readonly currency: number;
  readonly amount: bigint;
  readonly payer: Bytes;
  /** The payment's sequence number in its payer's journal. */
  readonly paymentNo: number;
  /** SHA-256 of the payment's body (never of its signature: signatures are malleable). */
  readonly paymentHash: Bytes;
  readonly ticketNo: number;
}

export function outcomeOf(code: number, what: string): Outcome {
  if (code === OUTCOME.credited) return 'credited';
  if (code === OUTCOME.cancelled) return 'cancelled';
  throw badMessage(`${what}: outcome ${code} is neither credited (1) nor cancelled (2)`);
}

export function encodeReceipt(r: Receipt): Bytes {
  return writeHeader(TYPE[r.kind], r)
    .u8(OUTCOME[r.outcome])
    .u16(r.currency)
    .bytes(amountBytes(r.amount))
    .bytes(r.payer)
    .u32(r.paymentNo)
    .bytes(r.paymentHash)
    .u32(r.ticketNo)
    .finish();
}

/** Reads a Receipt or a Refusal: the type byte tells which. */
export function parseReceiptBody(body: Bytes): Receipt {
  const kind = body[0] === TYPE.refusal ? 'refusal' : 'receipt';
  const name = kind === 'refusal' ? 'Refusal' : 'Receipt';
  return parseBody(name, body, (r) => {
    const { purse, seq, link } = readHeader(r, TYPE[kind], name);
    const outcome = outcomeOf(r.u8(), name);
    if (kind === 'refusal' && outcome !== 'cancelled') throw badMessage('Refusal: it can only say cancelled');
    const currency = r.u16();
    const amount = readAmount(r);
    if (amount === 0n) throw badMessage(`${name}: an amount of zero is no payment`);
    const payer = r.take(PURSE_ID_LENGTH);
    const paymentNo = r.u32();
    const paymentHash = r.take(HASH_LENGTH);
    const ticketNo = r.u32();
    // By name: spreading the header takes as long as all else here.
    return { purse, seq, link, kind, outcome, currency, amount, payer, paymentNo, paymentHash, ticketNo };
  });
}

export const parseReceipt = (message: Bytes): Signed<Receipt> =>
  parseSigned('Receipt', message, parseReceiptBody);
