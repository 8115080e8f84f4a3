/**
 * Digits, characters and octets of a message: one cursor that reads them, one that writes them.
 *
 * What must hold: each reading has exactly one writing; nothing is read beyond the end; every refusal names the
 * place and the octet. Values are not shown.
 */
import { type Bytes, byteAt, hex } from '../bytes.ts';
import { Writer } from '../reader.ts';
import type { IsoCharset } from './charset.ts';
import { type IsoPlace, octetCount, refuse } from './error.ts';
import { charactersOf, type IsoKind, isOne } from './notation.ts';
import type { IsoPad } from './profile.ts';

const FILL = { 'left-0': 0, 'right-0': 0, 'right-F': 0xf } as const;
/** A packed digit is the right half of its ASCII character, and so is D that of the separator '='. */
const DIGIT_ZERO = 0x30;
const SEPARATOR = 0xd;

const nibbleAt = (octets: Bytes, at: number): number =>
  (at & 1) === 0 ? byteAt(octets, at >> 1) >> 4 : byteAt(octets, at >> 1) & 0xf;

export class WireReader {
  readonly #bytes: Bytes;
  readonly #base: number;
  #at = 0;

  /** `base` is the octet of the message at which these bytes start. */
  constructor(bytes: Bytes, base = 0) {
    this.#bytes = bytes;
    this.#base = base;
  }

  /** Octet of the message that is read next. */
  get offset(): number {
    return this.#base + this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** The octet so many after the next one, without reading it; undefined beyond the end. */
  peek(ahead: number): number | undefined {
    return this.#bytes[this.#at + ahead];
  }

  /** The next octets, a view. */
  take(count: number, place: IsoPlace, expected: string): Bytes {
    if (count > this.remaining)
      refuse(
        'truncated',
        place,
        this.offset,
        `${octetCount(count)} needed, ${this.remaining} left`,
        expected,
      );
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** Characters of this kind. */
  text(count: number, charset: IsoCharset, kind: IsoKind, place: IsoPlace, expected: string): string {
    const start = this.offset;
    const octets = this.take(count, place, expected);
    const characters = charactersOf(kind);
    let text = '';
    for (let i = 0; i < count; i++) {
      const character = charset.characterOf[byteAt(octets, i)] ?? 0;
      if (!isOne(characters, character))
        refuse('bad_value', place, start + i, 'the octet is no character of this kind', expected);
      text += String.fromCharCode(character);
    }
    return text;
  }

  /** Packed digits, without the half octet that fills up an odd number. `track`: D is the separator. */
  packed(count: number, pad: IsoPad, track: boolean, place: IsoPlace, expected: string): string {
    const start = this.offset;
    const octets = this.take((count + 1) >> 1, place, expected);
    const isOdd = (count & 1) === 1;
    const first = isOdd && pad === 'left-0' ? 1 : 0;
    const fillAt = first === 1 ? 0 : count;
    if (isOdd && nibbleAt(octets, fillAt) !== FILL[pad])
      refuse('bad_value', place, start + (fillAt >> 1), `the filling half octet is not as ${pad}`, expected);
    let digits = '';
    for (let at = first; at < first + count; at++) {
      const nibble = nibbleAt(octets, at);
      if (nibble > 9 && !(track && nibble === SEPARATOR))
        refuse('bad_value', place, start + (at >> 1), 'a half octet is no digit', expected);
      digits += String.fromCharCode(DIGIT_ZERO | nibble);
    }
    return digits;
  }

  /** Octets as capital hexadecimal characters. */
  hex(count: number, charset: IsoCharset, place: IsoPlace, expected: string): Bytes {
    const start = this.offset;
    const octets = this.take(2 * count, place, expected);
    const out = new Uint8Array(count);
    for (let i = 0; i < octets.length; i++) {
      const value = HEX_VALUE[charset.characterOf[byteAt(octets, i)] ?? 0] ?? NOT_HEX;
      if (value === NOT_HEX)
        refuse('bad_value', place, start + i, 'the octet is no capital hexadecimal digit', expected);
      out[i >> 1] = (byteAt(out, i >> 1) << 4) | value;
    }
    return out;
  }

  /** Nothing may be left. */
  end(place: IsoPlace, expected: string): void {
    if (this.remaining === 0) return;
    refuse('trailing_bytes', place, this.offset, `${octetCount(this.remaining)} left over`, expected);
  }
}

const NOT_HEX = 255;
const HEX_DIGITS = '0123456789ABCDEF';
const HEX_VALUE = Uint8Array.from({ length: 128 }, (_, c) => {
  const value = HEX_DIGITS.indexOf(String.fromCharCode(c));
  return value === -1 ? NOT_HEX : value;
});

export class WireWriter {
  readonly #writer = new Writer();

  bytes(octets: Bytes): void {
    this.#writer.bytes(octets);
  }

  /** Characters of this kind. */
  text(text: string, charset: IsoCharset, kind: IsoKind, place: IsoPlace, expected: string): void {
    const characters = charactersOf(kind);
    for (let i = 0; i < text.length; i++) {
      const character = text.charCodeAt(i);
      if (!isOne(characters, character))
        refuse('bad_value', place, undefined, `character ${i + 1} is not of this kind`, expected);
      this.#writer.u8(charset.octetOf[character] ?? 0);
    }
  }

  /** Packed digits; an odd number is filled up. `track`: the separator becomes D. */
  packed(digits: string, pad: IsoPad, track: boolean, place: IsoPlace, expected: string): void {
    if (!(track ? /^[0-9=]*$/ : /^[0-9]*$/).test(digits))
      refuse('bad_value', place, undefined, 'not all of it are digits', expected);
    const nibble = (at: number): number => digits.charCodeAt(at) & 0xf;
    const isOdd = (digits.length & 1) === 1;
    let at = 0;
    if (isOdd && pad === 'left-0') this.#writer.u8(nibble(at++));
    for (; at + 1 < digits.length; at += 2) this.#writer.u8((nibble(at) << 4) | nibble(at + 1));
    if (at < digits.length) this.#writer.u8((nibble(at) << 4) | FILL[pad]);
  }

  /** Octets as capital hexadecimal characters. */
  hex(octets: Bytes, charset: IsoCharset): void {
    const text = hex(octets).toUpperCase();
    for (let i = 0; i < text.length; i++) this.#writer.u8(charset.octetOf[text.charCodeAt(i)] ?? 0);
  }

  finish(): Bytes {
    return this.#writer.finish();
  }
}
