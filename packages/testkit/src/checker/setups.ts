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
import { loadPaymentApplication } from './payment-card.ts';
import { Rig, type RigOptions } from './rig.ts';
import type { Situation } from './situation.ts';
import { symbolicCrypto } from './symbolic-crypto.ts';
import type { Table } from './table.ts';
import type { Sale } from './tap.ts';
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
/** Keeps no history: which of two settled debits is the newer makes no difference. */
const FLAT: Profile = { ...SMALL, history: 0 };

const bounds = (b: Partial<Bounds> & Pick<Bounds, 'tickets' | 'payments' | 'grants'>): Bounds => ({
  amount: 1n,
  maximum: 2n,
  taps: [],
  sales: [],
  ...b,
});

const sale = (number: number, amount: bigint): Sale => ({ name: `s${number}`, amount, number });

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
  shop: {
    name: 'one purse, one shop',
    why: 'every way to pay in a shop, lost TCs recovered or cancelled, more wanted than is there',
    profile: FLAT,
    balances: [2n],
    bounds: bounds({
      tickets: [0],
      payments: [0],
      grants: [1],
      taps: [3],
      sales: [sale(1, 1n), sale(2, 2n)],
    }),
    wider: bounds({
      tickets: [0],
      payments: [0],
      grants: [3],
      taps: [5],
      sales: [sale(1, 1n), sale(2, 2n)],
    }),
  },
  shopAndFriend: {
    name: 'two purses, one also pays in a shop',
    why: 'payments and approvals of one balance interleaved, so small that it is the one or the other',
    profile: FLAT,
    balances: [1n, 1n],
    bounds: bounds({
      tickets: [1, 1],
      payments: [1, 1],
      grants: [0, 0],
      taps: [2, 0],
      sales: [sale(1, 1n)],
      maximum: 1n,
    }),
    wider: bounds({
      tickets: [1, 1],
      payments: [1, 1],
      grants: [1, 0],
      taps: [3, 0],
      sales: [sale(1, 1n), sale(2, 2n)],
      amount: 2n,
    }),
  },
  fullWindow: {
    name: 'two purses, a shop, least memory',
    why: 'one window for payments and approvals: what is open of the one keeps out the other',
    profile: TINY,
    balances: [2n, 0n],
    bounds: bounds({
      tickets: [0, 1],
      payments: [1, 0],
      grants: [1, 0],
      taps: [2, 0],
      sales: [sale(1, 1n)],
    }),
    wider: bounds({
      tickets: [0, 2],
      payments: [2, 0],
      grants: [2, 0],
      taps: [3, 0],
      sales: [sale(1, 1n)],
    }),
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
      sales: setup.wider.sales,
      paidIn: setup.balances.reduce((sum, b) => sum + b, 0n),
    },
    start: {
      memories,
      known: new Map(),
      tickets: [],
      payments: [],
      approvals: [],
      backend: {
        proven,
        open: new Map(),
        consumed: new Map(),
        grants: [],
        approvals: new Map(),
        fates: new Map(),
      },
    },
  };
}

async function birth(
  world: World,
  machinery: Machinery,
  { profile, wider }: Setup,
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
  if ((wider.taps[index] ?? 0) > 0) await loadPaymentApplication(nvm, index);
  return { image: nvm.snapshot(), certificate };
}
