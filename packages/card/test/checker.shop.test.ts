/**
 * The explicit-state checker where cards also pay in shops: purse payments and EMV approvals on one balance. Beside
 * checker.test.ts, so that both run at once.
 */
import {
  explore,
  prepare,
  type Report,
  realMachinery,
  SETUPS,
  type Setup,
  told,
  walk,
} from '@sokkin/testkit';
import { describe, expect, it } from 'vitest';

async function explored(setup: Setup): Promise<Report> {
  const { table, start } = await prepare(setup, { machinery: realMachinery });
  const report = await explore(table, start, { bounds: setup.bounds });
  console.log(told(setup.name, report, table.rig.count));
  expect(report.complete).toBe(true);
  expect(report.home['in balances']).toBeGreaterThan(0);
  expect(report.home['by the back-end']).toBeGreaterThan(0);
  return report;
}

function expectMet({ outcomes }: Report, ...met: string[]): void {
  for (const outcome of met) expect(outcomes.get(outcome), outcome).toBeGreaterThan(0);
}

const titled = ({ name, why }: Setup): string => `${name}: ${why}`;

describe('I1 I2 I3 I4 I6 and liveness in every situation with a shop', () => {
  it(titled(SETUPS.shop), async () => {
    const report = await explored(SETUPS.shop);
    expectMet(
      report,
      'decline aac',
      'sell tc',
      'sell arqc',
      'ask arqc',
      'unable tc',
      'unable aac',
      'online tc',
    );
    expectMet(report, 'recover tc', 'recover 6985', 'clear paid', 'expire cancelled', 'grant ok');
    expectMet(report, 'clear not paid: it was decided on before');
  });

  it(titled(SETUPS.shopAndFriend), async () => {
    const report = await explored(SETUPS.shopAndFriend);
    // What the one took, the other does not get.
    expectMet(report, 'sell tc', 'pay ok', 'sell arqc', 'unable aac', 'pay insufficient_balance');
    expect(report.home['by messages']).toBeGreaterThan(0);
  });

  it(titled(SETUPS.fullWindow), async () => {
    const report = await explored(SETUPS.fullWindow);
    expectMet(report, 'sell tc', 'pay ok', 'sell arqc', 'unable aac', 'pay outgoing_window_full');
    expect(report.home['by messages']).toBeGreaterThan(0);
  });

  it.each([2, 3] as const)('and in random lives of %d purses', async (purses) => {
    let [approvals, payments] = [0, 0];
    for (let seed = 1; seed <= 6; seed++) {
      const life = await walk({ machinery: realMachinery, purses, shop: true, seed, length: 120 });
      approvals += life.approvals;
      payments += life.payments;
    }
    expect(Math.min(approvals, payments)).toBeGreaterThan(6);
  });
});
