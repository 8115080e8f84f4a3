/** The desk in a real browser: two phones pay each other on it, with every byte in view, the network off, and a tap that is cut. */
import type { FrameLocator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from '../../../tests/browser.ts';
import { begin, complaintsOf, openStage, type Stage, type } from '../../wallet/test/stage.ts';

let stage: Stage;
let page: Page;
let complaints: string[];
const phone = (name: string): FrameLocator => page.frameLocator(`iframe[title="Phone of ${name}"]`);
beforeAll(async () => {
  stage = await openStage(['wallet', 'desk']);
  const context = await stage.profile({ width: 1440 });
  page = await context.newPage();
  complaints = complaintsOf(page, stage.url);
  await page.goto(stage.url);
  await begin(phone('Hanako'), 'Hanako');
  await begin(phone('Taro'), 'Taro', { first: 'Later' });
});
afterAll(() => stage?.close());

const press = (on: FrameLocator, name: string) => on.getByRole('button', { name, exact: true }).click();
async function pay(amount: string): Promise<void> {
  const [hanako, taro] = [phone('Hanako'), phone('Taro')];
  await press(taro, 'Receive');
  await type(taro, amount);
  await press(taro, 'Receive');
  await press(hanako, 'Pay');
  await type(hanako, amount);
  await press(hanako, 'Pay');
}
async function bothDone(): Promise<void> {
  const [hanako, taro] = [phone('Hanako'), phone('Taro')];
  await hanako.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
  await taro.getByRole('heading', { name: 'Received', exact: true }).waitFor();
  await Promise.all([press(hanako, 'Done'), press(taro, 'Done')]);
}

test('the address of the back-end leads to it', () => {
  expect(page.url()).toBe(`${stage.url}/desk/`);
});

test('two phones pay each other, and every byte has its name', async () => {
  await pay('700');
  await bothDone();
  const titles = page.locator('.d-trace summary strong');
  await expect
    .poll(() => titles.allTextContents())
    .toEqual(expect.arrayContaining(['SELECT', 'PAY', 'SETTLE']));
  const paid = page.locator('.d-trace li', { has: page.getByText('PAY', { exact: true }) }).first();
  await paid.locator('summary').click();
  await paid.getByRole('rowheader', { name: /payee/i }).first().waitFor();
});

test('with the network off, and the tap cut in the middle', async () => {
  await page.getByRole('switch', { name: /Network/ }).click();
  await phone('Taro').getByText('You are offline').waitFor();
  await page.getByLabel('Where the next tap is cut').selectOption('response2');
  await pay('300');
  await bothDone();
  await page.getByText('The tap was cut').waitFor();
  await page.getByRole('switch', { name: /Network/ }).click();
});

test('the books are always in view, and right', async () => {
  const books = page.locator('.d-books');
  await books.getByText('Right to the last yen').waitFor();
  expect(await books.textContent()).toMatch(/Issued.*100,000/);
});

test('nothing is in the way of anybody, and nobody else is asked for anything', async () => {
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});
