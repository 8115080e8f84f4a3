/**
 * Reading one value of a JSON document (a configuration, a torn log), with its place in every error: what is wrong there,
 * what is allowed.
 *
 * What must hold: nothing is guessed; a member that is missing, unknown, or of another kind is refused. The first name of
 * the place is the document's, and the code of the error is of that document.
 */
import { type Bytes, type Epoch, epochOfIso, fromHex, SokkinError } from '@sokkin/codec';

export type DocumentCode = 'bad_terminal_config' | 'bad_torn_log';

export class Field {
  readonly path: string;
  readonly #value: unknown;
  readonly #code: DocumentCode;

  constructor(path: string, value: unknown, code: DocumentCode) {
    this.path = path;
    this.#value = value;
    this.#code = code;
  }

  fail(text: string, at = ''): never {
    throw new SokkinError<DocumentCode>(this.#code, `${this.path}${at}: ${text}`);
  }

  /** The members of an object: all of `required`, some of `optional`, no others. */
  members<R extends string, O extends string = never>(
    required: readonly R[],
    optional: readonly O[] = [],
  ): { readonly [K in R]: Field } & { readonly [K in O]?: Field } {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.fail('an object is expected.');
    const names: readonly string[] = [...required, ...optional];
    const unknown = Object.keys(value).find((k) => !names.includes(k));
    if (unknown !== undefined) this.fail(`is not known. Allowed here: ${names.join(', ')}.`, `.${unknown}`);
    const present = new Map(Object.entries(value));
    const missing = required.find((k) => !present.has(k));
    if (missing !== undefined) this.fail('is missing.', `.${missing}`);
    const entries = [...present].map(([k, v]) => [k, new Field(`${this.path}.${k}`, v, this.#code)]);
    return Object.fromEntries(entries);
  }

  list(least: number, most: number): readonly Field[] {
    const value = this.#value;
    if (!Array.isArray(value)) return this.fail('a list is expected.');
    if (value.length < least || value.length > most)
      this.fail(`has ${value.length} entries; ${least} to ${most} are allowed.`);
    return value.map((v, i) => new Field(`${this.path}[${i}]`, v, this.#code));
  }

  text(pattern: RegExp, allowed: string): string {
    const value = this.#value;
    return typeof value === 'string' && pattern.test(value)
      ? value
      : this.fail(`${told(value)} will not do. Allowed: ${allowed}.`);
  }

  oneOf<N extends string>(names: readonly N[]): N {
    const value = this.#value;
    return (
      names.find((n) => n === value) ??
      this.fail(`${told(value)} is not known. Allowed: ${names.join(', ')}.`)
    );
  }

  /** Names of a set, each at most once. */
  setOf<N extends string>(names: readonly N[]): ReadonlySet<N> {
    const found = this.list(0, names.length).map((f) => f.oneOf(names));
    const set = new Set(found);
    return set.size === found.length ? set : this.fail('names something twice.');
  }

  flag(): boolean {
    const value = this.#value;
    return typeof value === 'boolean' ? value : this.fail('true or false is expected.');
  }

  whole(least: number, most: number): number {
    const value = this.#value;
    return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : this.fail(`${told(value)} will not do. Allowed: whole numbers from ${least} to ${most}.`);
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
      : this.fail(`has ${bytes.length} bytes; ${sizes} are allowed.`);
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
      if (error instanceof SokkinError) return this.fail(error.message);
      throw error;
    }
  }
}

const told = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 40);
