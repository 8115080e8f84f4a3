/**
 * Statement: where a purse stands, signed over the server's nonce (docs/spec/protocol.md, section 4.7).
 * Together with the entries since the last acknowledged one it proves the whole journal with one signature.
 */
import { type Bytes, decodeDate, type Epoch, encodeDate } from '@sokkin/codec';
import { type Header, parseBody, parseSigned, readHeader, type Signed, TYPE, writeHeader } from './header.ts';

export const NONCE_LENGTH = 16;

export interface Statement extends Header {
  readonly currency: number;
  readonly balance: bigint;
  /** Sum of the payments whose fate the purse does not know. */
  readonly pending: bigint;
  /** Sum that open tickets reserve. */
  readonly reserved: bigint;
  /** Last sequence number that a Grant acknowledged. */
  readonly ackSeq: number;
  readonly grantNo: number;
  readonly epoch: Epoch;
  readonly nonce: Bytes;
  /** Numbers of the tickets that may still be paid on, ascending. */
  readonly openTickets: readonly number[];
}

export function encodeStatement(s: Statement): Bytes {
  const w = writeHeader(TYPE.statement, s)
    .u16(s.currency)
    .u64(s.balance)
    .u64(s.pending)
    .u64(s.reserved)
    .u32(s.ackSeq)
    .u32(s.grantNo)
    .bytes(encodeDate(s.epoch))
    .bytes(s.nonce)
    .u8(s.openTickets.length);
  for (const no of s.openTickets) w.u32(no);
  return w.finish();
}

export function parseStatementBody(body: Bytes): Statement {
  return parseBody('Statement', body, (r) => {
    const header = readHeader(r, TYPE.statement, 'Statement');
    const currency = r.u16();
    const [balance, pending, reserved] = [r.u64(), r.u64(), r.u64()];
    const ackSeq = r.u32();
    const grantNo = r.u32();
    const epoch = decodeDate(r.take(6));
    const nonce = r.take(NONCE_LENGTH);
    const openTickets = Array.from({ length: r.u8() }, () => r.u32());
    return { ...header, currency, balance, pending, reserved, ackSeq, grantNo, epoch, nonce, openTickets };
  });
}

export const parseStatement = (message: Bytes): Signed<Statement> =>
  parseSigned('Statement', message, parseStatementBody);
