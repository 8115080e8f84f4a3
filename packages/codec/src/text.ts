/**
 * Text as bytes: 7-bit ASCII and UTF-8 (RFC 3629), without the platform's TextEncoder.
 *
 * What must hold: one text has one encoding and one encoding one text. Overlong forms, surrogates
 * and bytes beyond U+10FFFF are refused, never replaced, so that no two byte strings that differ
 * under a signature can read the same.
 */

import { type Bytes, byteAt } from './bytes.ts';
import { fail } from './errors.ts';

/** One byte a character, 00 to 7F; `bad_value` for any other character. */
export function ascii(s: string): Bytes {
  const out = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c > 0x7f) fail('bad_value', `ASCII text: character ${i} is not 7-bit`);
    out[i] = c;
  }
  return out;
}

/** The text of 7-bit bytes; `bad_value` for a byte above 7F. */
export function fromAscii(b: Bytes): string {
  let out = '';
  for (let i = 0; i < b.length; i++) {
    const c = byteAt(b, i);
    if (c > 0x7f) fail('bad_value', `ASCII text: byte ${i} is not 7-bit`);
    out += String.fromCharCode(c);
  }
  return out;
}

/** UTF-8 of a text; `bad_value` if it holds half a surrogate pair, which is no character. */
export function utf8(s: string): Bytes {
  const out: number[] = [];
  for (const character of s) pushUtf8(out, character.codePointAt(0) ?? 0);
  return Uint8Array.from(out);
}

function pushUtf8(out: number[], c: number): void {
  if (isSurrogate(c)) fail('bad_value', 'Text: half a surrogate pair has no UTF-8');
  if (c < 0x80) out.push(c);
  else if (c < 0x800) out.push(0xc0 | (c >> 6), tail(c));
  else if (c < 0x10000) out.push(0xe0 | (c >> 12), tail(c >> 6), tail(c));
  else out.push(0xf0 | (c >> 18), tail(c >> 12), tail(c >> 6), tail(c));
}

function tail(c: number): number {
  return 0x80 | (c & 0x3f);
}

/** The text of strict UTF-8 (RFC 3629 section 3); anything else is `bad_value`. A BOM is kept. */
export function fromUtf8(b: Bytes): string {
  let out = '';
  let i = 0;
  while (i < b.length) {
    const { codePoint, size } = readUtf8(b, i);
    out += String.fromCodePoint(codePoint);
    i += size;
  }
  return out;
}

/** The smallest code point that needs this many bytes; a smaller one there is overlong. */
const LEAST_OF_SIZE = [0, 0, 0x80, 0x800, 0x10000] as const;

function readUtf8(b: Bytes, at: number): { codePoint: number; size: number } {
  const first = byteAt(b, at);
  const size = utf8Size(first);
  if (size === 0 || at + size > b.length) badUtf8(at);
  let codePoint = size === 1 ? first : first & (0x7f >> size);
  for (let i = at + 1; i < at + size; i++) {
    const next = byteAt(b, i);
    if ((next & 0xc0) !== 0x80) badUtf8(i);
    codePoint = (codePoint << 6) | (next & 0x3f);
  }
  const overlong = codePoint < (LEAST_OF_SIZE[size] ?? 0);
  if (overlong || isSurrogate(codePoint) || codePoint > 0x10ffff) badUtf8(at);
  return { codePoint, size };
}

/** Bytes in the sequence that this byte opens; 0 if none may start with it. */
function utf8Size(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc0) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf8 ? 4 : 0;
}

function isSurrogate(c: number): boolean {
  return c >= 0xd800 && c <= 0xdfff;
}

function badUtf8(at: number): never {
  return fail('bad_value', `Text: no UTF-8 at byte ${at}`);
}
