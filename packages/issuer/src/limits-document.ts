/**
 * Limit profiles as a document that is proposed, approved and kept in versions.
 *
 *     {"normal": {"secure_element": {"holding": "100000", "count": 50, "per_payment_without_pin": "10000",
 *       "cumulative_without_pin": "30000", "by_class": {"secure_element": {"per_payment": "50000", "cumulative":
 *       "100000"}, "tee": ..., "software": ...}}, "tee": ..., "software": ...}}
 *
 * What must hold of every document: amounts are yen in decimal digits; no limit says more than the one around it; a
 * class that is protected less is limited more, as payer and as payee.
 */
import { MAX_AMOUNT } from '@sokkin/codec';
import type { Limits } from '@sokkin/purse';
import type { PROFILES, PurseAssurance, Situation } from './policy.ts';

export type Profiles = typeof PROFILES;

/** From the best protected to the least. */
const CLASSES = ['secure_element', 'tee', 'software'] as const satisfies readonly PurseAssurance[];
const SITUATIONS = ['normal'] as const satisfies readonly Situation[];
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
  readonly by_class: Readonly<Record<PurseAssurance, ClassDocument>>;
}
export type ProfilesDocument = Readonly<Record<Situation, Readonly<Record<PurseAssurance, LimitsDocument>>>>;

const limitsDocument = (l: Limits): LimitsDocument => {
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

export const profilesDocument = ({ normal }: Profiles): ProfilesDocument => ({
  normal: {
    secure_element: limitsDocument(normal.secure_element),
    tee: limitsDocument(normal.tee),
    software: limitsDocument(normal.software),
  },
});

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

export const profilesOf = ({ normal }: ProfilesDocument): Profiles => ({
  normal: {
    secure_element: limitsOf(normal.secure_element),
    tee: limitsOf(normal.tee),
    software: limitsOf(normal.software),
  },
});

/** What is wrong with them, in a sentence; undefined: nothing. */
export function faultOf(profiles: Profiles): string | undefined {
  for (const situation of SITUATIONS) {
    const profile = profiles[situation];
    for (const [i, name] of CLASSES.entries()) {
      const fault = faultWithin(profile[name]);
      if (fault !== undefined) return `${situation}.${name}: ${fault}.`;
      const better = CLASSES[i - 1];
      const above = better === undefined ? undefined : faultBetween(profile[better], profile[name]);
      if (above !== undefined)
        return `${situation}.${name}: ${above} is larger than that of ${better}, which is protected better.`;
    }
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
    if (perPayment > cumulative) return `one payment to ${CLASSES[i]} may be larger than all of them`;
    if (cumulative > l.holding) return `payments to ${CLASSES[i]} may add up to more than the purse may hold`;
    const better = l.byClass[i - 1];
    if (better !== undefined && (perPayment > better.perPayment || cumulative > better.cumulative))
      return `more may be paid to ${CLASSES[i]} than to ${CLASSES[i - 1]}, which is protected better`;
  }
  return undefined;
}

/** The name of the first limit by which the less protected class may do more. */
function faultBetween(better: Limits, worse: Limits): string | undefined {
  if (worse.holding > better.holding) return 'holding';
  if (worse.count > better.count) return 'count';
  if (worse.perPaymentWithoutPin > better.perPaymentWithoutPin) return 'per_payment_without_pin';
  if (worse.cumulativeWithoutPin > better.cumulativeWithoutPin) return 'cumulative_without_pin';
  for (const [i, limits] of worse.byClass.entries()) {
    const other = better.byClass[i];
    if (other === undefined) continue;
    if (limits.perPayment > other.perPayment) return `by_class.${CLASSES[i]}.per_payment`;
    if (limits.cumulative > other.cumulative) return `by_class.${CLASSES[i]}.cumulative`;
  }
  return undefined;
}
