/**
 * What the evidence of an alert about an offline approval shows without the back-end.
 *
 * What must hold: a cryptogram of a card is symmetric: who can check it could have made it. So nothing here says `proven` of a card;
 * whether the cryptograms are genuine stays our word, and whoever has the issuer's keys can check it anew from the chip data, which
 * is here whole. What the purse signed is checked, and said apart from that.
 */
import { type Bytes, chipDataOf, DE55_TABLES, equal, readDe55, SokkinError } from '@sokkin/codec';
import type { Entry } from '@sokkin/purse';
import type { AlertJudgement } from './judge-alert.ts';

/** Chip data of an approval, as far as a journal can deny it. */
export interface ShownTc {
  readonly atc: number;
  readonly amount: bigint;
  readonly cryptogram: Bytes;
}

/** undefined: it is no DE 55 of an approval. */
export function readShownTc(chip: Bytes): ShownTc | undefined {
  try {
    const { atc, amount, cryptogram } = chipDataOf(readDe55(DE55_TABLES.advice, chip).elements);
    return { atc, amount, cryptogram };
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

const KEYS_NEEDED =
  'That a cryptogram is the card’s is the back-end’s word: only who has the issuer’s keys can check it, from the chip data that is here.';

const nothing = (says: string): AlertJudgement => ({ verdict: 'not_proven', says, purses: [] });

/** Presented, and never believed, or never paid. */
export function judgeWrong(presented: ShownTc | undefined): AlertJudgement {
  const what =
    presented === undefined
      ? 'The chip data is no approval that can be read.'
      : `The chip data names counter ${presented.atc} and ${presented.amount}.`;
  return { verdict: 'our_word', says: `${what} ${KEYS_NEEDED}`, purses: [] };
}

/** Two presentations of one counter. */
export function judgeTwice(presented: ShownTc | undefined, paid: ShownTc | undefined): AlertJudgement {
  if (presented === undefined || paid === undefined) return nothing('Chip data of an approval is missing.');
  if (presented.atc !== paid.atc) return nothing('The two have different counters.');
  const isSame = equal(presented.cryptogram, paid.cryptogram);
  const what = isSame
    ? `Both presentations have one cryptogram under counter ${paid.atc}`
    : `The two have different cryptograms under counter ${paid.atc}, and a card uses each once`;
  return { verdict: 'our_word', says: `${what}. ${KEYS_NEEDED}`, purses: [] };
}

/** `entries` are of a journal that the purse signed, without a gap. */
export function judgeDenied(
  tc: ShownTc | undefined,
  purse: string,
  entries: readonly Entry[],
  isTakenBack: boolean,
): AlertJudgement {
  if (tc === undefined) return nothing('Chip data of an approval is missing.');
  const denial = denialOf(tc, entries, isTakenBack);
  if (denial === undefined) return nothing('The journal that is here does not deny the approval.');
  return {
    verdict: 'signed',
    says: `The purse signed a journal that ${denial}. ${KEYS_NEEDED}`,
    purses: [purse],
  };
}

function denialOf(
  { atc, amount, cryptogram }: ShownTc,
  entries: readonly Entry[],
  isTakenBack: boolean,
): string | undefined {
  const approvals = entries.flatMap((e) => (e.type === 'approval' ? [e.fields] : []));
  const own = approvals.find((a) => a.atc === atc);
  if (own !== undefined) {
    if (own.amount !== amount) return `has ${own.amount} under counter ${atc}, and not ${amount}`;
    if (!equal(own.cryptogram, cryptogram)) return `has another cryptogram under counter ${atc}`;
    return isTakenBack ? 'has this approval; that a Grant took it back is the back-end’s word' : undefined;
  }
  const after = approvals.find((a) => a.atc > atc);
  if (after === undefined) return undefined;
  const before = approvals.findLast((a) => a.atc < atc);
  return before === undefined
    ? `goes on with counter ${after.atc}; that counter ${atc} does not stand before it is the back-end’s word, if these are not all entries`
    : `goes from counter ${before.atc} to ${after.atc} and has nothing under ${atc}`;
}
