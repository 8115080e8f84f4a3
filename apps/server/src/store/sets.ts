/**
 * Columns of many rows as parameters of one statement: PostgreSQL's array literals.
 *
 * What must hold: what is written without quotes needs none (digits, hexadecimal, our own lower-case words); anything else
 * goes through the driver, which quotes.
 */
import { assert, type Bytes } from '@sokkin/codec';

const PLAIN = /^[0-9a-z_]+$/;

export const numbers = (values: readonly (number | bigint)[]): string => `{${values.join(',')}}`;

/** Ids, states. */
export function words(values: readonly string[]): string {
  for (const value of values) assert(PLAIN.test(value), 'a word needs no quotes');
  return `{${values.join(',')}}`;
}

export const octets = (values: readonly (Bytes | null)[]): string =>
  `{${values.map((b) => (b === null ? 'NULL' : `"\\\\x${hexOf(b)}"`)).join(',')}}`;

/** Natively: half of what an upload costs here is hexadecimal. */
export const hexOf = (b: Bytes): string => Buffer.from(b.buffer, b.byteOffset, b.byteLength).toString('hex');
