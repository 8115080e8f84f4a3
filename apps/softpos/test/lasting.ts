/**
 * The shop's app as it is built and served, in a browser whose memory outlives it: it may be killed and started again, and the server may have a newer
 * version meanwhile. A second window holds the cards of the test to the field.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { Plugin } from 'vite';
import { openLastingBrowser } from '../../../tests/browser.ts';
import { builtPage } from '../../../tests/built-pages.ts';
import { type Rig, rig } from '../../server/test/kit.ts';
import { type Around, type CardWish, type Hand, handOf, MANAGER, makeCard, type TestCard } from './stage.ts';

export type Version = 1 | 2;

export interface Lasting {
  readonly server: Rig;
  readonly url: string;
  card(wish: CardWish): Promise<TestCard>;
  /** What happens around the commands to cards from now on. */
  around(run: Around | undefined): void;
  /** The next answer to a call of this path does not arrive; resolves when the server has given it. */
  loseAnswer(path: string): Promise<void>;
  /** From now on the server has this version of the app, and no other. */
  serve(version: Version): void;
  /** The browser is started, with what it kept. */
  start(): Promise<Counter>;
  close(): Promise<void>;
}

/** A shop's app on a device, and what a cashier does with it. */
export interface Counter {
  readonly context: BrowserContext;
  readonly page: Page;
  kill(): Promise<void>;
  /** From another window; the tap is over when it resolves, with its commands counted. */
  hold(card: TestCard): Promise<number>;
  /** Whatever is held to the field is taken away. */
  takeAway(): Promise<void>;
}

const HERE = import.meta.dirname;

export async function openLasting(versions: readonly Version[]): Promise<Lasting> {
  const folder = mkdtempSync(join(tmpdir(), 'sokkin-shop-'));
  for (const version of versions) await builtApp(join(folder, `shop${version}`), version);
  await builtPage('hand', join(folder, 'hand'), {
    ...{ configFile: false, root: join(HERE, 'page'), base: '/hand/' },
    build: { target: 'es2022', rolldownOptions: { input: join(HERE, 'page', 'hand.html') } },
  });
  const server = await rig({ pages: folder });
  const behind = await server.server.app.listen({ port: 0, host: '127.0.0.1' });
  let served: Version = 1;
  let lost: { readonly path: string; readonly tell: () => void } | undefined;
  const front = await listenBefore(behind, {
    place: (path) => path.replace(/^\/softpos\//, `/shop${served}/`),
    isLost(path) {
      if (path !== lost?.path) return false;
      lost.tell();
      lost = undefined;
      return true;
    },
  });
  const hand: Hand = { cards: new Map() };
  const kept = join(folder, 'browser');
  let last: Counter | undefined;
  return {
    ...{ server, url: front.url },
    card: (wish) => makeCard(server, hand, wish),
    around(run) {
      hand.around = run;
    },
    serve(version) {
      served = version;
    },
    loseAnswer: (path) =>
      new Promise((tell) => {
        lost = { path, tell };
      }),
    async start() {
      const { context, kill } = await openLastingBrowser(kept);
      // How long something takes on a machine that is busy says nothing.
      context.setDefaultTimeout(120_000);
      await handOf(context, hand);
      last = await counterIn(context, front.url, kill);
      return last;
    },
    async close() {
      await last?.context.close();
      front.server.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function counterIn(context: BrowserContext, url: string, kill: () => Promise<void>): Promise<Counter> {
  const [page = await context.newPage()] = context.pages();
  const hand = await context.newPage();
  await Promise.all([page.goto(`${url}/softpos/`), hand.goto(`${url}/hand/hand.html`)]);
  await page.bringToFront();
  return {
    ...{ context, page, kill },
    hold: (card) => hand.evaluate((name) => holdCard(name), card.name),
    async takeAway() {
      await hand.reload();
    },
  };
}
/** In the window of the hand. */
declare const holdCard: (card: string) => Promise<number>;

/** Each version says which it is. */
const marked = (version: Version): Plugin => ({
  name: 'marked',
  transform: (code, id) =>
    id.endsWith('/src/main.tsx') ? `${code}\nglobalThis.appVersion = ${version};` : null,
});

const builtApp = (to: string, version: Version): Promise<void> =>
  builtPage(`softpos-${version}`, to, {
    configFile: join(HERE, '..', 'vite.config.ts'),
    plugins: [marked(version)],
  });

interface Front {
  /** Where it is in the server. */
  place(path: string): string;
  /** Asked when its answer is there. */
  isLost(path: string): boolean;
}

/** Before the server, so that what it has under one address can change, and an answer be lost. */
async function listenBefore(
  behind: string,
  { place, isLost }: Front,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((asked, answer) => {
    const path = asked.url ?? '/';
    const to = new URL(place(path), behind);
    const passed = request(to, { method: asked.method, headers: asked.headers }, (answered) => {
      if (isLost(path)) return void answered.resume();
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    // A browser that is killed in the middle takes its requests along.
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Bug: it listens on a port');
  return { url: `http://127.0.0.1:${address.port}`, server };
}

/** A shop of one's own, through the screens. */
export async function openShop(page: Page): Promise<void> {
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  await press('Try it with a shop of your own');
  await page.getByLabel('Name of the shop').fill('Bakery Komugi');
  await press('Next');
  await page.getByLabel('Your name').fill(MANAGER.name);
  await press('Next');
  for (const title of ['Choose a PIN for the till', 'Type it once more']) {
    await page.getByRole('heading', { name: title }).waitFor();
    await page.keyboard.type(MANAGER.pin);
    await page.keyboard.press('Enter');
  }
  await sells(page);
}

export const sells = (page: Page): Promise<void> =>
  page.getByRole('heading', { name: 'Sell' }).waitFor({ state: 'attached' });

/** After a start: nobody is signed in any more. */
export async function signIn(page: Page): Promise<void> {
  await page.getByText(MANAGER.name).first().waitFor();
  await page.keyboard.type(MANAGER.pin);
  await page.keyboard.press('Enter');
}

export async function charge(page: Page, amount: number): Promise<void> {
  await page.keyboard.type(String(amount));
  await page
    .getByRole('button', { name: `Charge ${amount} yen` })
    .locator('visible=true')
    .click();
  await page.getByText('Hold the card or phone here').waitFor();
}

/** The sheet as the cashier sees it. */
export const paid = (page: Page) => page.getByRole('alert').filter({ hasText: 'Paid' });
