/** A device without room: it is said, in both languages; nothing is taken that cannot be kept; with room again everything goes on. */
import type { BrowserContext, CDPSession, Page, Worker } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { balanceOf, begin, openStage, openWallet, press, type Stage, type, waitingOf } from './stage.ts';

let stage: Stage;
let context: BrowserContext;
let payer: Page;
let payee: Page;
beforeAll(async () => {
  stage = await openStage();
  context = await stage.profile();
  payer = await openWallet(context, stage.url, 'payer');
  payee = await openWallet(context, stage.url, 'payee');
  await begin(payer, 'Payer');
  await begin(payee, 'Payee', { first: 'Later' });
});
afterAll(() => stage?.close());

/** What it says is good as long as it is there. */
let session: CDPSession | undefined;

/** Of the whole origin; undefined: as large as the disk. */
async function allow(bytes: number | undefined): Promise<void> {
  session ??= await context.newCDPSession(await context.newPage());
  await session.send('Storage.overrideQuotaForOrigin', {
    origin: stage.url,
    ...(bytes === undefined ? {} : { quotaSize: bytes }),
  });
}
/**
 * It fills up in the middle: writes of this page and of its purse end as Chromium ends them then. The quota itself is looked at twice a minute only, for what is
 * open already.
 */
async function fillUp(page: Page, isFull: boolean): Promise<void> {
  const places: Pick<Worker, 'evaluate'>[] = [page, ...page.workers()];
  for (const place of places)
    await place.evaluate(`(() => {
      const store = IDBObjectStore.prototype;
      globalThis.realPut ??= store.put;
      store.put = ${isFull}
        ? function (...row) { const asked = realPut.apply(this, row); this.transaction.abort(); return asked; }
        : realPut;
      globalThis.realError ??= Object.getOwnPropertyDescriptor(IDBTransaction.prototype, 'error');
      const full = { configurable: true, get: () => new DOMException('full', 'QuotaExceededError') };
      Object.defineProperty(IDBTransaction.prototype, 'error', ${isFull} ? full : realError);
    })()`);
}
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const balances = async () => [await balanceOf(payer), await balanceOf(payee)];

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
  await heading(payer, 'Paid');
  await heading(payee, 'Received');
  await Promise.all([press(payer, 'Done'), press(payee, 'Done')]);
}

test('before anything is begun it is said what is wrong and what to do, and with room again it goes on', async () => {
  await allow(1);
  for (const act of ['Pay', 'Receive', 'Top up', 'Cash out', 'Scan a code']) {
    await press(payer, act);
    await heading(payer, 'No room left on this device');
    await payer.getByText('Delete files or apps that you do not need').waitFor();
    await press(payer, 'Done');
  }
  await press(payer, 'Settings');
  await payer.getByRole('radio', { name: '日本語' }).check();
  await press(payer, 'ホーム');
  await press(payer, '支払う');
  await heading(payer, '端末の空き容量がありません');
  await payer.getByText('不要なファイルやアプリを削除').waitFor();
  await press(payer, '閉じる');
  await press(payer, '設定');
  await payer.getByRole('radio', { name: 'English' }).check();
  await press(payer, 'Home');
  await press(payer, 'Receive');
  await heading(payer, 'No room left on this device');
  await allow(undefined);
  await press(payer, 'Try again');
  await heading(payer, 'How much do you get?');
  await press(payer, 'Back');
});

test('I1, I2: full in the middle of a payment, neither side makes or loses money, and it is said', async () => {
  const before = await balances();
  for (const page of [payer, payee]) await fillUp(page, true);
  await ask('100');
  await hold('100');
  await payee.getByText('This device has no room left').waitFor();
  await press(payee, 'Done');
  await press(payer, 'Cancel');
  await heading(payer, 'Balance');
  expect(await balances()).toEqual(before);
  for (const page of [payer, payee]) await fillUp(page, false);
  await ask('100');
  await hold('100');
  await bothDone();
  expect(await balances()).toEqual([(before[0] ?? 0n) - 100n, (before[1] ?? 0n) + 100n]);
});

test('I2: full in the middle of topping up: it is said, and nothing is taken from the account twice', async () => {
  const [before = 0n] = await balances();
  await fillUp(payer, true);
  await press(payer, 'Top up');
  await type(payer, '700');
  await press(payer, 'Top up');
  await payer.getByText('This device has no room left').waitFor();
  await fillUp(payer, false);
  await press(payer, 'Try again');
  await heading(payer, 'Topped up');
  await press(payer, 'Done');
  expect(await balanceOf(payer)).toBe(before + 700n);
  expect(await waitingOf(payer)).toBe(0n);
  for (const page of [payer, payee]) {
    await press(page, 'Settings');
    await press(page, 'Compare with the bank');
    await page.getByText('Everything is right').waitFor();
  }
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true, issued: '100000' });
});
