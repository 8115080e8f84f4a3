/**
 * Reading a file that a person wrote: one value of it, and where it stands.
 *
 * What must hold: nothing is passed over and nothing is guessed. Every refusal is `bad_profile` and says where,
 * what is wrong, and what is allowed.
 */
import { type Bytes, fromHex } from './bytes.ts';
import { fail, SokkinError } from './errors.ts';

export class JsonField {
  readonly path: string;
  readonly #value: unknown;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.path = path;
  }

  refuse(wrong: string, allowed: string): never {
    return fail('bad_profile', `${this.path}: ${wrong}. Allowed: ${allowed}.`);
  }

  /** The members of an object, each once; an optional one may be missing. */
  object<R extends string, O extends string = never>(
    required: readonly R[],
    optional: readonly O[] = [],
  ): Readonly<Record<R, JsonField>> & Readonly<Partial<Record<O, JsonField>>> {
    const allowed = [...required, ...optional];
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      this.refuse(`${shown(value)} is no object`, `an object with ${allowed.join(', ')}`);
    const names = Object.keys(value);
    const unknown = names.find((name) => !allowed.some((a) => a === name));
    if (unknown !== undefined) this.refuse(`"${unknown}" is not known`, allowed.join(', '));
    const missing = required.find((name) => !names.includes(name));
    if (missing !== undefined) this.refuse(`"${missing}" is missing`, `all of ${required.join(', ')}`);
    const members = Object.entries(value).map(([k, v]) => [k, new JsonField(v, `${this.path}.${k}`)]);
    return Object.fromEntries(members);
  }

  /** The members of an object whose names are data, too, in their order. */
  entries(): [name: string, value: JsonField][] {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.refuse(`${shown(value)} is no object`, 'an object in { }');
    return Object.entries(value).map(([k, v]) => [k, new JsonField(v, `${this.path}.${k}`)]);
  }

  list(): JsonField[] {
    const value = this.#value;
    if (!Array.isArray(value)) return this.refuse(`${shown(value)} is no list`, 'a list in [ ]');
    return value.map((item, i) => new JsonField(item, `${this.path}[${i}]`));
  }

  oneOf<T extends string | number>(options: readonly T[]): T {
    const found = options.find((option) => option === this.#value);
    return found ?? this.refuse(`${shown(this.#value)} is not known`, options.join(', '));
  }

  /** A set of names: each at most once, in any order. */
  someOf<T extends string>(options: readonly T[]): ReadonlySet<T> {
    const found = new Set<T>();
    for (const item of this.list()) {
      const name = item.oneOf(options);
      if (found.has(name)) item.refuse(`"${name}" stands here twice`, 'each name once');
      found.add(name);
    }
    return found;
  }

  whole(min: number, max: number): number {
    const value = this.#value;
    return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? value
      : this.refuse(`${shown(value)} does not fit`, `a whole number from ${min} to ${max}`);
  }

  flag(): boolean {
    const value = this.#value;
    return typeof value === 'boolean' ? value : this.refuse(`${shown(value)} is no flag`, 'true, false');
  }

  text(pattern: RegExp, allowed: string): string {
    const value = this.#value;
    return typeof value === 'string' && pattern.test(value)
      ? value
      : this.refuse(`${shown(value)} does not fit`, allowed);
  }

  /** Bytes in hexadecimal, with single spaces between bytes where they help the eye. */
  bytes(min: number, max: number): Bytes {
    const count = min === max ? `${min}` : `${min} to ${max}`;
    const allowed = `${count} bytes in hexadecimal`;
    const text = this.text(/^([0-9A-Fa-f]{2} ?)*$/, allowed);
    const bytes = fromHex(text.trim());
    if (bytes.length < min || bytes.length > max) this.refuse(`${bytes.length} bytes do not fit`, allowed);
    return bytes;
  }

  /** What `read` makes of it; a SokkinError of the codec becomes a refusal. */
  as<T>(read: () => T, allowed: string): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof SokkinError && error.code !== 'bad_profile')
        return this.refuse(error.message, allowed);
      throw error;
    }
  }
}

const MOST_SHOWN = 40;

/** The value as a person wrote it, cut where it is long. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
}
