/** An acquirer's day over its own line: sales, totals (0500), cut-over (0800), and the day after; each yen is in one day. */
import { netOf, totalsOf } from '@sokkin/terminal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workOnSettlement } from '../../src/acceptance/settlement/habit.ts';
import { askOver, type OpenShop, openShop, openTerminal, type ShopCard, tapOf } from './shop.ts';

let shop: OpenShop;
let card: ShopCard;
beforeAll(async () => {
  shop = await openShop({ balance: 5_000n });
  const [first] = shop.cards;
  if (first === undefined) throw new Error('a card');
  card = first;
});
afterAll(() => shop?.close());

const settlement = (path = ''): string => `/v1/institutions/${shop.acquirer}/settlement${path}`;
const day = async (n: number) => (await shop.rig.api.get(settlement(`/days/${n}`))).body;

test('what a terminal sold is its day, the line ends it, and what comes after is the next', async () => {
  const link = shop.link();
  const { till } = openTerminal(shop.profile, askOver(link));
  const paid = await till.sell('pay', tapOf(card, 1_200n));
  const other = await till.sell('pay', tapOf(card, 300n));
  expect(await till.refund(paid.reference, 200n)).toMatchObject({ standing: 'approved' });
  expect(await till.cancel(other.reference)).toMatchObject({ standing: 'reversed' });
  const net = netOf(totalsOf(till.state));
  expect(net).toBe(1_000n);
  expect(await till.close()).toMatchObject({ isBalanced: true });

  await link.network.cutOver();
  // Said again because the answer was lost: it ends nothing more.
  await link.network.cutOver();
  await till.sell('pay', tapOf(card, 50n));
  await workOnSettlement(shop.rig.server.backend, (line) => expect(line).toBe(''));
  expect(await day(1)).toMatchObject({
    status: 'settled',
    net: net.toString(),
    positions: [
      {
        sums: {
          payments: { count: 2, amount: '1500' },
          reversals: { count: 1, amount: '300' },
          refunds: { count: 1, amount: '200' },
        },
      },
    ],
  });
  expect((await shop.rig.api.get(settlement())).body.open).toMatchObject({ day: 2, net: '50' });
  // The terminal's batch of today is today's: it agrees, too, and one that differs is told.
  expect(await till.close()).toMatchObject({ isBalanced: true });
  const { data } = (await shop.rig.api.get(settlement('/totals'))).body;
  expect(data.map((t: { in_balance: boolean }) => t.in_balance)).toEqual([true, true]);
  const { data: log } = (await shop.rig.api.get('/v1/log?action=settlement.cut_over')).body;
  expect(log).toHaveLength(1);
});
