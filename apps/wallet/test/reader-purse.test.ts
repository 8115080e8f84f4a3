/** The same wallet with a card on a reader as its purse: over a bridge that runs, with a reader that is in this process. */
import { randomBytes } from 'node:crypto';
import { changePin, type Held, heldReader, select } from '@sokkin/terminal';
import type { FieldCard } from '@sokkin/testkit';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blankFieldCard } from '../../../packages/terminal/test/scene.ts';
import { violations } from '../../../tests/browser.ts';
import { type Bridge, openBridge } from '../../cli/src/bridge/server.ts';
import { playAuthenticator } from './authenticator.ts';
import { balanceOf, begin, openStage, openWallet, press, type Stage, type } from './stage.ts';

let stage: Stage;
let url: string;
let context: BrowserContext;
let hanako: Page;
let taro: Page;
let bridge: Bridge;
let code: string | undefined;
const reader = heldReader();
let card: FieldCard;
let held: Held | undefined;

const lay = (one: FieldCard): void => {
  held = reader.hold(() => one.tap());
};
async function startBridge(): Promise<void> {
  bridge = await openBridge({
    ...{ port: 0, origins: [url] },
    readers: {
      list: async () => [{ name: 'Reader of the desk', state: 'card' }],
      reader: () => reader.reader,
    },
    pairing: { now: Date.now, randomBytes, onCode: (shown) => (code = shown) },
  });
  // Pages ask for the one port that bridges have; this one has any free one.
  const address = JSON.stringify(`ws://127.0.0.1:${bridge.port}`);
  await hanako.evaluate(`localStorage.setItem('sokkin.bridge', ${address})`);
}

beforeAll(async () => {
  stage = await openStage();
  // Passkeys belong to names.
  url = stage.url.replace('127.0.0.1', 'localhost');
  context = await stage.profile({ withoutPolicy: true });
  hanako = await openWallet(context, url, 'hanako');
  taro = await openWallet(context, url, 'taro');
  await begin(hanako, 'Hanako');
  await begin(taro, 'Taro', { first: 'Later' });
  await playAuthenticator(context, hanako, { hasPrf: true });
  card = await blankFieldCard(true);
  await startBridge();
});
afterAll(async () => {
  held?.leave();
  await stage?.close();
  await bridge?.close();
});

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
async function pays(payer: Page, payee: Page, amount: string): Promise<void> {
  await press(payee, 'Receive');
  await type(payee, amount);
  await press(payee, 'Receive');
  await press(payer, 'Pay');
  await type(payer, amount);
  await press(payer, 'Pay');
  await Promise.all([heading(payer, 'Paid'), heading(payee, 'Received')]);
  await Promise.all([press(payer, 'Done'), press(payee, 'Done')]);
}

test('the settings connect to the bridge by its code; a wrong one is refused', async () => {
  await press(hanako, 'Settings');
  await press(hanako, 'Use a card on a reader');
  const field = hanako.getByLabel('Code of the bridge');
  await field.fill(code === '000000' ? '000001' : '000000');
  await press(hanako, 'Connect');
  await hanako.getByText('The bridge cannot be reached, or does not take this code.').waitFor();
  await field.fill(code ?? '');
  await press(hanako, 'Connect');
  await hanako.getByRole('button', { name: /Reader of the desk/ }).click();
  await hanako.getByText('Lay your card on the reader').waitFor();
});

test('a blank card becomes the purse, through the same first minute', async () => {
  lay(card);
  await heading(hanako, 'A PIN for the new purse');
  await type(hanako, '2580');
  await heading(hanako, 'Type it once more');
  await type(hanako, '2580');
  await press(hanako, 'PIN only');
  await press(hanako, '10000 yen');
  await heading(hanako, 'Balance');
  expect(await balanceOf(hanako)).toBe(10_000n);
  await press(hanako, 'Settings');
  await hanako.getByText('The key is on your card').waitFor();
  await press(hanako, 'Home');
});

test('it pays and is paid, without a network', async () => {
  // The switch of the desk: the browser's own would take away the bridge, too, which is on this machine.
  await hanako.evaluate("localStorage.setItem('sokkin.network', 'off')");
  await pays(hanako, taro, '700');
  await pays(taro, hanako, '200');
  expect([await balanceOf(hanako), await balanceOf(taro)]).toEqual([9_500n, 500n]);
});

test('the card is taken away: the wallet says so, and goes on when it is back; another card is not used', async () => {
  held?.leave();
  await hanako.getByText('Lay your card on the reader').waitFor();
  lay(await blankFieldCard(true));
  await hanako.getByText('That is another card').waitFor();
  held?.leave();
  await hanako.getByText('Lay your card on the reader').waitFor();
  lay(card);
  await heading(hanako, 'Balance');
  expect(await balanceOf(hanako)).toBe(9_500n);
});

test('its PIN was changed elsewhere: the passkey is used once, then the PIN is typed', async () => {
  await press(hanako, 'Settings');
  await hanako.getByRole('button', { name: /^PIN and passkey/ }).click();
  await press(hanako, 'Set up a passkey');
  await type(hanako, '2580');
  await hanako.getByText('A passkey stands in for your PIN').waitFor();
  await press(hanako, 'Back');
  held?.leave();
  await hanako.getByText('Lay your card on the reader').waitFor();
  const elsewhere = await card.tap();
  await select(elsewhere);
  expect(await changePin(elsewhere, '2580', '1379')).toMatchObject({ status: 'ok' });
  lay(card);
  await heading(hanako, 'Balance');
  await press(hanako, 'Settings');
  await hanako.getByRole('button', { name: /^PIN and passkey/ }).click();
  await hanako.getByRole('switch', { name: /Ask when the wallet is opened/ }).click();
  await hanako.getByRole('switch', { name: /Ask when the wallet is opened/, checked: true }).waitFor();
  await hanako.reload();
  held?.leave();
  await hanako.getByText('Lay your card on the reader').waitFor();
  lay(card);
  await hanako.getByText('The PIN has changed since the passkey was made. Type it.').waitFor();
  await type(hanako, '1379');
  await heading(hanako, 'Balance');
  await hanako.reload();
  held?.leave();
  await hanako.getByText('Lay your card on the reader').waitFor();
  lay(card);
  await heading(hanako, 'Your PIN opens the wallet');
  expect(await hanako.getByRole('button', { name: 'Use the passkey' }).count()).toBe(0);
  await type(hanako, '1379');
  await heading(hanako, 'Balance');
  await press(hanako, 'Settings');
  await hanako.getByRole('button', { name: /^PIN and passkey/ }).click();
  await hanako.getByText('The PIN has changed since the passkey was made').waitFor();
  await hanako.getByRole('switch', { name: /Ask when the wallet is opened/ }).click();
  await hanako.getByRole('switch', { name: /Ask when the wallet is opened/, checked: false }).waitFor();
  await press(hanako, 'Back');
});

test('online, the bank agrees', async () => {
  await hanako.evaluate("localStorage.removeItem('sokkin.network')");
  for (const page of [hanako, taro]) {
    await press(page, 'Settings');
    await press(page, 'Compare with the bank');
    await page.getByText('Everything is right').waitFor();
  }
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('a bridge that was started anew asks for its new code', async () => {
  await bridge.close();
  await hanako.getByText('The bridge to the reader does not run').waitFor();
  await startBridge();
  await hanako.getByLabel('Code of the bridge').fill(code ?? '');
  await press(hanako, 'Connect');
  await hanako.getByRole('button', { name: /Reader of the desk/ }).click();
  held?.leave();
  lay(card);
  await heading(hanako, 'Balance');
  expect(await balanceOf(hanako)).toBe(9_500n);
});

test('back in the browser, its purse is as it was', async () => {
  await press(hanako, 'Settings');
  await press(hanako, 'Use the purse in this browser');
  await heading(hanako, 'Balance');
  expect(await balanceOf(hanako)).toBe(10_000n);
});

test('the same card in the room of cards: its reader is connected while it is waited for', async () => {
  held?.leave();
  await press(hanako, 'Cards');
  await press(hanako, 'Add a card');
  await press(hanako, 'Hold a card here');
  await press(hanako, 'Use a card reader');
  await hanako.getByLabel('Code of the bridge').fill(code ?? '');
  await press(hanako, 'Connect');
  await hanako.getByRole('button', { name: /Reader of the desk/ }).click();
  await hanako.getByText(/Or lay it on Reader of the desk/).waitFor();
  expect(await violations(hanako)).toEqual([]);
  lay(card);
  await hanako.getByLabel('What do you call it?').fill('Blue');
  await press(hanako, 'Keep the name');
  await heading(hanako, 'Blue');
  await hanako.getByText('¥9,500').first().waitFor();
});

test('after a reload the reader is there again, without a code; given back, it is not', async () => {
  await hanako.reload();
  await press(hanako, 'Cards');
  await hanako.getByRole('button', { name: /Blue/ }).click();
  await press(hanako, 'Top up');
  await type(hanako, '1000');
  await press(hanako, 'Top up');
  await hanako.getByText(/Or lay it on Reader of the desk/).waitFor();
  held?.leave();
  lay(card);
  await heading(hanako, 'On the card');
  await press(hanako, 'Done');
  await hanako.getByText('¥10,500').first().waitFor();
  await press(hanako, 'Top up');
  await type(hanako, '1000');
  await press(hanako, 'Top up');
  await press(hanako, 'Use the reader no more');
  await hanako.getByRole('button', { name: 'Use a card reader', exact: true }).waitFor();
  await press(hanako, 'Cancel');
});
