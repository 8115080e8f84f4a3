/**
 * A message as a film of codes, for two phones that only see each other (docs/wallet.md, 4).
 *
 *     frame = version 1 | session 4 | index 2 | parts 1 | length 2 | part | check 4          as Base45, after "SK"
 *
 * The message is cut into equal parts. The first frames carry one part each; every further one carries the exclusive or of parts that are drawn from session
 * and index. So it does not matter which frames are lost: as many as there are parts, and one or two more, are enough.
 *
 * What must hold: the session is the beginning of the message's SHA-256, so that parts of two messages never mix, and what was put together wrongly is not
 * given out; what a film says is bounded before memory is taken for it. A film proves nothing: who believes its message verifies its signature.
 */
import { type Bytes, concat, equal, hex, Reader, SokkinError, u16 } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import { base45, fromBase45 } from './base45.ts';

const PREFIX = 'SK';
const VERSION = 1;
const NAME_LENGTH = 4;
const CHECK_LENGTH = 4;
const HEAD_LENGTH = 1 + NAME_LENGTH + 2 + 1 + 2;
/** With its head it fits a code of 53 modules, which a screen of 360 pixels shows in modules of five. */
const PART_LENGTH = 150;
/** Of a 32-bit mask. */
const MOST_PARTS = 32;
export const LONGEST_FILM = MOST_PARTS * PART_LENGTH;
const INDEXES = 0x1_0000;

export interface Film {
  /** Of each frame: goes on for ever. */
  frame(n: number): string;
  /** So many frames are the least. */
  readonly parts: number;
}

export function filmOf(message: Bytes): Film {
  if (message.length === 0 || message.length > LONGEST_FILM)
    throw new SokkinError('bad_message', `A message of ${message.length} bytes cannot be shown as codes.`);
  const parts = cut(message);
  const session = nameOf(message);
  const count = parts.length;
  return {
    parts: count,
    frame(n) {
      const index = n % INDEXES;
      const part = combined(parts, maskOf(session, index, count));
      const body = concat(
        Uint8Array.of(VERSION),
        session,
        u16(index),
        Uint8Array.of(count),
        u16(message.length),
        part,
      );
      return `${PREFIX}${base45(concat(body, checkOf(body)))}`;
    },
  };
}

function cut(message: Bytes): Bytes[] {
  const count = Math.ceil(message.length / PART_LENGTH);
  const length = Math.ceil(message.length / count);
  return Array.from({ length: count }, (_none, at) => {
    const part = new Uint8Array(length);
    part.set(message.subarray(at * length, (at + 1) * length));
    return part;
  });
}

const nameOf = (message: Bytes): Bytes => sha256(message).slice(0, NAME_LENGTH);
const checkOf = (body: Bytes): Bytes => sha256(body).slice(0, CHECK_LENGTH);

/** Which parts are in a frame: bit n for part n. */
function maskOf(session: Bytes, index: number, count: number): number {
  if (index < count) return (1 << index) >>> 0;
  const all = count === MOST_PARTS ? 0xffff_ffff : (1 << count) - 1;
  const seed = new Reader(session, 'session').u32();
  let x = (seed ^ Math.imul(index, 0x9e37_79b1)) >>> 0 || 1;
  for (;;) {
    // Marsaglia, Xorshift RNGs, 2003: the triple 13, 17, 5.
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    // What it gives first still resembles its seed.
    const mask = (Math.imul(x, 0x9e37_79b1) >>> 0) & all;
    if (mask !== 0) return mask >>> 0;
  }
}

function combined(parts: readonly Bytes[], mask: number): Bytes {
  const sum = new Uint8Array(parts[0]?.length ?? 0);
  for (const [at, part] of parts.entries()) if ((mask >>> at) & 1) addTo(sum, part);
  return sum;
}

function addTo(sum: Bytes, part: Bytes): void {
  for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) ^ (part[at] ?? 0);
}

interface Frame {
  readonly session: Bytes;
  readonly index: number;
  readonly count: number;
  readonly length: number;
  readonly part: Bytes;
}

/** undefined: it is none of ours, or was read wrongly. */
function readFrame(text: string): Frame | undefined {
  const longest = PREFIX.length + Math.ceil(((HEAD_LENGTH + PART_LENGTH + CHECK_LENGTH) * 3) / 2);
  if (!text.startsWith(PREFIX) || text.length > longest) return undefined;
  try {
    const bytes = fromBase45(text.slice(PREFIX.length));
    const body = bytes.subarray(0, -CHECK_LENGTH);
    const r = new Reader(body, 'frame');
    const [version, session, index, count, length] = [r.u8(), r.take(NAME_LENGTH), r.u16(), r.u8(), r.u16()];
    const part = r.rest();
    const isSound =
      version === VERSION &&
      equal(bytes.subarray(-CHECK_LENGTH), checkOf(body)) &&
      count >= 1 &&
      count <= MOST_PARTS &&
      length >= 1 &&
      part.length === Math.ceil(length / count);
    return isSound ? { session: session.slice(), index, count, length, part: part.slice() } : undefined;
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

export type Seen =
  /** Another code, or nothing new. */
  | { readonly status: 'nothing' }
  | { readonly status: 'part'; readonly have: number; readonly of: number }
  | { readonly status: 'whole'; readonly message: Bytes };

/** Films that are under way at once: who films a screen may see two. */
const MOST_FILMS = 4;
const MOST_DONE = 16;
const NOTHING: Seen = { status: 'nothing' };

/** Puts messages together from what a camera reads, in any order, with any gaps. Each message is given out once. */
export class FilmReader {
  readonly #films = new Map<string, OpenFilm>();
  readonly #done = new Set<string>();

  see(text: string): Seen {
    const frame = readFrame(text);
    if (frame === undefined) return NOTHING;
    const name = hex(frame.session);
    if (this.#done.has(name)) return NOTHING;
    const film = this.#film(name, frame);
    if (!film.take(frame)) return NOTHING;
    if (!film.isWhole) return { status: 'part', have: film.have, of: frame.count };
    this.#films.delete(name);
    const message = film.message();
    if (!equal(nameOf(message), frame.session)) return NOTHING;
    keepFew(this.#done, MOST_DONE - 1);
    this.#done.add(name);
    return { status: 'whole', message };
  }

  #film(name: string, frame: Frame): OpenFilm {
    const open = this.#films.get(name) ?? new OpenFilm(frame);
    // The one that was seen last is forgotten last.
    this.#films.delete(name);
    keepFew(this.#films, MOST_FILMS - 1);
    this.#films.set(name, open);
    return open;
  }
}

function keepFew(
  kept: { readonly size: number; keys(): Iterator<string>; delete(key: string): boolean },
  most: number,
): void {
  if (kept.size <= most) return;
  const { value } = kept.keys().next();
  if (value !== undefined) kept.delete(value);
}

/** Parts so far, as equations over GF(2): a row has its highest bit in no other row's place. */
class OpenFilm {
  readonly #count: number;
  readonly #length: number;
  readonly #rows = new Map<number, { mask: number; readonly part: Bytes }>();

  constructor({ count, length }: Frame) {
    this.#count = count;
    this.#length = length;
  }

  get have(): number {
    return this.#rows.size;
  }
  get isWhole(): boolean {
    return this.#rows.size === this.#count;
  }

  /** False: it says nothing that was not known. */
  take({ session, index, count, length, part }: Frame): boolean {
    if (count !== this.#count || length !== this.#length) return false;
    let mask = maskOf(session, index, count);
    const sum = part.slice();
    while (mask !== 0) {
      const top = 31 - Math.clz32(mask);
      const row = this.#rows.get(top);
      if (row === undefined) {
        this.#rows.set(top, { mask, part: sum });
        return true;
      }
      mask = (mask ^ row.mask) >>> 0;
      addTo(sum, row.part);
    }
    return false;
  }

  /** From the lowest row up, each is freed of those below. */
  message(): Bytes {
    const parts: Bytes[] = [];
    for (let top = 0; top < this.#count; top++) {
      const row = this.#rows.get(top);
      if (row === undefined) throw new Error('Bug: the film is not whole');
      for (const [below, part] of parts.entries()) if ((row.mask >>> below) & 1) addTo(row.part, part);
      parts.push(row.part);
    }
    return concat(...parts).slice(0, this.#length);
  }
}
