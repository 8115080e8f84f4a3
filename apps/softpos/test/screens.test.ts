/** What is on the till's screens: in nobody's way, in both languages and themes, on a small phone and a wide screen; a whole sale by keyboard alone. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser } from '../../../tests/browser.ts';
import {
  faultsOf,
  LOOKS,
  type Look,
  lookName,
  openTill,
  type Played,
  SCREENS,
  servePlayed,
  walkThrough,
} from './screens.ts';

let browser: Browser;
let played: Played;
beforeAll(async () => {
  [browser, played] = await Promise.all([openBrowser(), servePlayed()]);
});
afterAll(async () => {
  await browser?.close();
  await played?.close();
});

/**
 * Each screen is looked at twice: in both languages, both themes and both widths; which of them go together changes from screen to screen, so that all eight
 * looks are had. `npm run screens` looks at every screen in all of them.
 */
const namesIn = (look: Look): readonly string[] =>
  SCREENS.filter((_, n) => {
    const isDark = n % 2 === 1;
    const isWide = n % 4 >= 2;
    const [dark, wide] = look.language === 'ja' ? [isDark, isWide] : [!isDark, !isWide];
    return look.dark === dark && look.width > 900 === wide;
  }).map(({ name }) => name);

test('every screen is looked at in either language', () => {
  for (const language of ['ja', 'en'])
    expect(
      LOOKS.filter((look) => look.language === language)
        .flatMap(namesIn)
        .sort(),
    ).toEqual(SCREENS.map(({ name }) => name).sort());
});

test.each(LOOKS.map((look) => [lookName(look), look] as const))(
  '%s: nothing is in the way of anybody',
  async (_name, look) => {
    const found: Record<string, unknown> = {};
    const see = async (name: string, page: Page) => {
      const faults = await faultsOf(page, look);
      if (faults.length > 0) found[name] = faults;
    };
    await walkThrough(browser, played.url, look, see, namesIn(look));
    expect(found).toEqual({});
  },
);

describe('by keyboard alone', () => {
  const open = async (scene: string): Promise<Page> => {
    const context = await openTill(browser, { language: 'en', dark: false, width: 360 });
    const page = await context.newPage();
    await page.goto(`${played.url}?scene=${scene}`);
    await page.getByRole('main').waitFor();
    return page;
  };
  const heard = (page: Page) => page.evaluate('heard.join()');
  const asked = (page: Page) => page.evaluate('played.asked.join()');
  const focused = (page: Page) => page.evaluate('document.activeElement.textContent');

  test('a sale: the amount, Enter, a torn tap, paid, the next one', async () => {
    const page = await open('sell');
    await page.keyboard.type('1280');
    await page.keyboard.press('Enter');
    await page.getByText('Hold the card or phone here').waitFor();
    expect(await asked(page)).toBe('charge 1280');
    expect(await focused(page)).toContain('¥1,280');
    await page.evaluate('played.tear()');
    await page.getByRole('status').filter({ hasText: 'Hold the same card here again' }).waitFor();
    await page.evaluate('played.pay()');
    const said = page.getByRole('alert');
    await said.waitFor();
    expect(await said.textContent()).toContain('Paid');
    expect(await said.textContent()).toContain('1280 yen');
    // Stays until it is dismissed; Enter dismisses it.
    expect(await focused(page)).toBe('Next sale');
    await page.keyboard.press('Enter');
    await page.keyboard.type('5');
    await page.getByRole('button', { name: 'Charge 5 yen' }).first().waitFor();
    expect(await heard(page)).toBe('alert,success');
    await page.context().close();
  });

  test('goods and a discount: Tab, Space and arrows alone; what is charged is what the button says', async () => {
    const page = await open('sell');
    await page.getByRole('radio', { name: 'Keypad' }).focus();
    await page.keyboard.press('ArrowRight');
    const goods = page.getByRole('button', { name: /^Coffee/ });
    await goods.focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Discount' }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Discount' }).waitFor();
    await page.getByRole('radio', { name: '10%' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('radio', { name: '15%' }).and(page.locator(':checked')).waitFor();
    await page.getByRole('button', { name: 'Apply' }).focus();
    await page.keyboard.press('Enter');
    const charge = page.getByRole('button', { name: 'Charge 765 yen' }).locator('visible=true');
    await charge.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Hold the card or phone here').waitFor();
    expect(await asked(page)).toBe('charge 765');
    await page.context().close();
  });

  test('a part of a sale goes back, and Escape closes the sheet over it', async () => {
    const page = await open('sell');
    await page.getByRole('button', { name: 'History', exact: true }).press('Enter');
    await page.getByRole('list', { name: 'History' }).getByRole('button').first().press('Enter');
    await page.getByRole('button', { name: 'Refund', exact: true }).press('Enter');
    const sheet = page.getByRole('dialog', { name: 'Refund' });
    await sheet.waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Refund', exact: true }).press('Enter');
    await sheet.getByRole('radio', { name: 'A part' }).check();
    await page.keyboard.type('520');
    await sheet.getByRole('button', { name: 'Give back 520 yen' }).press('Enter');
    await page.getByText('Hold the card or phone here').waitFor();
    expect(await asked(page)).toBe('refund S-20261120-0047 520');
    await page.context().close();
  });

  test('a PIN at the till: typed, shown to nobody; a wrong one is said', async () => {
    const page = await open('locked');
    await page.getByRole('button', { name: /Haruka/ }).press('Enter');
    await page.keyboard.type('1111');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'Wrong PIN.' }).waitFor();
    await page.keyboard.type('2580');
    expect(await page.locator('main').textContent()).not.toContain('2580');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sell' }).waitFor({ state: 'attached' });
    await page.context().close();
  });
});

test('what a cashier may not do is not there to be done, and says who may', async () => {
  const context = await openTill(browser, { language: 'en', dark: false, width: 1280 });
  const page = await context.newPage();
  await page.goto(`${played.url}?scene=cashier`);
  await page.getByRole('button', { name: 'Day', exact: true }).click();
  expect(await page.getByRole('button', { name: 'Close the day' }).isDisabled()).toBe(true);
  await page.getByText('A manager closes the day.').waitFor();
  await page.getByRole('button', { name: 'History', exact: true }).click();
  await page.getByRole('list', { name: 'History' }).getByRole('button').first().click();
  expect(await page.getByRole('button', { name: 'Refund', exact: true }).isDisabled()).toBe(true);
  await context.close();
});

test('a new version is offered between sales, and never over one', async () => {
  const context = await openTill(browser, { language: 'en', dark: false, width: 360 });
  const page = await context.newPage();
  await page.goto(`${played.url}?scene=tap`);
  await page.getByText('Hold the card or phone here').waitFor();
  await page.evaluate('played.show({ hasUpdate: true })');
  expect(await page.getByText('A new version is ready').count()).toBe(0);
  await page.evaluate('played.pay()');
  expect(await page.getByText('A new version is ready').count()).toBe(0);
  await page.getByRole('button', { name: 'Next sale' }).click();
  await page.getByRole('button', { name: 'Start it' }).click();
  expect(await page.evaluate('played.asked.join()')).toBe('update');
  await context.close();
});
