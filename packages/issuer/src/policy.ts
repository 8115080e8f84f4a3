/**
 * Limit profiles: what a purse may do between two syncs, by its assurance. Data, not code: a pilot edits these
 * numbers. Amounts are yen.
 *
 * What must hold: a class that is protected less is limited more, as payer and as payee.
 */
import { ASSURANCE, type Assurance } from '@sokkin/crypto';
import type { Limits } from '@sokkin/purse';

export type Situation = 'normal';
export type PurseAssurance = 'secure_element' | 'tee' | 'software';

export const ASSURANCE_CODE: Readonly<Record<PurseAssurance, Assurance>> = {
  secure_element: ASSURANCE.secureElement,
  tee: ASSURANCE.tee,
  software: ASSURANCE.software,
};

export const PROFILES: Readonly<Record<Situation, Readonly<Record<PurseAssurance, Limits>>>> = {
  normal: {
    secure_element: {
      holding: 100_000n,
      count: 50,
      perPaymentWithoutPin: 10_000n,
      cumulativeWithoutPin: 30_000n,
      // By the payee: secure element, TEE, software.
      byClass: [
        { perPayment: 50_000n, cumulative: 100_000n },
        { perPayment: 50_000n, cumulative: 100_000n },
        { perPayment: 50_000n, cumulative: 100_000n },
      ],
    },
    tee: {
      holding: 70_000n,
      count: 50,
      perPaymentWithoutPin: 10_000n,
      cumulativeWithoutPin: 30_000n,
      byClass: [
        { perPayment: 30_000n, cumulative: 70_000n },
        { perPayment: 30_000n, cumulative: 70_000n },
        { perPayment: 30_000n, cumulative: 70_000n },
      ],
    },
    software: {
      holding: 50_000n,
      count: 50,
      perPaymentWithoutPin: 10_000n,
      cumulativeWithoutPin: 30_000n,
      byClass: [
        { perPayment: 20_000n, cumulative: 50_000n },
        { perPayment: 20_000n, cumulative: 50_000n },
        { perPayment: 20_000n, cumulative: 50_000n },
      ],
    },
  },
};

export const limitsFor = (assurance: PurseAssurance, situation: Situation = 'normal'): Limits =>
  PROFILES[situation][assurance];
