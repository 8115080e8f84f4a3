/**
 * Byte strings: joining, comparing, hexadecimal and big-endian integers.
 *
 * What must hold: every function leaves its arguments as they were and returns fresh memory;
 * integers are unsigned and big-endian, and one that does not fit its width is a bug of the caller.
 */

import { assert, fail } from './errors.ts';

/** A byte string. Treat as immutable: slices of one input share its memory. */
export type Bytes = Uint8Array;

/** Inside this package: the byte at an index that the caller has already checked. */
export function byteAt(b: Bytes, index: number): number {
  const value = b[index];
  assert(value !== undefined, 'byte index out of range');
  return value;
}

/**
 * Fresh zeroed memory. Small arrays are cut from a slab, as Node cuts Buffers: making a view costs a tenth of
 * making an ArrayBuffer. No two arrays overlap and none is handed out twice, but they share a buffer: copy
 * (`slice`) what is structured-cloned or kept for long, or the whole slab goes with it.
 */
export function allocate(length: number): Bytes {
  if (length > LARGEST_CUT) return new Uint8Array(length);
  if (slabUsed + length > SLAB_SIZE) {
    slab = new ArrayBuffer(SLAB_SIZE);
    slabUsed = 0;
  }
  const out = new Uint8Array(slab, slabUsed, length);
  slabUsed += length;
  return out;
}

const SLAB_SIZE = 16_384;
const LARGEST_CUT = 2048;
let slab = new ArrayBuffer(SLAB_SIZE);
let slabUsed = 0;

/** All parts, one after the other. */
export function concat(...parts: Bytes[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = allocate(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/**
 * Same length and same bytes. Looks at every byte whatever it finds, so that the time taken does
 * not tell where a MAC or a PIN block differs (as far as a JavaScript engine can promise that).
 */
export function equal(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  // Both have this length, so `?? 0` never happens; it is there for the type checker.
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Order of unsigned bytes from the left, a prefix before what extends it: -1, 0 or 1. */
export function compare(a: Bytes, b: Bytes): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = byteAt(a, i) - byteAt(b, i);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(a.length - b.length);
}

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal, two digits a byte, no spaces. */
export function hex(b: Bytes): string {
  let out = '';
  for (const byte of b) out += HEX_OF_BYTE[byte];
  return out;
}

/**
 * Bytes of a hexadecimal text: digits of either case, two a byte, with at most one space between
 * two bytes ('00 A4 04 00' or '00a40400'). Anything else is `bad_hex`.
 */
export function fromHex(s: string): Bytes {
  const out = new Uint8Array(s.length >> 1);
  let length = 0;
  let i = 0;
  while (i < s.length) {
    if (length > 0 && s[i] === ' ') i++;
    out[length++] = (hexDigit(s, i) << 4) | hexDigit(s, i + 1);
    i += 2;
  }
  return out.slice(0, length);
}

function hexDigit(s: string, index: number): number {
  const c = s.charCodeAt(index);
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  if (c >= 0x41 && c <= 0x46) return c - 0x41 + 10;
  if (c >= 0x61 && c <= 0x66) return c - 0x61 + 10;
  return fail('bad_hex', `Hexadecimal text: two digits a byte are expected, not so at character ${index}`);
}

/** One byte. */
export function u8(n: number): Bytes {
  assertUnsigned(n, 0xff, 'u8');
  return Uint8Array.of(n);
}

/** Two bytes, big-endian. */
export function u16(n: number): Bytes {
  assertUnsigned(n, 0xffff, 'u16');
  return Uint8Array.of(n >>> 8, n);
}

/** Four bytes, big-endian. */
export function u32(n: number): Bytes {
  assertUnsigned(n, 0xffff_ffff, 'u32');
  return Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
}

/** Eight bytes, big-endian. */
export function u64(n: bigint): Bytes {
  assert(n >= 0n && n <= 0xffff_ffff_ffff_ffffn, () => `u64 out of range: ${n}`);
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, n);
  return out;
}

/** Inside this package: `n` fits an unsigned integer up to `max`. */
export function assertUnsigned(n: number, max: number, what: string): void {
  if (!(Number.isInteger(n) && n >= 0 && n <= max)) assert(false, () => `${what} out of range: ${n}`);
}
