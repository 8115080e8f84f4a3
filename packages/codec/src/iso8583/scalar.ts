/**
 * One value of a message that is one thing: digits, text, an amount, octets.
 *
 * What must hold: what is read writes back to the same octets, and what is written reads back as the same value.
 */
import type { Bytes } from '../bytes.ts';
import { refuse } from './error.ts';
import { type IsoValue, isSigned, type SignedAmount } from './message.ts';
import { blanksFit } from './notation.ts';
import { checkLength, writeLength } from './prefix.ts';
import type { IsoFormat } from './profile.ts';
import type { WireReader, WireWriter } from './wire.ts';

/** Reads a value of so many digits, characters or octets. */
export function readScalar(format: IsoFormat, count: number, reader: WireReader): IsoValue {
  if (format.kind === 'b') return readOctets(format, count, reader);
  if (format.kind === 'x+n') return readSigned(format, count, reader);
  const text = readText(format, count, reader);
  return format.isAmount ? BigInt(text) : text;
}

/** Writes a value with its length. */
export function writeScalar(format: IsoFormat, value: IsoValue, writer: WireWriter): void {
  if (format.kind === 'b') writeOctets(format, asBytes(format, value), writer);
  else if (format.kind === 'x+n') writeSigned(format, asSigned(format, value), writer);
  else writeText(format, format.isAmount ? amountDigits(format, value) : asText(format, value), writer);
}

/** Octets of a binary value, as they are or as hexadecimal characters. */
export function readOctets(format: IsoFormat, count: number, reader: WireReader): Bytes {
  return format.coding === 'hex'
    ? reader.hex(count, format.charset, format, format.expected)
    : reader.take(count, format, format.expected);
}

/** Octets with their length. */
export function writeOctets(format: IsoFormat, octets: Bytes, writer: WireWriter): void {
  checkLength(format, octets.length);
  writeLength(format, octets.length, writer);
  if (format.coding === 'hex') writer.hex(octets, format.charset);
  else writer.bytes(octets);
}

function readText(format: IsoFormat, count: number, reader: WireReader): string {
  const { kind, charset, expected } = format;
  const start = reader.offset;
  if (format.coding === 'bcd') return reader.packed(count, format.pad, kind === 'z', format, expected);
  if (hasLetterD(format))
    return fromLetterD(format, reader.text(count, charset, 'an', format, expected), start);
  const text = reader.text(count, charset, kind, format, expected);
  if (!blanksFit(kind, format.prefix === undefined, text))
    refuse('bad_value', format, start, 'a blank stands before its end', expected);
  return text;
}

function writeText(format: IsoFormat, text: string, writer: WireWriter): void {
  const { kind, charset, expected } = format;
  checkLength(format, text.length);
  if (!blanksFit(kind, format.prefix === undefined, text))
    refuse('bad_value', format, undefined, 'a blank stands before its end', expected);
  writeLength(format, text.length, writer);
  if (format.coding === 'bcd') writer.packed(text, format.pad, kind === 'z', format, expected);
  else if (hasLetterD(format)) writer.text(toLetterD(format, text), charset, 'an', format, expected);
  else writer.text(text, charset, kind, format, expected);
}

/** A track as text in which the letter D separates; in values it is always '='. */
const hasLetterD = ({ kind, separator }: IsoFormat): boolean => kind === 'z' && separator === 'D';

function fromLetterD(format: IsoFormat, text: string, start: number): string {
  const wrong = text.search(/[^0-9D]/);
  if (wrong !== -1)
    refuse('bad_value', format, start + wrong, 'the octet is neither digit nor D', format.expected);
  return text.replaceAll('D', '=');
}

function toLetterD(format: IsoFormat, text: string): string {
  if (!/^[0-9=]*$/.test(text))
    refuse('bad_value', format, undefined, 'not all of it are digits and separators', format.expected);
  return text.replaceAll('=', 'D');
}

function readSigned(format: IsoFormat, count: number, reader: WireReader): SignedAmount {
  const start = reader.offset;
  const sign = reader.text(1, format.charset, 'a', format, format.expected);
  if (sign !== 'C' && sign !== 'D')
    return refuse('bad_value', format, start, 'the sign is neither C nor D', format.expected);
  return { sign, amount: BigInt(readDigits(format, count, reader)) };
}

function readDigits(format: IsoFormat, count: number, reader: WireReader): string {
  return format.coding === 'bcd'
    ? reader.packed(count, format.pad, false, format, format.expected)
    : reader.text(count, format.charset, 'n', format, format.expected);
}

function writeSigned(format: IsoFormat, { sign, amount }: SignedAmount, writer: WireWriter): void {
  const digits = amountDigits(format, amount);
  writer.text(sign, format.charset, 'a', format, format.expected);
  if (format.coding === 'bcd') writer.packed(digits, format.pad, false, format, format.expected);
  else writer.text(digits, format.charset, 'n', format, format.expected);
}

/** Digits with leading zeros. */
function amountDigits(format: IsoFormat, value: IsoValue): string {
  if (typeof value !== 'bigint' || value < 0n)
    return refuse('bad_value', format, undefined, 'the value is no amount', `a bigint of ${format.expected}`);
  const digits = value.toString();
  if (digits.length > format.most)
    refuse('too_long', format, undefined, `the amount has ${digits.length} digits`, format.expected);
  return digits.padStart(format.most, '0');
}

function asText(format: IsoFormat, value: IsoValue): string {
  return typeof value === 'string'
    ? value
    : refuse('bad_value', format, undefined, 'the value is no text', format.expected);
}

function asBytes(format: IsoFormat, value: IsoValue): Bytes {
  return value instanceof Uint8Array
    ? value
    : refuse('bad_value', format, undefined, 'the value is not binary', format.expected);
}

function asSigned(format: IsoFormat, value: IsoValue): SignedAmount {
  if (!isSigned(value) || (value.sign !== 'C' && value.sign !== 'D'))
    return refuse('bad_value', format, undefined, 'the value has no sign C or D', format.expected);
  return value;
}
