/** One purse, several windows: one has it, the others say so; nobody is kept waiting by a window that is gone. */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { balanceOf, begin, openStage, openWallet, press, type Stage, type } from './stage.ts';

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

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const elsewhere = (page: Page) => page.getByText('Open in another tab', { exact: true }).waitFor();
async function amount(page: Page, act: string, text: string): Promise<void> {
  await press(page, act);
  await type(page, text);
  await press(page, act);
}

test('a second tab says that the wallet is open, and has it when the first is closed', async () => {
  const second = await openWallet(context, stage.url, 'payer');
  await elsewhere(second);
  await heading(payer, 'Balance');
  await payer.reload();
  await heading(payer, 'Balance');
  await elsewhere(second);
  const third = await openWallet(context, stage.url, 'payer');
  await press(third, 'Open a second wallet here');
  await third.getByRole('button', { name: 'Get started' }).waitFor();
  expect(new URL(third.url()).searchParams.get('wallet')).toBe('2');
  await third.close();
  await payer.close();
  await heading(second, 'Balance');
  payer = second;
  expect(await balanceOf(payer)).toBe(10_000n);
});

test('loaded anew while the worker of before still has the purse: it opens as soon as that has ended', async () => {
  // Somebody who has the memory longer than a page waits, as a machine that is busy lets a worker live on.
  const other = await context.newPage();
  await other.goto(`${stage.url}/docs`);
  await other.evaluate(`{
    const held = new Promise((resolve) => { globalThis.letGo = resolve; });
    globalThis.has = new Promise((resolve) => {
      void navigator.locks.request('sokkin-nvm-sokkin-purse-payer', () => { resolve(); return held; });
    });
    undefined;
  }`);
  await payer.reload();
  await other.evaluate('has');
  await elsewhere(payer);
  await other.evaluate('letGo()');
  await heading(payer, 'Balance');
  await other.close();
});

/** The next command of a tap is what its reader dies at. */
const dyingAt = (page: Page, what: 'taken' | 'command') =>
  page.evaluate(`{
    const post = BroadcastChannel.prototype.postMessage;
    globalThis.died = new Promise((resolve) => {
      let isDead = false;
      BroadcastChannel.prototype.postMessage = function (message) {
        isDead ||= message.sokkin === '${what}';
        if (!isDead) return post.call(this, message);
        resolve();
      };
    });
    undefined;
  }`);

test.each(['taken', 'command'] as const)(
  'the payee’s page is killed as it says %s: the payer’s is free again, and pays the next one',
  async (what) => {
    const before = [await balanceOf(payer), await balanceOf(payee)];
    await amount(payee, 'Receive', '100');
    await dyingAt(payee, what);
    await amount(payer, 'Pay', '100');
    await payee.evaluate('died');
    await payee.reload();
    await heading(payee, 'Balance');
    const goOn = payee.getByRole('button', { name: 'Go on', exact: true });
    if ((await goOn.count()) > 0) await goOn.click();
    else await amount(payee, 'Receive', '100');
    await heading(payer, 'Paid');
    await heading(payee, 'Received');
    await Promise.all([press(payer, 'Done'), press(payee, 'Done')]);
    expect([await balanceOf(payer), await balanceOf(payee)]).toEqual([
      (before[0] ?? 0n) - 100n,
      (before[1] ?? 0n) + 100n,
    ]);
  },
);
