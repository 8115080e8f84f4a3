/**
 * What an answer of the acquirer means to a terminal.
 *
 * What must hold: only a code that the standard calls approved is an approval, and never of more than was asked; whatever leaves
 * open whether money moved says so, so that it is reversed.
 */
import {
  amountOf,
  type Bytes,
  ISO_RESPONSE_CODES,
  type IsoMessage,
  type IsoOutcome,
  type IsoProfile,
  textOf,
  tlvsOf,
} from '@sokkin/codec';

export interface AcquirerAnswer {
  /** `unclear`: whether it moved money is not known, and it must be reversed. */
  readonly verdict: 'approved' | 'partly' | 'declined' | 'unclear';
  /** DE 39. */
  readonly code: string;
  readonly meaning: string;
  readonly keepCard: boolean;
  /** Minor units; 0 where nothing was approved. */
  readonly approved: bigint;
  /** DE 38. */
  readonly approvalCode: string | undefined;
  /** DE 55, by tag: tag 91 and scripts. */
  readonly chip: ReadonlyMap<number, Bytes>;
}

/** Codes after which the other side may still have moved money, or may yet. */
const UNCLEAR: ReadonlySet<string> = new Set(['06', '09', '20', '22', '68', '909', '911', '923']);
const PARTIAL: ReadonlySet<string> = new Set(['10', '002', '006']);
/** To a reversal: what is not known cannot have moved money. */
const NOT_KNOWN: ReadonlySet<string> = new Set(['25', '21', '914']);
/** What will be answered so for ever. */
const FOR_GOOD: ReadonlySet<string> = new Set(['25', '21', '30', '94', '902', '904', '913', '914']);

export function readAnswer(profile: IsoProfile, asked: IsoMessage, answer: IsoMessage): AcquirerAnswer {
  const code = textOf(answer, 39) ?? '';
  const found = ISO_RESPONSE_CODES[profile.version].get(code);
  const wanted = amountOf(asked, 4) ?? 0n;
  const told = amountOf(answer, 4) ?? wanted;
  const verdict = verdictOf(code, found?.outcome);
  const isApproved = verdict === 'approved' || verdict === 'partly';
  // More than was asked for is nothing that was asked for
  const isTooMuch =
    isApproved && (told > wanted || (verdict === 'partly' && (told === 0n || told === wanted)));
  const approved = verdict === 'partly' ? told : wanted;
  return {
    verdict: isTooMuch ? 'unclear' : verdict,
    code,
    meaning: found?.meaning ?? 'no code that the standard has',
    keepCard: found?.outcome === 'pick-up',
    approved: isApproved && !isTooMuch ? approved : 0n,
    approvalCode: textOf(answer, 38),
    chip: chipOf(profile, answer),
  };
}

function verdictOf(code: string, outcome: IsoOutcome | undefined): AcquirerAnswer['verdict'] {
  if (outcome === 'approved') return PARTIAL.has(code) ? 'partly' : 'approved';
  if (outcome === undefined || UNCLEAR.has(code)) return 'unclear';
  return 'declined';
}

/** What became of a reversal or an advice: it need not be sent again, it never will be taken, or it is to be sent again. */
export function fateOf(
  profile: IsoProfile,
  asked: IsoMessage,
  answer: IsoMessage,
): 'taken' | 'refused' | 'later' {
  const code = textOf(answer, 39) ?? '';
  const outcome = ISO_RESPONSE_CODES[profile.version].get(code)?.outcome;
  if (asked.mti.class === 'reversal' && NOT_KNOWN.has(code)) return 'taken';
  if (outcome === 'approved' || outcome === 'accepted') return 'taken';
  return outcome === 'declined' || outcome === 'pick-up' || FOR_GOOD.has(code) ? 'refused' : 'later';
}

const NO_CHIP: ReadonlyMap<number, Bytes> = new Map();
const chipOf = (profile: IsoProfile, answer: IsoMessage): ReadonlyMap<number, Bytes> =>
  profile.fields[55]?.content?.form === 'ber-tlv' ? (tlvsOf(answer, 55) ?? NO_CHIP) : NO_CHIP;
