/**
 * What other limits would have refused, of payments that were made and proven.
 *
 * What must hold: the same journals and limits give the same figures; a payment counts once, under the limit that the purse
 * would have named (packages/purse/src/machine/spend.ts); what would have been refused uses up nothing of the sums. Journals
 * do not say whether a PIN was entered: `pin_needed` counts payments that would have taken one, and refuses nothing.
 */

import type { Limits } from '@sokkin/purse';
import {
  ASSURANCES,
  type ByAssurance,
  type ByTier,
  type PurseAssurance,
  TIERS,
  type Tier,
} from './policy.ts';

/** What one purse did between two syncs. */
export interface Period {
  /** As the Statement said that it begins with; 0 for a new purse. */
  readonly balance: bigint;
  /** In the order of the journal. */
  readonly events: readonly PeriodEvent[];
}
export type PeriodEvent =
  | {
      readonly kind: 'paid';
      readonly amount: bigint;
      /** The payee's; undefined: the issuer's purse, which is paid beyond all limits. */
      readonly to: PurseAssurance | undefined;
    }
  | { readonly kind: 'credited'; readonly amount: bigint };

export interface PurseHistory {
  readonly tier: Tier;
  readonly assurance: PurseAssurance;
  readonly periods: readonly Period[];
}

export const REFUSALS = ['per_payment', 'cumulative', 'count', 'holding', 'pin_needed'] as const;
export type RefusalName = (typeof REFUSALS)[number];
export interface RefusalFigures {
  payments: number;
  purses: number;
  value: bigint;
}
export type Refusals = Readonly<Record<RefusalName, RefusalFigures>>;

export interface ClassFigures {
  readonly tier: Tier;
  readonly assurance: PurseAssurance;
  purses: number;
  /** Payments to other purses. */
  payments: number;
  value: bigint;
  readonly inForce: Refusals;
  readonly proposed: Refusals;
}

type Profile = ByTier<ByAssurance<Limits>>;

export class LimitsPreview {
  readonly #inForce: Profile;
  readonly #proposed: Profile;
  readonly #figures = new Map<string, ClassFigures>();

  constructor(inForce: Profile, proposed: Profile) {
    this.#inForce = inForce;
    this.#proposed = proposed;
  }

  add(purse: PurseHistory): void {
    const { tier, assurance, periods } = purse;
    const key = `${tier} ${assurance}`;
    const figures = this.#figures.get(key) ?? nothingOf(tier, assurance);
    this.#figures.set(key, figures);
    figures.purses += 1;
    for (const { events } of periods)
      for (const event of events) {
        if (event.kind !== 'paid' || event.to === undefined) continue;
        figures.payments += 1;
        figures.value += event.amount;
      }
    tally(figures.inForce, periods, this.#inForce[tier][assurance]);
    tally(figures.proposed, periods, this.#proposed[tier][assurance]);
  }

  /** By tier and assurance, in the order of the document; those without a purse are left out. */
  figures(): ClassFigures[] {
    return TIERS.flatMap((tier) =>
      ASSURANCES.flatMap((assurance) => this.#figures.get(`${tier} ${assurance}`) ?? []),
    );
  }
}

const noFigures = (): RefusalFigures => ({ payments: 0, purses: 0, value: 0n });
const noRefusals = (): Refusals => ({
  per_payment: noFigures(),
  cumulative: noFigures(),
  count: noFigures(),
  holding: noFigures(),
  pin_needed: noFigures(),
});
const nothingOf = (tier: Tier, assurance: PurseAssurance): ClassFigures => ({
  ...{ tier, assurance, purses: 0, payments: 0, value: 0n },
  inForce: noRefusals(),
  proposed: noRefusals(),
});

/** Adds what one purse would have been refused. */
function tally(into: Refusals, periods: readonly Period[], limits: Limits): void {
  const met = new Set<RefusalName>();
  const refuse = (name: RefusalName, amount: bigint) => {
    into[name].payments += 1;
    into[name].value += amount;
    if (!met.has(name)) into[name].purses += 1;
    met.add(name);
  };
  for (const period of periods) walk(period, limits, refuse);
}

function walk(
  { balance: before, events }: Period,
  limits: Limits,
  refuse: (name: RefusalName, amount: bigint) => void,
): void {
  let [balance, count, withoutPin] = [before, 0, 0n];
  const spent: [bigint, bigint, bigint] = [0n, 0n, 0n];
  for (const event of events) {
    const { amount } = event;
    if (event.kind === 'credited') {
      balance += amount;
      if (balance > limits.holding) refuse('holding', amount);
      continue;
    }
    balance -= amount;
    if (event.to === undefined) continue;
    const i = classIndex(event.to);
    const { perPayment, cumulative } = limits.byClass[i];
    if (amount > perPayment) refuse('per_payment', amount);
    else if (spent[i] + amount > cumulative) refuse('cumulative', amount);
    else if (count + 1 > limits.count) refuse('count', amount);
    else {
      spent[i] += amount;
      count += 1;
      const takesPin =
        amount > limits.perPaymentWithoutPin || withoutPin + amount > limits.cumulativeWithoutPin;
      // Whoever enters it begins anew.
      withoutPin = takesPin ? 0n : withoutPin + amount;
      if (takesPin) refuse('pin_needed', amount);
    }
  }
}

function classIndex(assurance: PurseAssurance): 0 | 1 | 2 {
  switch (assurance) {
    case 'secure_element':
      return 0;
    case 'tee':
      return 1;
    case 'software':
      return 2;
  }
}
