/** The desk in a real browser: phones that are ready, cards that are dragged onto them, every byte in view, the network off, a tap that is cut. */
import type { Route } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from '../../../tests/browser.ts';
import { complaintsOf, openStage, press, type Stage } from '../../wallet/test/stage.ts';
import { walkDesk } from './screens.ts';
import { APPS, cardOf, drag, finish, type OpenDesk, openDesk, whenReady, wish } from './world.ts';

let stage: Stage;
let desk: OpenDesk;
let complaints: string[];
beforeAll(async () => {
  stage = await openStage(APPS);
  desk = await openDesk(stage);
  complaints = complaintsOf(desk.page, stage.url);
});
afterAll(() => stage?.close());

const sum = async (): Promise<string> => (await desk.page.locator('.d-sum').textContent()) ?? '';

test('the address of the back-end leads to it, and the phones are ready', async () => {
  expect(desk.page.url()).toBe(`${stage.url}/desk/`);
  await expect.poll(sum).toMatch(/Issued.*250,000.*in purses.*30,000/);
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

test('an ordinary card pays at the ordinary terminal, out of an account, and the message is there field by field', async () => {
  const { page } = desk;
  const before = await sum();
  await page.getByRole('button', { name: 'POS key 8' }).press('8');
  await page.getByRole('button', { name: 'POS key 00' }).click();
  await page.getByRole('button', { name: 'Charge', exact: true }).click();
  await drag(page, cardOf(page, 'Bank'), 'pos');
  await page.locator('.d-pos-says', { hasText: 'Approved' }).waitFor();
  expect(await page.locator('.d-slip').textContent()).toMatch(/\*{12}\d{4}.*¥800.*APPROVED/);
  const asked = page.locator('.d-trace li[data-kind=iso]').first();
  expect(await asked.textContent()).toMatch(/0200.*0210.*Response code 00/);
  await asked.locator('summary').click();
  for (const field of ['DE 4', 'DE 39', 'DE 55', '9F26'])
    await asked.getByRole('rowheader', { name: field, exact: true }).first().waitFor();
  const number = asked
    .getByRole('row', { name: /^DE 2 / })
    .first()
    .locator('td')
    .last();
  expect(await number.textContent()).toMatch(/^\*{12}\d{4}$/);
  expect(await asked.textContent()).toMatch(/DE 35.{0,30}\(not shown\)/);
  // From account to account: nothing was issued, and nothing has left the accounts.
  await expect.poll(sum).toBe(before);
});

/** Charges, and holds the card to the terminal. */
async function sell(digit: string, card: string): Promise<void> {
  const { page } = desk;
  for (const key of [digit, '00'])
    await page.getByRole('button', { name: `POS key ${key}`, exact: true }).click();
  await page.getByRole('button', { name: 'Charge', exact: true }).click();
  await drag(page, cardOf(page, card), 'pos');
}
const posSays = (words: string) =>
  desk.page.locator('.d-pos-says').getByText(words, { exact: true }).waitFor();
const networkOf = () => desk.page.getByRole('switch', { name: /Network/ });

test('the card with money on it pays at the ordinary terminal, too: with a network from the account', async () => {
  const before = await sum();
  await sell('5', 'Aoi');
  await posSays('Approved');
  await cardOf(desk.page, 'Aoi').getByText('¥4,500').waitFor();
  await expect.poll(sum).toBe(before);
});

test('without a network it pays there out of its own money; the approval waits, and is cleared when the network is back', async () => {
  const { page } = desk;
  await networkOf().click();
  await sell('6', 'Aoi');
  await posSays('Approved offline');
  expect(await page.locator('.d-slip').textContent()).toMatch(/¥600.*APPROVED OFFLINE/);
  await cardOf(page, 'Aoi').getByText('¥3,900').waitFor();
  const messages = page.locator('.d-trace li[data-kind=iso]');
  const before = await messages.count();
  // The bank's card has no money on it, and nobody can be asked.
  await sell('7', 'Bank');
  await posSays('This card cannot pay here');
  expect(await messages.count()).toBe(before);
  await networkOf().click();
  await expect.poll(() => messages.first().textContent()).toMatch(/0220.*0230.*Response code 00/);
  // The shop has it; where it came from is known for good when the card has told its journal.
  await expect.poll(sum).toMatch(/in accounts ¥220,600/);
  await page.getByText('Adds up to the last yen').waitFor();
});

test('at the SoftPOS the same card pays from its purse, and from the account what is more than it holds', async () => {
  const { page, softpos } = desk;
  const charge = async (digits: readonly string[]) => {
    for (const digit of digits) await press(softpos, digit);
    await softpos.getByRole('button', { name: /^Charge/ }).click();
    await drag(page, cardOf(page, 'Aoi'), 'softpos');
    await softpos.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
    await press(softpos, 'Next sale');
  };
  await charge(['2', '00']);
  await cardOf(page, 'Aoi').getByText('¥3,700').waitFor();
  await charge(['6', '0', '00']);
  await cardOf(page, 'Aoi').getByText('¥3,700').waitFor();
});

test('with the network off, two phones pay each other, and a torn tap is mended', async () => {
  const { page, hanako, taro } = desk;
  await networkOf().click();
  await taro.getByText('You are offline').waitFor();
  await page.getByLabel('Where the next tap is cut').selectOption('response2');
  await wish(taro, 'Receive', '300');
  await wish(hanako, 'Pay', '300');
  await Promise.all([finish(hanako, 'Paid'), finish(taro, 'Received')]);
  await page.getByText('The tap was cut').waitFor();
  await networkOf().click();
});

test('the books add up, whatever was done', async () => {
  await desk.page.getByText('Adds up to the last yen').waitFor();
});

test('nothing is in the way of anybody, and nobody else is asked for anything', async () => {
  expect(await violations(desk.page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('a reset puts new things on the desk, with new money, also where a shop is not opened at the first attempt', async () => {
  const { page } = desk;
  let lost = 0;
  const lose = (route: Route) => (++lost <= 4 ? route.abort() : route.continue());
  await page.route('**/v1/sandbox/shops', lose);
  await page.getByRole('button', { name: /^Reset/ }).click();
  desk = await whenReady(page);
  expect(lost).toBeGreaterThan(4);
  await page.unroute('**/v1/sandbox/shops', lose);
  await cardOf(page, 'Aoi').getByText('¥5,000').waitFor();
  await expect.poll(sum).toMatch(/Issued.*500,000/);
});

const LOOKS = [
  { language: 'ja', width: 1280, dark: true },
  { language: 'en', width: 360, dark: false },
] as const;

test.each(LOOKS)(
  '$language, $width pixels: nothing is in the way, and everything is in view',
  async (look) => {
    await walkDesk(stage, look, async (name, page) => {
      expect(await violations(page), name).toEqual([]);
      const beyond = await page.evaluate(
        '({ x: document.documentElement.scrollWidth - innerWidth, y: document.documentElement.scrollHeight - innerHeight })',
      );
      expect(beyond, name).toEqual({ x: 0, y: 0 });
    });
  },
  120_000,
);
