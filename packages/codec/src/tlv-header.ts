/**
 * The tag and length fields of one BER-TLV data object (ISO 8825-1 section 8.1; ISO/IEC 7816-4
 * section 5.2.2), read and written in their one canonical form.
 *
 * What must hold: a tag number written here reads back as itself and takes exactly the bytes that
 * it shows in hexadecimal; lengths are definite and shortest. So bytes that pass can be signed over.
 */

import { type Bytes, byteAt } from './bytes.ts';
import { assert, fail } from './errors.ts';

/** Where one data object stands in the outermost input. */
export interface TlvHeader {
  tag: number;
  constructed: boolean;
  valueStart: number;
  end: number;
}

const MAX_TAG_SIZE = 3;
const MAX_LENGTH_SIZE = 3;

/** Reads the header at `start`; the object must end at or before `limit`. */
export function readHeader(bytes: Bytes, start: number, limit: number): TlvHeader {
  const { tag, next } = readTag(bytes, start, limit);
  const { length, valueStart } = readLength(bytes, next, limit);
  const end = valueStart + length;
  if (end > limit) {
    fail(
      'truncated',
      `TLV ${tagHex(tag)} at byte ${start}: ${length} bytes announced, ${limit - valueStart} left`,
    );
  }
  return { tag, constructed: (byteAt(bytes, start) & 0x20) !== 0, valueStart, end };
}

/** Reads the tag alone, as it stands in tag lists and data object lists. */
export function readTag(bytes: Bytes, start: number, limit: number): { tag: number; next: number } {
  let tag = next(bytes, start, limit);
  let at = start + 1;
  // Padding is named before a second byte is asked for: FF alone is not the start of a longer tag.
  let more = !isPadding(tag) && isMultiByte(tag);
  while (more) {
    if (at - start === MAX_TAG_SIZE) fail('bad_tag', `TLV at byte ${start}: a tag of more than 3 bytes`);
    const byte = next(bytes, at++, limit);
    tag = tag * 0x100 + byte;
    more = (byte & 0x80) !== 0;
  }
  const problem = tagProblem(tag);
  if (problem !== undefined) fail('bad_tag', `TLV at byte ${start}: tag ${tagHex(tag)} ${problem}`);
  return { tag, next: at };
}

function readLength(bytes: Bytes, start: number, limit: number): { length: number; valueStart: number } {
  const first = next(bytes, start, limit);
  if (first < 0x80) return { length: first, valueStart: start + 1 };
  const size = first & 0x7f;
  if (size === 0) fail('bad_length', `TLV length at byte ${start}: the indefinite form is not used on cards`);
  if (size > MAX_LENGTH_SIZE) fail('bad_length', `TLV length at byte ${start}: more than 3 bytes long`);
  let length = 0;
  for (let i = 1; i <= size; i++) length = length * 0x100 + next(bytes, start + i, limit);
  if (lengthSize(length) !== size)
    fail('bad_length', `TLV length at byte ${start}: not in its shortest form`);
  return { length, valueStart: start + 1 + size };
}

function next(bytes: Bytes, at: number, limit: number): number {
  return at < limit ? byteAt(bytes, at) : fail('truncated', `TLV: ends early at byte ${at}`);
}

/**
 * Why a number is no canonical tag, or undefined.
 *
 * ISO 8825-1 section 8.1.2.4.2 keeps multi-byte tags for tag numbers from 31 on. EMV (Book 3,
 * Annex A) nevertheless allocates 9F01 to 9F1E, BF0C and DF01, and treats the bytes as the name.
 * So the least number is held in the universal and application classes (5F.., 7F..: those of
 * ISO/IEC 7816 and of certificates), and in the other two anything but zero passes.
 */
export function tagProblem(tag: number): string | undefined {
  if (!Number.isInteger(tag) || tag < 0 || tag > 0xff_ffff) return 'is not a number of 1 to 3 bytes';
  const size = tagSize(tag);
  const first = tag >>> (8 * (size - 1));
  if (isPadding(first)) return 'is padding (00 or FF), which is not allowed';
  if (isMultiByte(first) !== size > 1) return size > 1 ? 'has bytes after its end' : 'has no second byte';
  if (size === 1) return undefined;
  const second = (tag >>> (8 * (size - 2))) & 0xff;
  const last = tag & 0xff;
  if ((last & 0x80) !== 0) return 'has no last byte';
  if (size === 3) {
    if ((second & 0x80) === 0) return 'has bytes after its end';
    return second === 0x80 ? 'is not in its shortest form' : undefined;
  }
  const isStrictClass = first < 0x80;
  return second < (isStrictClass ? 0x1f : 0x01) ? 'is not in its shortest form' : undefined;
}

/** 00 and FF are no tags: cards fill gaps with them. */
export function isPadding(first: number): boolean {
  return first === 0x00 || first === 0xff;
}

function isMultiByte(first: number): boolean {
  return (first & 0x1f) === 0x1f;
}

/** Bytes of a tag, 1 to 3. */
export function tagSize(tag: number): number {
  return tag > 0xffff ? 3 : tag > 0xff ? 2 : 1;
}

/** Bytes that follow the first byte of the shortest length field, 0 to 3. */
export function lengthSize(length: number): number {
  return length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3;
}

/** A tag as people write it: '9F02'. */
export function tagHex(tag: number): string {
  const digits = tag.toString(16).toUpperCase();
  return digits.padStart(digits.length + (digits.length % 2), '0');
}

/** The bytes of a canonical tag. */
export function tagBytes(tag: number): Bytes {
  const problem = tagProblem(tag);
  assert(problem === undefined, () => `tag ${tagHex(tag)} ${problem}`);
  const size = tagSize(tag);
  return Uint8Array.from({ length: size }, (_, i) => tag >>> (8 * (size - 1 - i)));
}

/** Whether objects with this tag hold objects: bit 6 of the first byte. */
export function isConstructed(tag: number): boolean {
  return ((tag >>> (8 * (tagSize(tag) - 1))) & 0x20) !== 0;
}
