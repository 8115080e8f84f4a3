/** People: asking for money and paying it, contacts, what is told, evidence; in a real browser over a real server. */
import { readFile } from 'node:fs/promises';
import { parseCertificate } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import { judgeDispute } from '@sokkin/purse';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseEvidence } from '../../cli/src/data/evidence.ts';
import { balanceOf, begin, openStage, openWallet, press, type Stage, type } from './stage.ts';

let stage: Stage;
let context: BrowserContext;
let hanako: Page;
let taro: Page;
beforeAll(async () => {
  stage = await openStage();
  context = await stage.profile();
  hanako = await openWallet(context, stage.url, 'hanako');
  taro = await openWallet(context, stage.url, 'taro');
  await begin(hanako, 'Hanako');
  await begin(taro, 'Taro', { first: 'Later' });
});
afterAll(() => stage?.close());

/** Two cores and many tests beside this one: it is awaited, and not timed. */
const SOON = { timeout: 20_000 };
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const home = async (page: Page) => {
  await press(page, 'Home');
  await heading(page, 'Balance');
};
const synced = async (page: Page) => {
  await press(page, 'Settings');
  await press(page, 'Compare with the bank');
  await page.getByText('Everything is right').waitFor();
};

/** Taro asks; his link. */
async function ask(amount: string, note: string): Promise<string> {
  await press(taro, 'People');
  await press(taro, 'Ask for money');
  await type(taro, amount);
  await press(taro, 'Next');
  await taro.getByLabel('What is it for?').fill(note);
  await press(taro, 'Make the request');
  const link = await taro.locator('.w-link').textContent();
  await press(taro, 'Done');
  return link ?? '';
}
/** Hanako opens what she was sent. */
async function open(link: string): Promise<void> {
  await press(hanako, 'People');
  await press(hanako, 'Open link');
  await hanako.getByLabel('The link').fill(link);
  await press(hanako, 'Open');
}
const pick = (page: Page, note: string) =>
  page.getByRole('list', { name: 'Requests' }).getByRole('button', { name: note }).first().click();
const states = (page: Page, note: string) =>
  page.getByRole('list', { name: 'Requests' }).getByRole('button', { name: note }).first().textContent();

describe('a request', () => {
  test('is paid without a tap, once, and arrives when both were online', async () => {
    await open(await ask('1200', 'Lunch'));
    await hanako.getByText('They call themselves “Taro”').waitFor();
    await press(hanako, 'Send it now');
    await hanako.getByText('Lunch').first().waitFor();
    await expect.poll(() => states(hanako, 'Lunch'), SOON).toContain('Paid');
    await press(hanako, 'Close');
    await home(hanako);
    expect(await balanceOf(hanako)).toBe(8_800n);
    await synced(hanako);
    await synced(taro);
    await home(taro);
    await expect.poll(() => balanceOf(taro), SOON).toBe(1_200n);
    await press(taro, 'People');
    await expect.poll(() => states(taro, 'Lunch'), SOON).toContain('Paid');
  });

  test('is paid by a tap, without a network, on the ticket that was handed out', async () => {
    const link = await ask('300', 'Coffee');
    await context.setOffline(true);
    await open(link);
    await press(hanako, 'Pay with a touch');
    await pick(taro, 'Coffee');
    await press(taro, 'Be paid with a touch');
    await heading(hanako, 'Paid');
    await heading(taro, 'Received');
    await Promise.all([press(hanako, 'Done'), press(taro, 'Done')]);
    await press(taro, 'People');
    expect(await states(taro, 'Coffee')).toContain('Paid');
    await context.setOffline(false);
  });

  test('that was taken back is paid by nobody; what had left comes back, and is told', async () => {
    const link = await ask('500', 'Taxi');
    await context.setOffline(true);
    await open(link);
    await press(hanako, 'Send it now');
    await expect.poll(() => states(hanako, 'Taxi'), SOON).toContain('Paid');
    await press(hanako, 'Close');
    await pick(taro, 'Taxi');
    await press(taro, 'Take it back');
    await expect.poll(() => states(taro, 'Taxi'), SOON).toContain('Taken back');
    await press(taro, 'Close');
    await context.setOffline(false);
    for (const page of [hanako, taro, hanako]) await synced(page);
    await home(hanako);
    expect(await balanceOf(hanako)).toBe(8_500n);
    await hanako.getByRole('button', { name: /^Notifications, \d+ new$/ }).click();
    const news = hanako.getByRole('list', { name: 'Notifications' });
    await news.getByText('Money came back to you').waitFor();
    expect(await news.textContent()).toContain('¥500');
    await press(hanako, 'Close');
    await hanako.getByRole('button', { name: 'Notifications', exact: true }).waitFor();
  });

  test('a link that was changed, or is none, is refused in words', async () => {
    const link = await ask('100', 'Changed');
    const [front = '', ticket = ''] = link.split('request=');
    const at = 60;
    const other = ticket[at] === 'A' ? 'B' : 'A';
    await open(`${front}request=${ticket.slice(0, at)}${other}${ticket.slice(at + 1)}`);
    await hanako.getByRole('alert').waitFor();
    await press(hanako, 'Open link');
    await hanako.getByLabel('The link').fill('https://example.org/');
    await press(hanako, 'Open');
    await hanako.getByText('This is no request, contact or code of a wallet.').waitFor();
    await press(hanako, 'Close');
  });
});

describe('a contact', () => {
  test('is a purse that was paid, under a name of its holder’s own', async () => {
    await press(hanako, 'Activity');
    await hanako
      .getByRole('list', { name: 'Activity' })
      .getByRole('button', { name: /1200 yen/ })
      .click();
    await hanako.getByLabel('Give this purse a name').fill('Taro from work');
    await press(hanako, 'Save the name');
    await hanako.getByText('Taro from work').first().waitFor();
    await press(hanako, 'Close');
    await hanako.getByRole('searchbox').fill('from work');
    const rows = hanako.getByRole('list', { name: 'Activity' }).getByRole('button');
    await expect.poll(() => rows.count(), SOON).toBeGreaterThan(1);
    expect(await rows.first().textContent()).toContain('Taro from work');
  });

  test('comes by a link, with the certificate of the purse', async () => {
    await press(hanako, 'People');
    await press(hanako, 'My contact');
    const link = (await hanako.locator('.w-link').textContent()) ?? '';
    await press(hanako, 'Close');
    await taro.goto(
      link.replace('wallet=hanako', 'wallet=taro').replace(/\/wallet\/#/, '/wallet/?wallet=taro#'),
    );
    await taro.getByText('Hanako is one of your contacts now.').waitFor();
    expect(new URL(taro.url()).hash).toBe('');
  });
});

test('the evidence of a payment is judged offline, with the certificates alone', async () => {
  await press(hanako, 'Activity');
  await hanako.getByRole('searchbox').fill('300');
  await hanako
    .getByRole('list', { name: 'Activity' })
    .getByRole('button', { name: /300 yen/ })
    .first()
    .click();
  const [file] = await Promise.all([hanako.waitForEvent('download'), press(hanako, 'Save the evidence')]);
  const evidence = parseEvidence(await readFile(await file.path()));
  const { root } = (await stage.server.api.get('/v1/pki')).body;
  const verdict = await judgeDispute(
    nodeCrypto(),
    { root: parseCertificate(Buffer.from(root, 'hex')), knownIssuers: [], epoch: 0 },
    {
      payment: evidence.payment.message,
      receipt: evidence.receipt?.message,
      payerChain: evidence.payment.chain,
      payeeChain: evidence.receipt?.chain,
    },
  );
  expect(verdict).toMatchObject({ verdict: 'paid', payment: { amount: 300n } });
  const [picture] = await Promise.all([hanako.waitForEvent('download'), press(hanako, 'Receipt')]);
  expect((await readFile(await picture.path())).subarray(1, 4).toString()).toBe('PNG');
});

test('a tap goes before a sync that waits for a slow network; the sync goes on after it', async () => {
  let release: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  let asked = 0;
  await hanako.route('**/sync', async (route) => {
    asked++;
    if (asked === 1) await slow;
    // The one that made way is not waited for any more.
    await route.continue().catch(() => undefined);
  });
  await press(hanako, 'Close');
  await press(hanako, 'Settings');
  await press(hanako, 'Compare with the bank');
  await expect.poll(() => asked, SOON).toBe(1);
  await press(hanako, 'Home');
  await press(taro, 'Home');
  await press(taro, 'Receive');
  await type(taro, '100');
  await press(taro, 'Receive');
  await press(hanako, 'Pay');
  await type(hanako, '100');
  await press(hanako, 'Pay');
  await heading(hanako, 'Paid');
  await heading(taro, 'Received');
  expect(asked).toBe(1);
  release();
  await Promise.all([press(hanako, 'Done'), press(taro, 'Done')]);
  await expect.poll(() => asked, SOON).toBeGreaterThan(1);
});

test('the books agree', async () => {
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});
