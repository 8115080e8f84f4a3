/**
 * Every screen of the till, each over a shop that is played (gallery/played.ts); what to do with each is the caller's.
 *
 * What must hold: a picture taken today and one taken tomorrow are the same: the day, the clock and the time zone are fixed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { violations } from '../../../tests/browser.ts';
import { servePage } from '../../../tests/served-page.ts';
import { NOW } from './gallery/data.ts';
import type { Scene } from './gallery/played.ts';

export interface Look {
  readonly language: 'ja' | 'en';
  readonly dark: boolean;
  readonly width: number;
}
/** Each language in each theme, on a small phone and on a wide screen. */
export const LOOKS: readonly Look[] = (['ja', 'en'] as const).flatMap((language) =>
  [false, true].flatMap((dark) => [360, 1280].map((width) => ({ language, dark, width }))),
);
export const lookName = ({ language, dark, width }: Look): string =>
  `${language}-${dark ? 'dark' : 'light'}-${width}`;

export const WORDS = {
  en: {
    ...{
      history: 'History',
      day: 'Day',
      more: 'More',
      goods: 'Goods',
      sandbox: 'Try it with a shop of your own',
    },
    ...{ next: 'Next', shopName: 'Name of the shop', yourName: 'Your name', code: 'Enrol with a code' },
    ...{ basket: 'Basket', discount: 'Discount', receipt: 'Receipt', refund: 'Refund', part: 'A part' },
    ...{
      people: 'People',
      addGoods: 'Add goods',
      reader: 'Reader',
      usb: 'USB reader',
      purse: 'Purse of the shop',
    },
    ...{
      settings: 'Settings',
      close: 'Close the day',
      unsent: '3 not sent yet',
      charge: 'Charge',
      amount: 'Amount',
    },
    ...{ line: 'So far', sale: 'Sale' },
  },
  ja: {
    ...{ history: '履歴', day: '日計', more: 'その他', goods: '商品', sandbox: 'お試しの店を作る' },
    ...{ next: '次へ', shopName: 'お店の名前', yourName: 'あなたの名前', code: 'コードで登録する' },
    ...{ basket: 'カゴ', discount: '割引', receipt: 'レシート', refund: '返金する', part: '一部' },
    ...{
      people: '担当者',
      addGoods: '商品を追加',
      reader: 'リーダー',
      usb: 'USBリーダー',
      purse: 'お店のウォレット',
    },
    ...{ settings: '設定', close: '締める', unsent: '未送信 3件', charge: '会計する', amount: '金額' },
    ...{ line: '累計', sale: '会計の詳細' },
  },
} as const;
type Words = (typeof WORDS)['ja' | 'en'];

interface Screen {
  readonly name: string;
  readonly scene: Scene;
  /** From the first room to it. */
  readonly go?: (page: Page, w: Words, isWide: boolean) => Promise<void>;
}

const press = (page: Page, name: string) => page.getByRole('button', { name }).first().click();
const room = (page: Page, name: string) =>
  page.getByRole('navigation').getByRole('button', { name, exact: true }).click();
const rowOf = (page: Page, name: string) =>
  page.getByRole('listitem').getByRole('button', { name }).first().click();
const choose = (page: Page, name: string) => page.getByRole('radio', { name, exact: true }).check();
const inMore =
  (...way: (keyof Words)[]): NonNullable<Screen['go']> =>
  async (page, w) => {
    await room(page, w.more);
    for (const name of way) await rowOf(page, w[name]);
  };
const firstSale = (page: Page) => page.locator('.sk-row button').first().click();

export const SCREENS: readonly Screen[] = [
  { name: 'welcome', scene: 'new' },
  { name: 'new-shop', scene: 'new', go: (page, w) => press(page, w.sandbox) },
  { name: 'enrol', scene: 'new', go: (page, w) => press(page, w.code) },
  {
    name: 'first-pin',
    scene: 'new',
    go: async (page, w) => {
      await press(page, w.sandbox);
      await page.getByLabel(w.shopName).fill('こむぎ');
      await press(page, w.next);
      await page.getByLabel(w.yourName).fill('はるか');
      await press(page, w.next);
      await page.keyboard.type('258');
    },
  },
  { name: 'people-at-till', scene: 'locked' },
  { name: 'sign-in', scene: 'locked', go: firstSale },
  { name: 'sign-in-waits', scene: 'waits', go: firstSale },
  { name: 'sell', scene: 'empty', go: (page) => page.keyboard.type('1280') },
  { name: 'sell-goods', scene: 'offline', go: (page, w) => choose(page, w.goods) },
  {
    name: 'sell-basket',
    scene: 'update',
    go: async (page, w, isWide) => {
      if (!isWide) await press(page, w.basket);
    },
  },
  { name: 'discount', scene: 'offline', go: (page, w) => press(page, w.discount) },
  {
    name: 'asks-tip',
    scene: 'asks_tip',
    go: (page, w) => page.getByRole('button', { name: w.charge }).locator('visible=true').click(),
  },
  { name: 'tap', scene: 'tap' },
  { name: 'reading', scene: 'reading' },
  { name: 'tap-again', scene: 'tap_again' },
  { name: 'asking', scene: 'asking' },
  { name: 'payer-pin', scene: 'payer_pin' },
  { name: 'approved', scene: 'approved' },
  { name: 'approved-offline', scene: 'approved_offline' },
  { name: 'declined', scene: 'declined' },
  { name: 'unknown', scene: 'unknown' },
  { name: 'cancelled', scene: 'cancelled' },
  { name: 'kept', scene: 'kept' },
  { name: 'no-room', scene: 'no_room' },
  { name: 'receipt', scene: 'approved_offline', go: (page, w) => press(page, w.receipt) },
  { name: 'history', scene: 'sell', go: (page, w) => room(page, w.history) },
  {
    name: 'sale',
    scene: 'sell',
    go: async (page, w) => {
      await room(page, w.history);
      await firstSale(page);
      await page.locator('.sk-timeline').waitFor();
    },
  },
  {
    name: 'refund',
    scene: 'sell',
    go: async (page, w) => {
      await room(page, w.history);
      await firstSale(page);
      await page.getByRole('button', { name: w.refund, exact: true }).click();
      await choose(page, w.part);
      await page.keyboard.type('520');
    },
  },
  {
    name: 'refund-cut-off',
    scene: 'sell',
    go: async (page, w) => {
      await room(page, w.history);
      await page.locator('.sk-row button').last().click();
      await page.locator('.sk-timeline').waitFor();
    },
  },
  { name: 'queue', scene: 'offline', go: (page, w) => press(page, w.unsent) },
  { name: 'day', scene: 'sell', go: (page, w) => room(page, w.day) },
  {
    name: 'close-day',
    scene: 'sell',
    go: async (page, w) => {
      await room(page, w.day);
      await press(page, w.close);
    },
  },
  { name: 'more', scene: 'sell', go: (page, w) => room(page, w.more) },
  { name: 'goods', scene: 'sell', go: inMore('goods') },
  {
    name: 'goods-edit',
    scene: 'sell',
    go: async (page, w) => {
      await room(page, w.more);
      await rowOf(page, w.goods);
      await press(page, w.addGoods);
    },
  },
  { name: 'people', scene: 'sell', go: inMore('people') },
  { name: 'purse', scene: 'sell', go: inMore('purse') },
  {
    name: 'reader',
    scene: 'sell',
    go: async (page, w) => {
      await room(page, w.more);
      await rowOf(page, w.reader);
      await choose(page, w.usb);
    },
  },
  { name: 'settings', scene: 'sell', go: inMore('settings') },
  { name: 'elsewhere', scene: 'elsewhere' },
  { name: 'broken', scene: 'broken' },
];

export interface Played {
  readonly url: string;
  close(): Promise<void>;
}

/** The rooms, built and served. */
export async function servePlayed(): Promise<Played> {
  const folder = mkdtempSync(join(tmpdir(), 'sokkin-till-'));
  const served = await servePage({
    configFile: join(import.meta.dirname, 'gallery', 'vite.config.ts'),
    build: { outDir: folder },
  });
  return {
    url: served.url,
    close: async () => {
      await served.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function openTill(browser: Browser, { language, dark, width }: Look): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 740 : 800 },
    locale: language === 'ja' ? 'ja-JP' : 'en-GB',
    timezoneId: 'Asia/Tokyo',
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  await context.clock.setFixedTime(NOW);
  return context;
}

/** One page in one look; `see` is called on each screen. */
export async function walkThrough(
  browser: Browser,
  url: string,
  look: Look,
  see: (name: string, page: Page) => Promise<void>,
  names: readonly string[] = SCREENS.map(({ name }) => name),
): Promise<void> {
  const context = await openTill(browser, look);
  const page = await context.newPage();
  for (const { name, scene, go } of SCREENS) {
    if (!names.includes(name)) continue;
    await page.goto(`${url}?scene=${scene}`);
    await page.getByRole('main').waitFor();
    await page.locator('[data-waiting]').waitFor({ state: 'detached' });
    await go?.(page, WORDS[look.language], look.width > 900);
    await page.locator('[data-waiting]').waitFor({ state: 'detached' });
    await see(name, page);
  }
  await context.close();
}

/** What keeps somebody from using it; none: nothing. */
export async function faultsOf(page: Page, { language, width }: Look): Promise<readonly string[]> {
  const spoken = await page.evaluate('document.documentElement.lang');
  const beyond = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
  return [
    ...(spoken === language ? [] : [`speaks ${spoken}`]),
    ...(beyond > 0 ? [`${beyond} px wider than ${width}`] : []),
    ...(await violations(page)),
  ];
}
