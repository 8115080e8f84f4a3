/**
 * NDEF messages: what NFC tags hold and what a web page can read and write (NFC Forum, NFC Data Exchange Format).
 *
 * What must hold: bytes that decode are exactly one message, every byte of which belongs to a record: MB on the first
 * record only, ME on the last only, no chunks, no reserved TNF, nothing behind. Sizes are bounded before they are
 * trusted. Encoding writes the short form wherever it fits.
 */

import { type Bytes, concat, u8, u32 } from './bytes.ts';
import { assert, fail } from './errors.ts';
import { Reader } from './reader.ts';

/** Type name formats of records that stand alone; 6 (unchanged) is for chunks, 7 is reserved. */
export const TNF = { empty: 0, wellKnown: 1, media: 2, uri: 3, external: 4, unknown: 5 } as const;
export type Tnf = (typeof TNF)[keyof typeof TNF];

export interface NdefRecord {
  readonly tnf: Tnf;
  /** 1 to 255 bytes; none in records that are empty or of unknown type. */
  readonly type: Bytes;
  /** At most 255 bytes; undefined: the record has no ID field. */
  readonly id: Bytes | undefined;
  readonly payload: Bytes;
}

export interface NdefLimits {
  /** Bytes of the whole message; `too_long` beyond. Default 65535, the most that a tag's length field says. */
  readonly maxLength: number;
  /** Records in it; `too_long` beyond. Default 16. */
  readonly maxRecords: number;
}

const MB = 0x80;
const ME = 0x40;
const CF = 0x20;
const SR = 0x10;
const IL = 0x08;
const TNF_MASK = 0x07;
const SHORT_MAX = 0xff;
const DEFAULT_LIMITS: NdefLimits = { maxLength: 0xffff, maxRecords: 16 };

/** The bytes of one message; at least one record. A record that breaks the rules of its TNF is a bug. */
export function encodeNdef(records: readonly NdefRecord[]): Bytes {
  assert(records.length > 0, 'an NDEF message has a record');
  return concat(...records.flatMap((r, i) => recordParts(r, i === 0, i === records.length - 1)));
}

function recordParts({ tnf, type, id, payload }: NdefRecord, first: boolean, last: boolean): Bytes[] {
  const problem = shapeProblem(tnf, type, id, payload);
  assert(problem === undefined, () => `NDEF record: ${problem}`);
  const short = payload.length <= SHORT_MAX;
  const flags = (first ? MB : 0) | (last ? ME : 0) | (short ? SR : 0) | (id === undefined ? 0 : IL);
  const length = short ? u8(payload.length) : u32(payload.length);
  const idLength = id === undefined ? [] : [u8(id.length)];
  return [u8(flags | tnf), u8(type.length), length, ...idLength, type, ...(id ? [id] : []), payload];
}

/**
 * The records of exactly one message. Values are views of the input.
 *
 * Errors: `too_long`, `truncated`, `trailing_bytes` (behind the record with ME), `bad_value` (flags, TNF, or
 * fields that this TNF does not have).
 */
export function decodeNdef(bytes: Bytes, limits?: Partial<NdefLimits>): NdefRecord[] {
  const { maxLength, maxRecords } = { ...DEFAULT_LIMITS, ...limits };
  if (bytes.length > maxLength)
    fail('too_long', `NDEF: ${bytes.length} bytes, at most ${maxLength} are read`);
  const r = new Reader(bytes, 'NDEF message');
  const records: NdefRecord[] = [];
  for (;;) {
    if (records.length === maxRecords) fail('too_long', `NDEF: more than ${maxRecords} records`);
    const { record, last } = readRecord(r, records.length === 0);
    records.push(record);
    if (!last) continue;
    r.end();
    return records;
  }
}

function readRecord(r: Reader, first: boolean): { record: NdefRecord; last: boolean } {
  const at = r.offset;
  const flags = r.u8();
  if (((flags & MB) !== 0) !== first) fail('bad_value', `NDEF: message begin flag wrong at byte ${at}`);
  if ((flags & CF) !== 0) fail('bad_value', `NDEF: a chunk at byte ${at}; records come whole`);
  const tnf = tnfOf(flags & TNF_MASK, at);
  const typeLength = r.u8();
  const payloadLength = (flags & SR) !== 0 ? r.u8() : r.u32();
  const idLength = (flags & IL) !== 0 ? r.u8() : undefined;
  const type = r.take(typeLength);
  const id = idLength === undefined ? undefined : r.take(idLength);
  const payload = r.take(payloadLength);
  const problem = shapeProblem(tnf, type, id, payload);
  if (problem !== undefined) fail('bad_value', `NDEF record at byte ${at}: ${problem}`);
  return { record: { tnf, type, id, payload }, last: (flags & ME) !== 0 };
}

function tnfOf(code: number, at: number): Tnf {
  const known = Object.values(TNF).find((t) => t === code);
  return known ?? fail('bad_value', `NDEF: type name format ${code} at byte ${at}`);
}

/** Which fields a TNF must and must not have, and what their length fields can say. */
function shapeProblem(tnf: Tnf, type: Bytes, id: Bytes | undefined, payload: Bytes): string | undefined {
  if (type.length > SHORT_MAX || (id?.length ?? 0) > SHORT_MAX) return 'type or ID longer than 255 bytes';
  const typed = tnf !== TNF.empty && tnf !== TNF.unknown;
  if (typed !== type.length > 0) return typed ? 'it has no type' : 'it has a type that it may not have';
  if (tnf === TNF.empty && (payload.length > 0 || id !== undefined)) return 'an empty record holds something';
  return undefined;
}
