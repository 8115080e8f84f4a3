/** A new version of the app, with the real service worker: nothing that is open is cut off by it; it is offered afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../../../tests/browser.ts';
import { type Rig, rig } from '../../server/test/kit.ts';
import { balanceOf, begin, buildApp, openProfile, openWallet, press, type } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'sokkin-update-'));
let server: Rig;
let browser: Browser;
let context: BrowserContext;
let url: string;
let payer: Page;
let payee: Page;
const loads = new Map<Page, number>();

beforeAll(async () => {
  await buildApp('wallet', join(folder, 'wallet'));
  [server, browser] = await Promise.all([rig({ pages: folder }), openBrowser()]);
  url = await server.server.app.listen({ port: 0, host: '127.0.0.1' });
  context = await openProfile(browser);
  payer = await openWallet(context, url, 'payer');
  payee = await openWallet(context, url, 'payee');
  await begin(payer, 'Payer');
  await begin(payee, 'Payee', { first: 'Later' });
  for (const page of [payer, payee]) {
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    page.on('load', () => loads.set(page, (loads.get(page) ?? 0) + 1));
  }
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The same address has another version from now on. */
async function publish(): Promise<void> {
  rmSync(join(folder, 'wallet'), { recursive: true });
  await buildApp('wallet', join(folder, 'wallet'), 'next-');
  const port = Number(new URL(url).port);
  server = await server.restart();
  await server.server.app.listen({ port, host: '127.0.0.1' });
}
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
/** As a browser does by itself, now and then. */
const look = (page: Page) =>
  page.evaluate(`(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    const fresh = registration.installing;
    if (fresh !== null) await new Promise((resolve) => {
      fresh.onstatechange = () => fresh.state === 'installed' && resolve();
    });
    return registration.waiting !== null;
  })()`);

test('a new version arrives in the middle of a payment: it is finished, nothing is loaded anew, then it is offered', async () => {
  await press(payee, 'Receive');
  await type(payee, '100');
  await press(payee, 'Receive');
  await heading(payee, "Hold the payer's phone or card here");
  await press(payer, 'Pay');
  await publish();
  expect(await look(payee)).toBe(true);
  expect(await payee.getByText('A new version is ready').count()).toBe(0);
  await type(payer, '100');
  await press(payer, 'Pay');
  await heading(payer, 'Paid');
  await heading(payee, 'Received');
  await Promise.all([press(payer, 'Done'), press(payee, 'Done')]);
  for (const page of [payer, payee]) await page.getByText('A new version is ready').waitFor();
  expect(loads.size).toBe(0);
  expect([await balanceOf(payer), await balanceOf(payee)]).toEqual([9_900n, 100n]);
});

test('one window starts it; the other goes on with what it began, rooms that it had not opened yet too', async () => {
  await press(payee, 'Receive');
  await type(payee, '200');
  await press(payee, 'Receive');
  await press(payer, 'Start it');
  await expect.poll(() => loads.get(payer)).toBe(1);
  await heading(payer, 'Balance');
  expect(await payer.getByText('A new version is ready').count()).toBe(0);
  expect(loads.get(payee)).toBeUndefined();
  await payee.getByRole('button', { name: 'Show a code instead' }).click();
  await payee.getByRole('img', { name: 'Your request, as codes' }).waitFor();
  await press(payee, 'Cancel');
  await heading(payee, 'Balance');
  await press(payee, 'Start it');
  await expect.poll(() => loads.get(payee)).toBe(1);
  await heading(payee, 'Balance');
  expect([await balanceOf(payer), await balanceOf(payee)]).toEqual([9_900n, 100n]);
});
