/**
 * Issuer rules as data: what the issuer makes of what card and terminal say about themselves (TVR, CVR, CVM results), of the
 * counter and the amount (docs/spec/emv-issuer.md, section 6).
 *
 * What must hold: a file has one reading, and no rule in it that can never apply for lack of a condition; reasons are those of
 * the one table of outcomes, so every decision has a response code.
 */
import {
  CVM_METHOD,
  CVR_BITS,
  type CvmMethod,
  type CvrBit,
  JsonField,
  MAX_AMOUNT,
  TVR_FLAGS,
  type TvrFlag,
} from '@sokkin/codec';
import { ACCEPTANCE_OUTCOMES, type AcceptanceOutcome } from '../acceptance/outcome.ts';
import type { AtcVerdict } from './atc.ts';

export type IssuerDecision = 'approve' | 'refer' | 'decline';

/** How the terminal made sure of the holder (tag 9F34; Book 4, Annex A4). `none`: nothing was performed. */
export interface CvmFinding {
  /** A name, or the code of one that is not known here. */
  readonly method: CvmMethod | 'notPerformed' | number;
  readonly result: 'unknown' | 'failed' | 'successful';
}

export type EntryMode =
  | 'contact'
  | 'contactless'
  | 'magnetic'
  | 'manual'
  | 'credential_on_file'
  | 'ecommerce';
export const ENTRY_MODES: readonly EntryMode[] = [
  'contact',
  'contactless',
  'magnetic',
  'manual',
  'credential_on_file',
  'ecommerce',
];

/** All conditions of a rule must hold. */
export interface RuleConditions {
  /** At least one of these bits is set. */
  readonly tvr: ReadonlySet<TvrFlag> | undefined;
  readonly cvr: ReadonlySet<CvrBit> | undefined;
  /** The card's version has at least one of these bits, and it is not set. */
  readonly cvrNot: ReadonlySet<CvrBit> | undefined;
  readonly cvmMethod: ReadonlySet<CvmFinding['method']> | undefined;
  readonly cvmResult: ReadonlySet<CvmFinding['result']> | undefined;
  readonly counter: ReadonlySet<AtcVerdict> | undefined;
  readonly entry: ReadonlySet<EntryMode> | undefined;
  /** Minor units, from and to, both included. */
  readonly amountFrom: bigint | undefined;
  readonly amountTo: bigint | undefined;
  /** The card tells that fewer PIN tries are left. */
  readonly pinTriesBelow: number | undefined;
}

export interface IssuerRule {
  readonly name: string;
  readonly when: RuleConditions;
  readonly decide: IssuerDecision;
  readonly reason: AcceptanceOutcome;
}

export interface IssuerRules {
  readonly name: string;
  readonly note: string;
  /** `first`: the first rule that applies decides; `all`: the most severe of those that apply does. */
  readonly combine: 'first' | 'all';
  readonly rules: readonly IssuerRule[];
  /** If none applies. */
  readonly otherwise: IssuerDecision;
}

const FORMAT = 'sokkin-issuer-rules-1';
const MOST_RULES = 200;
const DECISIONS = ['approve', 'refer', 'decline'] as const;

/** The rules in a file's text. Fails with `bad_profile`: where, what is wrong, what is allowed. */
export function readIssuerRules(text: string): IssuerRules {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return new JsonField(undefined, 'rules').refuse(`not JSON: ${String(cause)}`, 'a JSON object');
  }
  return parseIssuerRules(json);
}

/** As `readIssuerRules`, of what JSON.parse gives. */
export function parseIssuerRules(json: unknown): IssuerRules {
  const f = new JsonField(json, 'rules').object(
    ['format', 'name', 'combine', 'rules', 'otherwise'],
    ['note'],
  );
  f.format.oneOf([FORMAT]);
  const fields = f.rules.list();
  if (fields.length > MOST_RULES) f.rules.refuse(`${fields.length} rules`, `at most ${MOST_RULES}`);
  const rules = fields.map(readRule);
  const twice = rules.findIndex(({ name }, i) => rules.findIndex((other) => other.name === name) !== i);
  if (twice >= 0) fields[twice]?.refuse('its name stands here twice', 'each name once');
  return {
    name: f.name.text(NAME, NAME_ALLOWED),
    note: f.note?.text(/^[\s\S]*$/, 'text') ?? '',
    combine: f.combine.oneOf(['first', 'all'] as const),
    rules,
    otherwise: f.otherwise.oneOf(DECISIONS),
  };
}

const NAME = /^[a-z0-9-]{1,60}$/;
const NAME_ALLOWED = 'small letters, digits and hyphens, at most 60';

function readRule(field: JsonField): IssuerRule {
  const f = field.object(['name', 'when', 'decide', 'reason']);
  const decide = f.decide.oneOf(DECISIONS);
  const reasons = (Object.keys(ACCEPTANCE_OUTCOMES) as AcceptanceOutcome[]).filter((name) => {
    const isApproval = ACCEPTANCE_OUTCOMES[name].kind === 'approved';
    return isApproval === (decide === 'approve');
  });
  return {
    name: f.name.text(NAME, NAME_ALLOWED),
    when: readConditions(f.when),
    decide,
    reason: f.reason.oneOf(reasons),
  };
}

const CONDITIONS = [
  'tvr',
  'cvr',
  'cvrNot',
  'cvmMethod',
  'cvmResult',
  'counter',
  'entry',
  'amountFrom',
  'amountTo',
  'pinTriesBelow',
] as const satisfies readonly (keyof RuleConditions)[];

function readConditions(field: JsonField): RuleConditions {
  const f = field.object([], CONDITIONS);
  if (CONDITIONS.every((name) => f[name] === undefined))
    field.refuse(
      'a rule without a condition',
      `one of ${CONDITIONS.join(', ')}; "otherwise" is for the rest`,
    );
  const some = <T extends string>(list: JsonField | undefined, names: readonly T[]) => {
    const set = list?.someOf(names);
    return set?.size === 0 ? list?.refuse('no name stands here', names.join(', ')) : set;
  };
  const [amountFrom, amountTo] = [readAmount(f.amountFrom), readAmount(f.amountTo)];
  if (amountFrom !== undefined && amountTo !== undefined && amountTo < amountFrom)
    f.amountTo?.refuse('it lies below amountFrom', 'an amount from there on');
  return {
    tvr: some(f.tvr, Object.keys(TVR_FLAGS.bits) as TvrFlag[]),
    cvr: some(f.cvr, Object.keys(CVR_BITS) as CvrBit[]),
    cvrNot: some(f.cvrNot, Object.keys(CVR_BITS) as CvrBit[]),
    cvmMethod: some(f.cvmMethod, [...(Object.keys(CVM_METHOD) as CvmMethod[]), 'notPerformed'] as const),
    cvmResult: some(f.cvmResult, ['unknown', 'failed', 'successful'] as const),
    counter: some(f.counter, ['new', 'too-far-ahead'] as const),
    entry: some(f.entry, ENTRY_MODES),
    amountFrom,
    amountTo,
    pinTriesBelow: f.pinTriesBelow?.whole(1, 15),
  };
}

function readAmount(field: JsonField | undefined): bigint | undefined {
  if (field === undefined) return undefined;
  const amount = BigInt(field.text(/^(0|[1-9]\d{0,15})$/, 'minor units as decimal digits in quotes'));
  return amount <= MAX_AMOUNT ? amount : field.refuse('too large', `at most ${MAX_AMOUNT}`);
}
