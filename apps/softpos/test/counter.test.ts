/** A shop and a customer's phone, both as people use them: a shop is opened through its screens, and a phone pays it; over a real server. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  begin,
  complaintsOf,
  openStage,
  openWallet,
  press,
  type Stage,
  type,
} from '../../wallet/test/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(['softpos', 'wallet']);
});
afterAll(() => stage?.close());

async function openShop(till: Page): Promise<void> {
  await press(till, 'Try it with a shop of your own');
  await till.getByLabel('Name of the shop').fill('Bakery Komugi');
  await press(till, 'Next');
  await till.getByLabel('Your name').fill('Haruka');
  await press(till, 'Next');
  for (const title of ['Choose a PIN for the till', 'Type it once more']) {
    await till.getByRole('heading', { name: title }).waitFor();
    await till.keyboard.type('2580');
    await till.keyboard.press('Enter');
  }
  await till.getByRole('heading', { name: 'Sell' }).waitFor({ state: 'attached' });
}

test('from the first start to a receipt, paid by a phone; it is in the history and in the day', async () => {
  const context = await stage.profile({});
  const till = await context.newPage();
  const complaints = complaintsOf(till, stage.url);
  await till.goto(`${stage.url}/softpos/`);
  const phone = await openWallet(context, stage.url, 'customer');
  await Promise.all([openShop(till), begin(phone, 'Sora')]);

  await till.bringToFront();
  await till.keyboard.type('1280');
  await till.keyboard.press('Enter');
  await till.getByText('Hold the card or phone here').waitFor();
  await press(phone, 'Pay');
  await type(phone, '1280');
  await press(phone, 'Pay');
  await Promise.all([
    till.getByRole('alert').filter({ hasText: 'Paid' }).waitFor(),
    phone.getByRole('heading', { name: 'Paid' }).waitFor(),
  ]);

  await press(till, 'Receipt');
  const paper = till.getByRole('article', { name: /^Receipt/ });
  await paper.waitFor();
  expect(await paper.textContent()).toContain('Bakery Komugi');
  expect(await paper.textContent()).toContain('1280 yen');
  await till.keyboard.press('Escape');
  await press(till, 'Next sale');
  await press(till, 'History');
  await till.getByRole('list', { name: 'History' }).getByText('1280 yen').waitFor();
  await press(till, 'Day');
  await till.getByRole('row', { name: /Net/ }).getByText('1280 yen').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});
