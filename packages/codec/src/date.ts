/**
 * Dates: whole days, in the encoding of certificates (BSI TR-03110-3, appendix D, "Dates"; tags 5F24
 * and 5F25), six bytes of one decimal digit each, YYMMDD, years 2000 to 2099.
 *
 * What must hold: only days of the calendar exist; a day has one encoding. No clock is read here.
 */

import { type Bytes, byteAt } from './bytes.ts';
import { assert, fail } from './errors.ts';

/** A day: whole days since 1970-01-01, UTC. */
export type Epoch = number;

const MS_PER_DAY = 86_400_000;
/** 9999-12-31. */
const LAST_DAY: Epoch = 2_932_896;
const DATE_SIZE = 6;

/** YYMMDD, six bytes of 00 to 09; `bad_date` for a day outside the years 2000 to 2099. */
export function encodeDate(epoch: Epoch): Bytes {
  assertDay(epoch);
  const day = new Date(epoch * MS_PER_DAY);
  const year = day.getUTCFullYear() - 2000;
  if (year < 0 || year > 99) {
    fail('bad_date', `${isoOfEpoch(epoch)}: a certificate date lies in the years 2000 to 2099`);
  }
  const pairs = [year, day.getUTCMonth() + 1, day.getUTCDate()];
  return Uint8Array.from(pairs.flatMap((n) => [Math.floor(n / 10), n % 10]));
}

/** The day of six bytes YYMMDD; `bad_date` unless exactly six digits that are a calendar day. */
export function decodeDate(bytes: Bytes): Epoch {
  if (bytes.length !== DATE_SIZE) fail('bad_date', `Date: ${bytes.length} bytes, a date has 6`);
  for (const digit of bytes) {
    if (digit > 9) fail('bad_date', 'Date: every byte is one decimal digit, 00 to 09');
  }
  return epochOf(2000 + pairAt(bytes, 0), pairAt(bytes, 2), pairAt(bytes, 4));
}

const pairAt = (bytes: Bytes, at: number): number => byteAt(bytes, at) * 10 + byteAt(bytes, at + 1);

/** The day of 'YYYY-MM-DD', from 1970-01-01 to 9999-12-31; `bad_date` otherwise. */
export function epochOfIso(iso: string): Epoch {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(iso)) {
    fail('bad_date', 'Date: write it as year-month-day, for example 2026-11-22');
  }
  return epochOf(Number(iso.slice(0, 4)), Number(iso.slice(5, 7)), Number(iso.slice(8, 10)));
}

/** 'YYYY-MM-DD' of a day from 0 (1970-01-01) to 2932896 (9999-12-31). */
export function isoOfEpoch(epoch: Epoch): string {
  assertDay(epoch);
  return new Date(epoch * MS_PER_DAY).toISOString().slice(0, 10);
}

const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days from the civil calendar by counting from 1 March, so that a leap day comes last in its year. */
function epochOf(year: number, month: number, day: number): Epoch {
  if (year < 1970) fail('bad_date', `Date: the year ${year} lies before 1970`);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const length = (MONTH_LENGTHS[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0);
  if (day < 1 || day > length) {
    fail('bad_date', `Date: month ${month}, day ${day} is not a day of the year ${year}`);
  }
  const y = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  // 719468 days lie between 0000-03-01 and 1970-01-01.
  return y * 365 + leapDays + dayOfYear - 719_468;
}

function assertDay(epoch: Epoch): void {
  assert(Number.isInteger(epoch) && epoch >= 0 && epoch <= LAST_DAY, () => `not a day: ${epoch}`);
}
