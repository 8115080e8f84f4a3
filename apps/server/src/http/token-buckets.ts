/**
 * Token buckets: each key may do `burst` at once, and `perSecond` in the long run.
 *
 * What must hold: memory is bounded, whoever asks; a key that was forgotten starts with a full bucket, so that
 * forgetting never refuses anybody; taking costs a look-up and no more.
 */

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Taken {
  readonly ok: boolean;
  /** Whole ones. */
  readonly left: number;
  /** Until there is one again; 0 if there is. */
  readonly waitMs: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** As many keys as are remembered: the least recently seen is forgotten first. */
const KEYS = 10_000;

export class TokenBuckets {
  readonly rate: Rate;
  readonly #now: () => number;
  readonly #most: number;
  readonly #buckets = new Map<string, Bucket>();

  /** `now` in milliseconds, and never backwards. */
  constructor(rate: Rate, now: () => number, most = KEYS) {
    this.rate = rate;
    this.#now = now;
    this.#most = most;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one, if there is one. */
  take(key: string): Taken {
    const bucket = this.#filled(key);
    const ok = bucket.tokens >= 1;
    if (ok) bucket.tokens -= 1;
    return this.#told(bucket, ok);
  }

  /** Whether one could be taken; takes none. */
  look(key: string): Taken {
    const bucket = this.#filled(key);
    return this.#told(bucket, bucket.tokens >= 1);
  }

  #told({ tokens }: Bucket, ok: boolean): Taken {
    const waitMs = tokens >= 1 ? 0 : ((1 - tokens) / this.rate.perSecond) * 1000;
    return { ok, left: Math.floor(tokens), waitMs };
  }

  #filled(key: string): Bucket {
    const now = this.#now();
    const { perSecond, burst } = this.rate;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: burst, at: now };
      if (this.#buckets.size >= this.#most) this.#forgetOldest();
    } else {
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
      bucket.at = now;
      this.#buckets.delete(key);
    }
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** A Map keeps its keys in the order in which they were set. */
  #forgetOldest(): void {
    const { value } = this.#buckets.keys().next();
    if (value !== undefined) this.#buckets.delete(value);
  }
}
