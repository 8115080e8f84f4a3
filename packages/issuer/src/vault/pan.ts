/**
 * A primary account number that nobody sees by accident.
 *
 * What must hold: whatever prints, serialises or inspects one shows its last four digits and nothing else; the digits come out by
 * `reveal` alone, so a search for that word finds every place that has them.
 */
import { SokkinError } from '@sokkin/codec';
import { hasCheckDigit } from '../personalisation/pan.ts';

/** Node's way to ask an object how it wants to be shown; a name of the registry, no platform. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

export class Pan {
  readonly #digits: string;

  private constructor(digits: string) {
    this.#digits = digits;
  }

  /** 12 to 19 digits, the last of them the check digit (ISO/IEC 7812-1); else `bad_pan`, which holds nothing of them. */
  static of(digits: string): Pan {
    if (!/^\d{12,19}$/.test(digits) || !hasCheckDigit(digits))
      throw new SokkinError('bad_pan', 'A PAN has 12 to 19 digits, the last of them its check digit');
    return new Pan(digits);
  }

  reveal(): string {
    return this.#digits;
  }

  get lastFour(): string {
    return this.#digits.slice(-4);
  }

  equals(other: Pan): boolean {
    return this.#digits === other.#digits;
  }

  toString(): string {
    return `PAN(****${this.lastFour})`;
  }

  toJSON(): string {
    return this.toString();
  }

  [INSPECT](): string {
    return this.toString();
  }
}
