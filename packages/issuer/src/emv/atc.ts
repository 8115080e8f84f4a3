/**
 * Which counters (ATC) of a card were seen: so that no cryptogram counts twice, and none that is too old or too far ahead
 * counts at all (Book 3, 6.5.5; docs/spec/emv-issuer.md, section 5).
 *
 * Online requests arrive nearly in order. Offline approvals arrive when a shop's terminal meets its acquirer, days later and in
 * any order. So a window of counters is remembered below the highest, with what was seen under each: one question (ARQC) and one
 * outcome (TC or AAC), as one transaction of the card has at most both.
 *
 * What must hold: what was accepted once is never accepted again as something new, in whatever order all arrives; another
 * cryptogram of the same kind under a counter is told as a conflict, and changes nothing; the memory is bounded by the window.
 */
import { assert, type Bytes, type CryptogramType, equal } from '@sokkin/codec';

export interface AtcRules {
  /** Counters at and below the highest that are remembered: 1 to 1024. Below them nothing is accepted. */
  readonly window: number;
  /** How far below the highest an online request may be, under `window`: terminals whose messages overtook each other. */
  readonly onlineBehind: number;
  /** How far above the highest a counter may be; a card that is tapped without paying counts, too. */
  readonly ahead: number;
}

export const DEFAULT_ATC_RULES: AtcRules = { window: 256, onlineBehind: 8, ahead: 512 };

/** What was seen under one counter: the cryptograms, 8 bytes each. */
export interface SeenCounter {
  readonly asked: Bytes | undefined;
  readonly outcome: Bytes | undefined;
}

export interface AtcState {
  /** The highest counter that a genuine cryptogram had; 0: none yet. */
  readonly highest: number;
  /** By counter, within the window. */
  readonly seen: ReadonlyMap<number, SeenCounter>;
}

export const NEW_ATC_STATE: AtcState = { highest: 0, seen: new Map() };

/** A genuine cryptogram: its counter, and what it is. `type` is what stands under the MAC. */
export interface CountedCryptogram {
  readonly atc: number;
  readonly type: CryptogramType;
  readonly cryptogram: Bytes;
}

export type AtcVerdict =
  | 'new'
  /** The same cryptogram again: a repeat of the message, and nothing new. */
  | 'repeated'
  /** Another cryptogram of its kind was seen under this counter: one of them is not the card's doing. */
  | 'conflict'
  /** Below the window, or an online request too far behind. */
  | 'too-old'
  | 'too-far-ahead';

export interface AtcStep {
  readonly verdict: AtcVerdict;
  /** The state after it: the one before, unless the verdict is `new`. */
  readonly state: AtcState;
}

/** Counters are 1 to FFFF: a card makes nothing with 0, and stops at FFFF. */
const LAST = 0xffff;

export function countCryptogram(rules: AtcRules, state: AtcState, given: CountedCryptogram): AtcStep {
  assertRules(rules);
  const { atc, type, cryptogram } = given;
  assert(Number.isInteger(atc) && atc >= 0 && atc <= LAST, () => `ATC ${atc}`);
  const same = (verdict: AtcVerdict): AtcStep => ({ verdict, state });
  if (atc === 0 || atc <= state.highest - rules.window) return same('too-old');
  const before = state.seen.get(atc) ?? { asked: undefined, outcome: undefined };
  const kind = type === 'arqc' ? 'asked' : 'outcome';
  const known = before[kind];
  if (known !== undefined) return same(equal(known, cryptogram) ? 'repeated' : 'conflict');
  // A question after its own outcome is a replay of a terminal's memory: the card answered it itself.
  if (kind === 'asked' && (before.outcome !== undefined || atc < state.highest - rules.onlineBehind))
    return same('too-old');
  if (atc > state.highest + rules.ahead) return same('too-far-ahead');
  const highest = Math.max(state.highest, atc);
  const seen = new Map([...state.seen].filter(([counter]) => counter > highest - rules.window));
  seen.set(atc, { ...before, [kind]: cryptogram.slice() });
  return { verdict: 'new', state: { highest, seen } };
}

function assertRules({ window, onlineBehind, ahead }: AtcRules): void {
  assert(Number.isInteger(window) && window >= 1 && window <= 1024, () => `ATC window ${window}`);
  assert(
    onlineBehind >= 0 && onlineBehind < window,
    () => `online ${onlineBehind} behind in a window of ${window}`,
  );
  assert(ahead >= 1 && ahead <= LAST, () => `ATC ${ahead} ahead`);
}
