/**
 * The issuer's decision on chip data: what no rule can soften first, then the rules.
 *
 * What must hold: whatever the rules say, nothing is approved without a genuine cryptogram of the kind that is due, under a
 * counter that is new; every decision has at least one reason, and the names of the rules that made it.
 */
import type { CryptogramType, CvrBit, TvrFlag } from '@sokkin/codec';
import { type Bytes, CVM_METHOD, type CvmMethod, decodeFlags, TVR_FLAGS } from '@sokkin/codec';
import type { AcceptanceOutcome } from '../acceptance/outcome.ts';
import type { AtcVerdict } from './atc.ts';
import type { ReadResults } from './issuer-data.ts';
import type {
  CvmFinding,
  EntryMode,
  IssuerDecision,
  IssuerRule,
  IssuerRules,
  RuleConditions,
} from './rules.ts';
import type { CryptogramFinding } from './verify.ts';

/** What is known of one transaction when the issuer decides. */
export interface ChipFacts {
  readonly finding: CryptogramFinding;
  /** What the message asks for: an online approval (ARQC), or the taking in of an offline one (TC). */
  readonly due: Exclude<CryptogramType, 'aac'>;
  /** What the counter says; only asked for where the cryptogram is genuine. */
  readonly counter: AtcVerdict;
  readonly tvr: ReadonlySet<TvrFlag>;
  readonly cvm: CvmFinding;
  readonly entry: EntryMode;
  /** Minor units. */
  readonly amount: bigint;
}

export interface ChipDecision {
  readonly decision: IssuerDecision;
  /** The first is the one that is told to the terminal. */
  readonly reasons: readonly [AcceptanceOutcome, ...AcceptanceOutcome[]];
  /** Names of the rules; empty where no rule was asked. */
  readonly rules: readonly string[];
}

export function decideChip({ combine, rules, otherwise }: IssuerRules, facts: ChipFacts): ChipDecision {
  const hard = hardRefusal(facts);
  if (hard !== undefined) return { decision: 'decline', reasons: [hard], rules: [] };
  const applying = rules.filter(({ when }) => applies(when, facts));
  const chosen = combine === 'first' ? applying.slice(0, 1) : applying;
  const [worst, ...rest] = [...chosen].sort((a, b) => SEVERITY[b.decide] - SEVERITY[a.decide]);
  if (worst === undefined) return { decision: otherwise, reasons: [OTHERWISE[otherwise]], rules: [] };
  const told = [worst, ...rest.filter(({ decide }) => decide === worst.decide)];
  return { decision: worst.decide, reasons: reasonsOf(worst, told), rules: told.map(({ name }) => name) };
}

const SEVERITY: Readonly<Record<IssuerDecision, number>> = { approve: 0, refer: 1, decline: 2 };
const OTHERWISE: Readonly<Record<IssuerDecision, AcceptanceOutcome>> = {
  approve: 'approved',
  refer: 'refer_to_issuer',
  decline: 'do_not_honour',
};

function reasonsOf(first: IssuerRule, all: readonly IssuerRule[]): ChipDecision['reasons'] {
  const others = new Set(all.map(({ reason }) => reason));
  others.delete(first.reason);
  return [first.reason, ...others];
}

const OF_FINDING: Readonly<Record<Exclude<CryptogramFinding['verdict'], 'genuine'>, AcceptanceOutcome>> = {
  'missing-data': 'cryptogram_missing',
  'bad-data': 'format_error',
  'bad-iad': 'cryptogram_wrong',
  'unknown-key': 'cryptogram_wrong',
  'wrong-cryptogram': 'cryptogram_wrong',
  'type-mismatch': 'cryptogram_wrong',
};

const OF_COUNTER: Readonly<Record<AtcVerdict, AcceptanceOutcome | undefined>> = {
  new: undefined,
  // Rules may let it pass: a card that was tapped at turnstiles, or tested, is ahead and honest.
  'too-far-ahead': undefined,
  repeated: 'counter_replayed',
  conflict: 'suspected_counterfeit',
  'too-old': 'counter_replayed',
};

function hardRefusal({ finding, due, counter }: ChipFacts): AcceptanceOutcome | undefined {
  if (finding.verdict !== 'genuine') return OF_FINDING[finding.verdict];
  // A version that tells no types is good for questions only.
  if ((finding.type ?? 'arqc') !== due) return 'cryptogram_wrong';
  return OF_COUNTER[counter];
}

function applies(when: RuleConditions, { finding, tvr, cvm, entry, amount, counter }: ChipFacts): boolean {
  const results = finding.verdict === 'genuine' ? finding.results : undefined;
  const tries = results?.pinTriesLeft;
  return (
    intersects(when.tvr, tvr) &&
    intersects(when.cvr, results?.bits ?? NO_BITS) &&
    intersects(when.cvrNot, notSet(results)) &&
    has(when.cvmMethod, cvm.method) &&
    has(when.cvmResult, cvm.result) &&
    has(when.counter, counter) &&
    has(when.entry, entry) &&
    (when.amountFrom === undefined || amount >= when.amountFrom) &&
    (when.amountTo === undefined || amount <= when.amountTo) &&
    (when.pinTriesBelow === undefined || (tries !== undefined && tries < when.pinTriesBelow))
  );
}

const NO_BITS: ReadonlySet<CvrBit> = new Set();
const notSet = (results: ReadResults | undefined): ReadonlySet<CvrBit> =>
  new Set([...(results?.told ?? NO_BITS)].filter((bit) => !results?.bits.has(bit)));
const has = <T>(wanted: ReadonlySet<T> | undefined, value: T): boolean =>
  wanted === undefined || wanted.has(value);
const intersects = <T>(wanted: ReadonlySet<T> | undefined, found: ReadonlySet<T>): boolean =>
  wanted === undefined || [...wanted].some((name) => found.has(name));

/** The names of the bits of tag 95. */
export const readTvr = (value: Bytes): ReadonlySet<TvrFlag> => decodeFlags(TVR_FLAGS, value);

const NOT_PERFORMED = 0x3f;
const RESULTS = ['unknown', 'failed', 'successful'] as const;

/** Tag 9F34 (Book 4, Annex A4): method, condition, result. Undefined for what is none; absent is not performed. */
export function readCvmResults(value: Bytes | undefined): CvmFinding | undefined {
  if (value === undefined) return { method: 'notPerformed', result: 'unknown' };
  const [method = 0, , code = 0] = value;
  const result = RESULTS[code];
  if (value.length !== 3 || result === undefined) return undefined;
  const number = method & 0x3f;
  if (number === NOT_PERFORMED) return { method: 'notPerformed', result };
  const name = (Object.keys(CVM_METHOD) as CvmMethod[]).find((known) => CVM_METHOD[known] === number);
  return { method: name ?? number, result };
}
