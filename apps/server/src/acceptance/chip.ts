/**
 * Chip data of a message: is the cryptogram the card's, what do the rules make of it, and what is the card told.
 *
 * What must hold: the check needs no lock and no row; what is counted and decided comes after it, under the lock of the account; the
 * card is answered for a genuine question (ARQC) alone, with what was decided and nothing else.
 */
import { ascii, type Bytes, encodeCsu, type IsoTlv } from '@sokkin/codec';
import {
  type AcceptanceOutcome,
  type AtcRules,
  type AtcState,
  type AtcVerdict,
  type AuthenticCryptogram,
  type ChipDecision,
  type CryptogramFinding,
  checkCryptogram,
  countCryptogram,
  decideChip,
  type EntryMode,
  issuerAuthentication,
  readCvmResults,
  readTvr,
  responseCodeOf,
} from '@sokkin/issuer';
import { USES_OF_A_KEY } from '../personalisation/order.ts';
import type { Chip } from '../vault/chips.ts';
import type { CardSaid } from './request.ts';

export interface CheckedChip {
  readonly finding: CryptogramFinding;
  /** What it was checked with; undefined: nobody has keys for such a card, or such data. */
  readonly by: Chip | undefined;
  /** The counter that it has, if the cryptogram is genuine. */
  readonly atc: number;
  /** Of the limited-use key that it was made with, if it is genuine. */
  readonly keyNumber: number | undefined;
  readonly chip: ReadonlyMap<number, Bytes>;
}

const NO_KEYS: CryptogramFinding = { verdict: 'unknown-key', keyIndex: 0 };

/** Undefined: there is no chip data. */
export function checkChip(by: Chip | undefined, { chip }: CardSaid): CheckedChip | undefined {
  if (chip === undefined) return undefined;
  if (by === undefined) return { finding: NO_KEYS, by, atc: 0, keyNumber: undefined, chip };
  const finding = checkCryptogram(by.port, by.keysOf, by.version, by.card, chip);
  const isGenuine = finding.verdict === 'genuine';
  const [high = 0, low = 0] = isGenuine ? finding.atc : [];
  const keyNumber = isGenuine && by.version.limitedUse ? finding.data.keyNumber : undefined;
  return { finding, by, atc: high * 256 + low, keyNumber, chip };
}

export interface ChipJudgement {
  readonly decision: ChipDecision;
  /** The counter is to be remembered. */
  readonly isCounted: boolean;
}

/** Of an online question. Counters and uses of its key are as the messages before it left them. */
export function judgeChip(
  rules: AtcRules,
  { state, uses }: { readonly state: AtcState; readonly uses: number },
  checked: CheckedChip,
  { entry, amount }: { readonly entry: EntryMode; readonly amount: bigint },
): ChipJudgement {
  const { finding, chip } = checked;
  const declined = (reason: AcceptanceOutcome): ChipJudgement => ({
    decision: { decision: 'decline', reasons: [reason], rules: [] },
    isCounted: false,
  });
  const cvm = readCvmResults(chip.get(0x9f34));
  if (cvm === undefined) return declined('format_error');
  if (checked.by === undefined) return declined('cryptogram_wrong');
  if (uses >= USES_OF_A_KEY) return declined('key_used_up');
  const counter = counterOf(rules, state, checked);
  const tvr = readTvr(chip.get(0x95) ?? new Uint8Array(5));
  const facts = { finding, due: 'arqc' as const, counter, tvr, cvm, entry, amount };
  const decision = decideChip(checked.by.rules, facts);
  // A rule that lets a counter from far ahead pass makes it one that was seen.
  const isCounted = isQuestion(finding) && (counter === 'new' || decision.decision === 'approve');
  return { decision, isCounted };
}

/** A TC that comes as a question is refused, and stays good for its clearing. */
export const isQuestion = (finding: CryptogramFinding): finding is AuthenticCryptogram =>
  finding.verdict === 'genuine' && (finding.type ?? 'arqc') === 'arqc';

function counterOf(rules: AtcRules, state: AtcState, { finding, atc }: CheckedChip): AtcVerdict {
  if (!isQuestion(finding)) return 'new';
  return countCryptogram(rules, state, { atc, type: 'arqc', cryptogram: finding.cryptogram }).verdict;
}

const TAG_RESPONSE_CODE = 0x8a;
const TAG_ISSUER_AUTHENTICATION = 0x91;

/** What the card is told: tag 91, and the response code that it is over (8A). Empty for what was no genuine question. */
export function answerChip(
  checked: CheckedChip | undefined,
  outcome: AcceptanceOutcome,
  isApproved: boolean,
): readonly IsoTlv[] {
  if (checked?.by === undefined || !isQuestion(checked.finding)) return [];
  const { port, version } = checked.by;
  const responseCode = ascii(responseCodeOf('1987', outcome));
  const word =
    version.arpc.method === 1
      ? ({ method: 1, responseCode } as const)
      : ({ method: 2, cardStatusUpdate: statusUpdate(isApproved) } as const);
  return [
    { tag: TAG_RESPONSE_CODE, value: responseCode },
    { tag: TAG_ISSUER_AUTHENTICATION, value: issuerAuthentication(port, version, checked.finding, word) },
  ];
}

/** Card status update: approved, and the card's offline counters begin anew; or not, and all stays. */
const statusUpdate = (isApproved: boolean): Bytes =>
  encodeCsu({
    flags: new Set(isApproved ? ['issuerApproves'] : []),
    counters: isApproved ? 'reset' : 'keep',
    pinTries: 0,
  });
