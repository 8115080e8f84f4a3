/** A real server with the built wallet, and a real browser with windows of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, FrameLocator, Page } from 'playwright-core';
import { openBrowser } from '../../../tests/browser.ts';
import { builtPage } from '../../../tests/built-pages.ts';
import type { ServerOptions } from '../../server/src/index.ts';
import { type Rig, rig } from '../../server/test/kit.ts';

/** A server with the built apps, and no browser yet. */
export interface House {
  readonly server: Rig;
  readonly url: string;
  close(): Promise<void>;
}

export interface Stage extends House {
  readonly browser: Browser;
  /** A browser with memory of its own. */
  profile(options?: Profile): Promise<BrowserContext>;
}

export interface Profile {
  readonly language?: 'ja' | 'en';
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly withoutPolicy?: boolean;
}

/** With these apps, each under its own name; `more` of the server. */
export async function openHouse(
  apps: readonly string[] = ['wallet'],
  more: Partial<ServerOptions> = {},
): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'sokkin-wallet-'));
  for (const app of apps) await buildApp(app, join(folder, app));
  const server = await rig({ pages: folder, ...more });
  const url = await server.server.app.listen({ port: 0, host: '127.0.0.1' });
  return {
    ...{ server, url },
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Into a folder that is not there yet. `prefix`: of its programs' names; another one is another version. */
export async function buildApp(app: string, outDir: string, prefix = ''): Promise<void> {
  const configFile = join(import.meta.dirname, '..', '..', app, 'vite.config.ts');
  const names = `assets/${prefix}[name]-[hash].js`;
  const output = { entryFileNames: names, chunkFileNames: names };
  const another = prefix === '' ? {} : { build: { rollupOptions: { output } } };
  await builtPage(`${prefix}${app}`, outDir, { configFile, ...another });
}

export async function openStage(
  apps: readonly string[] = ['wallet'],
  more: Partial<ServerOptions> = {},
): Promise<Stage> {
  const [house, browser] = await Promise.all([openHouse(apps, more), openBrowser()]);
  return {
    ...house,
    browser,
    profile: (options) => openProfile(browser, options),
    async close() {
      await browser.close();
      await house.close();
    },
  };
}

/** A browser with memory of its own. */
export async function openProfile(
  browser: Browser,
  { language = 'en', width = 360, height = 740, dark = false, withoutPolicy = false }: Profile = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language === 'ja' ? 'ja-JP' : 'en-GB',
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    // The pictures bring a font along; what pages ask of others is looked at by the tests themselves.
    bypassCSP: withoutPolicy,
  });
  // How long something takes on a machine that is busy says nothing.
  context.setDefaultTimeout(120_000);
  return context;
}

/** What the page complains of, and whatever it asks of others. */
export function complaintsOf(page: Page, url: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A request that was on its way when the network went: the browser says so by itself.
    if (message.type() === 'error' && !message.text().includes('ERR_INTERNET_DISCONNECTED'))
      complaints.push(message.text());
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

/** A page, or a page within one. */
type Place = Pick<Page, 'getByRole' | 'getByLabel'> | FrameLocator;

const digits = async (page: Place, text: string): Promise<void> => {
  for (const digit of text) await page.getByRole('button', { name: digit, exact: true }).click();
};

/** What is on the buttons, by language. */
const WORDS = {
  en: {
    begin: 'Get started',
    name: 'Your name',
    next: 'Next',
    pin: 'Choose a PIN',
    pinAgain: 'Type it once more',
    first: '10000 yen',
    balance: 'Balance',
    pay: 'Pay',
    receive: 'Receive',
    topUp: 'Top up',
    cancel: 'Cancel',
    back: 'Back',
    done: 'Done',
    activity: 'Activity',
    settings: 'Settings',
    paid: 'Paid',
    got: 'Received',
    receipt: 'Receipt',
    close: 'Close',
  },
  ja: {
    begin: 'はじめる',
    name: 'お名前',
    next: '次へ',
    pin: '暗証番号を決める',
    pinAgain: 'もう一度入力',
    first: '10000円',
    balance: '残高',
    pay: '支払う',
    receive: '受け取る',
    topUp: 'チャージ',
    cancel: 'やめる',
    back: '戻る',
    done: '閉じる',
    activity: '取引',
    settings: '設定',
    paid: '支払いました',
    got: '受け取りました',
    receipt: '控え',
    close: '閉じる',
  },
} as const;
export const buttonsOf = (language: 'ja' | 'en'): (typeof WORDS)['ja' | 'en'] => WORDS[language];

export const press = (on: Place, name: string): Promise<void> =>
  on.getByRole('button', { name, exact: true }).click();

/** Through the first minute. */
export async function begin(
  page: Place,
  name: string,
  { first, language = 'en' }: { readonly first?: string; readonly language?: 'ja' | 'en' } = {},
): Promise<void> {
  const w = WORDS[language];
  await page.getByRole('button', { name: w.begin }).click();
  await page.getByLabel(w.name).fill(name);
  await press(page, w.next);
  await page.getByRole('heading', { name: w.pin }).waitFor();
  await digits(page, PIN);
  await page.getByRole('heading', { name: w.pinAgain }).waitFor();
  await digits(page, PIN);
  await press(page, first ?? w.first);
  await page.getByRole('heading', { name: w.balance }).waitFor();
}
const PIN = '2580';

export const type = digits;

/** What left this purse and has not arrived yet, as home says it. */
export async function waitingOf(page: Page): Promise<bigint> {
  const text = await page.locator('.w-split div').last().locator('.sk-unseen').textContent();
  return BigInt((text ?? '').replaceAll(/[^0-9]/g, ''));
}

/** The figure that stands at the top of the page at home, in yen. */
export async function balanceOf(page: Page): Promise<bigint> {
  const text = await page.locator('.w-hero .sk-money[data-size=large] .sk-unseen').textContent();
  return BigInt((text ?? '').replaceAll(/[^0-9]/g, ''));
}
