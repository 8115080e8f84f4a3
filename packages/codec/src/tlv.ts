/**
 * BER-TLV data objects as cards use them (ISO/IEC 7816-4 section 5.2.2, ISO 8825-1).
 *
 * What must hold: decoding accepts only the canonical encoding, so encoding what was decoded gives
 * the same bytes again; recursion and size are bounded before any byte is trusted; two siblings
 * never carry one tag unless the caller says that this tag repeats (else two readers could each
 * take another of them).
 */

import { allocate, type Bytes, byteAt } from './bytes.ts';
import { assert, fail } from './errors.ts';
import { isPadding, lengthSize, readHeader, tagHex, tagProblem, tagSize } from './tlv-header.ts';

/** One data object. `start`, `valueStart` and `end` are offsets in the outermost input, for traces. */
export interface Tlv {
  /** The tag bytes as one big-endian number: 0x6F, 0x9F02, 0xDF8104. */
  tag: number;
  /** The value field, a view of the input. */
  value: Bytes;
  /** The objects in the value; defined exactly if the tag's constructed bit is set. */
  children: Tlv[] | undefined;
  start: number;
  valueStart: number;
  end: number;
}

export interface TlvLimits {
  /** Levels of objects, the outermost being the first; `too_deep` beyond. Default 8. */
  maxDepth: number;
  /** Bytes of the whole input; `too_long` beyond. Default 65536. */
  maxLength: number;
  /** Tags that may occur more than once among siblings, at any level. Default none. */
  repeatable: ReadonlySet<number>;
  /**
   * Skip bytes 00 and FF before, between and after objects, as EMV lets cards have them in records (Book 3,
   * Annex B; ISO/IEC 7816-4). Then the encoding is no longer the only one: sign over bytes, not objects.
   * Default false.
   */
  padding: boolean;
}

const DEFAULT_LIMITS: TlvLimits = { maxDepth: 8, maxLength: 65536, repeatable: new Set(), padding: false };

/**
 * All data objects up to the end of the input, perhaps none.
 *
 * Errors: `truncated`, `bad_tag` (padding, more than 3 bytes, not shortest), `bad_length`
 * (indefinite, not shortest, more than 3 bytes), `duplicate_tag`, `too_deep`, `too_long`.
 */
export function decodeTlvs(bytes: Bytes, limits?: Partial<TlvLimits>): Tlv[] {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  assertSize(bytes, bounds);
  return readSiblings(bytes, 0, bytes.length, bounds, 1);
}

/** Exactly one data object; what follows it is `trailing_bytes`. Other errors as in `decodeTlvs`. */
export function decodeTlv(bytes: Bytes, limits?: Partial<TlvLimits>): Tlv {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  assertSize(bytes, bounds);
  const only = readObject(bytes, 0, bytes.length, bounds, 1);
  if (only.end < bytes.length) {
    fail('trailing_bytes', `TLV ${tagHex(only.tag)}: ${bytes.length - only.end} bytes after its end`);
  }
  return only;
}

function assertSize(bytes: Bytes, limits: TlvLimits): void {
  if (bytes.length <= limits.maxLength) return;
  fail('too_long', `TLV: ${bytes.length} bytes, at most ${limits.maxLength} are accepted`);
}

function readSiblings(bytes: Bytes, start: number, end: number, limits: TlvLimits, depth: number): Tlv[] {
  const siblings: Tlv[] = [];
  const seen = new Set<number>();
  let at = start;
  while (at < end) {
    if (limits.padding && isPadding(byteAt(bytes, at))) {
      at++;
      continue;
    }
    const object = readObject(bytes, at, end, limits, depth);
    if (seen.has(object.tag) && !limits.repeatable.has(object.tag)) {
      fail('duplicate_tag', `TLV ${tagHex(object.tag)} at byte ${at}: occurs twice`);
    }
    seen.add(object.tag);
    siblings.push(object);
    at = object.end;
  }
  return siblings;
}

function readObject(bytes: Bytes, start: number, limit: number, limits: TlvLimits, depth: number): Tlv {
  if (depth > limits.maxDepth) {
    fail('too_deep', `TLV at byte ${start}: nested deeper than ${limits.maxDepth} levels`);
  }
  const { tag, constructed, valueStart, end } = readHeader(bytes, start, limit);
  const children = constructed ? readSiblings(bytes, valueStart, end, limits, depth + 1) : undefined;
  return { tag, value: bytes.subarray(valueStart, end), children, start, valueStart, end };
}

/**
 * One data object whose value is the parts, joined. The tag must be canonical (see `tagProblem`)
 * and the value shorter than 2^24 bytes: anything else is a bug. What a constructed value holds is
 * the caller's: build it from `tlv` calls.
 */
export function tlv(tag: number, ...value: Bytes[]): Bytes {
  const problem = tagProblem(tag);
  assert(problem === undefined, () => `tag ${tagHex(tag)} ${problem}`);
  let length = 0;
  for (const part of value) length += part.length;
  assert(length <= 0xff_ffff, () => `TLV ${tagHex(tag)}: value of ${length} bytes`);

  const tagEnd = tagSize(tag);
  const extra = lengthSize(length);
  const out = allocate(tagEnd + 1 + extra + length);
  putBigEndian(out, 0, tag, tagEnd);
  out[tagEnd] = extra === 0 ? length : 0x80 | extra;
  putBigEndian(out, tagEnd + 1, length, extra);
  let at = tagEnd + 1 + extra;
  for (const part of value) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function putBigEndian(out: Uint8Array, at: number, n: number, size: number): void {
  for (let i = 0; i < size; i++) out[at + i] = n >>> (8 * (size - 1 - i));
}
