/** Two people with two phones, in a real browser: from nothing to money that moved, with the network and without. */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { balanceOf, begin, complaintsOf, openStage, openWallet, type Stage, type } from './stage.ts';

let stage: Stage;
let context: BrowserContext;
let hanako: Page;
let taro: Page;
let complaints: readonly string[][];
beforeAll(async () => {
  stage = await openStage();
  context = await stage.profile();
  hanako = await openWallet(context, stage.url, 'hanako');
  taro = await openWallet(context, stage.url, 'taro');
  complaints = [hanako, taro].map((page) => complaintsOf(page, stage.url));
  await begin(hanako, 'Hanako');
  await begin(taro, 'Taro', { first: 'Later' });
});
afterAll(() => stage?.close());

/** One holds the phone to the other's. */
async function pays(payer: Page, payee: Page, asked: string, agreed = asked): Promise<void> {
  await payee.getByRole('button', { name: 'Receive', exact: true }).click();
  await type(payee, asked);
  await payee.getByRole('button', { name: 'Receive', exact: true }).click();
  await payer.getByRole('button', { name: 'Pay', exact: true }).click();
  await type(payer, agreed);
  await payer.getByRole('button', { name: 'Pay', exact: true }).click();
}
const done = (page: Page) => page.getByRole('button', { name: 'Done' }).click();

test('a new wallet has what was put in', async () => {
  expect([await balanceOf(hanako), await balanceOf(taro)]).toEqual([10_000n, 0n]);
});

test('phone to phone, while nothing is online', async () => {
  await context.setOffline(true);
  await pays(hanako, taro, '1200');
  await hanako.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
  await taro.getByRole('heading', { name: 'Received', exact: true }).waitFor();
  await Promise.all([done(hanako), done(taro)]);
  expect([await balanceOf(hanako), await balanceOf(taro)]).toEqual([8_800n, 1_200n]);
});

test('what was received is spent on at once', async () => {
  await pays(taro, hanako, '200');
  await taro.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
  await hanako.getByRole('heading', { name: 'Received', exact: true }).waitFor();
  await Promise.all([done(hanako), done(taro)]);
  expect([await balanceOf(hanako), await balanceOf(taro)]).toEqual([9_000n, 1_000n]);
});

test('more than was agreed to is not paid, and both are told', async () => {
  await pays(hanako, taro, '900', '500');
  await hanako.getByText('¥900 was asked for; you agreed to ¥500 at most.').waitFor();
  await taro.getByRole('heading', { name: 'Not received' }).waitFor();
  await Promise.all([done(hanako), done(taro)]);
  expect([await balanceOf(hanako), await balanceOf(taro)]).toEqual([9_000n, 1_000n]);
});

test('both find it in their activity, after a reload without a network, too', async () => {
  await hanako.reload();
  await hanako.getByRole('heading', { name: 'Balance' }).waitFor();
  await hanako.getByRole('button', { name: 'Activity' }).click();
  const rows = hanako.getByRole('list', { name: 'Activity' }).getByRole('button');
  await expect.poll(() => rows.count()).toBe(3);
  expect(await rows.allTextContents()).toEqual([
    expect.stringMatching(/Received.*200/),
    expect.stringMatching(/Paid.*1,200/),
    expect.stringMatching(/Topped up.*10,000/),
  ]);
  await hanako.getByRole('button', { name: 'Home' }).click();
});

test('online again, the bank agrees, and money goes home', async () => {
  await context.setOffline(false);
  for (const page of [hanako, taro]) {
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Compare with the bank' }).click();
    await page.getByText('Everything is right').waitFor();
    await page.getByRole('button', { name: 'Home' }).click();
  }
  await taro.getByRole('button', { name: 'Cash out' }).click();
  await type(taro, '1000');
  await taro.getByRole('button', { name: 'Cash out' }).click();
  await taro.getByRole('heading', { name: 'Moved to your account' }).waitFor();
  await done(taro);
  expect(await balanceOf(taro)).toBe(0n);
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('no page complained, nor asked anybody else for anything', () => {
  expect(complaints).toEqual([[], []]);
});
