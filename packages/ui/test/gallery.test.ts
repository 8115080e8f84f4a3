/** Every part in a real browser: in both languages and themes, on a small phone and a wide screen, for eyes, voices and keyboards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, violations } from '../../../tests/browser.ts';
import { type Served, servePage } from '../../../tests/served-page.ts';

const ROOMS = ['parts', 'home', 'charge', 'tap', 'lost', 'paid', 'failed', 'unknown', 'pin'];
/** Of a till: its own screens are looked at in every look, so here each part is seen in both languages, themes and widths once. */
const TILL_ROOMS = [
  ...['basket', 'day', 'wide', 'receipt', 'euro'],
  ...['full-tap', 'full-lost', 'full-done', 'full-failed', 'full-unknown', 'full-stopped'],
];
const LOOKS = [
  ['ja', 'light', 360],
  ['ja', 'dark', 1280],
  ['en', 'dark', 360],
  ['en', 'light', 1280],
] as const;

let browser: Browser;
let served: Served;
const folder = mkdtempSync(join(tmpdir(), 'sokkin-gallery-'));
beforeAll(async () => {
  const configFile = join(import.meta.dirname, '..', 'gallery', 'vite.config.ts');
  [browser, served] = await Promise.all([
    openBrowser(),
    servePage({ configFile, build: { outDir: folder } }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Shown {
  readonly page: Page;
  readonly complaints: string[];
}

async function open(query: string, width = 360): Promise<Shown> {
  const page = await browser.newPage({ viewport: { width, height: 740 }, reducedMotion: 'reduce' });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(served.url)) complaints.push(`asks ${request.url()}`);
  });
  await page.goto(`${served.url}?${query}`);
  await page.locator('main').waitFor();
  return { page, complaints };
}

async function isInNobodysWay(
  room: string,
  [language, theme, width]: readonly [string, string, number],
): Promise<void> {
  const { page, complaints } = await open(`room=${room}&language=${language}&theme=${theme}`, width);
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  expect(await page.evaluate('document.documentElement.lang')).toBe(language);
  expect(complaints).toEqual([]);
  await page.close();
}

describe.each(ROOMS)('%s', (room) => {
  test.each(LOOKS)('%s, %s, %i px: nothing is in the way of anybody', (...look) =>
    isInNobodysWay(room, look),
  );
});
test.each(TILL_ROOMS)('%s: nothing is in the way of anybody', async (room) => {
  await isInNobodysWay(room, LOOKS[0]);
  await isInNobodysWay(room, ['en', 'dark', 1280]);
});

const amount = (page: Page) => page.locator('.sk-money').first().locator('[aria-hidden]').textContent();

test('an amount is typed by touch and by keyboard; what is too much is not taken, and said', async () => {
  const { page } = await open('room=charge&language=en');
  for (const key of ['1', '2', '00']) await page.getByRole('button', { name: key, exact: true }).click();
  expect(await amount(page)).toBe('¥1,200');
  await page.keyboard.press('5');
  expect(await amount(page)).toBe('¥12,005');
  await page.keyboard.press('0');
  await page.keyboard.press('0');
  expect(await amount(page)).toBe('¥12,005');
  await expect.poll(() => page.locator('.sk-keypad-says').textContent()).toBe('No more than 100000 yen');
  await page.keyboard.press('Backspace');
  await page.getByRole('button', { name: 'Delete last digit' }).click();
  expect(await amount(page)).toBe('¥120');
  expect(await page.locator('.sk-keypad-says').textContent()).toBe('');
  await page.keyboard.press('Escape');
  expect(await amount(page)).toBe('¥0');
  expect(await page.getByRole('button', { name: 'Charge' }).isDisabled()).toBe(true);
  await page.close();
});

test('a PIN shows and speaks how many digits there are, and none of them', async () => {
  const { page } = await open('room=pin&language=en');
  await page.getByRole('button', { name: '7', exact: true }).click();
  await page.getByRole('button', { name: '3', exact: true }).click();
  expect(await page.getByRole('status').filter({ hasText: 'digits' }).textContent()).toBe(
    '2 of 4 digits entered',
  );
  expect(await page.locator('.sk-pin-dots').textContent()).not.toMatch(/[73]/);
  await page.close();
});

test('a sheet keeps the focus, closes with Escape, and gives the focus back', async () => {
  const { page } = await open('room=parts&language=en');
  await page.getByRole('button', { name: 'Open sheet' }).click();
  const sheet = page.getByRole('dialog', { name: 'Receipt' });
  await sheet.waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'hidden' });
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Open sheet');
  await page.close();
});

test('what was chosen is there at the next visit; what is hidden is hidden from voices, too', async () => {
  const { page } = await open('room=parts&language=en');
  await page.getByRole('radio', { name: 'Dark' }).check();
  expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
  await page.reload();
  await page.locator('main').waitFor();
  expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
  await page.getByRole('switch', { name: /Hide balance/ }).check();
  expect(await page.locator('main p .sk-money').textContent()).toBe('••••hidden');
  await page.close();
});

test('a basket says what each button does, and takes no more than the most', async () => {
  const { page } = await open('room=basket&language=en');
  const coffee = page.getByRole('listitem').filter({ hasText: 'Coffee' });
  await coffee.getByRole('button', { name: 'One more: Coffee' }).click();
  expect(await coffee.locator('output').textContent()).toBe('3');
  expect(await coffee.getByRole('button', { name: 'One more: Coffee' }).isDisabled()).toBe(true);
  await coffee.getByRole('button', { name: 'One less: Coffee' }).click();
  await coffee.getByRole('button', { name: 'One less: Coffee' }).click();
  await coffee.getByRole('button', { name: 'Remove: Coffee' }).waitFor();
  await page.close();
});

test('the figures of a chart stand in a table, none of them rounded', async () => {
  const { page } = await open('room=day&language=en');
  await page.getByRole('img', { name: 'Sales by hour. At most 22750 yen, at 12:00' }).waitFor();
  await page.getByText('As a table').first().click();
  const row = page.getByRole('row', { name: /15:00/ });
  await expect.poll(() => row.getByRole('cell').locator('.sk-unseen').textContent()).toBe('12480 yen');
  await page.close();
});

test('a page with a receipt prints the receipt alone, black on white', async () => {
  const { page } = await open('room=receipt&language=en&theme=dark');
  await page.emulateMedia({ media: 'print' });
  expect(await page.getByRole('navigation').isVisible()).toBe(false);
  expect(await page.getByRole('button', { name: 'Cancel' }).isVisible()).toBe(false);
  const paper = page.getByRole('article', { name: 'Receipt' });
  expect(await paper.isVisible()).toBe(true);
  expect(await paper.locator('svg').isVisible()).toBe(true);
  const ink = "getComputedStyle(document.querySelector('.sk-receipt')).color";
  expect(await page.evaluate(ink)).toBe('rgb(23, 26, 33)');
  await page.close();
});

test('amounts with decimals are typed without a point, and a long one fits on a small phone', async () => {
  const { page } = await open('room=euro&language=en');
  await page.keyboard.type('9876543');
  expect(await amount(page)).toBe('EUR 98,765.43');
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  await page.close();
});

test('how a sale ended is told at once, and the keyboard is on what goes on', async () => {
  const { page } = await open('room=full-done&language=en');
  expect(await page.getByRole('alert').textContent()).toContain('Approved');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Next sale');
  await page.close();
});
