/**
 * Approval: the card approved an EMV transaction offline, and its TC left it (docs/spec/protocol.md, 4.6).
 *
 * It is never signed on its own: the signed Statement covers it, as it covers a Void. What convinces a third party is
 * the cryptogram, with the transaction data that the acquirer presents.
 */
import { amountBytes, assert, type Bytes, readAmount } from '@sokkin/codec';
import { badMessage, type Header, parseBody, readHeader, TYPE, writeHeader } from './header.ts';

/** EMV Book 3, Annex A: Application Cryptogram (9F26). */
export const CRYPTOGRAM_LENGTH = 8;

export interface Approval extends Header {
  readonly currency: number;
  /** Minor units, at least 1. */
  readonly amount: bigint;
  /** Application Transaction Counter (9F36) of the transaction. */
  readonly atc: number;
  /** The TC, 8 bytes. */
  readonly cryptogram: Bytes;
}

export function encodeApproval(a: Approval): Bytes {
  assert(a.cryptogram.length === CRYPTOGRAM_LENGTH, 'an application cryptogram has 8 bytes');
  return writeHeader(TYPE.approval, a)
    .u16(a.currency)
    .bytes(amountBytes(a.amount))
    .u16(a.atc)
    .bytes(a.cryptogram)
    .finish();
}

export function parseApprovalBody(body: Bytes): Approval {
  return parseBody('Approval', body, (r) => {
    const { purse, seq, link } = readHeader(r, TYPE.approval, 'Approval');
    const currency = r.u16();
    const amount = readAmount(r);
    if (amount === 0n) throw badMessage('Approval: an amount of zero debits nothing');
    return { purse, seq, link, currency, amount, atc: r.u16(), cryptogram: r.take(CRYPTOGRAM_LENGTH) };
  });
}
