/**
 * Amounts of money: whole minor units as `bigint`, eight bytes on the wire.
 *
 * What must hold: an amount that was read or written lies in 0 to MAX_AMOUNT, so sums of many
 * amounts stay far below 2^64; no amount ever passes through a floating-point number; a text that
 * could be read in two ways is refused and the right way to write it is said.
 */

import { type Bytes, u64 } from './bytes.ts';
import { assert, fail } from './errors.ts';
import type { Reader, Writer } from './reader.ts';

/** The largest amount of one message, in minor units. */
export const MAX_AMOUNT = 10n ** 15n;

/** Minor-unit digits beyond which an amount would have no room for major units. */
const MAX_DECIMALS = 15;

/** Eight bytes, big-endian, in minor units; `bad_value` above MAX_AMOUNT, `truncated` if cut. */
export function readAmount(r: Reader): bigint {
  const amount = r.u64();
  if (amount > MAX_AMOUNT) fail('bad_value', `Amount ${amount}: the largest is ${MAX_AMOUNT}`);
  return amount;
}

/** Eight bytes, big-endian; 0 to MAX_AMOUNT minor units. */
export function amountBytes(a: bigint): Bytes {
  assert(a >= 0n && a <= MAX_AMOUNT, () => `amount out of range: ${a}`);
  return u64(a);
}

/** As `amountBytes`, into a message that is being written. */
export function writeAmount(w: Writer, a: bigint): Writer {
  assert(a >= 0n && a <= MAX_AMOUNT, () => `amount out of range: ${a}`);
  return w.u64(a);
}

/**
 * Minor units of an amount that a person wrote in a currency with `decimals` minor digits (yen 0,
 * euro 2). Accepted: '1000', '1,000' (every thousands separator, in its place), and with decimals
 * '12', '12.34', '1,012.34' (all the decimals or none). No sign, no spaces, no leading zeros.
 * Anything else is `bad_value`, with a message for that person.
 */
export function parseAmount(text: string, decimals: number = 0): bigint {
  assertDecimals(decimals);
  const match = /^(0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.(\d+))?$/.exec(text);
  const whole = match?.[1]?.replaceAll(',', '');
  const fraction = match?.[2] ?? '0'.repeat(decimals);
  if (whole === undefined || fraction.length !== decimals) return notAnAmount(decimals);
  const digits = whole + fraction;
  // Bounded before BigInt sees it: a text of a megabyte of digits costs nothing.
  const amount = digits.length > 32 ? MAX_AMOUNT + 1n : BigInt(digits);
  if (amount > MAX_AMOUNT) fail('bad_value', `Too large: at most ${formatAmount(MAX_AMOUNT, decimals)}`);
  return amount;
}

function notAnAmount(decimals: number): never {
  const point = decimals === 0 ? '' : `.${'50'.padEnd(decimals, '0').slice(0, decimals)}`;
  return fail('bad_value', `Not an amount: write it as 1000${point} or 1,000${point}`);
}

/** The amount with thousands separators and all its decimals: '1,000', '-12.34'. Any size and sign. */
export function formatAmount(a: bigint, decimals: number = 0): string {
  assertDecimals(decimals);
  const sign = a < 0n ? '-' : '';
  const digits = (a < 0n ? -a : a).toString().padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  const whole = digits.slice(0, point).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return sign + whole + (decimals === 0 ? '' : `.${digits.slice(point)}`);
}

function assertDecimals(decimals: number): void {
  assert(
    Number.isInteger(decimals) && decimals >= 0 && decimals <= MAX_DECIMALS,
    () => `decimals: ${decimals}`,
  );
}
