/**
 * What a tracer must know of an application to name its commands: one implementation, with its own tables, for each.
 *
 * What must hold: nothing here throws for any input; offsets of ranges count from the bytes that were given.
 */
import { type Bytes, hex, SokkinError } from '@sokkin/codec';
import type { Range } from './fields.ts';

/** The first four bytes of a command; what is missing is 0. */
export interface Header {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
}

export interface Application {
  /** The command's name; undefined: it has none here. */
  title(c: Header): string | undefined;
  /** P1 and P2 in words; empty: there is nothing to say. */
  parameters(c: Header): string;
  /** Why the data field is not shown; undefined: it may be. */
  secret(c: Header): string | undefined;
  /** The data field, whole, that is no secret. */
  data(c: Header, data: Bytes): Range[];
  /** The answer without its status word, whole. */
  answer(c: Header, answer: Bytes): Range[];
  status(c: Header, sw: number): string;
  /** An exchange is over: what it tells of those that follow. */
  over(c: Header, answer: Bytes, sw: number): void;
}

/** Instructions of ISO/IEC 7816-4 that mean the same in every application. */
export const SELECT = 0xa4;
export const GET_RESPONSE = 0xc0;
const VERIFY = 0x20;
const CHANGE_REFERENCE_DATA = 0x24;
const RESET_RETRY_COUNTER = 0x2c;

/** Whatever is selected, the data of these is a PIN. */
export const isPinCommand = (ins: number): boolean =>
  ins === VERIFY || ins === CHANGE_REFERENCE_DATA || ins === RESET_RETRY_COUNTER;

const STORE_DATA = 0xe2;
const PUT_KEY = 0xd8;

/** These bring PINs or keys, if only somewhere in what they bring. */
export const bringsSecrets = (ins: number): boolean =>
  isPinCommand(ins) || ins === STORE_DATA || ins === PUT_KEY;

/** 9000, or done with a warning. */
export const isDone = (sw: number): boolean => sw === 0x9000 || sw >> 8 === 0x62;

export const range = (start: number, end: number, name: string, text = '', depth = 0): Range => ({
  start,
  end,
  name,
  text,
  depth,
});

/** All of `bytes` under one name, its text the bytes unless given; nothing for none. */
export const allOf = (bytes: Bytes, name: string, text = hex(bytes)): Range[] =>
  bytes.length === 0 ? [] : [range(0, bytes.length, name, text)];

export const moved = (ranges: readonly Range[], by: number, deeper = 0): Range[] =>
  ranges.map((r) => ({ ...r, start: r.start + by, end: r.end + by, depth: r.depth + deeper }));

/** What `read` makes of the bytes, or all of them as not understood if they are not what it reads. */
export function orUnknown(bytes: Bytes, read: () => Range[]): Range[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    return allOf(bytes, `? ${error.message}`);
  }
}

/** Fields one after the other; the last takes the rest where its length is left out. Empty ones are left out. */
export function cut(bytes: Bytes, rows: readonly (readonly [name: string, length?: number])[]): Range[] {
  const ranges: Range[] = [];
  let at = 0;
  for (const [name, length = bytes.length - at] of rows) {
    const end = Math.min(bytes.length, at + length);
    if (at < end) ranges.push(range(at, end, name, hex(bytes.subarray(at, end))));
    at = end;
  }
  return at < bytes.length
    ? [...ranges, range(at, bytes.length, '? not understood', hex(bytes.subarray(at)))]
    : ranges;
}
