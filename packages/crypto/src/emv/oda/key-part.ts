/**
 * A public key inside a certificate (Book 2, tables 6 and 14): lengths, as much of the modulus as there is
 * room for (filled with BB), the rest of it beside the certificate.
 *
 * What must hold: a key that reads is one that writes to the same bytes; lengths that contradict each other
 * are no key. Dates are months: a certificate holds to the last day of its month.
 */
import { assert, type Bytes, concat, type Epoch, epochOfIso, hex } from '@sokkin/codec';
import type { RsaPublicKey } from '../../ports.ts';
import { ALGORITHM_RSA, HASH_SHA1, padBb } from './recoverable.ts';

/** What travels beside a certificate, each in its own tag. */
export interface CertifiedKey {
  readonly certificate: Bytes;
  /** The bytes of the modulus that found no room; empty if all did. */
  readonly remainder: Bytes;
  readonly exponent: Bytes;
}

/** 1984 bits (Book 2, B2.1). */
const MOST_MODULUS = 248;

/** Bytes of the fields before the modulus part: two algorithms, two lengths. */
export const KEY_FIELDS = 4;

/** The fields of the key for a certificate with `room` bytes for the modulus, and the remainder. */
export function encodeKeyPart(key: RsaPublicKey, room: number): { fields: Bytes; remainder: Bytes } {
  const { modulus, exponent } = key;
  assert(modulus.length <= MOST_MODULUS, () => `modulus of ${modulus.length} bytes, EMV has 248 at most`);
  const fields = Uint8Array.of(HASH_SHA1, ALGORITHM_RSA, modulus.length, exponent.length);
  const part = padBb(room, modulus.subarray(0, room));
  return { fields: concat(fields, part), remainder: modulus.slice(Math.min(room, modulus.length)) };
}

/** The hash algorithm that the certificate names, to be known before its hash is compared. */
export const hashAlgorithmOf = (fields: Bytes): number => fields[0] ?? 0;
export const keyAlgorithmOf = (fields: Bytes): number => fields[1] ?? 0;

/** The key of fields and what came beside; undefined if their lengths do not agree, or for another exponent. */
export function decodeKeyPart(fields: Bytes, remainder: Bytes, exponent: Bytes): RsaPublicKey | undefined {
  const [length, exponentLength] = [fields[2] ?? 0, fields[3] ?? 0];
  const part = fields.subarray(KEY_FIELDS);
  const inside = Math.min(length, part.length);
  if (exponent.length !== exponentLength || remainder.length !== length - inside) return undefined;
  // The books know two exponents (B2.1); whoever could choose another could choose one that signs nothing.
  if (hex(exponent) !== '03' && hex(exponent) !== '010001') return undefined;
  const modulus = concat(part.subarray(0, inside), remainder);
  return length === 0 || modulus[0] === 0 ? undefined : { modulus, exponent };
}

/** A month as certificates write it, MMYY in four digits: '1230' is December 2030. */
export type Month = string;

/** The last day on which a certificate of that month holds; undefined if it names no month. */
export function lastDayOf(month: Month): Epoch | undefined {
  if (!/^(0[1-9]|1[0-2])\d\d$/.test(month)) return undefined;
  const [mm, yy] = [Number(month.slice(0, 2)), Number(month.slice(2))];
  // Book 4, section 6.7.3: two-digit years up to 49 are of this century.
  const year = yy < 50 ? 2000 + yy : 1900 + yy;
  const [nextYear, nextMonth] = mm === 12 ? [year + 1, 1] : [year, mm + 1];
  return epochOfIso(`${nextYear}-${String(nextMonth).padStart(2, '0')}-01`) - 1;
}
