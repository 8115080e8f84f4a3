/**
 * Area `softpos`: the shop's app in a real Chromium: a tap with a virtual purse, what comes at the first load and the next ones, memory after many sales;
 * and the kernel in this process, with a card whose answers were recorded.
 *
 * What must hold: the built app, as it is served; files are counted as gzip packs them, fonts are not. Network, reader and server are not in these figures.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { hex } from '@sokkin/codec';
import { caKeyChecksum, rsaPublicOperation } from '@sokkin/crypto';
import { readProfile } from '@sokkin/issuer';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import {
  type ApduTransport,
  contactlessTerminal,
  memoryTornLog,
  parseTerminalConfig,
} from '@sokkin/terminal';
import { makePaymentCard } from '@sokkin/testkit';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser } from '../tests/browser.ts';
import { servePage } from '../tests/served-page.ts';
import { median, type Row } from './row.ts';

/** Where `npm run bench` is started. */
const ROOT = process.cwd();
const MOST_KB = 200;
const MOST_OWN_MS = 50;
const STARTS = 5;
const WARM = 20;
const KERNEL_SECONDS = 2;

export async function softpos({ full }: { readonly full: boolean }): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sokkin-bench-'));
  const browser = await openBrowser();
  try {
    return [
      ...(await taps(browser, join(folder, 'taps'), full ? 1_000 : 200)),
      await kernel(),
      ...(await loads(browser, join(folder, 'app'))),
    ];
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const told = (name: string, value: number, unit: string, reference: string): Row => ({
  ...{ area: 'softpos', name, value, unit, reference, ratio: null, goal: null, met: null },
});
const held = (row: Row, most: number): Row => ({
  ...row,
  ...{ ratio: most / row.value, goal: `<= ${most} ${row.unit}`, met: row.value <= most },
});

interface Tap {
  readonly all: number;
  readonly card: number;
}

const share = (list: readonly number[], part: number): number => {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

async function taps(browser: Browser, folder: string, sales: number): Promise<Row[]> {
  const served = await servePage({
    root: join(ROOT, 'bench/softpos-page'),
    build: { outDir: folder, target: 'esnext' },
  });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(served.url);
    await page.waitForFunction('globalThis.sokkin');
    const sell = (count: number): Promise<Tap[]> => page.evaluate(`sokkin.then((sell) => sell(${count}))`);
    await sell(WARM);
    const before = await heapOf(context, page);
    const done = await sell(sales);
    const after = await heapOf(context, page);
    const [all, own] = [done.map((tap) => tap.all), done.map((tap) => tap.all - tap.card)];
    const reference = `${sales} sales; both purses virtual, the shop's in IndexedDB`;
    return [
      told('tap to result, a purse, p50', share(all, 0.5), 'ms', reference),
      told('tap to result, a purse, p99', share(all, 0.99), 'ms', reference),
      held(
        told('of it not the card, p50', share(own, 0.5), 'ms', 'with the own purse and its storage'),
        MOST_OWN_MS,
      ),
      told('of it not the card, p99', share(own, 0.99), 'ms', 'with the own purse and its storage'),
      told(
        `heap more after ${sales} sales`,
        (after - before) / 1e6,
        'MB',
        `${(before / 1e6).toFixed(1)} MB before; collected`,
      ),
    ];
  } finally {
    await context.close();
    await served.close();
  }
}

async function heapOf(context: BrowserContext, page: Page): Promise<number> {
  const session = await context.newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

/** Each first start with a browser memory of its own; then the same once more, from what was kept. */
async function loads(browser: Browser, folder: string): Promise<Row[]> {
  const configFile = join(ROOT, 'apps/softpos/vite.config.ts');
  const served = await servePage({ configFile, base: '/', build: { outDir: folder } });
  const [first, next]: [number[], number[]] = [[], []];
  let [bytes, later] = [0, 0];
  try {
    for (let n = 0; n < STARTS; n++) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.addInitScript(WHEN_USABLE);
      const asked = new Set<string>();
      page.on('request', (request) => asked.add(new URL(request.url()).pathname));
      first.push(await usableAt(page, served.url));
      bytes = [...asked].reduce((sum, path) => sum + packed(folder, path), 0);
      await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
      const network = new Set<string>();
      context.on('response', (response) => {
        if (!response.fromServiceWorker()) network.add(new URL(response.url()).pathname);
      });
      next.push(await usableAt(page, served.url));
      later = [...network].reduce((sum, path) => sum + packed(folder, path), 0);
      await context.close();
    }
  } finally {
    await served.close();
  }
  const every = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(js|css|html)$/.test(name),
  );
  const whole = every.reduce((sum, name) => sum + packed(folder, `/${name}`), 0);
  const files = 'page, scripts, styles and the purse as gzip packs them, without fonts, to the first screen';
  return [
    held(told('first load', bytes / 1_000, 'kB', files), MOST_KB),
    told(
      'everything, for use without a network',
      whole / 1_000,
      'kB',
      'every room, and what sells; fetched beside',
    ),
    told('until it can be used, first load', median(first), 'ms', 'the first button'),
    told('next load, over the network', later / 1_000, 'kB', 'all else was kept'),
    told('until it can be used, next load', median(next), 'ms', 'the first button'),
  ];
}

async function usableAt(page: Page, url: string): Promise<number> {
  await page.goto(url);
  await page.waitForFunction('globalThis.usableAt');
  return page.evaluate<number>('usableAt');
}

/** Milliseconds since the navigation began, when there is something to press. */
const WHEN_USABLE = `new MutationObserver((_changes, observer) => {
  if (document.querySelector('button:not(:disabled)') === null) return;
  observer.disconnect();
  globalThis.usableAt = performance.now();
}).observe(document, { subtree: true, childList: true })`;

function packed(folder: string, path: string): number {
  const file = path === '/' ? 'index.html' : path.slice(1);
  if (/\.(woff2|svg|png|webmanifest|ico)$/.test(file)) return 0;
  return gzipSync(readFileSync(join(folder, file)), { level: 9 }).length;
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Whole transactions with CDA; the card's answers were recorded in one, and are given again. */
async function kernel(): Promise<Row> {
  const emv = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
  const profile = readProfile(read('packages/issuer/profiles/white-label.json'));
  const { card, bank } = await makePaymentCard(nodeCrypto(), emv, profile, 200_000n);
  const json = JSON.parse(read('packages/terminal/config/example.json'));
  const { ca } = bank.issuer;
  const key = { modulus: hex(ca.modulus), exponent: hex(ca.exponent), checksum: hex(caKeyChecksum(ca)) };
  json.caKeys = [{ rid: hex(ca.rid), index: hex(Uint8Array.of(ca.index)), ...key }];
  const answers = new Map<string, Uint8Array>();
  const transact = async (transport: ApduTransport): Promise<void> => {
    const terminal = contactlessTerminal(parseTerminalConfig(json), {
      rsa: { publicOperation: rsaPublicOperation },
      // The same numbers each time, so that the same answers fit.
      randomBytes: (length) => new Uint8Array(length).fill(7),
      clock: () => ({ date: '261122', time: '093000', today: TODAY, seconds: SECONDS }),
      torn: memoryTornLog(),
      record: () => undefined,
    });
    const begun = terminal.begin({ id: 'bench', amount: 700n, hasNetwork: false });
    if (begun.status !== 'ready') throw new Error('The kernel of the bench did not begin');
    const { outcome } = await begun.payment.tap(transport);
    if (outcome !== 'approved') throw new Error(`A transaction of the bench ended in ${outcome}`);
  };
  const tap = await card.tap();
  await transact({
    extended: tap.extended,
    async transmit(command) {
      const answer = await tap.transmit(command);
      answers.set(hex(command), answer);
      return answer;
    },
  });
  const replay: ApduTransport = {
    extended: tap.extended,
    async transmit(command) {
      const answer = answers.get(hex(command));
      if (answer === undefined) throw new Error('The kernel of the bench asked something new');
      return answer;
    },
  };
  let count = 0;
  const began = performance.now();
  for (; performance.now() - began < KERNEL_SECONDS * 1_000; count++) await transact(replay);
  const perSecond = count / ((performance.now() - began) / 1_000);
  return told(
    'kernel, offline with CDA',
    perSecond,
    'transactions/s',
    'one thread, RSA with BigInt, answers recorded',
  );
}

const SECONDS = Date.parse('2026-11-22T00:30:00Z') / 1_000;
const TODAY = Math.floor(SECONDS / 86_400);
