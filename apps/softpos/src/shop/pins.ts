/**
 * PINs of staff: kept as slow hashes, tried a bounded number of times.
 *
 * What must hold: a PIN is never written down; after five wrong ones in a row each further try waits, twice as long as the one before. It keeps
 * colleagues apart; whoever can read the disk of this device tries four digits in minutes all the same.
 */
import type { Bytes } from '@sokkin/codec';

export interface PinHash {
  readonly salt: Bytes;
  readonly rounds: number;
  readonly hash: Bytes;
}

/** PBKDF2 with SHA-256; the count is kept with each hash, so that it can grow. */
const ROUNDS = 310_000;
const HASH_BITS = 256;
const SALT_BYTES = 16;
const FREE_TRIES = 5;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 3_600_000;

export const isPin = (text: string): boolean => /^\d{4,8}$/.test(text);

export async function hashPin(pin: string): Promise<PinHash> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  return { salt, rounds: ROUNDS, hash: await derive(pin, salt, ROUNDS) };
}

export async function isPinOf({ salt, rounds, hash }: PinHash, pin: string): Promise<boolean> {
  const found = await derive(pin, salt, rounds);
  // Both are of 32 octets; no early end.
  return found.reduce((difference, octet, n) => difference | (octet ^ (hash[n] ?? -1)), 0) === 0;
}

async function derive(pin: string, salt: Bytes, iterations: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, [
    'deriveBits',
  ]);
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt: salt.slice(), iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, HASH_BITS));
}

/** When the next try may be, after this many wrong ones in a row. */
export function waitAfter(wrong: number, now: number): number {
  if (wrong < FREE_TRIES) return 0;
  return now + Math.min(FIRST_WAIT_MS * 2 ** (wrong - FREE_TRIES), LONGEST_WAIT_MS);
}
