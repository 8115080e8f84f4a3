/**
 * Limit profiles as a document that is proposed, approved and kept in versions.
 *
 *     {"normal": {"anonymous": {"secure_element": {"holding": "20000", "count": 20, "per_payment_without_pin": "3000",
 *       "cumulative_without_pin": "10000", "by_class": {"secure_element": {"per_payment": "5000", "cumulative":
 *       "20000"}, "tee": ..., "software": ...}}, "tee": ..., "software": ...}, "basic": ..., "verified": ...},
 *      "outage": ..., "disaster": ...}
 *
 * What must hold of every document: amounts are yen in decimal digits; no limit says more than the one around it; within a
 * situation, who is known less and what is protected less is limited more, as payer and as payee. A document from before
 * tiers and situations is read as what it says, for all of them.
 */
import { MAX_AMOUNT } from '@sokkin/codec';
import type { Limits } from '@sokkin/purse';
import {
  ASSURANCES,
  type ByAssurance,
  type BySituation,
  type ByTier,
  type Profiles,
  SITUATIONS,
  TIERS,
} from './policy.ts';

const MAX_COUNT = 0xffff;

interface ClassDocument {
  readonly per_payment: string;
  readonly cumulative: string;
}
export interface LimitsDocument {
  readonly holding: string;
  readonly count: number;
  readonly per_payment_without_pin: string;
  readonly cumulative_without_pin: string;
  readonly by_class: ByAssurance<ClassDocument>;
}
export type ProfilesDocument = BySituation<ByTier<ByAssurance<LimitsDocument>>>;

const assuranceMap = <A, B>(from: ByAssurance<A>, f: (a: A) => B): ByAssurance<B> => ({
  secure_element: f(from.secure_element),
  tee: f(from.tee),
  software: f(from.software),
});
const tierMap = <A, B>(from: ByTier<A>, f: (a: A) => B): ByTier<B> => ({
  anonymous: f(from.anonymous),
  basic: f(from.basic),
  verified: f(from.verified),
});
const everywhere = <A, B>(
  from: BySituation<ByTier<ByAssurance<A>>>,
  f: (a: A) => B,
): BySituation<ByTier<ByAssurance<B>>> => {
  const inSituation = (tiers: ByTier<ByAssurance<A>>) => tierMap(tiers, (t) => assuranceMap(t, f));
  return {
    normal: inSituation(from.normal),
    outage: inSituation(from.outage),
    disaster: inSituation(from.disaster),
  };
};

export const limitsDocument = (l: Limits): LimitsDocument => {
  const ofClass = (i: 0 | 1 | 2): ClassDocument => ({
    per_payment: l.byClass[i].perPayment.toString(),
    cumulative: l.byClass[i].cumulative.toString(),
  });
  return {
    holding: l.holding.toString(),
    count: l.count,
    per_payment_without_pin: l.perPaymentWithoutPin.toString(),
    cumulative_without_pin: l.cumulativeWithoutPin.toString(),
    by_class: { secure_element: ofClass(0), tee: ofClass(1), software: ofClass(2) },
  };
};

export const profilesDocument = (profiles: Profiles): ProfilesDocument =>
  everywhere(profiles, limitsDocument);

function limitsOf(d: LimitsDocument): Limits {
  const ofClass = (c: ClassDocument) => ({
    perPayment: BigInt(c.per_payment),
    cumulative: BigInt(c.cumulative),
  });
  const { secure_element, tee, software } = d.by_class;
  return {
    holding: BigInt(d.holding),
    count: d.count,
    perPaymentWithoutPin: BigInt(d.per_payment_without_pin),
    cumulativeWithoutPin: BigInt(d.cumulative_without_pin),
    byClass: [ofClass(secure_element), ofClass(tee), ofClass(software)],
  };
}

export const profilesOf = (document: ProfilesDocument): Profiles => everywhere(document, limitsOf);

/** A stored document in today's shape. Before there were tiers and situations, it was `{"normal": {"secure_element": ...}}`. */
export function wholeDocument(stored: unknown): unknown {
  if (!isObject(stored) || !isObject(stored.normal) || !('secure_element' in stored.normal)) return stored;
  const all = { anonymous: stored.normal, basic: stored.normal, verified: stored.normal };
  return { normal: all, outage: all, disaster: all };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** What is wrong with them, in a sentence; undefined: nothing. */
export function faultOf(profiles: Profiles): string | undefined {
  for (const situation of SITUATIONS)
    for (const [t, tier] of TIERS.entries())
      for (const [a, assurance] of ASSURANCES.entries()) {
        const here = profiles[situation][tier][assurance];
        const where = `${situation}.${tier}.${assurance}`;
        const fault = faultWithin(here);
        if (fault !== undefined) return `${where}: ${fault}.`;
        const better = ASSURANCES[a - 1];
        const more = better && faultBetween(profiles[situation][tier][better], here);
        if (more !== undefined)
          return `${where}.${more} is larger than that of ${better}, which is protected better.`;
        const known = TIERS[t + 1];
        const less = known && faultBetween(profiles[situation][known][assurance], here);
        if (less !== undefined)
          return `${where}.${less} is larger than that of ${known}, who are known better.`;
      }
  return undefined;
}

function faultWithin(l: Limits): string | undefined {
  const all = [l.holding, l.perPaymentWithoutPin, l.cumulativeWithoutPin];
  for (const { perPayment, cumulative } of l.byClass) all.push(perPayment, cumulative);
  if (all.some((amount) => amount < 0n || amount > MAX_AMOUNT)) return 'an amount is out of range';
  if (l.count < 0 || l.count > MAX_COUNT) return 'count is out of range';
  if (l.perPaymentWithoutPin > l.cumulativeWithoutPin)
    return 'one payment without PIN may be larger than all of them';
  for (const [i, { perPayment, cumulative }] of l.byClass.entries()) {
    if (perPayment > cumulative) return `one payment to ${ASSURANCES[i]} may be larger than all of them`;
    if (cumulative > l.holding)
      return `payments to ${ASSURANCES[i]} may add up to more than the purse may hold`;
    const better = l.byClass[i - 1];
    if (better !== undefined && (perPayment > better.perPayment || cumulative > better.cumulative))
      return `more may be paid to ${ASSURANCES[i]} than to ${ASSURANCES[i - 1]}, which is protected better`;
  }
  return undefined;
}

/** The path of the first limit by which the second may do more. */
function faultBetween(better: Limits, worse: Limits): string | undefined {
  if (worse.holding > better.holding) return 'holding';
  if (worse.count > better.count) return 'count';
  if (worse.perPaymentWithoutPin > better.perPaymentWithoutPin) return 'per_payment_without_pin';
  if (worse.cumulativeWithoutPin > better.cumulativeWithoutPin) return 'cumulative_without_pin';
  for (const [i, limits] of worse.byClass.entries()) {
    const other = better.byClass[i];
    if (other === undefined) continue;
    if (limits.perPayment > other.perPayment) return `by_class.${ASSURANCES[i]}.per_payment`;
    if (limits.cumulative > other.cumulative) return `by_class.${ASSURANCES[i]}.cumulative`;
  }
  return undefined;
}
