/**
 * The length before a variable value: in digits or in octets, of the value or of what is on the wire.
 *
 * What must hold: a length has one writing; one beyond the format's maximum is refused before a single octet of
 * the value is read.
 */
import type { Bytes } from '../bytes.ts';
import { refuse } from './error.ts';
import type { IsoFormat, IsoPrefix } from './profile.ts';
import type { WireReader, WireWriter } from './wire.ts';

/** Digits, characters or octets of the value that follows. */
export function readLength(format: IsoFormat, reader: WireReader): number {
  const { prefix } = format;
  if (prefix === undefined) return format.most;
  const start = reader.offset;
  const said = readNumber(prefix, format, reader);
  const count = prefix.counts === 'wire' ? unitsOf(format, said, start, reader) : said;
  if (count > format.most) refuse('too_long', format, start, `the length is ${said}`, format.expected);
  return count;
}

/** The length of a value that has passed `checkLength`. */
export function writeLength(format: IsoFormat, count: number, writer: WireWriter): void {
  const { prefix } = format;
  if (prefix === undefined) return;
  const said = prefix.counts === 'wire' ? wireLength(format, count) : count;
  if (prefix.coding === 'binary') {
    writer.bytes(bigEndian(said, prefix.size));
    return;
  }
  const digits = said.toString().padStart(prefix.size, '0');
  if (prefix.coding === 'text') writer.text(digits, format.charset, 'n', format, format.expected);
  else writer.packed(digits, 'left-0', false, format, format.expected);
}

/** A value of this many units fits the format. */
export function checkLength(format: IsoFormat, count: number): void {
  const fits = format.prefix === undefined ? count === format.most : count <= format.most;
  if (!fits) refuse('bad_length', format, undefined, `the value has a length of ${count}`, format.expected);
}

/** Octets on the wire of so many digits, characters or octets, without the length and without a sign. */
export function wireLength(format: IsoFormat, count: number): number {
  if (format.coding === 'bcd') return (count + 1) >> 1;
  return format.coding === 'hex' ? 2 * count : count;
}

function readNumber(prefix: IsoPrefix, format: IsoFormat, reader: WireReader): number {
  const expected = `a length of ${prefix.size} ${prefix.coding === 'binary' ? 'octets' : 'digits'}`;
  if (prefix.coding === 'text')
    return Number(reader.text(prefix.size, format.charset, 'n', format, expected));
  if (prefix.coding === 'bcd') return Number(reader.packed(prefix.size, 'left-0', false, format, expected));
  return reader.take(prefix.size, format, expected).reduce((n, octet) => n * 256 + octet, 0);
}

/** Units in so many octets. An odd number of packed digits shows by the half octet F at the end. */
function unitsOf(format: IsoFormat, octets: number, start: number, reader: WireReader): number {
  if (format.coding === 'bcd') {
    const last = octets === 0 ? undefined : reader.peek(octets - 1);
    return last !== undefined && (last & 0x0f) === 0x0f ? 2 * octets - 1 : 2 * octets;
  }
  if (format.coding === 'hex') {
    if (octets % 2 === 1)
      refuse('bad_length', format, start, 'an odd number of hexadecimal digits', 'two digits an octet');
    return octets / 2;
  }
  return octets;
}

function bigEndian(n: number, size: number): Bytes {
  return size === 1 ? Uint8Array.of(n) : Uint8Array.of(n >>> 8, n);
}
