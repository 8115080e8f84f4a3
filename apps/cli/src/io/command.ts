/**
 * Commands as a table: what each takes, what it says of itself, what it does. Parsing is strict.
 *
 * What must hold: a word or flag that is not in the table is never ignored, but answered with the nearest one
 * that is (exit code 2); every command has at least one example that works.
 */
import { parseArgs } from 'node:util';
import { nearest, SokkinError } from '@sokkin/codec';
import type { Context } from './context.ts';

export interface Flag {
  readonly says: string;
  /** What its value is called in the help; absent: the flag has none. */
  readonly value?: string;
  readonly required?: boolean;
}
export interface Positional {
  readonly name: string;
  readonly says: string;
  readonly optional?: boolean;
  /** All words from here on; the last positional only. */
  readonly many?: boolean;
}

export interface Command {
  /** The words that call it: 'card create'. */
  readonly name: string;
  readonly says: string;
  readonly positionals?: readonly Positional[];
  readonly flags?: Readonly<Record<string, Flag>>;
  readonly examples: readonly string[];
  run(context: Context, args: Args): Promise<Answer>;
}

/** What a command answers: for programs and for people. */
export interface Answer {
  readonly json: unknown;
  readonly lines: readonly string[];
  /** Exit code, 0 if left out. */
  readonly exit?: number;
}

export const EXIT = { done: 0, refused: 1, usage: 2, torn: 3 } as const;

export class UsageError extends SokkinError<'usage'> {
  constructor(message: string) {
    super('usage', message);
  }
}

/** Flags that every command takes. */
export const COMMON: Readonly<Record<string, Flag>> = {
  json: { says: 'answer with one JSON object' },
  trace: { says: 'print every exchange with a card, decoded' },
  data: { value: 'FOLDER', says: 'where cards, phones and the back-end live (SOKKIN_DATA, ./.sokkin)' },
  api: { value: 'URL', says: 'the back-end (SOKKIN_API, http://127.0.0.1:PORT)' },
  client: {
    value: 'FILE',
    says: "credentials for the back-end (SOKKIN_CLIENT, the sandbox's credentials.json in the data folder)",
  },
  help: { says: 'say what the command does' },
};

type Values = Record<string, string | boolean | readonly string[] | undefined>;

export class Args {
  readonly #values: Readonly<Values>;

  constructor(values: Readonly<Values>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values[name] === true;
  }
  /** The value of a flag or positional that may be left out. */
  maybe(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }
  /** The words of a positional that takes many. */
  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value : [];
  }
  /** One that the table says is required. */
  text(name: string): string {
    const value = this.maybe(name);
    if (value === undefined) throw new UsageError(`--${name} is missing.`);
    return value;
  }
}

/** The command that the words call, and what is left of them. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const command = commands.find((c) => c.name === name);
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  const group = commands.filter((c) => c.name.startsWith(`${words[0]} `));
  if (group.length > 0) {
    const names = group.map((c) => `sokkin ${c.name}`).join(', ');
    throw new UsageError(`"${words.slice(0, 2).join(' ')}" is no command. There are: ${names}.`);
  }
  const all = commands.map((c) => c.name);
  const near = nearest(words.slice(0, 2).join(' '), all) ?? nearest(words[0] ?? '', all);
  throw new UsageError(
    `"${words[0]}" is no command.${near === undefined ? '' : ` Did you mean "sokkin ${near}"?`}`,
  );
}

export function parseCommand(command: Command, words: readonly string[]): Args {
  const flags = { ...COMMON, ...command.flags };
  for (const word of words) {
    if (word === '--') break;
    if (!word.startsWith('-') || word === '-' || /^-\d/.test(word)) continue;
    const name = word.replace(/^-+/, '').replace(/=.*/, '');
    if (Object.hasOwn(flags, name)) continue;
    const near = nearest(name, Object.keys(flags));
    throw new UsageError(
      `"sokkin ${command.name}" has no flag --${name}.${near === undefined ? '' : ` Did you mean --${near}?`}`,
    );
  }
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const parsed = parse(command, words, options);
  const values: Values = { ...parsed.values };
  takePositionals(command, parsed.positionals, values);
  if (values.help !== true) demand(command, values);
  return new Args(values);
}

function parse(
  command: Command,
  words: readonly string[],
  options: Record<string, { type: 'boolean' | 'string' }>,
) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\.\s.*/s, '') : String(error);
    const hint = why.endsWith('ambiguous')
      ? ' A value that begins with - is written with =, as in --name=-1.'
      : '';
    throw new UsageError(`sokkin ${command.name}: ${why}.${hint}`);
  }
}

function takePositionals(command: Command, given: readonly string[], values: Values): void {
  const wanted = command.positionals ?? [];
  const extra = given[wanted.length];
  if (extra !== undefined && wanted.at(-1)?.many !== true)
    throw new UsageError(`sokkin ${command.name}: "${extra}" is one word too many.`);
  wanted.forEach((p, i) => {
    values[p.name] = p.many === true && given.length > i ? given.slice(i) : given[i];
  });
}

function demand(command: Command, values: Readonly<Record<string, unknown>>): void {
  for (const p of command.positionals ?? []) {
    if (p.optional !== true && values[p.name] === undefined)
      throw new UsageError(`sokkin ${command.name}: ${p.name.toUpperCase()} is missing (${p.says}).`);
  }
  for (const [name, flag] of Object.entries(command.flags ?? {})) {
    if (flag.required === true && values[name] === undefined)
      throw new UsageError(
        `sokkin ${command.name}: --${name} ${flag.value ?? ''} is missing (${flag.says}).`,
      );
  }
}
