/**
 * What a simulation is told: the schema of a scenario (docs/simulate.md describes it), with its defaults.
 *
 * What must hold: a scenario is data, and is refused as a whole if anything in it is unknown or out of range; two runs
 * of one scenario and seed are the same to the byte.
 */
import { SokkinError } from '@sokkin/codec';
import { limitsFor } from '@sokkin/issuer';
import type { Limits } from '@sokkin/purse';
import { z } from 'zod';
import { scaledLimits } from './world/element.ts';

const share = z.number().min(0).max(1);
const yen = z.int().min(1).max(1_000_000_000);
const day = z.number().min(0).max(3650);
const amount = z.strictObject({
  /** Half of all are less. */
  median: yen,
  /** Standard deviation of the logarithm. */
  spread: z.number().min(0).max(3),
});

const limitsChange = z.strictObject({
  scale: z.number().positive().max(1000).optional(),
  holding: yen.optional(),
  per_payment: yen.optional(),
  cumulative: yen.optional(),
  count: z.int().min(1).max(65_535).optional(),
});

const habit = z.strictObject({
  share: z.number().positive().max(1),
  /** Mean days between two meetings with the network; null: only when the purse cannot pay any more. */
  every_days: z.number().positive().max(3650).nullable(),
});

export const ATTACKS = ['clone', 'rollback', 'mint', 'collude'] as const;
export type AttackKind = (typeof ATTACKS)[number];

const attack = z.strictObject({
  kind: z.enum(ATTACKS),
  /** How many such attacks there are, each with people of its own. */
  groups: z.int().min(1).max(10_000).default(1),
  from_day: day.default(0),
  /** Of a clone: how many copies spend at once. */
  copies: z.int().min(2).max(64).default(2),
  /** What each broken element pays in a day, on average. */
  payments_per_day: z.number().positive().max(1000).default(10),
  amount: amount.default({ median: 3000, spread: 0.7 }),
  /** never; as others do; or, of a clone, one copy alone. */
  sync: z.enum(['never', 'normal', 'one']).default('never'),
  /** People with honest elements who take false money and spend it as their own. */
  mules: z.int().min(0).max(1000).default(0),
  /** Which share of the payments goes to them. */
  to_mules: share.default(0),
  /** False: the element does not count what it spends without a sync. */
  counts: z.boolean().default(true),
});
export type Attack = z.infer<typeof attack>;

export const scenarioSchema = z.strictObject({
  purses: z.int().min(20).max(2_000_000).default(10_000),
  days: z.int().min(1).max(3650).default(60),
  people: z
    .strictObject({
      /** Of the purses: the others are shops. */
      share: z.number().min(0.5).max(1).default(0.96),
      household: z.number().min(1).max(10).default(2.2),
      payments_per_day: z.number().positive().max(100).default(0.7),
      /** How different people are: standard deviation of the logarithm of their rate. */
      spread: z.number().min(0).max(2).default(0.7),
      /** Which share of the payments is in shops. */
      to_shops: share.default(0.8),
      friends: z.int().min(1).max(200).default(12),
      amount: amount.default({ median: 3000, spread: 0.8 }),
      in_shops: amount.default({ median: 1100, spread: 0.9 }),
      /** Of the payments: their payer learns in the same tap what became of them. */
      receipts: share.default(0.6),
      /** Of the payments: they leave their payer, and arrive only with the next try. */
      torn: share.default(0.003),
      /** Of the purses, in a year: lost with what is on them, and replaced. */
      lost: z.number().min(0).max(10).default(0.03),
      /** Of the payees: their phones hand in the signed Payments that they saw. */
      hand_in: share.default(0.9),
    })
    .prefault({}),
  places: z
    .strictObject({
      regions: z.int().min(1).max(1000).default(12),
      /** Which share of contacts and purchases is in one's own region. */
      local: share.default(0.85),
      /** Exponent of the shops' popularity (Zipf). */
      popularity: z.number().min(0).max(3).default(0.9),
    })
    .prefault({}),
  money: z
    .strictObject({
      /** With the network, a person with less than this ... */
      fund_below: yen.default(8000),
      /** ... fills the purse up to about this. */
      fund_to: yen.default(25_000),
      /** What a shop keeps when it redeems. */
      shop_keeps: yen.default(20_000),
    })
    .prefault({}),
  /** Hours until somebody who cannot pay finds the network, on average. */
  hurry_hours: z.number().positive().max(1000).default(8),
  outages: z
    .array(
      z.strictObject({
        from_day: day,
        days: z.number().positive().max(3650),
        /** The first so many regions. */
        regions: z.int().min(1).max(1000),
      }),
    )
    .default([]),
  limits: z.string().default('normal'),
  limit_profiles: z.record(z.string(), limitsChange).default({ normal: {} }),
  /** How a shop's limits differ from a person's. */
  shop_limits: limitsChange.default({ scale: 50, count: 2000 }),
  sync: z.string().default('normal'),
  sync_habits: z.record(z.string(), z.array(habit).min(1).max(20)).default({
    normal: [
      { share: 0.5, every_days: 1 },
      { share: 0.35, every_days: 7 },
      { share: 0.15, every_days: null },
    ],
  }),
  attacks: z.array(attack).max(100).default([]),
  policy: z
    .strictObject({
      /** A proven finding blocks the purse at once. */
      block_proven: z.boolean().default(true),
      /** A purse whose shadow balance is below minus this is blocked; null: suspicion never blocks. */
      block_shadow_below: yen.nullable().default(null),
      /** How many blocked purses a Grant names, newest first. */
      list: z.int().min(0).max(16).default(16),
    })
    .prefault({}),
});
export type Scenario = z.infer<typeof scenarioSchema>;

export class ScenarioError extends SokkinError<'usage'> {
  constructor(message: string) {
    super('usage', message);
  }
}

/** Throws a `ScenarioError` that names the place. */
export function parseScenario(value: unknown, name: string): Scenario {
  const read = scenarioSchema.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    const place = issue?.path.join('.') ?? '';
    const where = place === '' ? name : `${name}, ${place}`;
    throw new ScenarioError(
      `${where}: ${issue?.message ?? 'not a scenario'}. docs/simulate.md lists what may stand there.`,
    );
  }
  const fault = faultOf(read.data);
  if (fault !== undefined) throw new ScenarioError(`${name}: ${fault}`);
  return read.data;
}

function faultOf(s: Scenario): string | undefined {
  const limits = s.limit_profiles[s.limits];
  if (limits === undefined)
    return `limits "${s.limits}" is not in limit_profiles (${names(s.limit_profiles)}).`;
  const habits = s.sync_habits[s.sync];
  if (habits === undefined) return `sync "${s.sync}" is not in sync_habits (${names(s.sync_habits)}).`;
  const whole = habits.reduce((sum, h) => sum + h.share, 0);
  if (Math.abs(whole - 1) > 1e-9) return `the shares of sync_habits.${s.sync} add up to ${whole}, not to 1.`;
  const { byClass, holding } = personLimits(s);
  if (byClass[0].perPayment > byClass[0].cumulative)
    return `limits "${s.limits}": one payment may be larger than all together.`;
  if (byClass[0].cumulative > holding)
    return `limits "${s.limits}": payments may add up to more than the purse may hold.`;
  if (s.money.fund_below > s.money.fund_to) return 'money.fund_below is more than money.fund_to.';
  const needed = s.attacks.reduce((sum, a) => sum + a.groups * (2 + a.mules), 0);
  const people = Math.floor(s.purses * s.people.share);
  if (needed > people / 2)
    return `the attacks need ${needed} people, more than half of the ${people} there are.`;
  const late = s.attacks.find((a) => a.from_day >= s.days);
  if (late !== undefined)
    return `an attack begins on day ${late.from_day}, and the simulation ends on day ${s.days}.`;
  return undefined;
}

const names = (of: Readonly<Record<string, unknown>>): string => Object.keys(of).join(', ');

/** The real profile of a secure element, changed as the scenario says. */
export const personLimits = (s: Scenario): Limits =>
  scaledLimits(limitsFor('secure_element'), s.limit_profiles[s.limits] ?? {});
/** A shop's differ from the real profile in the same way whatever people's are: it is the people who are varied. */
export const shopLimits = (s: Scenario): Limits => scaledLimits(limitsFor('secure_element'), s.shop_limits);
