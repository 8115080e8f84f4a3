/**
 * The cardholder verification method list, tag 8E (Book 3, 10.5 and Annex C3): two amounts, then rules in the
 * order in which the terminal tries them.
 *
 * What must hold: a list that is written reads back; rules with codes that have no name here are kept, as a
 * terminal must see them to say that it does not know them.
 */
import { type Bytes, concat, u8, u32 } from '../bytes.ts';
import { assert, fail } from '../errors.ts';
import { Reader } from '../reader.ts';

/** Codes of methods, bits 6 to 1 of a rule's first byte. */
export const CVM_METHOD = {
  fail: 0x00,
  offlinePinPlain: 0x01,
  onlinePin: 0x02,
  offlinePinPlainAndSignature: 0x03,
  offlinePinEnciphered: 0x04,
  offlinePinEncipheredAndSignature: 0x05,
  signature: 0x1e,
  noCvm: 0x1f,
} as const;
export type CvmMethod = keyof typeof CVM_METHOD;

/** Codes of conditions, a rule's second byte. X and Y are the list's amounts, in the application's currency. */
export const CVM_CONDITION = {
  always: 0x00,
  unattendedCash: 0x01,
  /** Neither cash nor cashback. */
  purchase: 0x02,
  terminalSupports: 0x03,
  manualCash: 0x04,
  cashback: 0x05,
  underX: 0x06,
  overX: 0x07,
  underY: 0x08,
  overY: 0x09,
} as const;
export type CvmCondition = keyof typeof CVM_CONDITION;

/** "Apply succeeding rule if this one is unsuccessful". */
const APPLY_NEXT = 0x40;
const METHOD_MASK = 0x3f;

export interface CvmRule {
  /** A name, or the code of one that is not known here. */
  readonly method: CvmMethod | number;
  readonly condition: CvmCondition | number;
  /** Whether the next rule counts when this one fails; else all of it has failed. */
  readonly elseNext: boolean;
}

export interface CvmList {
  /** Minor units of the application's currency. */
  readonly x: number;
  readonly y: number;
  readonly rules: readonly CvmRule[];
}

const MOST_BYTES = 252;
const METHODS = namesOf(CVM_METHOD);
const CONDITIONS = namesOf(CVM_CONDITION);

function namesOf<N extends string>(codes: Readonly<Record<N, number>>): ReadonlyMap<number, N> {
  return new Map((Object.keys(codes) as N[]).map((name) => [codes[name], name]));
}

export function encodeCvmList({ x, y, rules }: CvmList): Bytes {
  const out = concat(u32(x), u32(y), ...rules.map((rule) => concat(...bytesOfRule(rule))));
  assert(out.length <= MOST_BYTES, () => `CVM list of ${out.length} bytes`);
  return out;
}

/** The two bytes of a rule; they also begin the CVM results (tag 9F34). */
function bytesOfRule({ method, condition, elseNext }: CvmRule): [Bytes, Bytes] {
  const code = typeof method === 'number' ? method : CVM_METHOD[method];
  const when = typeof condition === 'number' ? condition : CVM_CONDITION[condition];
  return [u8((elseNext ? APPLY_NEXT : 0) | code), u8(when)];
}

/** The first two bytes of the CVM results for a rule (Book 4, Annex A4). */
export const cvmRuleBytes = (rule: CvmRule): Bytes => concat(...bytesOfRule(rule));

/** `bad_length` for what is no list: amounts of 4 bytes each, whole rules. A list may be without any rule. */
export function parseCvmList(bytes: Bytes): CvmList {
  if (bytes.length < 8 || bytes.length % 2 !== 0 || bytes.length > MOST_BYTES)
    fail('bad_length', `CVM list: ${bytes.length} bytes`);
  const r = new Reader(bytes, 'CVM list');
  const [x, y] = [r.u32(), r.u32()];
  const rules: CvmRule[] = [];
  while (r.remaining > 0) {
    const [first, second] = [r.u8(), r.u8()];
    const code = first & METHOD_MASK;
    rules.push({
      method: METHODS.get(code) ?? code,
      condition: CONDITIONS.get(second) ?? second,
      elseNext: (first & APPLY_NEXT) !== 0,
    });
  }
  return { x, y, rules };
}
