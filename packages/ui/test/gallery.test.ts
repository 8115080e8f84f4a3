/** Every part in a real browser: in both languages and themes, on a small phone and a wide screen, for eyes, voices and keyboards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, violations } from '../../../tests/browser.ts';
import { type Served, servePage } from '../../../tests/served-page.ts';

const ROOMS = ['parts', 'home', 'charge', 'tap', 'lost', 'paid', 'failed', 'unknown', 'pin'];

let browser: Browser;
let served: Served;
const folder = mkdtempSync(join(tmpdir(), 'sokkin-gallery-'));
beforeAll(async () => {
  const configFile = join(import.meta.dirname, '..', 'gallery', 'vite.config.ts');
  [browser, served] = await Promise.all([openBrowser(), servePage({ configFile, build: { outDir: folder } })]);
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

describe.each(ROOMS)('%s', (room) => {
  test.each([
    ['ja', 'light', 360],
    ['ja', 'dark', 1280],
    ['en', 'dark', 360],
    ['en', 'light', 1280],
  ])('%s, %s, %i px: nothing is in the way of anybody', async (language, theme, width) => {
    const { page, complaints } = await open(`room=${room}&language=${language}&theme=${theme}`, width);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(await page.evaluate('document.documentElement.lang')).toBe(language);
    expect(complaints).toEqual([]);
    await page.close();
  });
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
