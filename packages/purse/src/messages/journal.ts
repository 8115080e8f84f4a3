/**
 * The journal: the bodies of all entries of one purse, each linked to the one before (docs/spec/protocol.md, 4.6).
 * Ticket, Payment and Receipt are entries that travel; the four here, and the Approval, stay in the journal and are
 * never signed on their own: the signed Statement covers them through the chain.
 */
import type { Bytes, Reader } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import { type Approval, encodeApproval, parseApprovalBody } from './approval.ts';
import { badMessage, HASH_LENGTH, type Header, parseBody, readHeader, TYPE, writeHeader } from './header.ts';
import { encodePayment, type Payment, parsePaymentBody } from './payment.ts';
import {
  encodeReceipt,
  OUTCOME,
  type Outcome,
  outcomeOf,
  parseReceiptBody,
  type Receipt,
} from './receipt.ts';
import { encodeTicket, parseTicketBody, type Ticket } from './ticket.ts';

/** The link of the first entry of every journal. */
export const GENESIS_LINK: Bytes = new Uint8Array(HASH_LENGTH);

/** First entry of every purse: which certificate it was born with. */
export interface Genesis extends Header {
  readonly currency: number;
  readonly certificateHash: Bytes;
}
/** The payee withdraws a ticket that it has not yet been paid on. */
export interface Void extends Header {
  readonly ticketNo: number;
}
/** The payer learns what became of its payment. `cancelled` re-credits it. */
export interface Settle extends Header {
  readonly paymentNo: number;
  readonly outcome: Outcome;
}
/** A Grant took effect, with all the settlements it carried. */
export interface GrantApplied extends Header {
  readonly grantNo: number;
  /** SHA-256 of the Grant's body. */
  readonly grantHash: Bytes;
}

export type Entry =
  | { readonly type: 'genesis'; readonly fields: Genesis }
  | { readonly type: 'ticket'; readonly fields: Ticket }
  | { readonly type: 'payment'; readonly fields: Payment }
  | { readonly type: 'receipt'; readonly fields: Receipt }
  | { readonly type: 'void'; readonly fields: Void }
  | { readonly type: 'settle'; readonly fields: Settle }
  | { readonly type: 'grantApplied'; readonly fields: GrantApplied }
  | { readonly type: 'approval'; readonly fields: Approval };

export function encodeEntry(entry: Entry): Bytes {
  switch (entry.type) {
    case 'genesis':
      return writeHeader(TYPE.genesis, entry.fields)
        .u16(entry.fields.currency)
        .bytes(entry.fields.certificateHash)
        .finish();
    case 'ticket':
      return encodeTicket(entry.fields);
    case 'payment':
      return encodePayment(entry.fields);
    case 'receipt':
      return encodeReceipt(entry.fields);
    case 'void':
      return writeHeader(TYPE.void, entry.fields).u32(entry.fields.ticketNo).finish();
    case 'settle':
      return writeHeader(TYPE.settle, entry.fields)
        .u32(entry.fields.paymentNo)
        .u8(OUTCOME[entry.fields.outcome])
        .finish();
    case 'grantApplied':
      return writeHeader(TYPE.grantApplied, entry.fields)
        .u32(entry.fields.grantNo)
        .bytes(entry.fields.grantHash)
        .finish();
    case 'approval':
      return encodeApproval(entry.fields);
  }
}

export function parseEntry(body: Bytes): Entry {
  switch (body[0]) {
    case TYPE.genesis:
      return { type: 'genesis', fields: parseBody('Genesis', body, readGenesis) };
    case TYPE.ticket:
      return { type: 'ticket', fields: parseTicketBody(body) };
    case TYPE.payment:
      return { type: 'payment', fields: parsePaymentBody(body) };
    case TYPE.receipt:
      return { type: 'receipt', fields: parseReceiptBody(body) };
    case TYPE.void:
      return { type: 'void', fields: parseBody('Void', body, readVoid) };
    case TYPE.settle:
      return { type: 'settle', fields: parseBody('Settle', body, readSettle) };
    case TYPE.grantApplied:
      return { type: 'grantApplied', fields: parseBody('GrantApplied', body, readGrantApplied) };
    case TYPE.approval:
      return { type: 'approval', fields: parseApprovalBody(body) };
    case undefined:
      throw badMessage('Journal entry: it is empty');
    default:
      throw badMessage(`Journal entry: type ${body[0]} is unknown`);
  }
}

// The header's fields are named one by one: a spread takes longer than all the rest of an entry.

function readGenesis(r: Reader): Genesis {
  const { purse, seq, link } = readHeader(r, TYPE.genesis, 'Genesis');
  return { purse, seq, link, currency: r.u16(), certificateHash: r.take(HASH_LENGTH) };
}

function readVoid(r: Reader): Void {
  const { purse, seq, link } = readHeader(r, TYPE.void, 'Void');
  return { purse, seq, link, ticketNo: r.u32() };
}

function readSettle(r: Reader): Settle {
  const { purse, seq, link } = readHeader(r, TYPE.settle, 'Settle');
  return { purse, seq, link, paymentNo: r.u32(), outcome: outcomeOf(r.u8(), 'Settle') };
}

function readGrantApplied(r: Reader): GrantApplied {
  const { purse, seq, link } = readHeader(r, TYPE.grantApplied, 'GrantApplied');
  return { purse, seq, link, grantNo: r.u32(), grantHash: r.take(HASH_LENGTH) };
}

/** The chain head after an entry with this body. */
export const headAfter = (body: Bytes): Bytes => sha256(body);
