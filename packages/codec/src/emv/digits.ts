/**
 * Decimal digits as EMV packs them, two a byte (Book 3, section 4.3): format n with leading zeros, format cn
 * from the left, filled up with F.
 *
 * What must hold: digits are text here, never a number, so leading zeros stay; what is read back is what was
 * written. Anything but digits is `bad_value`.
 */
import { type Bytes, fromHex, hex } from '../bytes.ts';
import { fail } from '../errors.ts';

/** Format n: at the right of `length` bytes, zeros before. `too_long` if they do not fit. */
export function encodeN(digits: string, length: number): Bytes {
  return fromHex(fitting(digits, length).padStart(2 * length, '0'));
}

/** Format cn: at the left of `length` bytes (of as few as hold them, if left out), F after. */
export function encodeCn(digits: string, length = Math.ceil(digits.length / 2)): Bytes {
  return fromHex(fitting(digits, length).padEnd(2 * length, 'f'));
}

/** The digits of a cn value, without the filling; `bad_value` for a letter before a digit or before the end. */
export function digitsOf(cn: Bytes): string {
  const digits = hex(cn).replace(/f+$/, '');
  if (!/^\d*$/.test(digits)) fail('bad_value', 'Digits: a byte holds something else than two decimal digits');
  return digits;
}

function fitting(digits: string, length: number): string {
  if (!/^\d*$/.test(digits)) fail('bad_value', 'Digits: decimal digits are expected');
  if (digits.length > 2 * length) {
    fail('too_long', `Digits: ${digits.length} do not fit ${length} bytes`);
  }
  return digits;
}
