/**
 * The header that every purse message begins with (docs/spec/protocol.md, section 4.1).
 *
 * Two kinds of message share it:
 * - an *entry* is a state change. `seq` is its own number, `link` the chain head before it, and its body's
 *   SHA-256 is the chain head after it. The journal is nothing but these bodies.
 * - an *attestation* changes nothing. `seq` and `link` say where its signer stands: the last used number and
 *   the head after it.
 * What must hold: an honest purse never signs two entries with one `seq`, so two different ones are proof of a
 * clone or a roll-back (invariant I7).
 */
import { type Bytes, Reader, SokkinError, Writer } from '@sokkin/codec';
import { SUITE_P256 } from '@sokkin/crypto';

export const PROTOCOL_VERSION = 0x01;
export const PURSE_ID_LENGTH = 8;
export const HASH_LENGTH = 32;
export const SIGNATURE_LENGTH = 64;
export const HEADER_LENGTH = 47;
/** The highest sequence number; a purse that gets near it still closes what it has opened, and opens no more. */
export const SEQ_MAX = 0xffff_ffff;

export const TYPE = {
  genesis: 0x01,
  ticket: 0x02,
  payment: 0x03,
  receipt: 0x04,
  void: 0x05,
  settle: 0x06,
  grantApplied: 0x07,
  approval: 0x08,
  statement: 0x11,
  refusal: 0x12,
  grant: 0x21,
  blockList: 0x22,
  enrolment: 0x31,
} as const;

export type PurseCode = 'bad_message' | 'unknown_version' | 'bad_state';

/** Where in its signer's life a message stands. */
export interface Header {
  /** The signer. */
  readonly purse: Bytes;
  readonly seq: number;
  readonly link: Bytes;
}

export function badMessage(what: string, cause?: unknown): SokkinError<PurseCode> {
  return new SokkinError<PurseCode>('bad_message', what, cause === undefined ? {} : { cause });
}

export function writeHeader(type: number, header: Header): Writer {
  return new Writer()
    .u8(type)
    .u8(PROTOCOL_VERSION)
    .u8(SUITE_P256)
    .bytes(header.purse)
    .u32(header.seq)
    .bytes(header.link);
}

/** Reads type, version and suite, and refuses what this version does not know. */
export function readPreamble(r: Reader, type: number, name: string): void {
  const found = r.u8();
  if (found !== type) throw badMessage(`${name}: type ${found.toString(16)} is not ${type.toString(16)}`);
  const version = r.u8();
  if (version !== PROTOCOL_VERSION) {
    throw new SokkinError<PurseCode>('unknown_version', `${name}: protocol version ${version} is not 1`);
  }
  const suite = r.u8();
  if (suite !== SUITE_P256) throw badMessage(`${name}: suite ${suite} is unknown`);
}

export function readHeader(r: Reader, type: number, name: string): Header {
  readPreamble(r, type, name);
  const purse = r.take(PURSE_ID_LENGTH);
  const seq = r.u32();
  const link = r.take(HASH_LENGTH);
  return { purse, seq, link };
}

/** Parses a whole body: nothing may be left over, and every fault is one `bad_message` that names the message. */
export function parseBody<T>(name: string, body: Bytes, read: (r: Reader) => T): T {
  try {
    const r = new Reader(body, name);
    const value = read(r);
    r.end();
    return value;
  } catch (cause) {
    if (cause instanceof SokkinError && (cause.code === 'bad_message' || cause.code === 'unknown_version')) {
      throw cause;
    }
    if (!(cause instanceof SokkinError)) throw cause;
    throw badMessage(`${name}: ${cause.message}`, cause);
  }
}

/** A body and its signature, as they travel: body, then 64 bytes r||s. */
export interface Signed<T> {
  readonly fields: T;
  readonly body: Bytes;
  readonly signature: Bytes;
}

/** Splits a message into body and signature and parses the body. */
export function parseSigned<T>(name: string, message: Bytes, parse: (body: Bytes) => T): Signed<T> {
  if (message.length <= SIGNATURE_LENGTH)
    throw badMessage(`${name}: ${message.length} bytes hold no signature`);
  const body = message.slice(0, message.length - SIGNATURE_LENGTH);
  return { fields: parse(body), body, signature: message.slice(message.length - SIGNATURE_LENGTH) };
}
