/** The guided tour, from its first step to its last, without a pointer; left, and taken up again. */
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from '../../../tests/browser.ts';
import { openStage, type Stage } from '../../wallet/test/stage.ts';
import { APPS, cardOf, type OpenDesk, openDesk } from './world.ts';

let stage: Stage;
let desk: OpenDesk;
let page: Page;
beforeAll(async () => {
  stage = await openStage(APPS);
  desk = await openDesk(stage);
  page = desk.page;
});
afterAll(() => stage?.close());

/** As somebody who has come there with the Tab key. */
async function enter(what: Locator, key = 'Enter'): Promise<void> {
  await what.focus();
  await page.keyboard.press(key);
}
const button = (on: Page | FrameLocator, name: string) => on.getByRole('button', { name, exact: true });
const step = (title: string) => page.locator('.d-tour h2', { hasText: title }).waitFor();
const marked = () => page.locator('[data-marked]').evaluateAll((all) => all.length);

/** Up, and down on the device that the tour points at: the focus goes there by itself. */
async function hold(card: string, device: string): Promise<void> {
  await enter(cardOf(page, card));
  await expect
    .poll(() => page.evaluate('document.activeElement?.closest("[data-device]")?.dataset.device'))
    .toBe(device);
  await page.keyboard.press('Enter');
}

async function wishByKeys(phone: FrameLocator, what: 'Pay' | 'Receive', amount: string): Promise<void> {
  await enter(button(phone, what));
  await phone.locator('.sk-keypad').waitFor();
  await page.keyboard.type(amount);
  await enter(button(phone, what));
}

test('a card is reached, taken up, put down and put back with the Tab and Enter keys alone', async () => {
  await button(page, 'Reset')
    .or(page.getByRole('button', { name: /^Reset/ }))
    .first()
    .focus();
  await enter(cardOf(page, 'Kenji'));
  const says = page.locator('.d-tray-says [role=status]');
  expect(await says.textContent()).toMatch(/Card of Kenji: In your hand/);
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement?.className')).toBe('d-drop');
  await page.keyboard.press('Escape');
  expect(await says.textContent()).toMatch(/Drag a card/);
  expect(await page.locator('.d-drop').count()).toBe(0);
});

test('phase 1: at the shop', async () => {
  await enter(button(page, 'Start the tour'));
  await step('What is on this desk');
  await enter(button(page, 'Next'));
  await step('An ordinary till');
  expect(await marked()).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'POS key 8' }).focus();
  await page.keyboard.type('800');
  await enter(button(page, 'Charge'));
  await step('An ordinary card');
  await hold('Bank', 'pos');
  await step('Only the ledger moved');
  await page.getByText('Done: An ordinary card').waitFor();
  await enter(button(page, 'Next'));
});

test('left and taken up, also after the page was closed', async () => {
  await step('Take the network away');
  await enter(button(page, 'Leave'));
  await page.reload();
  await enter(button(page, 'Go on: Take the network away'));
  await step('Take the network away');
  expect(await violations(page)).toEqual([]);
});

test('phase 2: from hand to hand, with no network', async () => {
  const { hanako, taro, softpos } = desk;
  for (const phone of [hanako, taro]) await phone.locator('.w-hero').waitFor();
  await page.locator('.d-tray:not(:has(:disabled))').waitFor();
  await enter(page.getByRole('switch', { name: /Network/ }), 'Space');
  await step('A phone asks for money');
  await wishByKeys(hanako, 'Receive', '500');
  await step('Card to phone');
  await hold('Aoi', 'hanako');
  await step('Card to phone to card');
  await enter(button(hanako, 'Done'));
  await enter(button(hanako, 'Cards'));
  await enter(button(hanako, 'From card to card'));
  await hanako.locator('.sk-keypad').waitFor();
  await page.keyboard.type('400');
  await enter(button(hanako, 'Begin'));
  for (const [says, card] of [
    ['Hold the card here that gets the money', 'Kenji'],
    ['Now the card that pays', 'Aoi'],
    ['Now the first card once more', 'Kenji'],
  ] as const) {
    await hanako.getByText(says).waitFor();
    await hold(card, 'hanako');
  }
  await hanako.getByRole('heading', { name: 'Paid from card to card' }).waitFor();
  await cardOf(page, 'Kenji').getByText('¥5,400').waitFor();
  await step('Phone to phone');
  await enter(button(hanako, 'Done'));
  await enter(button(hanako, 'Home'));
  await wishByKeys(taro, 'Receive', '300');
  await wishByKeys(hanako, 'Pay', '300');
  await step('A shop without a network');
  await softpos.getByRole('button', { name: '1', exact: true }).focus();
  await page.keyboard.type('300');
  await enter(softpos.getByRole('button', { name: /^Charge/ }));
  await hold('Kenji', 'softpos');
});

test('a payment is torn, and mended', async () => {
  const { hanako, taro } = desk;
  await step('Tear a payment');
  await page.getByLabel('Where the next tap is cut').focus();
  for (let n = 0; n < 4; n++) await page.keyboard.press('ArrowDown');
  for (const phone of [hanako, taro]) await enter(button(phone, 'Done'));
  await wishByKeys(taro, 'Receive', '200');
  await wishByKeys(hanako, 'Pay', '200');
  await step('Back on the network');
  await page.getByText('Done: Mend it').waitFor();
  await hanako.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
});

test('the end: everything adds up, and the tour can begin anew', async () => {
  await enter(page.getByRole('switch', { name: /Network/ }), 'Space');
  await step('The books add up');
  await page.getByText('Adds up to the last yen').waitFor();
  await enter(button(page, 'Finish'));
  await button(page, 'Start the tour').waitFor();
});
