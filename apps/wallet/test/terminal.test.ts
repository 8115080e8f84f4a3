/**
 * A wallet in a browser at an ordinary card terminal: the terminal's kernel runs here, reaches the phone over the relay, and asks the real desk. It knows
 * nothing of purses.
 */
import type { RelayField } from '@sokkin/web';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askOver, type OpenShop, openShop, openTerminal } from '../../server/test/acceptance/shop.ts';
import { meetingPlace, tapAt } from './card-terminal.ts';
import { begin, openStage, openWallet, press, type Stage, type } from './stage.ts';

const CODE = 'till01';

let stage: Stage;
let shop: OpenShop;
let page: Page;
let air: RelayField;
let leave: () => void;
beforeAll(async () => {
  stage = await openStage(['wallet'], { isoHost: '127.0.0.1', isoPort: 0 });
  shop = await openShop({ cards: 0 }, stage.server);
  const context = await stage.profile();
  page = await openWallet(context, stage.url, `main&field=${CODE}`);
  await begin(page, 'Hanako');
  ({ air, leave } = meetingPlace(stage.url, CODE));
});
afterAll(async () => {
  leave?.();
  await shop?.close();
  await stage?.close();
});

async function chargeAt(amount: bigint): Promise<string> {
  const outcome = await tapAt(air, amount);
  if (outcome.outcome !== 'onlineRequest' || outcome.dataRecord === undefined) return outcome.outcome;
  const { till } = openTerminal(shop.profile, askOver(shop.link()));
  const read = { entry: 'contactlessChip', data: outcome.dataRecord } as const;
  return (await till.sell('pay', { card: read, amount, holder: 'none' })).standing;
}
async function hold(amount: string): Promise<void> {
  await press(page, 'Pay');
  await type(page, amount);
  await press(page, 'Pay');
}

test('set up in the settings, the phone pays at the terminal, from the account', async () => {
  await press(page, 'Settings');
  await press(page, 'Set up');
  await page.getByText('20 payments until the next key is fetched, online').waitFor();
  await press(page, 'Home');
  const before = (await shop.balance(shop.merchantAccount)).balance;
  const charged = chargeAt(700n);
  await hold('1000');
  expect(await charged).toBe('approved');
  await page.getByRole('heading', { name: 'The terminal decides' }).waitFor();
  await page.getByText('¥700').first().waitFor();
  await press(page, 'Done');
  expect((await shop.balance(shop.merchantAccount)).balance - before).toBe(700n);
});

test('a terminal that wants more than was agreed to gets nothing', async () => {
  const charged = chargeAt(900n);
  await hold('500');
  expect(await charged).not.toBe('approved');
  await page.getByText('¥900 was asked for; you agreed to ¥500 at most.').waitFor();
  await press(page, 'Done');
});

test('its holder switches the card off, and terminals refuse it', async () => {
  await press(page, 'Settings');
  await page.getByRole('switch', { name: /Use this phone as a card/ }).click();
  await page.getByRole('switch', { name: /Use this phone as a card/, checked: false }).waitFor();
  await press(page, 'Home');
  const charged = chargeAt(300n);
  await hold('500');
  expect(await charged).toBe('declined');
});
