/**
 * What a page and a bridge to the readers of its machine say to each other, over a WebSocket on the loopback: one JSON object
 * a message (docs/readers.md, 4).
 *
 * What must hold: strict in both directions: a message has exactly the members that stand here, each bounded; anything else
 * is no message, and whoever sent it is not spoken to any more.
 */
import { type Bytes, fromHex, hex } from '@sokkin/codec';

export const BRIDGE_PROTOCOL = 'sokkin-bridge-1';
export const BRIDGE_PORT = 8789;
/** The longest APDU of extended length, in hexadecimal, and what stands around it. */
export const MOST_MESSAGE_CHARS = 2 * (65_535 + 10) + 200;
const MOST_NAME = 200;

export interface BridgeReaderInfo {
  readonly name: string;
  readonly state: 'empty' | 'card' | 'mute';
}

/** Of the page. `id`: what the answer is told by. */
export type BridgeRequest =
  /** The code that the bridge shows, once; or the key that came for it, after a reload. */
  | { readonly type: 'pair'; readonly id: number; readonly code: string }
  | { readonly type: 'resume'; readonly id: number; readonly key: string }
  | { readonly type: 'list'; readonly id: number }
  /** Wait for a card on this reader; the reader is the page's own from now on. */
  | { readonly type: 'next'; readonly id: number; readonly reader: string }
  /** No longer wait for it: `wait` is the id of that `next`. */
  | { readonly type: 'stop'; readonly id: number; readonly wait: number }
  | { readonly type: 'transmit'; readonly id: number; readonly card: number; readonly apdu: string }
  | { readonly type: 'close'; readonly id: number; readonly card: number };

/** Of the bridge: an answer to `id`, or what happened to a card by itself. */
export type BridgeAnswer =
  | { readonly type: 'paired'; readonly id: number; readonly key: string }
  | { readonly type: 'readers'; readonly id: number; readonly readers: readonly BridgeReaderInfo[] }
  | {
      readonly type: 'inserted';
      readonly id: number;
      readonly card: number;
      readonly extended: boolean;
    }
  | { readonly type: 'answer'; readonly id: number; readonly apdu: string }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'error'; readonly id: number; readonly code: BridgeCode; readonly message: string }
  | { readonly type: 'removed'; readonly card: number };

export const BRIDGE_CODES = [
  /** Not the code that is shown, or the key of no page. */
  'not_paired',
  /** Another page has that reader. */
  'reader_taken',
  'no_card',
  'card_lost',
  'reader_failed',
  /** Too much at once. */
  'too_many',
] as const;
export type BridgeCode = (typeof BRIDGE_CODES)[number];

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const number: Check = (v) => Number.isSafeInteger(v) && Number(v) >= 0;
const text =
  (pattern: RegExp): Check =>
  (v) =>
    typeof v === 'string' && pattern.test(v);
const name: Check = (v) => typeof v === 'string' && v.length > 0 && v.length <= MOST_NAME;
const sentence: Check = (v) => typeof v === 'string' && v.length <= 1_000;
const apdu: Check = (v) =>
  typeof v === 'string' && v.length >= 4 && v.length % 2 === 0 && /^[0-9a-f]*$/.test(v);
const key = text(/^[A-Za-z0-9_-]{43}$/);
const flag: Check = (v) => typeof v === 'boolean';
const readers: Check = (v) =>
  Array.isArray(v) && v.length <= 64 && v.every((r) => fits(r, { name, state: text(/^(empty|card|mute)$/) }));
const code: Check = (v) => BRIDGE_CODES.some((known) => known === v);

const REQUESTS: { readonly [T in BridgeRequest['type']]: Shape } = {
  pair: { id: number, code: text(/^[0-9]{6}$/) },
  resume: { id: number, key },
  list: { id: number },
  next: { id: number, reader: name },
  stop: { id: number, wait: number },
  transmit: { id: number, card: number, apdu },
  close: { id: number, card: number },
};
const ANSWERS: { readonly [T in BridgeAnswer['type']]: Shape } = {
  paired: { id: number, key },
  readers: { id: number, readers },
  inserted: { id: number, card: number, extended: flag },
  answer: { id: number, apdu },
  done: { id: number },
  error: { id: number, code, message: sentence },
  removed: { card: number },
};

/** undefined: it is none. */
export const readBridgeRequest = (message: unknown): BridgeRequest | undefined =>
  read<BridgeRequest>(message, REQUESTS);
export const readBridgeAnswer = (message: unknown): BridgeAnswer | undefined =>
  read<BridgeAnswer>(message, ANSWERS);

function read<T>(message: unknown, shapes: Readonly<Record<string, Shape>>): T | undefined {
  if (typeof message !== 'string' || message.length > MOST_MESSAGE_CHARS) return undefined;
  const json = parsed(message);
  const { type } = Object(json);
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return undefined;
  const shape = shapes[type] ?? {};
  return fits(json, { ...shape, type: () => true }) ? (json as T) : undefined;
}

function fits(value: unknown, shape: Shape): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const members = Object.entries(value);
  return (
    members.length === Object.keys(shape).length &&
    members.every(([member, v]) => Object.hasOwn(shape, member) && shape[member]?.(v) === true)
  );
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

export const apduText = (bytes: Bytes): string => hex(bytes);
export const apduOf = (digits: string): Bytes => fromHex(digits);
