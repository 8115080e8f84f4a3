/** A real server with the built wallet, and a real browser with windows of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { openBrowser } from '../../../tests/browser.ts';
import { type Rig, rig } from '../../server/test/kit.ts';

export interface Stage {
  readonly server: Rig;
  readonly url: string;
  readonly browser: Browser;
  /** A browser with memory of its own. */
  profile(options?: Profile): Promise<BrowserContext>;
  close(): Promise<void>;
}

export interface Profile {
  readonly language?: 'ja' | 'en';
  readonly width?: number;
  readonly dark?: boolean;
  readonly withoutPolicy?: boolean;
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'sokkin-wallet-'));
  const configFile = join(import.meta.dirname, '..', 'vite.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir: join(folder, 'wallet') } });
  const [server, browser] = await Promise.all([rig({ pages: folder }), openBrowser()]);
  const url = await server.server.app.listen({ port: 0, host: '127.0.0.1' });
  return {
    ...{ server, url, browser },
    profile: ({ language = 'en', width = 360, dark = false, withoutPolicy = false } = {}) =>
      browser.newContext({
        viewport: { width, height: 740 },
        locale: language === 'ja' ? 'ja-JP' : 'en-GB',
        colorScheme: dark ? 'dark' : 'light',
        reducedMotion: 'reduce',
        // The pictures bring a font along; what pages ask of others is looked at by the tests themselves.
        bypassCSP: withoutPolicy,
      }),
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the page complains of, and whatever it asks of others. */
export function complaintsOf(page: Page, url: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('blob:'))
      complaints.push(`asks ${request.url()}`);
  });
  return complaints;
}

export async function openWallet(context: BrowserContext, url: string, name: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/wallet/?wallet=${name}`);
  return page;
}

const digits = async (page: Page, text: string): Promise<void> => {
  for (const digit of text) await page.getByRole('button', { name: digit, exact: true }).click();
};

/** Through the first minute, in English. */
export async function begin(
  page: Page,
  name: string,
  { pin = '2580', first = '10000 yen' } = {},
): Promise<void> {
  await page.getByRole('button', { name: 'Get started' }).click();
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('heading', { name: 'Choose a PIN' }).waitFor();
  await digits(page, pin);
  await page.getByRole('heading', { name: 'Type it once more' }).waitFor();
  await digits(page, pin);
  await page.getByRole('button', { name: first }).click();
  await page.getByRole('heading', { name: 'Balance' }).waitFor();
}

export const type = digits;

/** The figure that stands at the top of the page at home, in yen. */
export async function balanceOf(page: Page): Promise<bigint> {
  const text = await page.locator('.w-hero .sk-money[data-size=large] .sk-unseen').textContent();
  return BigInt((text ?? '').replaceAll(/[^0-9]/g, ''));
}
