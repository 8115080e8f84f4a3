/**
 * Limit profiles: what a purse may do between two syncs, by situation, tier and assurance. Data, not code: these are what a
 * new database begins with, and a pilot changes them as a document (limits-document.ts). Amounts are yen.
 *
 * What must hold: within a situation, who is known less and what is protected less is limited more, as payer and as payee.
 */
import { ASSURANCE, type Assurance } from '@sokkin/crypto';
import type { Limits } from '@sokkin/purse';

/** The order in which a document names them. */
export const SITUATIONS = ['normal', 'outage', 'disaster'] as const;
export type Situation = (typeof SITUATIONS)[number];
/** From who is known least to who is known best; the index is the number in certificates. */
export const TIERS = ['anonymous', 'basic', 'verified'] as const;
export type Tier = (typeof TIERS)[number];
/** From the best protected to the least. */
export const ASSURANCES = ['secure_element', 'tee', 'software'] as const;
export type PurseAssurance = (typeof ASSURANCES)[number];

export const ASSURANCE_CODE: Readonly<Record<PurseAssurance, Assurance>> = {
  secure_element: ASSURANCE.secureElement,
  tee: ASSURANCE.tee,
  software: ASSURANCE.software,
};

/** The number that a certificate has for it. */
export const tierNumber = (tier: Tier): number => TIERS.indexOf(tier);

/**
 * Whose limits a purse has. Certificates from before tiers had names say 0, or any number, for customers who are known: those
 * have the basic tier, or the best one.
 */
export function tierOf({
  tier,
  isAnonymous,
}: {
  readonly tier: number;
  readonly isAnonymous: boolean;
}): Tier {
  if (isAnonymous) return 'anonymous';
  return tier < 2 ? 'basic' : 'verified';
}

export type ByAssurance<T> = Readonly<Record<PurseAssurance, T>>;
export type ByTier<T> = Readonly<Record<Tier, T>>;
export type BySituation<T> = Readonly<Record<Situation, T>>;
export type Profiles = BySituation<ByTier<ByAssurance<Limits>>>;

/** The same for payees of every assurance. */
function row(
  holding: bigint,
  count: number,
  [perPaymentWithoutPin, cumulativeWithoutPin]: readonly [bigint, bigint],
  [perPayment, cumulative]: readonly [bigint, bigint],
): Limits {
  const each = { perPayment, cumulative };
  return { holding, count, perPaymentWithoutPin, cumulativeWithoutPin, byClass: [each, each, each] };
}

//                          holding   count  one, all without PIN    one, all payments
export const PROFILES: Profiles = {
  normal: {
    anonymous: {
      secure_element: row(20_000n, 20, [3_000n, 10_000n], [5_000n, 20_000n]),
      tee: row(15_000n, 20, [3_000n, 10_000n], [5_000n, 15_000n]),
      software: row(10_000n, 20, [3_000n, 10_000n], [3_000n, 10_000n]),
    },
    basic: {
      secure_element: row(100_000n, 50, [10_000n, 30_000n], [50_000n, 100_000n]),
      tee: row(70_000n, 50, [10_000n, 30_000n], [30_000n, 70_000n]),
      software: row(50_000n, 50, [10_000n, 30_000n], [20_000n, 50_000n]),
    },
    verified: {
      secure_element: row(300_000n, 100, [10_000n, 30_000n], [100_000n, 300_000n]),
      tee: row(200_000n, 100, [10_000n, 30_000n], [60_000n, 200_000n]),
      software: row(100_000n, 100, [10_000n, 30_000n], [30_000n, 100_000n]),
    },
  },
  // A region without network for days: purses sync seldom, so that more has to last from one sync to the next.
  outage: {
    anonymous: {
      secure_element: row(30_000n, 40, [3_000n, 20_000n], [5_000n, 30_000n]),
      tee: row(20_000n, 40, [3_000n, 20_000n], [5_000n, 20_000n]),
      software: row(10_000n, 40, [3_000n, 10_000n], [3_000n, 10_000n]),
    },
    basic: {
      secure_element: row(150_000n, 100, [10_000n, 60_000n], [50_000n, 150_000n]),
      tee: row(100_000n, 100, [10_000n, 60_000n], [30_000n, 100_000n]),
      software: row(50_000n, 100, [10_000n, 50_000n], [20_000n, 50_000n]),
    },
    verified: {
      secure_element: row(450_000n, 200, [10_000n, 60_000n], [100_000n, 450_000n]),
      tee: row(300_000n, 200, [10_000n, 60_000n], [60_000n, 300_000n]),
      software: row(100_000n, 200, [10_000n, 60_000n], [30_000n, 100_000n]),
    },
  },
  // Nothing may work for weeks, and cash is short: households live from their purses.
  disaster: {
    anonymous: {
      secure_element: row(50_000n, 80, [5_000n, 50_000n], [10_000n, 50_000n]),
      tee: row(30_000n, 80, [5_000n, 30_000n], [10_000n, 30_000n]),
      software: row(10_000n, 80, [3_000n, 10_000n], [3_000n, 10_000n]),
    },
    basic: {
      secure_element: row(300_000n, 200, [20_000n, 100_000n], [100_000n, 300_000n]),
      tee: row(200_000n, 200, [20_000n, 100_000n], [60_000n, 200_000n]),
      software: row(50_000n, 200, [10_000n, 50_000n], [20_000n, 50_000n]),
    },
    verified: {
      secure_element: row(600_000n, 400, [20_000n, 100_000n], [200_000n, 600_000n]),
      tee: row(400_000n, 400, [20_000n, 100_000n], [100_000n, 400_000n]),
      software: row(100_000n, 400, [10_000n, 60_000n], [30_000n, 100_000n]),
    },
  },
};

/** As a new database has them. */
export const limitsFor = (
  assurance: PurseAssurance,
  tier: Tier = 'basic',
  situation: Situation = 'normal',
): Limits => PROFILES[situation][tier][assurance];
