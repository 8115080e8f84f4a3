/** Sales of the shop's app in a real browser, over a real server, with cards that the server has made. */
import type { Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openStage, type Stage, type TestCard, type Till } from './stage.ts';

let stage: Stage;
let till: Till;
let purse: TestCard;
let card: TestCard;
/** It has nothing itself: for everything its issuer is asked. */
let bare: TestCard;
beforeAll(async () => {
  stage = await openStage();
  [till, purse, card, bare] = await Promise.all([
    stage.till('first'),
    stage.card({ purse: 20_000n }),
    stage.card({ purse: 10_000n, emvOnly: true }),
    stage.card({ account: 10_000n, emvOnly: true }),
  ]);
});
afterAll(() => stage?.close());
afterEach(() => stage.context.setOffline(false));

const shopHas = async (): Promise<bigint> => (await till.view()).purse?.balance ?? -1n;

test('a new shop is ready: its purse, its terminal, its manager', async () => {
  const view = await till.view();
  expect(view).toMatchObject({ stage: 'ready', by: { name: 'Hana', role: 'manager' }, sale: undefined });
  expect(view.shop).toMatchObject({ name: 'Shop first', category: '5812' });
  expect(view.configuration).toMatchObject({ currency: '392', exponent: 0 });
  expect(view.purse?.balance).toBe(0n);
});

test('a purse pays; its money is in the purse of the shop at once', async () => {
  expect(await till.sell(1_200n, purse)).toMatchObject({ status: 'approved', way: 'purse', paid: 'now' });
  expect(await purse.purse()).toBe(18_800n);
  await expect.poll(shopHas).toBe(1_200n);
});

test('a card pays offline: its approval is brought to the acquirer', async () => {
  const result = await till.sell(700n, card);
  expect(result).toMatchObject({ status: 'approved', way: 'emv_offline', isOffline: true });
  await till.flushed();
  expect(await till.detail()).toMatchObject({ isQueued: false, staff: 'Hana' });
  const kinds = (await till.detail())?.timeline.map(({ kind }) => kind);
  expect(kinds).toEqual(['begun', 'approved', 'sent']);
});

test('asked to send twice at once: the acquirer hears of it once, and so does the timeline', async () => {
  expect(await till.sell(100n, card)).toMatchObject({ way: 'emv_offline' });
  let messages = 0;
  const count = (request: Request) => {
    messages += request.url().endsWith('/v1/terminals/messages') ? 1 : 0;
  };
  till.page.on('request', count);
  await till.run('Promise.all([till.flush(), till.flush()])');
  till.page.off('request', count);
  expect(messages).toBe(1);
  expect((await till.detail())?.timeline.map(({ kind }) => kind)).toEqual(['begun', 'approved', 'sent']);
});

test('what is sold while the queue is sent follows by itself, as soon as anything does', async () => {
  await till.sell(100n, card);
  const messages = '**/v1/terminals/messages';
  let go = () => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  const left = till.page.waitForRequest(messages);
  await till.page.route(messages, async (route) => {
    await held;
    await route.continue();
  });
  const flushed = till.run('till.flush()');
  await left;
  await till.sell(200n, purse);
  go();
  await flushed;
  await till.page.unroute(messages);
  await expect.poll(async () => (await till.view()).queue.count, { timeout: 30_000 }).toBe(0);
});

test('a card that has not enough itself: the issuer is asked, and pays from the account', async () => {
  const before = await bare.balance();
  expect(await till.sell(5_000n, bare)).toMatchObject({ status: 'approved', way: 'emv_online' });
  expect(await bare.balance()).toBe(before - 5_000n);
});

test('what the account does not have, the issuer declines', async () => {
  const result = await till.sell(9_500n, bare);
  expect(result).toMatchObject({ status: 'declined', reason: 'declined_by_issuer' });
});

test('without a network purse and card pay; what follows from it is sent when there is one', async () => {
  await stage.context.setOffline(true);
  expect(await till.sell(300n, purse)).toMatchObject({ status: 'approved', way: 'purse' });
  expect(await till.sell(400n, card)).toMatchObject({ status: 'approved', way: 'emv_offline' });
  await expect.poll(async () => (await till.view()).queue).toMatchObject({ count: 2, value: 700n });
  expect((await till.view()).network).toBe('offline');
  await stage.context.setOffline(false);
  await till.flushed();
});

test('the issuer has said yes, and the answer is lost: the sale is not paid, and the account has its money back', async () => {
  const before = await bare.balance();
  await till.page.route('**/v1/terminals/messages', async (route) => {
    await route.fetch();
    await route.abort();
  });
  const lost = await till.sell(600n, bare);
  expect(lost).toMatchObject({ status: 'declined', reason: 'issuer_unreachable' });
  await till.page.unroute('**/v1/terminals/messages');
  await till.flushed();
  expect(await bare.balance()).toBe(before);
});

test('refunds: of a purse in a tap to the same purse, of a card without it, in parts, never too much', async () => {
  const before = { purse: await purse.purse(), card: await bare.balance() };
  await till.sell(1_000n, purse);
  const sold = (await till.detail())?.id ?? '';
  await till.refund(sold, 400n);
  await till.hold(purse);
  expect(await till.result()).toMatchObject({ status: 'approved', way: 'purse' });
  expect(await purse.purse()).toBe(before.purse - 600n);
  expect(await till.refund(sold, 700n)).toMatchObject({ status: 'no', code: 'not_refundable' });

  // For a while after a lost answer nobody is asked.
  await till.reload();
  await till.sell(1_500n, bare);
  const paid = (await till.detail())?.id ?? '';
  await till.refund(paid, 500n);
  expect(await till.result()).toMatchObject({ status: 'approved' });
  await till.refund(paid);
  expect(await till.result()).toMatchObject({ status: 'approved' });
  await till.flushed();
  expect(await bare.balance()).toBe(before.card);
  expect(await till.refund(paid)).toMatchObject({ status: 'no', code: 'not_refundable' });
});

test('the purse of the shop is emptied into its account', async () => {
  const held = await shopHas();
  expect(held).toBeGreaterThan(0n);
  const account = (await till.view()).shop?.account;
  const balance = async () =>
    BigInt((await stage.server.api.get(`/v1/accounts/${account}`)).body.balance as string);
  const before = await balance();
  expect(await till.run('till.sweep()')).toEqual({ status: 'ok', value: held });
  expect(await balance()).toBe(before + held);
  expect(await shopHas()).toBe(0n);
});

test('the day is closed, and the acquirer has the same totals', async () => {
  const { day } = await till.view();
  expect(day.sales.purse.count).toBe(4);
  const closed = await till.run<object>('till.closeDay()');
  expect(closed).toMatchObject({ status: 'ok', value: { acquirer: { isBalanced: true }, by: 'Hana' } });
  expect((await till.view()).day.net).toBe(0n);
  expect(await till.run('till.closedDays()')).toHaveLength(1);
});

test('a refund that was torn and given up: the day can be closed, it is finished later, and its payer has it once', async () => {
  const before = await purse.purse();
  await till.sell(1_000n, purse);
  const sold = (await till.detail())?.id ?? '';
  await till.refund(sold, 400n);
  await till.hold(purse, { tear: 4, when: 'after' });
  expect((await till.until('waiting')).hint).toBe('tap_again');
  await till.run('till.cancel()');
  expect(await till.result()).toEqual({ status: 'cancelled', mayComeBack: true });
  const torn = { sale: sold, amount: 400n };
  const detail = () => till.run<{ torn?: object }>(`till.detail('${sold}')`);
  expect(await detail()).toMatchObject({ torn });
  expect(await till.detail()).toMatchObject({ kind: 'refund', state: 'open', torn });
  expect(await till.run('till.closeDay()')).toMatchObject({
    value: { totals: { refunds: { count: 0 }, unfinished: 0 } },
  });

  // Another amount was asked for: what was begun is finished first.
  await till.refund(sold, 600n);
  await till.hold(purse);
  expect(await till.result()).toMatchObject({ status: 'approved', receipt: { amount: 400n } });
  expect(await purse.purse()).toBe(before - 600n);
  expect(await detail()).toMatchObject({ torn: undefined, refunded: 400n, refundable: 600n });
  await expect.poll(async () => (await till.view()).day.refunds).toEqual({ count: 1, amount: 400n });
  await till.flushed();
  expect(await till.run('till.closeDay()')).toMatchObject({
    value: { totals: { refunds: { count: 1, amount: 400n } } },
  });
});
