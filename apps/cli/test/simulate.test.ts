/** A nation on paper: its money adds up (I1), the honest are not accused (I7), attackers are, and chance is only the seed's. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertWritable } from '../src/data/files.ts';
import { Nation } from '../src/simulate/nation.ts';
import { parseGrid, planOf } from '../src/simulate/plan.ts';
import { studyFiles } from '../src/simulate/report/files.ts';
import { quantile } from '../src/simulate/report/summary.ts';
import { parseScenario } from '../src/simulate/scenario.ts';
import { Queue } from '../src/simulate/world/queue.ts';
import { Streams } from '../src/simulate/world/random.ts';

const scenario = (changes: object) => parseScenario({ purses: 150, days: 12, ...changes }, 'the test');
const run = (changes: object, seed = 1) => new Nation(scenario(changes), seed).run();
const LONG = 120_000;

describe('chance', () => {
  test('a stream depends on seed, purpose and number alone', () => {
    const draws = (seed: number, purpose: string, number: number) => {
      const stream = new Streams(seed).of(purpose, number);
      return Array.from({ length: 4 }, () => stream.word());
    };
    const one = draws(1, 'paying', 7);
    expect(draws(1, 'paying', 7)).toEqual(one);
    for (const other of [draws(2, 'paying', 7), draws(1, 'going', 7), draws(1, 'paying', 8)]) {
      expect(other).not.toEqual(one);
    }
  });

  test('draws are spread as they should be', () => {
    const stream = new Streams(3).of('spread');
    const count = 20_000;
    const units = Array.from({ length: count }, () => stream.unit());
    const waits = Array.from({ length: count }, () => stream.exponential(5));
    const mean = (all: readonly number[]) => all.reduce((a, b) => a + b, 0) / all.length;
    expect(mean(units)).toBeCloseTo(0.5, 1);
    expect(Math.min(...units)).toBeGreaterThan(0);
    expect(Math.max(...units)).toBeLessThan(1);
    expect(mean(waits)).toBeGreaterThan(4.8);
    expect(mean(waits)).toBeLessThan(5.2);
    const amounts = Array.from({ length: count }, () => stream.logNormal({ median: 1000, spread: 0.8 }));
    expect(quantile(amounts, 0.5)).toBeGreaterThan(960);
    expect(quantile(amounts, 0.5)).toBeLessThan(1040);
  });
});

test('events come by time, and those of one time in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (times) => {
      const queue = new Queue<'event'>();
      times.forEach((at, who) => {
        queue.add(at, 'event', who);
      });
      const out = times.map(() => queue.next()).map((e) => [e?.at, e?.who]);
      const wanted = times.map((at, who) => [at, who]).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
      expect(out).toEqual(wanted);
      expect(queue.next()).toBeUndefined();
    }),
  );
});

describe('an honest nation', () => {
  test('its money adds up every day (I1), and nobody is proven broken (I7)', { timeout: LONG }, async () => {
    const { totals, days } = await run({ people: { torn: 0.05, lost: 2 } });
    expect(days).toHaveLength(12);
    expect(totals.payments).toBeGreaterThan(800);
    expect(totals.invented).toBe(0);
    expect(totals.honest_proven).toBe(0);
    expect(totals.honest_contradicted).toBe(0);
    expect(totals.purses).toBeGreaterThan(150);
    for (const { balances, in_flight } of days) {
      expect(balances + in_flight).toBeLessThanOrEqual(Number(totals.issued));
    }
  });

  test('an outage keeps its regions from the network', { timeout: LONG }, async () => {
    const calm = await run({});
    const dark = await run({ outages: [{ from_day: 1, days: 11, regions: 12 }] });
    const refused = (r: typeof calm) => r.totals.refusals.insufficient_balance ?? 0;
    expect(refused(dark)).toBeGreaterThan(refused(calm));
    expect(dark.totals.honest_proven).toBe(0);
  });

  test('any small nation, honest or not, keeps its books (I1) and its honest people (I7)', {
    timeout: LONG,
  }, async () => {
    const attack = fc.record({
      kind: fc.constantFrom('clone', 'rollback', 'mint', 'collude'),
      from_day: fc.integer({ min: 0, max: 3 }),
      payments_per_day: fc.integer({ min: 1, max: 60 }),
      sync: fc.constantFrom('never', 'normal', 'one'),
      mules: fc.integer({ min: 0, max: 2 }),
      to_mules: fc.constantFrom(0, 0.5),
      counts: fc.boolean(),
    });
    const small = fc.record({
      purses: fc.integer({ min: 30, max: 60 }),
      days: fc.integer({ min: 4, max: 6 }),
      people: fc.record({
        payments_per_day: fc.constantFrom(1, 5),
        receipts: fc.constantFrom(0, 0.5, 1),
        torn: fc.constantFrom(0, 0.2),
        hand_in: fc.constantFrom(0, 1),
        lost: fc.constantFrom(0, 10),
      }),
      attacks: fc.array(attack, { maxLength: 2 }),
      policy: fc.record({ block_shadow_below: fc.constantFrom(null, 30_000) }),
    });
    await fc.assert(
      // `run` itself holds the sum against every purse at the end of each day.
      fc.asyncProperty(small, fc.nat(), async (changes, seed) => {
        const { totals, days } = await run(changes, seed);
        expect(days).toHaveLength(changes.days);
        expect(totals.honest_proven).toBe(0);
        if (changes.attacks.length === 0) expect(totals.invented).toBe(0);
      }),
      { numRuns: 12 },
    );
  });
});

describe('attackers', () => {
  const found = (changes: object) => run({ purses: 300, days: 15, ...changes });

  test('a clone is proven by what its payees hand in, listed, and refused', { timeout: LONG }, async () => {
    const { attacks, totals } = await found({
      attacks: [{ kind: 'clone', groups: 2, payments_per_day: 8, amount: { median: 1000, spread: 0.5 } }],
    });
    expect(attacks).toHaveLength(2);
    for (const a of attacks) {
      expect(a.proof).toBe('fork');
      expect(a.proven_days).toBeLessThan(6);
      expect(a.half_days).not.toBeNull();
      expect(a.made).toBeLessThanOrEqual(100_000);
    }
    expect(attacks.reduce((sum, a) => sum + a.cancelled, 0)).toBeGreaterThan(0);
    expect(totals.honest_proven).toBe(0);
    expect(totals.honest_blocked).toBe(0);
  });

  test('where no payee hands anything in, a clone is found when both copies sync', {
    timeout: LONG,
  }, async () => {
    const { attacks } = await found({
      people: { hand_in: 0 },
      attacks: [{ kind: 'clone', groups: 2, sync: 'normal' }],
    });
    for (const a of attacks) expect(a.proof).toBe('fork');
  });

  test('a purse that is turned back is proven by two of its payments', { timeout: LONG }, async () => {
    const { attacks } = await found({ attacks: [{ kind: 'rollback', groups: 2, payments_per_day: 30 }] });
    for (const a of attacks) expect(a.proof).toBe('fork');
  });

  test('an element that invents incoming payments and hides falls under its shadow', {
    timeout: LONG,
  }, async () => {
    const { attacks } = await found({
      attacks: [{ kind: 'mint', groups: 2, payments_per_day: 40, counts: false }],
      policy: { block_shadow_below: 150_000 },
    });
    for (const a of attacks) {
      expect(a.first_finding).toBe('shadow_negative');
      expect(a.proof).toBeNull();
      expect(a.blocked_days).not.toBeNull();
      expect(a.made).toBeGreaterThan(0);
    }
  });

  test('a pair that invents payments to each other: the one who never syncs falls under its shadow', {
    timeout: LONG,
  }, async () => {
    const { attacks } = await found({
      attacks: [{ kind: 'collude', groups: 2, payments_per_day: 40, counts: false, sync: 'normal' }],
    });
    for (const a of attacks) expect(a.first_finding).toBe('shadow_negative');
  });
});

test('the same seed gives the same answer, another one another', { timeout: LONG }, async () => {
  const changes = { days: 6, attacks: [{ kind: 'rollback', payments_per_day: 30 }] };
  const first = JSON.stringify(await run(changes, 5));
  expect(JSON.stringify(await run(changes, 5))).toBe(first);
  expect(JSON.stringify(await run(changes, 6))).not.toBe(first);
});

describe('the page', () => {
  test('of one run in which nothing was refused says so in words and figures that can be read', async () => {
    const s = scenario({ purses: 60, days: 2, limit_profiles: { normal: { scale: 100 } } });
    const study = { scenario: s, seed: 1, runs: [await new Nation(s, 1).run()], wanted: 1 };
    const html = studyFiles(study).get('study.html') ?? '';
    expect(html).toContain('<p>1 run of 60 purses over 2 days: ');
    const marks = [...html.matchAll(/text-anchor="end"[^>]*>([^<]*)</g)].map((m) => m[1]);
    expect(marks.filter((mark) => mark === '0').length).toBeLessThan(4);
  });

  test('is asked for where nothing can be written: said before the work, not after it', async () => {
    await expect(assertWritable('/proc/none/of/it')).rejects.toThrow(/^Nothing can be written in \/proc/);
  });
});

describe('what is asked', () => {
  test('a scenario is refused with the place that is wrong', () => {
    expect(() => scenario({ pursess: 1 })).toThrow(/pursess/);
    expect(() => scenario({ people: { torn: 2 } })).toThrow(/people\.torn/);
    expect(() => scenario({ limits: 'tiny' })).toThrow(/limit_profiles \(normal\)/);
    expect(() => scenario({ attacks: [{ kind: 'clone', groups: 100 }] })).toThrow(/need 200 people/);
    expect(() => scenario({ attacks: [{ kind: 'clone', from_day: 12 }] })).toThrow(/ends on day 12/);
    expect(() => scenario({ sync_habits: { normal: [{ share: 0.5, every_days: 1 }] } })).toThrow(
      /add up to 0\.5/,
    );
  });

  test('a grid is every combination, with each seed', () => {
    const s = scenario({ limit_profiles: { normal: {}, half: { scale: 0.5 } } });
    const grid = parseGrid('limits=half,normal,sync=normal', s);
    const jobs = planOf(s, grid, 10, 2).map((j) => [j.scenario.limits, j.scenario.sync, j.seed]);
    expect(jobs).toEqual([
      ['half', 'normal', 10],
      ['half', 'normal', 11],
      ['normal', 'normal', 10],
      ['normal', 'normal', 11],
    ]);
    expect(() => parseGrid('limit=half', s)).toThrow(/limits, sync/);
    expect(() => parseGrid('half', s)).toThrow(/written like/);
    expect(() => parseGrid('limits=quarter', s)).toThrow(/limit_profiles/);
  });
});
