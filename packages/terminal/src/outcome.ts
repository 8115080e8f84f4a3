/**
 * What can come of asking a purse: expected outcomes as literals, so that every caller handles them all.
 * Only a lost purse is an exception (`card_lost`), because then there is no outcome to speak of.
 */
import { SokkinError } from '@sokkin/codec';
import { type Refusal, statusOfSw } from '@sokkin/purse';
import type { Answer } from './exchange.ts';

export type Failure =
  /** The purse says no; nothing changed in it. */
  | { readonly status: Refusal }
  | { readonly status: 'pin_wrong'; readonly triesLeft: number }
  /** This device must not go on without a newer block list; it was signed so many days ago; undefined: it has none. */
  | { readonly status: 'block_list_outdated'; readonly days: number | undefined }
  /** A status word of ISO/IEC 7816-4 that is none of the purse's own: another card, another version. */
  | { readonly status: 'card_error'; readonly sw: number }
  /** The answer does not parse, is not what was asked for, or its signature or chain does not hold. */
  | { readonly status: 'untrusted_answer'; readonly because: string };

export type Outcome<T> = { readonly status: 'ok'; readonly value: T } | Failure;

export const ok = <T>(value: T): Outcome<T> => ({ status: 'ok', value });
export const untrusted = (because: string): Failure => ({ status: 'untrusted_answer', because });

const SW_COUNTER = 0x63c0;

/** What an answer's status word means; `ok` leaves its data to be read. */
export function outcomeOf(answer: Answer): Outcome<Uint8Array> {
  if (answer === 'garbled') return untrusted('The answer is no response APDU.');
  const status = statusOfSw(answer.sw);
  if (status === 'ok') return ok(answer.data);
  if (status !== undefined) return { status };
  if ((answer.sw & 0xfff0) === SW_COUNTER) return { status: 'pin_wrong', triesLeft: answer.sw & 0x0f };
  return { status: 'card_error', sw: answer.sw };
}

/** Reads bytes that a purse gave: what does not parse is an untrusted answer, not an exception. */
export function reading<T>(read: () => T): Outcome<T> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof SokkinError) return untrusted(error.message);
    throw error;
  }
}
