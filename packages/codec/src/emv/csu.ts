/**
 * The card status update, 4 bytes (Book 3, Annex C10; Book 2, 8.2.2): what the issuer orders a card with ARPC
 * method 2, inside the issuer authentication data.
 *
 * What must hold: written and read alike; bits without a name stay zero, and are passed over when read.
 */
import type { Bytes } from '../bytes.ts';
import { assert, fail } from '../errors.ts';
import { decodeFlags, encodeFlags, type FlagTable } from './flags.ts';

const CSU_FLAGS = {
  length: 4,
  bits: {
    proprietaryDataIncluded: [0, 0x80],
    issuerApproves: [1, 0x80],
    cardBlock: [1, 0x40],
    applicationBlock: [1, 0x20],
    updatePinTryCounter: [1, 0x10],
    goOnlineNext: [1, 0x08],
    createdByProxy: [1, 0x04],
  },
} as const satisfies FlagTable<string>;
export type CsuFlag = keyof typeof CSU_FLAGS.bits;

/** What becomes of the offline counters, in the order of its code. */
const COUNTERS = ['keep', 'setToUpperLimits', 'reset', 'addTransaction'] as const;

export interface CardStatusUpdate {
  readonly flags: ReadonlySet<CsuFlag>;
  readonly counters: (typeof COUNTERS)[number];
  /** The new PIN try counter, for `updatePinTryCounter`; 0 to 15. */
  readonly pinTries: number;
}

export const CSU_LENGTH = 4;

export function encodeCsu({ flags, counters, pinTries }: CardStatusUpdate): Bytes {
  assert(pinTries >= 0 && pinTries <= 15, () => `PIN try counter ${pinTries}`);
  const out = encodeFlags(CSU_FLAGS, flags);
  out[0] = (out[0] ?? 0) | pinTries;
  out[1] = (out[1] ?? 0) | COUNTERS.indexOf(counters);
  return out;
}

/** `bad_length` for other than 4 bytes. */
export function decodeCsu(bytes: Bytes): CardStatusUpdate {
  if (bytes.length !== CSU_LENGTH) fail('bad_length', `CSU: ${bytes.length} bytes, it has 4`);
  const [first = 0, second = 0] = bytes;
  const counters = COUNTERS[second & 3] ?? 'keep';
  return { flags: decodeFlags(CSU_FLAGS, bytes), counters, pinTries: first & 0x0f };
}
