/**
 * A settled TC and the journal of its card's purse: what the one says of the other.
 *
 * What must hold: it follows from the two alone, not from which of them came first.
 */
import { type Bytes, equal } from '@sokkin/codec';

/** What the proven journal of the card's purse says of a counter. */
export type JournalWord =
  /** No entry with this counter, and none with a later one: it may still come. */
  | { readonly word: 'none_yet' }
  /** No entry with this counter, and one with a later one: it will never come. */
  | { readonly word: 'passed' }
  | {
      readonly word: 'approval';
      readonly amount: bigint;
      readonly cryptogram: Bytes;
      readonly state: 'open' | 'credited' | 'cancelled';
    };

/**
 * `ahead`: the shop was faster than the purse. The last three are contradictions: the card signed an approval that its purse's
 * journal denies.
 */
export const CLEARED_STATES = [
  'ahead',
  'agreed',
  'no_such_approval',
  'other_approval',
  'taken_back',
] as const;
export type ClearedState = (typeof CLEARED_STATES)[number];

/** Where a settled TC stands by the journal. It depends on the two alone, not on which came first. */
export function meetApproval(
  tc: { readonly amount: bigint; readonly cryptogram: Bytes },
  journal: JournalWord,
): ClearedState {
  switch (journal.word) {
    case 'none_yet':
      return 'ahead';
    case 'passed':
      return 'no_such_approval';
    case 'approval':
      if (journal.amount !== tc.amount || !equal(journal.cryptogram, tc.cryptogram)) return 'other_approval';
      return journal.state === 'cancelled' ? 'taken_back' : 'agreed';
  }
}

export const isContradicted = (state: ClearedState): boolean => state !== 'ahead' && state !== 'agreed';
