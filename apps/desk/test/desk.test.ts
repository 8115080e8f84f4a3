/** The desk in a real browser: phones that are ready, cards that are dragged onto them, every byte in view, the network off, a tap that is cut. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from '../../../tests/browser.ts';
import { complaintsOf, openStage, type Stage } from '../../wallet/test/stage.ts';
import { cardOf, drag, finish, type OpenDesk, openDesk, whenReady, wish } from './world.ts';

let stage: Stage;
let desk: OpenDesk;
let complaints: string[];
beforeAll(async () => {
  stage = await openStage(['wallet', 'desk']);
  desk = await openDesk(stage);
  complaints = complaintsOf(desk.page, stage.url);
}, 120_000);
afterAll(() => stage?.close());

const sum = async (): Promise<string> => (await desk.page.locator('.d-sum').textContent()) ?? '';

test('the address of the back-end leads to it, and the phones are ready', async () => {
  expect(desk.page.url()).toBe(`${stage.url}/desk/`);
  await expect.poll(sum).toMatch(/Issued.*200,000.*in purses.*30,000/);
});

test('a card that is dragged onto a phone pays it, and every byte has its name', async () => {
  const { page, hanako } = desk;
  await wish(hanako, 'Receive', '500');
  await drag(page, cardOf(page, 'Aoi'), 'hanako');
  await finish(hanako, 'Received');
  await cardOf(page, 'Aoi').getByText('¥4,500').waitFor();
  const paid = page.locator('.d-trace li', { has: page.getByText('PAY', { exact: true }) }).first();
  expect(await paid.textContent()).toMatch(/Phone of Hanako.*Card of Aoi/);
  await paid.locator('summary').click();
  await paid.getByRole('rowheader', { name: /payee/i }).first().waitFor();
});

test('a card is held to the phone that it lies on, and to no other', async () => {
  const { page, hanako, taro } = desk;
  await wish(taro, 'Receive', '100');
  await wish(hanako, 'Receive', '100');
  await drag(page, cardOf(page, 'Kenji'), 'hanako');
  await finish(hanako, 'Received');
  await taro.getByText("Hold the payer's phone or card here").waitFor();
  await taro.getByRole('button', { name: 'Cancel' }).click();
});

test('a card that lies on a phone before it is asked for waits, and can be taken away', async () => {
  const { page } = desk;
  await drag(page, cardOf(page, 'Aoi'), 'taro');
  const lying = page.getByRole('button', { name: 'Take away: Card of Aoi' });
  await lying.click();
  await cardOf(page, 'Aoi').waitFor();
  await lying.waitFor({ state: 'detached' });
});

test('a drag that ends nowhere puts the card back', async () => {
  const { page } = desk;
  const card = cardOf(page, 'Aoi');
  await card.hover();
  await page.mouse.down();
  await page.mouse.move(10, 10);
  await expect.poll(() => card.getAttribute('aria-pressed')).toBe('true');
  await page.mouse.up();
  await expect.poll(() => card.getAttribute('aria-pressed')).toBe('false');
});

test('with the network off, two phones pay each other, and a torn tap is mended', async () => {
  const { page, hanako, taro } = desk;
  await page.getByRole('switch', { name: /Network/ }).click();
  await taro.getByText('You are offline').waitFor();
  await page.getByLabel('Where the next tap is cut').selectOption('response2');
  await wish(taro, 'Receive', '300');
  await wish(hanako, 'Pay', '300');
  await Promise.all([finish(hanako, 'Paid'), finish(taro, 'Received')]);
  await page.getByText('The tap was cut').waitFor();
  await page.getByRole('switch', { name: /Network/ }).click();
});

test('the books add up, whatever was done', async () => {
  await desk.page.getByText('Adds up to the last yen').waitFor();
});

test('nothing is in the way of anybody, and nobody else is asked for anything', async () => {
  expect(await violations(desk.page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('a reset puts new things on the desk, with new money', async () => {
  const { page } = desk;
  await page.getByRole('button', { name: /^Reset/ }).click();
  desk = await whenReady(page);
  await cardOf(page, 'Aoi').getByText('¥5,000').waitFor();
  await expect.poll(sum).toMatch(/Issued.*400,000/);
}, 60_000);
