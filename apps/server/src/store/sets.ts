/**
 * Columns of many rows as parameters of one statement: arrays as PostgreSQL itself sends and receives them. Against their text, this
 * saves both sides most of the work: octets are half as long, and nothing is parsed.
 *
 * What must hold: the type that the statement names is that of the elements; what does not fit it is a bug.
 *
 * Layout (array_send of PostgreSQL, big-endian): dimensions (4) = 1, has NULLs (4), type of the elements (4), count (4), first index
 * (4) = 1, then each element: length (4), -1 for NULL, and its octets.
 */
import { assert, type Bytes } from '@sokkin/codec';

/** Types' numbers in every PostgreSQL (pg_type.dat). */
const TYPE = { bytea: 17, int8: 20, int4: 23, text: 25 } as const;
const HEADER = 20;
const MOST_INT4 = 0x7fff_ffff;

/** `octetsOf`: of all elements together. */
function begin(type: keyof typeof TYPE, count: number, octetsOf: number, hasNulls = false): Buffer {
  // Cut from nothing that others share: the driver copies it, and it goes at once.
  const out = Buffer.allocUnsafeSlow((count === 0 ? 12 : HEADER + 4 * count) + octetsOf);
  out.writeInt32BE(count === 0 ? 0 : 1, 0);
  out.writeInt32BE(hasNulls ? 1 : 0, 4);
  out.writeInt32BE(TYPE[type], 8);
  if (count === 0) return out;
  out.writeInt32BE(count, 12);
  out.writeInt32BE(1, 16);
  return out;
}

/** For int8[]. */
export function numbers(values: readonly (number | bigint)[]): Buffer {
  const out = begin('int8', values.length, 8 * values.length);
  const view = new DataView(out.buffer, out.byteOffset);
  let at = HEADER;
  for (const value of values) {
    view.setInt32(at, 8);
    if (typeof value === 'bigint') view.setBigInt64(at + 4, value);
    else {
      view.setInt32(at + 4, Math.floor(value / 2 ** 32));
      view.setUint32(at + 8, value >>> 0);
    }
    at += 12;
  }
  return out;
}

/** For int4[]. */
export function shortNumbers(values: readonly number[]): Buffer {
  const out = begin('int4', values.length, 4 * values.length);
  let at = HEADER;
  for (const value of values) {
    assert(Math.abs(value) <= MOST_INT4, 'an int4 has 32 bits');
    out.writeInt32BE(4, at);
    out.writeInt32BE(value, at + 4);
    at += 8;
  }
  return out;
}

/** For text[]: ids, states. One octet a character. */
export function words(values: readonly string[]): Buffer {
  let length = 0;
  for (const value of values) length += value.length;
  const out = begin('text', values.length, length);
  let at = HEADER;
  for (const value of values) {
    out.writeInt32BE(value.length, at);
    at += 4;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      assert(code > 0 && code < 0x80, 'a word is ASCII');
      out[at++] = code;
    }
  }
  return out;
}

/** For bytea[]. */
export function octets(values: readonly (Bytes | null)[]): Buffer {
  let [length, hasNulls] = [0, false];
  for (const value of values) {
    if (value === null) hasNulls = true;
    else length += value.length;
  }
  const out = begin('bytea', values.length, length, hasNulls);
  let at = HEADER;
  for (const value of values) {
    out.writeInt32BE(value === null ? -1 : value.length, at);
    at += 4;
    if (value === null) continue;
    out.set(value, at);
    at += value.length;
  }
  return out;
}

export const hexOf = (b: Bytes): string => Buffer.from(b.buffer, b.byteOffset, b.byteLength).toString('hex');
