/**
 * What a device does to a till. A new version of the app comes in the middle of a sale, with the service worker that browsers have: the sale ends on the version that it
 * began with. The disk is full: nobody is asked to pay for what could not be kept.
 */
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Counter, charge, type Lasting, openLasting, openShop, paid, sells, signIn } from './lasting.ts';
import type { TestCard } from './stage.ts';

let stage: Lasting;
let counter: Counter;
let card: TestCard;
/** What the first screen of a new shop has asked for. */
let atFirst: readonly string[];
beforeAll(async () => {
  stage = await openLasting([1, 2]);
  [counter, card] = await Promise.all([stage.start(), stage.card({ purse: 10_000n })]);
  await counter.page.getByRole('button', { name: 'Enrol with a code' }).waitFor();
  atFirst = await counter.page.evaluate(`performance.getEntriesByType('resource').map(({ name }) => name)`);
  await openShop(counter.page);
});
afterAll(() => stage?.close());

const versionOf = (page: Page) => page.evaluate('globalThis.appVersion');
const OFFER = 'A new version is ready';

/** As browsers do by themselves once a day; it is there when this resolves. */
const lookForUpdate = (page: Page) =>
  page.evaluate(`navigator.serviceWorker.ready.then(async (registration) => {
    await registration.update();
    while (registration.waiting === null) await new Promise((resolve) => setTimeout(resolve, 20));
  })`);

test('the first screen comes without what sells: it is small, packed by gzip and without fonts', async () => {
  const files = atFirst.filter((name) => /\/softpos\/.*\.(js|css|svg)$/.test(name));
  expect(files.some((name) => name.includes('/worker-'))).toBe(true);
  const sizes = await Promise.all(
    [`${stage.url}/softpos/`, ...files].map(async (name) => {
      const bytes = Buffer.from(await (await fetch(name)).arrayBuffer());
      return gzipSync(bytes).length;
    }),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(175_000);
  expect(files.filter((name) => /\/(engine|history|day|more|receipt)-/.test(name))).toEqual([]);
});

test('the sale ends on the old version, whose rooms are all there; the new one is offered afterwards, and has everything', async () => {
  const { page } = counter;
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await charge(page, 1280);
  stage.serve(2);
  await lookForUpdate(page);
  expect(await page.getByText(OFFER).count()).toBe(0);
  await counter.hold(card);
  await paid(page).waitFor();
  expect(await versionOf(page)).toBe(1);
  // A room that comes late, and that the server has no more.
  await page.getByRole('button', { name: 'Receipt', exact: true }).click();
  await page.getByRole('article', { name: /^Receipt/ }).waitFor();
  await page.keyboard.press('Escape');
  expect(await page.getByText(OFFER).count()).toBe(0);

  await page.getByRole('button', { name: 'Next sale' }).click();
  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Start it' }).click();
  await loaded;
  await sells(page);
  expect(await versionOf(page)).toBe(2);
  expect(await page.getByText(OFFER).count()).toBe(0);
  await page.getByRole('button', { name: 'History', exact: true }).click();
  await page.getByRole('list', { name: 'History' }).getByText('1280 yen').waitFor();
  expect(await card.purse()).toBe(10_000n - 1280n);
});

test('a device that dies in the middle of a sale starts with the new version, and the same sale goes on', async () => {
  const before = await card.purse();
  await counter.page.getByRole('button', { name: 'Sell', exact: true }).click();
  await sells(counter.page);
  await charge(counter.page, 700);
  stage.serve(1);
  await lookForUpdate(counter.page);
  await counter.kill();
  counter = await stage.start();
  await signIn(counter.page);
  // Nobody knows whether a card was there when it died.
  await counter.page.getByText('Hold the same card here again').waitFor();
  expect(await versionOf(counter.page)).toBe(1);
  await counter.hold(card);
  await paid(counter.page).waitFor();
  expect(await card.purse()).toBe(before - 700n);
});

describe('the disk is full', () => {
  const room = async (bytes: number | undefined) => {
    const session = await counter.context.newCDPSession(counter.page);
    const origin = new URL(stage.url).origin;
    await session.send('Storage.overrideQuotaForOrigin', {
      origin,
      ...(bytes !== undefined && { quotaSize: bytes }),
    });
    // The override ends with the session.
    return session;
  };
  const next = () => counter.page.getByRole('button', { name: 'Next sale' }).click();

  test('nobody is asked to pay; why and what to do is said; what is kept stays, and with room it goes on', async () => {
    const { page } = counter;
    await next();
    const before = await card.purse();
    const full = await room(1);
    await page.keyboard.type('350');
    await page.getByRole('button', { name: 'Charge 350 yen' }).locator('visible=true').click();
    const said = page.getByRole('alert').filter({ hasText: 'Not charged' });
    await said.waitFor();
    expect(await said.textContent()).toContain('Nobody was asked to pay');
    expect(await said.textContent()).toContain('Do not clear the data of this browser');
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    await page.getByRole('button', { name: 'History', exact: true }).click();
    for (const amount of ['1280 yen', '700 yen'])
      await page.getByRole('list', { name: 'History' }).getByText(amount).waitFor();
    expect(await page.getByRole('list', { name: 'History' }).getByText('350 yen').count()).toBe(0);
    await full.detach();
    await page.getByRole('button', { name: 'Sell', exact: true }).click();
    // It was rung up, and still is.
    await page.getByRole('button', { name: 'Charge 350 yen' }).locator('visible=true').click();
    await page.getByText('Hold the card or phone here').waitFor();
    await counter.hold(card);
    await paid(page).waitFor();
    expect(await card.purse()).toBe(before - 350n);
    await next();
  });

  test('in the middle of a sale: the payer is debited once, whatever could not be written', async () => {
    const before = await card.purse();
    await charge(counter.page, 210);
    const full = await room(1);
    await counter.hold(card);
    await counter.page.getByRole('alert').or(counter.page.getByText('Hold the same card')).first().waitFor();
    await full.detach();
    await counter.kill();
    counter = await stage.start();
    await signIn(counter.page);
    const again = counter.page.getByText(/^Hold the (card|same card)/);
    await again.or(paid(counter.page)).first().waitFor();
    if (await again.isVisible()) await counter.hold(card);
    await paid(counter.page).waitFor();
    expect(await card.purse()).toBe(before - 210n);
  });

  const giveBack = async (amount: string) => {
    const { page } = counter;
    await page.getByRole('button', { name: 'History', exact: true }).click();
    await page.getByRole('list', { name: 'History' }).getByText(amount).click();
    await page.getByRole('button', { name: 'Refund', exact: true }).click();
    await page.getByRole('button', { name: `Give back ${amount}` }).click();
  };

  test('a refund: nothing is given back, and the screen says so', async () => {
    const { page } = counter;
    await next();
    const before = await card.purse();
    const full = await room(1);
    await giveBack('210 yen');
    const said = page.getByRole('alert').filter({ hasText: 'Not refunded' });
    await said.waitFor();
    expect(await said.textContent()).toContain('Nothing was given back');
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    await full.detach();
    expect(await card.purse()).toBe(before);
  });

  test('in the middle of a refund: the payer has it once, whatever could not be written', async () => {
    const { page } = counter;
    const before = await card.purse();
    await page.getByRole('button', { name: 'Sell', exact: true }).click();
    await giveBack('210 yen');
    const hint = /^Hold the (card|same card)/;
    await page.getByText(hint).waitFor();
    const full = await room(1);
    await counter.hold(card);
    await page.getByRole('alert').or(page.getByText('Hold the same card')).first().waitFor();
    await full.detach();
    await counter.kill();
    counter = await stage.start();
    await signIn(counter.page);
    const done = counter.page.getByRole('alert').filter({ hasText: 'Refunded' });
    const again = counter.page.getByText(hint);
    await again.or(done).first().waitFor();
    if (await again.isVisible()) await counter.hold(card);
    await done.waitFor();
    expect(await card.purse()).toBe(before + 210n);
  });
});
