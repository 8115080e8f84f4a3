/**
 * Two phones with cameras and no network: payment by codes on the screens, with a tenth of them lost; either page closed in the middle; shown twice.
 * I2: nothing is lost silently; I4: what is repeated is paid once.
 */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { violations } from '../../../tests/browser.ts';
import { letThemSee } from './light.ts';
import { balanceOf, begin, complaintsOf, openStage, openWallet, press, type Stage, type } from './stage.ts';

let stage: Stage;
let context: BrowserContext;
let payer: Page;
let payee: Page;
let complaints: readonly string[][];
let before: bigint[];
beforeAll(async () => {
  stage = await openStage();
  context = await stage.profile();
  await letThemSee(context, { lost: 10 });
  payer = await openWallet(context, stage.url, 'payer');
  payee = await openWallet(context, stage.url, 'payee');
  complaints = [payer, payee].map((page) => complaintsOf(page, stage.url));
  await begin(payer, 'Payer');
  await begin(payee, 'Payee', { first: 'Later' });
  // Everything is kept by now.
  await payer.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await context.setOffline(true);
});
afterAll(() => stage?.close());
beforeEach(async () => {
  before = await balances();
});

const balances = async (): Promise<bigint[]> => [await balanceOf(payer), await balanceOf(payee)];
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const home = (page: Page) => heading(page, 'Balance');
const camerasOn = (page: Page) => page.evaluate('cameras.on');

async function beginToAsk(amount: string): Promise<void> {
  await press(payee, 'Receive');
  await type(payee, amount);
  await press(payee, 'Receive');
  await press(payee, 'Show a code instead');
}
async function ask(amount: string): Promise<void> {
  await beginToAsk(amount);
  await heading(payee, 'Show this to the payer');
}
async function pay(amount: string): Promise<void> {
  await press(payer, 'Scan a code');
  await heading(payer, 'Do you pay this?');
  await payer.getByText(amount, { exact: true }).first().waitFor();
  await press(payer, 'Pay');
}
async function bothDone(): Promise<void> {
  await Promise.all([heading(payer, 'Paid'), heading(payee, 'Received')]);
  await Promise.all([press(payer, 'Done'), press(payee, 'Done')]);
}
const moved = (amount: bigint): bigint[] => [(before[0] ?? 0n) - amount, (before[1] ?? 0n) + amount];

test('a request, a payment, a receipt: each read from a screen', async () => {
  await ask('1200');
  await pay('¥1,200');
  await bothDone();
  expect(await balances()).toEqual(moved(1_200n));
  expect([await camerasOn(payer), await camerasOn(payee)]).toEqual([0, 0]);
});

test('every screen of it is there for everybody', async () => {
  await ask('30');
  await press(payer, 'Scan a code');
  await heading(payer, 'Do you pay this?');
  expect(await violations(payee)).toEqual([]);
  expect(await violations(payer)).toEqual([]);
  await press(payer, 'Cancel');
  await press(payee, 'Cancel');
  expect(await balances()).toEqual(before);
});

test('I2, I4: the payee leaves before it has read the payment; asking for the same once more, it arrives', async () => {
  await ask('300');
  await press(payer, 'Scan a code');
  await heading(payer, 'Do you pay this?');
  await payee.reload();
  await press(payer, 'Pay');
  await heading(payer, 'Now show this to the payee');
  await home(payee);
  // The payer shows its payment already: the request may be on the screen for too short to be seen.
  await beginToAsk('300');
  await bothDone();
  expect(await balances()).toEqual(moved(300n));
});

test('I2, I4: the payer leaves after it has paid; reading the same request once more debits nothing', async () => {
  await ask('400');
  await press(payee, 'Cancel');
  await ask('400');
  await press(payer, 'Scan a code');
  await heading(payer, 'Do you pay this?');
  await payee.evaluate('cameras.refuses = "NotAllowedError"');
  await press(payee, 'Use the other camera');
  await payee.getByText('The camera is not allowed').waitFor();
  await press(payer, 'Pay');
  await heading(payer, 'Now show this to the payee');
  await payer.reload();
  await home(payer);
  expect(await balanceOf(payer)).toBe((before[0] ?? 0n) - 400n);
  await pay('¥400');
  await payee.evaluate('cameras.refuses = undefined');
  await press(payee, 'Try again');
  await bothDone();
  expect(await balances()).toEqual(moved(400n));
});

test('the receipt was not read: the payer is told that it is on its way', async () => {
  await ask('50');
  await press(payer, 'Scan a code');
  await heading(payer, 'Do you pay this?');
  await payer.evaluate('cameras.refuses = "NotReadableError"');
  await press(payer, 'Pay');
  await heading(payer, 'Now show this to the payee');
  await payer.getByText('The camera does not start').waitFor();
  await heading(payee, 'Received');
  await press(payer, 'Done');
  await heading(payer, 'On its way');
  await Promise.all([press(payer, 'Done'), press(payee, 'Done')]);
  expect(await balances()).toEqual(moved(50n));
});

test('a request that asks for more than the wallet has is not paid, and says why', async () => {
  await payer.evaluate('cameras.refuses = undefined');
  await ask('40000');
  await press(payer, 'Scan a code');
  await heading(payer, 'Do you pay this?');
  await press(payer, 'Pay');
  await type(payer, '2580');
  await heading(payer, 'Not paid');
  await press(payer, 'Done');
  await press(payee, 'Cancel');
  expect(await balances()).toEqual(before);
});

test('online, the books agree, and no page complained', async () => {
  await context.setOffline(false);
  for (const page of [payer, payee]) {
    await press(page, 'Settings');
    await press(page, 'Compare with the bank');
    await page.getByText('Everything is right').waitFor();
  }
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true });
  expect((await stage.server.api.get('/v1/alerts')).body.data).toEqual([]);
  expect(complaints).toEqual([[], []]);
});
