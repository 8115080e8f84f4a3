/** An approval that no shop presents goes back to its holder when it would be too late: once, and never beside a shop that is paid. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lapseAll } from '../src/acceptance/clearing/lapse.ts';
import type { PresentedTc } from '../src/acceptance/clearing/presented.ts';
import { balanceOf, newAcquirer, newShop, present, query, type Shop, shopCard } from './clearing-kit.ts';
import { type Rig, rig } from './kit.ts';

const DAY = 86_400_000;
const MOST_DAYS = 180;
let r: Rig;
let shop: Shop;
beforeAll(async () => {
  r = await rig({ settlementSeconds: 0 });
  shop = await newShop(r, await newAcquirer(r));
});
afterAll(() => r.close());

const audit = async () => {
  const { body } = await r.api.get('/v1/audit');
  expect(body, JSON.stringify(body, null, 1)).toMatchObject({ holds: true });
};

const lapse = () => lapseAll(r.server.backend);

async function allow(days: number) {
  const { version, document } = (await r.api.get('/v1/policies/clearing')).body;
  const body = { from_version: version, document: { ...document, most_days: days } };
  await r.second.make(`/v1/proposals/${(await r.api.make('/v1/policies/clearing', body)).id}/approve`);
}

test('the amount is back on the account when no TC can come any more, and the card hears of it', async () => {
  const card = await shopCard(r, shop);
  const [forgotten, brought]: PresentedTc[] = [await card.pay(700n), await card.pay(300n)];
  await card.sync();
  expect(await present(r, brought as PresentedTc)).toMatchObject({ status: 'settled' });
  const unseen = await card.pay(50n);
  const before = await balanceOf(r, card.account);
  r.advance(MOST_DAYS * DAY);
  expect(await lapse()).toBe(0);
  expect(await balanceOf(r, card.account)).toBe(before);
  r.advance(3 * DAY);
  // Several processes at once
  const counts = await Promise.all([lapse(), lapse(), lapse()]);
  expect(counts.reduce((sum, n) => sum + n)).toBe(1);
  expect(await lapse()).toBe(0);
  expect(await balanceOf(r, card.account)).toBe(before + 700n);
  await audit();
  // What the back-end has not seen was not given back, and may be as old as it is
  await card.sync();
  expect(await lapse()).toBe(0);
  expect(await present(r, unseen)).toMatchObject({ status: 'refused', reason: 'date_invalid' });
  await card.sync();
  const rows = await query(r, 'SELECT amount, state FROM approvals WHERE purse = $1 ORDER BY atc', [
    card.purse.id.slice('pur_'.length),
  ]);
  expect(rows).toEqual([
    { amount: 700n, state: 'credited' },
    { amount: 300n, state: 'credited' },
    { amount: 50n, state: 'open' },
  ]);
  expect((await (await card.awake()).summary()).balance).toBe(50_000n - 1_050n);
  await audit();
  const shopBefore = await balanceOf(r, shop.account);
  await allow(3650);
  expect(await present(r, forgotten as PresentedTc)).toMatchObject({ status: 'refused', reason: 'lapsed' });
  expect(await balanceOf(r, shop.account)).toBe(shopBefore);
  const { data } = (await r.api.get('/v1/alerts?kind=tc_unpaid&limit=10')).body;
  expect(data[0]).toMatchObject({ evidence: { reason: 'lapsed' } });
  // The other is nobody's yet, and the shop gets it
  expect(await present(r, unseen)).toMatchObject({ status: 'settled' });
  await audit();
});
