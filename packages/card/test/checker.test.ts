/**
 * The explicit-state checker, quick run: every setup exhaustively within its bounds, and some random lives. The long
 * run: `node --import tsx packages/testkit/src/checker/main.ts --purses 3 --minutes 10 --seed 1`.
 */
import { explore, prepare, realMachinery, SETUPS, type Setup, told, walk } from '@sokkin/testkit';
import { describe, expect, it } from 'vitest';

/** Those with a shop are in checker.shop.test.ts. */
const setups: Setup[] = Object.values(SETUPS).filter(({ bounds }) => bounds.sales.length === 0);

describe('I1 I2 I3 I4 I6 and liveness in every situation', () => {
  it.each(setups.map((s) => [s.name, s.why, s] as const))('%s: %s', async (name, _, setup) => {
    const { table, start } = await prepare(setup, { machinery: realMachinery });
    const report = await explore(table, start, { bounds: setup.bounds });
    console.log(told(name, report, table.rig.count));
    expect(report.complete).toBe(true);
    expect(report.situations).toBeGreaterThan(100);
    expect(report.home['by messages']).toBeGreaterThan(0);
  });

  it('meets full windows, stale tickets and the back-end in the least memory', async () => {
    const setup = SETUPS.windowRolls;
    const { table, start } = await prepare(setup, { machinery: realMachinery, secondCuts: 'off' });
    const { outcomes, home } = await explore(table, start, { bounds: setup.wider, most: 6000 });
    const met = [
      'ticket ticket_window_full',
      'pay outgoing_window_full',
      'ticket journal_full',
      'pay journal_full',
    ];
    for (const outcome of [...met, 'credit ticket_unknown', 'settle payment_unknown']) {
      expect(outcomes.get(outcome), outcome).toBeGreaterThan(0);
    }
    expect(home['by the back-end']).toBeGreaterThan(0);
  });
});

describe('tears', () => {
  it('every second cut in the recovery from every first cut', async () => {
    const setup = SETUPS.payAndReturn;
    const { table, start } = await prepare(setup, { machinery: realMachinery, secondCuts: 'all' });
    await explore(table, start, { bounds: setup.bounds, most: 16 });
    console.log(`${table.rig.count.powerCuts} power cuts, twice in a row`);
    expect(table.rig.count.powerCuts).toBeGreaterThan(50_000);
  });
});

describe('I1 I2 I3 I4 I6 and liveness in random lives', () => {
  it.each([2, 3] as const)('%d purses', async (purses) => {
    for (let seed = 1; seed <= 12; seed++) {
      const life = await walk({ machinery: realMachinery, purses, seed, length: 120 });
      expect(life.moves).toBeGreaterThanOrEqual(120);
    }
  });
});
