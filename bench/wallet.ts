/**
 * Area `wallet`: the wallet in a real Chromium, whose processor is slowed down four times: how much comes at the first load, when it can be used, what a
 * payment takes of the page itself, and how long a Payment takes over codes when a tenth of them is lost.
 *
 * What must hold: the built wallet, as it is served; files are counted as gzip packs them, fonts are not. A service worker would fetch what later rooms need
 * beside the first load: it is kept out.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser } from '../tests/browser.ts';
import { servePage } from '../tests/served-page.ts';
import { median, type Row } from './row.ts';

/** Where `npm run bench` is started. */
const ROOT = process.cwd();
const SLOWER = 4;
const MOST_KB = 200;
const MOST_START_MS = 1_000;
const MOST_OWN_MS = 50;
const MOST_TRANSFER_MS = 3_000;
const LOST_PERCENT = 10;
const STARTS = 5;
const PAYMENTS = 20;
const TRANSFERS = 9;
const PROFILE = `Chromium, processor ${SLOWER}x slower`;

export async function wallet(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sokkin-bench-'));
  const browser = await openBrowser();
  try {
    const { own, length } = await payments(browser, join(folder, 'payments'));
    return [
      ...(await firstLoad(browser, join(folder, 'app'))),
      row(
        'payment phone to phone, of the page itself',
        median(own),
        MOST_OWN_MS,
        `beside the two purses; ${PROFILE}`,
      ),
      row(
        `a Payment of ${length} bytes over codes, ${LOST_PERCENT} % lost`,
        median(await transfers(browser, join(folder, 'codes'), length)),
        MOST_TRANSFER_MS,
        'eight codes a second, a canvas in place of the camera',
      ),
    ];
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const row = (name: string, value: number, most: number, reference: string, unit = 'ms'): Row => ({
  ...{ area: 'wallet', name, value, unit, reference, ratio: most / value },
  ...{ goal: `<= ${most} ${unit}`, met: value <= most },
});

async function slow(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  return page;
}

/** Each start with a browser memory of its own. */
async function firstLoad(browser: Browser, folder: string): Promise<Row[]> {
  const configFile = join(ROOT, 'apps/wallet/vite.config.ts');
  const served = await servePage({ configFile, base: '/', build: { outDir: folder } });
  const times: number[] = [];
  let bytes = 0;
  try {
    for (let n = 0; n < STARTS; n++) {
      const context = await browser.newContext({ serviceWorkers: 'block' });
      const page = await slow(context);
      const asked = new Set<string>();
      context.on('request', (request) => asked.add(new URL(request.url()).pathname));
      await page.addInitScript(WHEN_USABLE);
      await page.goto(served.url);
      await page.waitForFunction('globalThis.usableAt');
      times.push(await page.evaluate<number>('usableAt'));
      bytes = [...asked].reduce((sum, path) => sum + packed(folder, path), 0);
      await context.close();
    }
  } finally {
    await served.close();
  }
  const files = 'page, scripts, styles and the worker as gzip packs them, without fonts';
  return [
    row('first load', bytes / 1_000, MOST_KB, files, 'kB'),
    row('until it can be used', median(times), MOST_START_MS, `the first button; ${PROFILE}`),
  ];
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

async function payments(browser: Browser, folder: string): Promise<{ own: number[]; length: number }> {
  const served = await servePage({
    root: join(ROOT, 'bench/wallet-page'),
    build: { outDir: folder, target: 'esnext' },
  });
  const context = await browser.newContext();
  try {
    const page = await slow(context);
    await page.goto(served.url);
    await page.waitForFunction('globalThis.sokkin');
    return await page.evaluate(`sokkin.payments(${PAYMENTS})`);
  } finally {
    await context.close();
    await served.close();
  }
}

async function transfers(browser: Browser, folder: string, length: number): Promise<number[]> {
  const served = await servePage({
    root: join(ROOT, 'adapters/web/test/camera-page'),
    build: { outDir: folder, target: 'esnext' },
  });
  const context = await browser.newContext();
  const message = Array.from({ length }, (_none, at) => (at * 37 + (at >> 8)) & 0xff);
  const times: number[] = [];
  try {
    const page = await context.newPage();
    await page.goto(served.url);
    await page.waitForFunction('globalThis.sokkin');
    for (let seed = 1; seed <= TRANSFERS; seed++)
      times.push(
        await page.evaluate(`sokkin.transfer(${JSON.stringify(message)}, ${LOST_PERCENT}, ${seed})`),
      );
    return times;
  } finally {
    await context.close();
    await served.close();
  }
}
