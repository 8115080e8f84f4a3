/**
 * Data object lists (EMV Book 3, section 5.4): the card names tags and lengths, the terminal answers with
 * the values one after the other, without tags.
 *
 * What must hold: a list that parses writes back to the same bytes; data built by a list has exactly the
 * length that the list asks for, so card and terminal always cut it at the same places.
 */
import { assertUnsigned, type Bytes, byteAt, concat, u8 } from '../bytes.ts';
import { assert, fail } from '../errors.ts';
import { isConstructed, readTag, tagBytes, tagHex } from '../tlv-header.ts';
import { emvElement } from './dictionary.ts';

export interface DolEntry {
  readonly tag: number;
  /** Bytes that the value takes in the data, 0 to 255. */
  readonly length: number;
}

/** EMV keeps lists within 252 bytes (Book 3, Annex A), and what they ask for within one command. */
const MOST_LIST_BYTES = 252;
const MOST_DATA_BYTES = 255;

/**
 * The entries of a list. Errors: `truncated`, `bad_tag`, `too_long` (the list, or what it
 * asks for, does not fit a command).
 */
export function parseDol(bytes: Bytes): DolEntry[] {
  if (bytes.length > MOST_LIST_BYTES) fail('too_long', `DOL: ${bytes.length} bytes, at most 252`);
  const entries: DolEntry[] = [];
  let at = 0;
  let total = 0;
  while (at < bytes.length) {
    const { tag, next } = readTag(bytes, at, bytes.length);
    if (next === bytes.length) fail('truncated', `DOL: tag ${tagHex(tag)} without its length`);
    const length = byteAt(bytes, next);
    total += length;
    if (total > MOST_DATA_BYTES) fail('too_long', `DOL: asks for ${total} bytes, a command takes 255`);
    entries.push({ tag, length });
    at = next + 1;
  }
  return entries;
}

/** The bytes of a list. */
export function encodeDol(entries: readonly DolEntry[]): Bytes {
  const parts = entries.flatMap(({ tag, length }) => {
    assertUnsigned(length, MOST_DATA_BYTES, 'DOL length');
    return [tagBytes(tag), u8(length)];
  });
  return concat(...parts);
}

/** Bytes of data that a list asks for. */
export function dolLength(entries: readonly DolEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.length, 0);
}

/**
 * The data that a list asks for (section 5.4, the rules of its last paragraph). A value that is not known, or
 * whose tag is a template's, is all zeros. One that is too long loses bytes, one that is too short gains
 * some: at the left, with zeros, in format n; at the right in all others, with FF in cn and zeros else.
 */
export function buildDolData(
  entries: readonly DolEntry[],
  lookUp: (tag: number) => Bytes | undefined,
): Bytes {
  return concat(...entries.map((entry) => fitted(entry, lookUp(entry.tag))));
}

function fitted({ tag, length }: DolEntry, value: Bytes | undefined): Bytes {
  if (value === undefined || isConstructed(tag)) return new Uint8Array(length);
  const format = emvElement(tag)?.format ?? 'b';
  const surplus = value.length - length;
  if (surplus === 0) return value;
  if (surplus > 0) return format === 'n' ? value.subarray(surplus) : value.subarray(0, length);
  const out = new Uint8Array(length).fill(format === 'cn' ? 0xff : 0);
  out.set(value, format === 'n' ? -surplus : 0);
  return out;
}

/**
 * The values that data by a list holds, as the card reads them; views of the data. `bad_length` when the
 * data is not as long as the list asks. A tag that the list names twice keeps its first value.
 */
export function splitDolData(entries: readonly DolEntry[], data: Bytes): Map<number, Bytes> {
  const expected = dolLength(entries);
  if (data.length !== expected) {
    fail('bad_length', `DOL data: ${data.length} bytes, the list asks for ${expected}`);
  }
  const values = new Map<number, Bytes>();
  let at = 0;
  for (const { tag, length } of entries) {
    if (!values.has(tag)) values.set(tag, data.subarray(at, at + length));
    at += length;
  }
  assert(at === data.length, 'a list cuts its data completely');
  return values;
}

/** The tags of a tag list (Book 3, section 5.4 and 10.3: the SDA tag list), in order. */
export function parseTagList(bytes: Bytes): number[] {
  if (bytes.length > MOST_LIST_BYTES) fail('too_long', `Tag list: ${bytes.length} bytes, at most 252`);
  const tags: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { tag, next } = readTag(bytes, at, bytes.length);
    tags.push(tag);
    at = next;
  }
  return tags;
}
