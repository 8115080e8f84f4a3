/**
 * The bitmaps: which of the fields 2 to 128 a message has.
 *
 * What must hold: the second bitmap is there exactly if a field beyond 64 is, or always where the profile says
 * so; then bit 1 says it. So a set of fields has one bitmap.
 */
import { type Bytes, byteAt } from '../bytes.ts';
import { CHARSETS } from './charset.ts';
import { PLACE, refuse } from './error.ts';
import type { BitmapForm, IsoProfile } from './profile.ts';
import type { WireReader, WireWriter } from './wire.ts';

const HALF = 8;
const FIRST_OF_SECOND = 65;
const HAS_SECOND = 0x80;
const EXPECTED = 'a bitmap of 64 or 128 bits';

/** Numbers of the fields that follow, ascending. */
export function readBitmap(profile: IsoProfile, reader: WireReader): number[] {
  const start = reader.offset;
  const first = readHalf(profile.bitmap, reader);
  const hasSecond = (byteAt(first, 0) & HAS_SECOND) !== 0;
  if (profile.alwaysSecondary && !hasSecond)
    refuse('bad_bitmap', PLACE.bitmap, start, 'bit 1 is not set', 'a second bitmap, as the profile says');
  const fields = fieldsOf(first, 0);
  if (!hasSecond) return fields;
  const secondStart = reader.offset;
  const beyond = fieldsOf(readHalf(profile.bitmap, reader), FIRST_OF_SECOND - 1);
  if (beyond.length === 0 && !profile.alwaysSecondary)
    refuse('bad_bitmap', PLACE.bitmap, secondStart, 'the second bitmap is empty', 'a field beyond 64');
  return [...fields, ...beyond];
}

/** The bitmaps of these fields, 2 to 128. */
export function writeBitmap(profile: IsoProfile, fields: Iterable<number>, writer: WireWriter): void {
  const bits = new Uint8Array(2 * HALF);
  for (const field of fields) bits[(field - 1) >> 3] = byteAt(bits, (field - 1) >> 3) | bitOf(field);
  const hasSecond = profile.alwaysSecondary || bits.subarray(HALF).some((octet) => octet !== 0);
  if (hasSecond) bits[0] = byteAt(bits, 0) | HAS_SECOND;
  const octets = hasSecond ? bits : bits.subarray(0, HALF);
  if (profile.bitmap === 'binary') writer.bytes(octets);
  else writer.hex(octets, charsetOf(profile.bitmap));
}

function readHalf(form: BitmapForm, reader: WireReader): Bytes {
  return form === 'binary'
    ? reader.take(HALF, PLACE.bitmap, EXPECTED)
    : reader.hex(HALF, charsetOf(form), PLACE.bitmap, EXPECTED);
}

/** Hexadecimal digits are the same in both EBCDIC code pages. */
const charsetOf = (form: 'hex-ascii' | 'hex-ebcdic') =>
  form === 'hex-ascii' ? CHARSETS.ascii : CHARSETS.cp037;

const bitOf = (field: number): number => HAS_SECOND >> ((field - 1) & 7);

/** Bit 1 of the first half is no field. */
function fieldsOf(half: Bytes, before: number): number[] {
  const fields: number[] = [];
  for (let bit = before === 0 ? 2 : 1; bit <= 8 * HALF; bit++)
    if ((byteAt(half, (bit - 1) >> 3) & bitOf(bit)) !== 0) fields.push(before + bit);
  return fields;
}
