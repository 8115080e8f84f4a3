/**
 * Nonces: what a Statement or an enrolment is signed over, so that it is known to be new.
 *
 * Nothing is written when one is given: it says itself when that was, and that it is ours. What must hold: nobody else can make
 * one; it is good for ten minutes, at every process; whoever spends it writes down that it is spent, and of one purse it is
 * spent once. Two purses may sign over one nonce: neither can pass for the other.
 *
 * Of those that one process gives none is given twice: an enrolment's nonce is spent for all.
 *
 *   nonce (16) = time in milliseconds (6), count (2), the first 8 bytes of HMAC-SHA-256(key, the 8 bytes before)
 */
import { createHmac, randomInt } from 'node:crypto';
import { type Bytes, concat, equal, u16, u64 } from '@sokkin/codec';
import { NONCE_LENGTH } from '@sokkin/purse';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';

export const NONCE_MS = 10 * 60_000;
/** Clocks of two processes may differ by this much. */
const SKEW_MS = 60_000;
const TIME_LENGTH = 6;
const MAC_LENGTH = 8;

const macOf = (key: Bytes, shown: Bytes): Bytes =>
  new Uint8Array(createHmac('sha256', key).update(shown).digest()).subarray(0, MAC_LENGTH);

/** Begins anywhere, so that two processes seldom give the same in one millisecond. */
let given = randomInt(0x10000);

export function makeNonce(b: Backend): { nonce: Bytes; expiresAt: Date } {
  const now = b.clock().getTime();
  given = (given + 1) % 0x10000;
  const shown = concat(u64(BigInt(now)).subarray(8 - TIME_LENGTH), u16(given));
  return { nonce: concat(shown, macOf(b.nonceKey, shown)), expiresAt: new Date(now + NONCE_MS) };
}

/** When it was given; undefined: it is not ours, or not good any more. */
export function nonceIssuedAt(b: Backend, nonce: Bytes): Date | undefined {
  const shown = nonce.subarray(0, NONCE_LENGTH - MAC_LENGTH);
  if (!equal(macOf(b.nonceKey, shown), nonce.subarray(NONCE_LENGTH - MAC_LENGTH))) return undefined;
  const at = Number(new DataView(shown.buffer, shown.byteOffset).getBigUint64(0) >> 16n);
  const age = b.clock().getTime() - at;
  return age > NONCE_MS || age < -SKEW_MS ? undefined : new Date(at);
}

export const nonceUnknown = (param: string): Problem =>
  new Problem('nonce_unknown', 'The message is signed over a nonce that is not valid here.', param);
