/**
 * Which page may use the readers: the one into which somebody typed the code that this terminal shows.
 *
 * What must hold: a code pairs one page, once, within its time; wrong tries use it up; after too many wrong tries in all nobody
 * is paired any more until the bridge is started anew. A key is good for the origin that it was given to, while the bridge runs.
 */
import { timingSafeEqual } from 'node:crypto';

export const CODE_LIFE_MS = 5 * 60_000;
export const TRIES_A_CODE = 5;
/** With six digits: one in 40,000 for who guesses all of them. */
export const TRIES_IN_ALL = 25;
const CODES = 1_000_000;
const KEY_BYTES = 32;

export interface PairingParts {
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** A code is to be shown; undefined: there are no more. */
  readonly onCode: (code: string | undefined) => void;
}

export class Pairing {
  readonly #parts: PairingParts;
  readonly #keys = new Map<string, string>();
  #code: { readonly digits: string; readonly until: number; wrong: number } | undefined;
  #wrongInAll = 0;

  constructor(parts: PairingParts) {
    this.#parts = parts;
    this.#fresh();
  }

  /** The key for a page of this origin; undefined: the code is wrong, or too late. */
  pair(code: string, origin: string): string | undefined {
    if (this.#code === undefined) return undefined;
    if (this.#parts.now() >= this.#code.until) {
      this.#fresh();
      return undefined;
    }
    if (!isSame(code, this.#code.digits)) {
      this.#wrong();
      return undefined;
    }
    this.#fresh();
    const key = Buffer.from(this.#parts.randomBytes(KEY_BYTES)).toString('base64url');
    this.#keys.set(key, origin);
    return key;
  }

  /** A wrong key costs nothing: it is 256 bits. */
  isKey(key: string, origin: string): boolean {
    return this.#keys.get(key) === origin;
  }

  /** A code that nobody used in its time is replaced by another one. */
  renew(): void {
    if (this.#code !== undefined && this.#parts.now() >= this.#code.until) this.#fresh();
  }

  #wrong(): void {
    this.#wrongInAll += 1;
    if (this.#code === undefined) return;
    this.#code.wrong += 1;
    if (this.#wrongInAll >= TRIES_IN_ALL) {
      this.#code = undefined;
      this.#parts.onCode(undefined);
    } else if (this.#code.wrong >= TRIES_A_CODE) this.#fresh();
  }

  #fresh(): void {
    const digits = sixDigits(this.#parts.randomBytes);
    this.#code = { digits, until: this.#parts.now() + CODE_LIFE_MS, wrong: 0 };
    this.#parts.onCode(digits);
  }
}

/** Each as likely as any other: what lies above the last whole million of 32 bits is drawn again. */
function sixDigits(randomBytes: PairingParts['randomBytes']): string {
  for (;;) {
    const number = Buffer.from(randomBytes(4)).readUInt32BE();
    if (number < Math.floor(2 ** 32 / CODES) * CODES) return String(number % CODES).padStart(6, '0');
  }
}

function isSame(a: string, b: string): boolean {
  const [one, two] = [Buffer.from(a), Buffer.from(b)];
  return one.length === two.length && timingSafeEqual(one, two);
}
