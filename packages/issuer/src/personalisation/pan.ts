/**
 * Primary account numbers (ISO/IEC 7812-1): an issuer's identifier, digits of its own, a check digit.
 *
 * What must hold: each number of the issuer's is as likely as any other, so that none tells how many there are.
 */
import { assert, type Bytes } from '@sokkin/codec';

const DIGITS = 16;
/** Bytes from here on would make small digits more likely than large ones. */
const FAIR = 250;

/** A number that nobody may have yet, or somebody may: the caller looks. */
export function drawPan(randomBytes: (length: number) => Bytes, identifier: string): string {
  assert(/^\d{3,8}$/.test(identifier), 'an issuer identifier has 3 to 8 digits');
  return withCheckDigit(identifier + drawDigits(randomBytes, DIGITS - 1 - identifier.length));
}

/** Decimal digits, each as likely as any other. */
export function drawDigits(randomBytes: (length: number) => Bytes, count: number): string {
  let digits = '';
  while (digits.length < count) {
    for (const byte of randomBytes(count)) if (byte < FAIR) digits += String(byte % 10);
  }
  return digits.slice(0, count);
}

export const hasCheckDigit = (pan: string): boolean => luhnSum(pan) % 10 === 0;

export const withCheckDigit = (digits: string): string =>
  `${digits}${(10 - (luhnSum(`${digits}0`) % 10)) % 10}`;

/** The Luhn formula (ISO/IEC 7812-1, Annex B). */
function luhnSum(pan: string): number {
  const digits = [...pan].reverse().map(Number);
  return digits.reduce((total, digit, i) => {
    const weighted = i % 2 === 0 ? digit : digit * 2;
    return total + (weighted > 9 ? weighted - 9 : weighted);
  }, 0);
}
