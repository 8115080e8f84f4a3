/**
 * Seeded randomness in streams.
 *
 * What must hold: a stream depends on the seed and on its own name alone, so one more draw for one purpose shifts no
 * other; the same seed gives the same numbers on every machine (xoshiro128**, and the mathematics of V8, which does not
 * ask the processor).
 */
const TWO_32 = 0x1_0000_0000;

/** One step of splitmix32: spreads a word over all bits. */
function spread(word: number): number {
  let z = (word + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

export class Stream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(a: number, b: number, c: number, d: number) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    // A state of zeroes would stay so.
    this.#d = d | 1;
  }

  /** 32 bits. */
  word(): number {
    const b = this.#b;
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9);
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= b << 9;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }
  /** At least 0, less than 1. */
  unit(): number {
    return (this.word() + 0.5) / TWO_32;
  }
  /** An integer from 0 on, below `bound`. */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }
  chance(probability: number): boolean {
    return this.unit() < probability;
  }
  exponential(mean: number): number {
    return -Math.log(this.unit()) * mean;
  }
  /** Both draws are used up, so that every call costs the same. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(this.unit()));
    return radius * Math.cos(2 * Math.PI * this.unit());
  }
  logNormal({ median, spread: sigma }: { readonly median: number; readonly spread: number }): number {
    return median * Math.exp(sigma * this.normal());
  }
}

/** The streams of one seed, by purpose and number. */
export class Streams {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
  }

  of(purpose: string, number = 0): Stream {
    let word = spread(this.#seed);
    for (let i = 0; i < purpose.length; i++) word = spread(word ^ purpose.charCodeAt(i));
    word = spread(word ^ number);
    const next = (): number => {
      word = spread(word);
      return word;
    };
    return new Stream(next(), next(), next(), next());
  }
}
