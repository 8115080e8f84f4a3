/**
 * Passwords of operators.
 *
 * What must hold: what is kept is scrypt (RFC 7914; N = 2^15, r = 8, p = 1: 32 MiB) over a salt of its own; to look at
 * a password takes as long whether there is anything to compare with or not; no more than a few are looked at at once.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { Problem } from '../problems.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';

const [N, R, P] = [2 ** 15, 8, 1];
const MAX_MEMORY = 64 * 2 ** 20;
const LENGTH = 32;
export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 200;

const AT_ONCE = 2;
const MOST_WAITING = 64;
let running = 0;
const queue: (() => void)[] = [];

/** Each takes 32 MiB and a thread of the pool, which the rest of the server needs, too. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (queue.length >= MOST_WAITING) throw new Problem('overloaded', 'Too many log in at once: try again.');
  if (running >= AT_ONCE) await new Promise<void>((resolve) => queue.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = queue.shift();
    if (next === undefined) running--;
    else next();
  }
}

const derive = (password: string, salt: Buffer): Promise<Buffer> =>
  inTurn(
    () =>
      new Promise((resolve, reject) => {
        const options = { N, r: R, p: P, maxmem: MAX_MEMORY };
        // One way to write a character that has several (RFC 8265, 4.2).
        scrypt(password.normalize('NFC'), salt, LENGTH, options, (error, key) =>
          error === null ? resolve(key) : reject(error),
        );
      }),
  );

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt);
  return ['scrypt', N, R, P, salt.toString('base64'), key.toString('base64')].join('$');
}

const FORM = new RegExp(`^scrypt\\$${N}\\$${R}\\$${P}\\$([A-Za-z0-9+/=]{24})\\$([A-Za-z0-9+/=]{44})$`);

/** `kept` undefined: there is no such operator; it takes the same time to say no. */
export async function isPassword(password: string, kept: string | undefined): Promise<boolean> {
  const [, salt, key] = FORM.exec(kept ?? '') ?? [];
  const expected = key === undefined ? Buffer.alloc(LENGTH) : Buffer.from(key, 'base64');
  const found = await derive(password, salt === undefined ? Buffer.alloc(16) : Buffer.from(salt, 'base64'));
  return timingSafeEqual(found, expected) && key !== undefined;
}

/** Refuses what is guessed first. */
export function assertStrong(password: string, name: string): void {
  const weak = (why: string) => new Problem('password_weak', `The password ${why}.`, 'password');
  const lower = password.toLowerCase();
  if ([...password].length < PASSWORD_MIN) throw weak(`has fewer than ${PASSWORD_MIN} characters`);
  if (new Set(lower).size < 5) throw weak('has fewer than 5 different characters');
  if (lower.includes(name)) throw weak('contains the name');
  const letters = lower.replaceAll(/[^a-z]/g, '');
  const isCommon = COMMON_PASSWORDS.has(lower) || COMMON_PASSWORDS.has(letters);
  if (isCommon || /^[0-9]*$/.test(lower)) throw weak('is one of those that everybody tries first');
}
