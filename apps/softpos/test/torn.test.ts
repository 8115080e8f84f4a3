/**
 * Taps that end too early, at each exchange; and pages that are closed or cut off in the middle. The same sale goes on, and its payer is debited once.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStage, type Stage, type TestCard, type Till } from './stage.ts';

let stage: Stage;
let till: Till;
let purse: TestCard;
/** One a test: a card approves a few times offline until it has to meet its issuer. */
let cards: readonly TestCard[];
const PRICE = 100n;
beforeAll(async () => {
  stage = await openStage();
  const newCard = () => stage.card({ purse: 20_000n, emvOnly: true });
  [till, purse, cards] = await Promise.all([
    stage.till('torn'),
    stage.card({ purse: 20_000n }),
    Promise.all([newCard(), newCard(), newCard()]),
  ]);
});
afterAll(() => stage?.close());

const card = (n: number): TestCard => {
  const found = cards[n];
  if (found === undefined) throw new Error(`no card ${n}`);
  return found;
};

/** Commands of a whole tap, so that no exchange is left out. */
async function exchanges(payer: TestCard): Promise<number> {
  await till.charge(PRICE);
  const count = await till.hold(payer);
  expect(await till.result()).toMatchObject({ status: 'approved' });
  return count;
}

/** Torn there, then held again for as long as the shop asks for it. */
async function tornAt(payer: TestCard, tear: number, when: 'before' | 'after'): Promise<void> {
  const before = await payer.purse();
  await till.charge(PRICE);
  await till.hold(payer, { tear, when });
  for (let more = 0; more < 3 && (await till.settled()) === 'waiting'; more++) await till.hold(payer);
  expect(await till.result(), `${when} ${tear}`).toMatchObject({ status: 'approved' });
  expect(await payer.purse(), `${when} ${tear}`).toBe(before - PRICE);
}

describe.each([
  ['before', 0],
  ['after', 1],
] as const)('torn %s the answer', (when, n) => {
  test('a purse, at each exchange', async () => {
    const count = await exchanges(purse);
    expect(count).toBe(3);
    for (let tear = 1; tear <= count; tear++) await tornAt(purse, tear, when);
  });
  test('a card that pays offline, at each exchange', async () => {
    const count = await exchanges(card(n));
    expect(count).toBeGreaterThan(4);
    for (let tear = 1; tear <= count; tear++) await tornAt(card(n), tear, when);
  });
});

test('the page is loaded anew while the reader is armed: the same sale goes on', async () => {
  await till.charge(PRICE);
  const { id } = await till.until('waiting');
  await till.reload();
  expect((await till.until('waiting')).id).toBe(id);
  const before = await purse.purse();
  await till.hold(purse);
  expect(await till.result()).toMatchObject({ status: 'approved' });
  expect(await purse.purse()).toBe(before - PRICE);
});

test.each([
  ['a purse', () => purse],
  ['a card', () => card(2)],
])('the page is loaded anew after a torn tap of %s: the next tap debits nothing twice', async (_, payer) => {
  const before = await payer().purse();
  const count = await exchanges(payer());
  for (const tear of [count - 1, count]) {
    await till.charge(PRICE);
    await till.hold(payer(), { tear, when: 'before' });
    await till.reload();
    if ((await till.settled()) === 'waiting') await till.hold(payer());
    if ((await till.view()).sale !== undefined)
      expect(await till.result()).toMatchObject({ status: 'approved' });
  }
  expect(await payer().purse()).toBe(before - 3n * PRICE);
});

test('everything that was sold is what the shop has, and what the acquirer was told', async () => {
  await till.flushed();
  const { day, purse: held } = await till.view();
  expect(day.unfinished).toBe(0);
  expect(held?.balance).toBe(day.sales.purse.amount);
  expect(await purse.purse()).toBe(20_000n - day.sales.purse.amount);
  const left = await Promise.all(cards.map((one) => one.purse()));
  expect(left.reduce((sum, one) => sum - one, 60_000n)).toBe(day.sales.emv_offline.amount);
  expect(await till.run('till.closeDay()')).toMatchObject({
    status: 'ok',
    value: { acquirer: { isBalanced: true } },
  });
});

test('a second tab has no till; it gets it when the first is gone', async () => {
  const second = await stage.till('torn');
  expect((await second.view()).stage).toBe('elsewhere');
  await till.page.close();
  await second.reload();
  expect((await second.view()).stage).toBe('locked');
  await second.page.close();
});
