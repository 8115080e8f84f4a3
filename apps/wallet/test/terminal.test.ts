/**
 * A wallet in a browser at an ordinary card terminal: the terminal's kernel runs here, reaches the phone over the relay, and asks the real desk. It knows
 * nothing of purses.
 */
import { readFileSync } from 'node:fs';
import { epochOfIso } from '@sokkin/codec';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import { contactlessTerminal, memoryTornLog, parseTerminalConfig } from '@sokkin/terminal';
import { type RelayField, relayField, waitForCard } from '@sokkin/web';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { askOver, type OpenShop, openShop, openTerminal } from '../../server/test/acceptance/shop.ts';
import { begin, openStage, openWallet, press, type Stage, type } from './stage.ts';

const CODE = 'till01';
const NOW = new Date();
const TODAY = NOW.toISOString().slice(0, 10);
const config = JSON.parse(
  readFileSync(new URL(import.meta.resolve('@sokkin/terminal/config/example.json')), 'utf8'),
);

let stage: Stage;
let shop: OpenShop;
let page: Page;
let air: RelayField;
beforeAll(async () => {
  // Node 20 has none of its own.
  Object.assign(globalThis, { WebSocket });
  stage = await openStage(['wallet'], { isoHost: '127.0.0.1', isoPort: 0 });
  shop = await openShop({ cards: 0 }, stage.server);
  const context = await stage.profile();
  page = await openWallet(context, stage.url, `main&field=${CODE}`);
  await begin(page, 'Hanako');
  air = relayField(stage.url, CODE);
});
afterAll(async () => {
  air?.close();
  await shop?.close();
  await stage?.close();
});

async function chargeAt(amount: bigint): Promise<string> {
  const terminal = contactlessTerminal(parseTerminalConfig({ ...config, caKeys: [] }), {
    rsa: nodeRsa(),
    randomBytes: nodeSymmetric().randomBytes,
    clock: () => ({
      date: TODAY.slice(2).replaceAll('-', ''),
      time: '093000',
      today: epochOfIso(TODAY),
      seconds: NOW.getTime() / 1000,
    }),
    torn: memoryTornLog(),
  });
  const begun = terminal.begin({ id: `sale-${amount}`, amount });
  if (begun.status === 'ended') throw new Error('not allowed');
  const phone = await waitForCard(air);
  const outcome = await begun.payment.tap(phone);
  await phone.close();
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
