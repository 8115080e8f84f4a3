/** Sales of the shop's app in a real browser, over a real server, with cards that the server has made. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStage, type Stage, type TestCard, type Till } from './stage.ts';

let stage: Stage;
let till: Till;
let purse: TestCard;
let card: TestCard;
beforeAll(async () => {
  stage = await openStage();
  till = await stage.till('first');
  purse = await stage.card({ purse: 20_000n });
  card = await stage.card({ purse: 10_000n, account: 30_000n, emvOnly: true });
});
afterAll(() => stage?.close());

test('a new shop is ready: its purse, its terminal, its manager', async () => {
  const view = await till.view();
  expect(view).toMatchObject({ stage: 'ready', by: { name: 'Hana', role: 'manager' }, sale: undefined });
  expect(view.shop).toMatchObject({ name: 'Shop first', category: '5812' });
  expect(view.configuration).toMatchObject({ currency: '392', exponent: 0 });
  expect(view.purse?.balance).toBe(0n);
});

test('a purse pays; its money is in the purse of the shop at once', async () => {
  const result = await till.sell(1_200n, purse);
  expect(result).toMatchObject({ status: 'approved', way: 'purse', paid: 'now' });
  expect(await purse.purse()).toBe(18_800n);
  await expect.poll(async () => (await till.view()).purse?.balance).toBe(1_200n);
});

test('a card pays offline: its approval is brought to the acquirer', async () => {
  const result = await till.sell(700n, card);
  expect(result).toMatchObject({ status: 'approved', way: 'emv_offline' });
  await till.run('till.flush()');
  expect((await till.view()).queue).toMatchObject({ count: 0 });
});
