/**
 * Taps that are torn, at every exchange, and pages that are closed in the middle: I1, nothing comes of nothing; I2, nothing is lost silently; I4, what is
 * repeated is paid once.
 */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balanceOf, begin, openStage, openWallet, type Stage, type } from './stage.ts';

let stage: Stage;
let context: BrowserContext;
let payer: Page;
let payee: Page;
let scissors: Page;
beforeAll(async () => {
  stage = await openStage();
  context = await stage.profile();
  payer = await openWallet(context, stage.url, 'payer');
  payee = await openWallet(context, stage.url, 'payee');
  await begin(payer, 'Payer');
  await begin(payee, 'Payee', { first: 'Later' });
  // A third window of the same origin, in whose reach the field is.
  scissors = await context.newPage();
  await scissors.goto(`${stage.url}/docs`);
  await context.setOffline(true);
});
afterAll(() => stage?.close());

/**
 * The next tap ends when the card was sent its command number n: before it hears it, or after it answered. `every`: and all further ones, until
 * `putAway`, so that whoever closes a page is surely in the middle.
 */
const tearAt = (n: number, when: 'command' | 'response', every = false) =>
  scissors.evaluate(`(() => {
    globalThis.cut?.close();
    const field = new BroadcastChannel('sokkin-field');
    globalThis.cut = field;
    const counts = new Map();
    field.onmessage = ({ data }) => {
      if (data.sokkin !== '${when}') return;
      const count = (counts.get(data.card) ?? 0) + 1;
      counts.set(data.card, count);
      if (count !== ${n}) return;
      field.postMessage({ sokkin: 'gone', card: data.card });
      if (!${every}) field.close();
    };
  })()`);
const putAway = () => scissors.evaluate('globalThis.cut?.close()');

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
async function ask(amount: string): Promise<void> {
  await press(payee, 'Receive');
  await type(payee, amount);
  await press(payee, 'Receive');
}
async function hold(amount: string): Promise<void> {
  await press(payer, 'Pay');
  await type(payer, amount);
  await press(payer, 'Pay');
}
async function bothDone(): Promise<void> {
  await payer.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
  await payee.getByRole('heading', { name: 'Received', exact: true }).waitFor();
  await Promise.all([press(payer, 'Done'), press(payee, 'Done')]);
}

const CUTS = [1, 2, 3, 4].flatMap((n) => [
  { n, when: 'command' as const },
  { n, when: 'response' as const },
]);

describe('I1, I2, I4: a torn tap, held there again, is paid once', () => {
  test.each(CUTS)('cut at $when $n', async ({ n, when }) => {
    const before = [await balanceOf(payer), await balanceOf(payee)];
    await tearAt(n, when);
    await ask('100');
    await hold('100');
    await bothDone();
    expect([await balanceOf(payer), await balanceOf(payee)]).toEqual([
      (before[0] ?? 0n) - 100n,
      (before[1] ?? 0n) + 100n,
    ]);
  });
});

test('I2: the page of the payee is closed when the money has left the payer: asked for once more, it arrives', async () => {
  const before = [await balanceOf(payer), await balanceOf(payee)];
  // The answer to PAY never arrives, and neither does anybody to ask again.
  await tearAt(2, 'command', true);
  await ask('300');
  await hold('300');
  await payee.reload();
  await putAway();
  await payee.getByRole('heading', { name: 'Balance' }).waitFor();
  await ask('300');
  await bothDone();
  expect([await balanceOf(payer), await balanceOf(payee)]).toEqual([
    (before[0] ?? 0n) - 300n,
    (before[1] ?? 0n) + 300n,
  ]);
});

test('I2: both pages are killed in the middle; what left is on its way, is said so, and arrives', async () => {
  const before = [await balanceOf(payer), await balanceOf(payee)];
  await tearAt(2, 'command', true);
  await ask('400');
  await hold('400');
  await Promise.all([payer.reload(), payee.reload()]);
  await putAway();
  for (const page of [payer, payee]) await page.getByRole('heading', { name: 'Balance' }).waitFor();
  await ask('400');
  await hold('400');
  await bothDone();
  expect([await balanceOf(payer), await balanceOf(payee)]).toEqual([
    (before[0] ?? 0n) - 400n,
    (before[1] ?? 0n) + 400n,
  ]);
});

test('I4: gone on with by a code after a sync has finished it: nothing is asked for once more', async () => {
  const before = await balanceOf(payee);
  await tearAt(2, 'command', true);
  await ask('500');
  await hold('500');
  await payer.getByText('Hold it there once more').waitFor();
  await payee.reload();
  await putAway();
  await press(payer, 'Cancel');
  await press(payer, 'Done');
  await press(payee, 'Go on');
  await payee.getByText("Hold the payer's phone or card here").waitFor();
  await context.setOffline(false);
  await press(payer, 'Settings');
  await press(payer, 'Compare with the bank');
  await payer.getByText('Everything is right').waitFor();
  await press(payer, 'Home');
  // Whenever it comes online again it syncs.
  await context.setOffline(true);
  await context.setOffline(false);
  await expect.poll(() => payee.evaluate(BEGUN)).toBe(0);
  await context.setOffline(true);
  await press(payee, 'Show a code instead');
  await payee.getByRole('heading', { name: 'Not received' }).waitFor();
  await press(payee, 'Done');
  expect(await balanceOf(payee)).toBe(before + 500n);
  expect(await payee.getByText('Not finished').count()).toBe(0);
});

/** How much this wallet has begun and not finished. */
const BEGUN = `new Promise((resolve, reject) => {
  const opened = indexedDB.open('sokkin-wallet-payee');
  opened.onerror = () => reject(opened.error);
  opened.onsuccess = () => {
    const counted = opened.result.transaction('attempts').objectStore('attempts').count();
    counted.onsuccess = () => { opened.result.close(); resolve(counted.result); };
  };
})`;

test('online, the books agree', async () => {
  await context.setOffline(false);
  for (const page of [payer, payee]) {
    await press(page, 'Settings');
    await press(page, 'Compare with the bank');
    await page.getByText('Everything is right').waitFor();
  }
  const audit = (await stage.server.api.get('/v1/audit')).body;
  expect(audit).toMatchObject({ holds: true, issued: '100000' });
  expect((await stage.server.api.get('/v1/alerts')).body.data).toEqual([]);
});
