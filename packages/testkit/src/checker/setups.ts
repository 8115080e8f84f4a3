/**
 * The small worlds that are explored, each for the sake of something. Bounds are part of the claim: a run proves
 * what it says within them, and the random walk (walk.ts) goes beyond.
 */

import { inMemoryNvm } from '@sokkin/card';
import { type Bytes, hex } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import type { Profile } from '@sokkin/purse';
import { fund, makeWorld, personaliseCard, readStatement, sync, type World } from '../world.ts';
import { FIRST_PURSE } from './key.ts';
import type { Machinery } from './machinery.ts';
import type { Bounds } from './moves.ts';
import type { Table } from './play.ts';
import { Rig, type RigOptions } from './rig.ts';
import type { Situation } from './situation.ts';
import { symbolicCrypto } from './symbolic-crypto.ts';
import { ALL_CHECKS } from './violation.ts';

export interface Setup {
  readonly name: string;
  readonly why: string;
  readonly profile: Profile;
  /** What each purse holds at first; how many there are. */
  readonly balances: readonly bigint[];
  readonly bounds: Bounds;
  /** For the long run. */
  readonly wider: Bounds;
}

const SMALL: Profile = { cells: 16, tickets: 2, outgoing: 2, pinTries: 3, history: 1 };
/** The least that is valid: its windows fill at once. */
const TINY: Profile = { cells: 8, tickets: 1, outgoing: 1, pinTries: 3, history: 0 };

const bounds = (b: Partial<Bounds> & Pick<Bounds, 'tickets' | 'payments' | 'grants'>): Bounds => ({
  amount: 1n,
  maximum: 2n,
  ...b,
});

export const SETUPS = {
  payAndReturn: {
    name: 'two purses, one pays',
    why: 'amounts above and below the maximum, tickets voided, receipts and refusals, one Grant each',
    profile: SMALL,
    balances: [3n, 1n],
    bounds: bounds({ tickets: [0, 1], payments: [2, 0], grants: [1, 1], amount: 2n }),
    wider: bounds({ tickets: [0, 2], payments: [2, 0], grants: [1, 1], amount: 2n }),
  },
  bothWays: {
    name: 'two purses, both pay',
    why: 'received money spent on while its receipt is on the way; own tickets',
    profile: SMALL,
    balances: [1n, 1n],
    bounds: bounds({ tickets: [1, 1], payments: [1, 1], grants: [0, 0], amount: 2n }),
    wider: bounds({ tickets: [1, 1], payments: [1, 1], grants: [1, 1], amount: 2n }),
  },
  windowRolls: {
    name: 'two purses, least memory',
    why: 'the ticket window of one rolls, the outgoing window of one is full, the journal fills',
    profile: TINY,
    balances: [3n, 0n],
    bounds: bounds({ tickets: [0, 3], payments: [1, 0], grants: [1, 1] }),
    wider: bounds({ tickets: [2, 3], payments: [2, 0], grants: [1, 1] }),
  },
  twoPayers: {
    name: 'three purses, one ticket for two payers',
    why: 'the adversary gives one ticket to both; only one is credited, the other comes back',
    profile: SMALL,
    balances: [1n, 1n, 0n],
    bounds: bounds({ tickets: [0, 0, 1], payments: [1, 1, 0], grants: [1, 0, 1] }),
    wider: bounds({ tickets: [0, 0, 2], payments: [1, 1, 0], grants: [1, 1, 1] }),
  },
  chain: {
    name: 'three purses, money passed on',
    why: 'A pays B, B pays C with what it got, everything lost and replayed in between',
    profile: SMALL,
    balances: [1n, 0n, 0n],
    bounds: bounds({ tickets: [0, 1, 1], payments: [1, 1, 0], grants: [0, 1, 0], maximum: 1n }),
    wider: bounds({ tickets: [0, 1, 1], payments: [1, 1, 0], grants: [1, 1, 1], maximum: 1n }),
  },
} satisfies Record<string, Setup>;
export type SetupName = keyof typeof SETUPS;

export interface Ready {
  readonly table: Table;
  readonly start: Situation;
}

/** Brings the purses of a setup to life through their APDUs, funded and synced. */
export async function prepare(
  setup: Setup,
  options: Partial<RigOptions> & { readonly machinery: Machinery },
): Promise<Ready> {
  const crypto = options.crypto ?? symbolicCrypto();
  const rig = new Rig({ checks: ALL_CHECKS, secondCuts: 1, ...options, crypto });
  const world = await makeWorld(crypto);
  const born = await Promise.all(
    setup.balances.map((b, i) => birth(world, options.machinery, setup, i, b, crypto)),
  );
  const memories = await Promise.all(born.map((b) => rig.memory(b.image)));
  const proven = memories.map(({ state }) => ({ seq: state.seq, head: hex(state.head) }));
  return {
    table: {
      rig,
      world,
      certificates: born.map((b) => b.certificate),
      paidIn: setup.balances.reduce((sum, b) => sum + b, 0n),
    },
    start: {
      memories,
      known: new Map(),
      tickets: [],
      payments: [],
      backend: { proven, open: new Map(), consumed: new Map(), grants: [] },
    },
  };
}

async function birth(
  world: World,
  machinery: Machinery,
  { profile }: Setup,
  index: number,
  balance: bigint,
  crypto: CryptoPort,
): Promise<{ image: Bytes; certificate: Awaited<ReturnType<typeof personaliseCard>> }> {
  const nvm = inMemoryNvm(machinery.memorySize(profile));
  const card = await machinery.create(nvm, crypto, profile);
  const certificate = await personaliseCard(world, card, FIRST_PURSE + index);
  await sync(world, card, { order: 'activate' });
  if (balance > 0n) {
    await fund(world, card, balance);
    await sync(world, card);
  }
  await readStatement(card);
  return { image: nvm.snapshot(), certificate };
}
