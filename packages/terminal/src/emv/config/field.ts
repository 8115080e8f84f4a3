/**
 * Reading one value of a configuration file, with its place in every error: what is wrong there, what is allowed.
 *
 * What must hold: nothing is guessed; a member that is missing, doubled by another name, or of another kind is refused.
 */
import { type Bytes, type Epoch, epochOfIso, fromHex, SokkinError } from '@sokkin/codec';

const bad = (path: string, text: string): never => {
  throw new SokkinError('bad_terminal_config', `${path}: ${text}`);
};

export class Field {
  readonly path: string;
  readonly #value: unknown;

  constructor(path: string, value: unknown) {
    this.path = path;
    this.#value = value;
  }

  fail(text: string): never {
    throw new SokkinError('bad_terminal_config', `${this.path}: ${text}`);
  }

  /** The members of an object: all of `required`, some of `optional`, no others. */
  members<R extends string, O extends string = never>(
    required: readonly R[],
    optional: readonly O[] = [],
  ): { readonly [K in R]: Field } & { readonly [K in O]?: Field } {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return bad(this.path, 'an object is expected.');
    const names: readonly string[] = [...required, ...optional];
    const unknown = Object.keys(value).find((k) => !names.includes(k));
    if (unknown !== undefined)
      bad(`${this.path}.${unknown}`, `is not known. Allowed here: ${names.join(', ')}.`);
    const present = new Map(Object.entries(value));
    const missing = required.find((k) => !present.has(k));
    if (missing !== undefined) bad(`${this.path}.${missing}`, 'is missing.');
    const entries = [...present].map(([k, v]) => [k, new Field(`${this.path}.${k}`, v)]);
    return Object.fromEntries(entries);
  }

  list(least: number, most: number): readonly Field[] {
    const value = this.#value;
    if (!Array.isArray(value)) return bad(this.path, 'a list is expected.');
    if (value.length < least || value.length > most)
      bad(this.path, `has ${value.length} entries; ${least} to ${most} are allowed.`);
    return value.map((v, i) => new Field(`${this.path}[${i}]`, v));
  }

  text(pattern: RegExp, allowed: string): string {
    const value = this.#value;
    return typeof value === 'string' && pattern.test(value)
      ? value
      : bad(this.path, `${told(value)} will not do. Allowed: ${allowed}.`);
  }

  oneOf<N extends string>(names: readonly N[]): N {
    const value = this.#value;
    return (
      names.find((n) => n === value) ??
      bad(this.path, `${told(value)} is not known. Allowed: ${names.join(', ')}.`)
    );
  }

  /** Names of a set, each at most once. */
  setOf<N extends string>(names: readonly N[]): ReadonlySet<N> {
    const found = this.list(0, names.length).map((f) => f.oneOf(names));
    const set = new Set(found);
    return set.size === found.length ? set : bad(this.path, 'names something twice.');
  }

  flag(): boolean {
    const value = this.#value;
    return typeof value === 'boolean' ? value : bad(this.path, 'true or false is expected.');
  }

  whole(least: number, most: number): number {
    const value = this.#value;
    return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : bad(this.path, `${told(value)} will not do. Allowed: whole numbers from ${least} to ${most}.`);
  }

  /** Minor units as text, so that no amount passes through a floating-point number; twelve digits fit tag 9F02. */
  amount(): bigint {
    return BigInt(this.text(/^(0|[1-9]\d{0,11})$/, 'minor units as text, "10000", at most twelve digits'));
  }

  /** Bytes in hexadecimal, with single spaces between bytes where they help. */
  bytes(least: number, most = least): Bytes {
    const sizes = least === most ? `${least}` : `${least} to ${most}`;
    const text = this.text(/^([0-9A-Fa-f]{2}( ?[0-9A-Fa-f]{2})*)?$/, `${sizes} bytes in hexadecimal`);
    const bytes = fromHex(text.replaceAll(' ', ''));
    return bytes.length >= least && bytes.length <= most
      ? bytes
      : bad(this.path, `has ${bytes.length} bytes; ${sizes} are allowed.`);
  }

  /** YYYY-MM-DD. */
  day(): Epoch {
    const text = this.text(/^\d{4}-\d\d-\d\d$/, 'a day as YYYY-MM-DD');
    return this.reading(() => epochOfIso(text));
  }

  /** What another reader refuses is refused here, with this place. */
  reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof SokkinError) return bad(this.path, error.message);
      throw error;
    }
  }
}

const told = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 40);
