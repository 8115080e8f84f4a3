/**
 * A passkey in place of the PIN, in a real browser with an authenticator that Chromium plays: set up in the first minute and in the settings, used without a
 * network, called off, gone, taken away; and a device whose passkeys make no keys.
 */
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from '../../../tests/browser.ts';
import { playAuthenticator } from './authenticator.ts';
import { balanceOf, begin, openStage, openWallet, press, type Stage, type } from './stage.ts';

let stage: Stage;
let url: string;
let context: BrowserContext;
let hanako: Page;
let taro: Page;
let device: CDPSession;
let authenticatorId: string;
beforeAll(async () => {
  stage = await openStage();
  // Passkeys belong to names.
  url = stage.url.replace('127.0.0.1', 'localhost');
  context = await stage.profile();
  hanako = await context.newPage();
  [device, authenticatorId] = await playAuthenticator(context, hanako, { hasPrf: true });
  await hanako.goto(`${url}/wallet/?wallet=hanako`);
  taro = await openWallet(context, url, 'taro');
});
afterAll(() => stage?.close());

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
async function toThePin(): Promise<void> {
  await press(hanako, 'Settings');
  await hanako.getByRole('button', { name: /^PIN and passkey/ }).click();
}
async function timesUsed(): Promise<number> {
  const { credentials } = await device.send('WebAuthn.getCredentials', { authenticatorId });
  return credentials[0]?.signCount ?? 0;
}

/** The first minute up to where the passkey is offered. */
async function toTheOffer(page: Page, name: string): Promise<void> {
  await press(page, 'Get started');
  await page.getByLabel('Your name').fill(name);
  await press(page, 'Next');
  await heading(page, 'Choose a PIN');
  await type(page, '2580');
  await heading(page, 'Type it once more');
  await type(page, '2580');
  await heading(page, 'Fingerprint or face?');
}
/** More than the purse pays without its PIN. */
async function wantsToPay(amount: string): Promise<void> {
  await press(hanako, 'Pay');
  await type(hanako, amount);
  await press(hanako, 'Pay');
}
async function pays(amount: string): Promise<void> {
  await press(taro, 'Receive');
  await type(taro, amount);
  await press(taro, 'Receive');
  await wantsToPay(amount);
}
async function bothDone(): Promise<void> {
  await Promise.all([heading(hanako, 'Paid'), heading(taro, 'Received')]);
  await Promise.all([press(hanako, 'Done'), press(taro, 'Done')]);
}
/** Everything that the wallet keeps. */
const keptBy = (page: Page): Promise<string> =>
  page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open('sokkin-wallet-hanako');
    opening.onerror = reject;
    opening.onsuccess = () => {
      const all = opening.result.transaction('about').objectStore('about').getAll();
      all.onsuccess = () => {
        opening.result.close();
        const latin = new TextDecoder('latin1');
        const text = (value) => (ArrayBuffer.isView(value) ? latin.decode(value) : typeof value === 'bigint' ? String(value) : value);
        resolve(JSON.stringify(all.result, (_key, value) => text(value)));
      };
    };
  })`);

test('offered in the first minute where the device can, and not where it cannot', async () => {
  await toTheOffer(hanako, 'Hanako');
  expect(await violations(hanako)).toEqual([]);
  await press(hanako, 'Set up a passkey');
  await press(hanako, '20000 yen');
  await heading(hanako, 'Balance');
  await begin(taro, 'Taro', { first: 'Later' });
  const { credentials } = await device.send('WebAuthn.getCredentials', { authenticatorId });
  expect(credentials).toMatchObject([{ rpId: 'localhost', isResidentCredential: true }]);
});

test('it gives the PIN to the purse, without a network; the PIN is kept nowhere as it is', async () => {
  await hanako.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await context.setOffline(true);
  const before = await timesUsed();
  await pays('12000');
  await bothDone();
  await context.setOffline(false);
  expect(await timesUsed()).toBe(before + 1);
  expect([await balanceOf(hanako), await balanceOf(taro)]).toEqual([8_000n, 12_000n]);
  const kept = await keptBy(hanako);
  expect(kept).toContain('sealed');
  expect(kept).not.toContain('2580');
});

test('while the device waits for a finger, the PIN can be typed', async () => {
  await press(hanako, 'Top up');
  await type(hanako, '20000');
  await press(hanako, 'Top up');
  await press(hanako, 'Done');
  const waits = { authenticatorId, enabled: false };
  await device.send('WebAuthn.setAutomaticPresenceSimulation', waits);
  await pays('11000');
  await hanako.getByText('Waiting for your passkey').waitFor();
  expect(await violations(hanako)).toEqual([]);
  await type(hanako, '2580');
  await bothDone();
  await device.send('WebAuthn.setAutomaticPresenceSimulation', { ...waits, enabled: true });
});

test('asked for when the wallet is opened, the passkey opens it', async () => {
  await toThePin();
  await hanako.getByText('A passkey stands in for your PIN').waitFor();
  await hanako.getByRole('switch', { name: /Ask when the wallet is opened/ }).click();
  await hanako.getByRole('switch', { name: /Ask when the wallet is opened/, checked: true }).waitFor();
  expect(await violations(hanako)).toEqual([]);
  const before = await timesUsed();
  await hanako.reload();
  await heading(hanako, 'Balance');
  expect(await timesUsed()).toBe(before + 1);
});

test('taken away, nothing of it is kept; only who knows the PIN sets one up again', async () => {
  await toThePin();
  await press(hanako, 'Take the passkey away');
  await hanako.getByRole('button', { name: 'Set up a passkey' }).waitFor();
  expect(await keptBy(hanako)).not.toContain('sealed');
  await press(hanako, 'Set up a passkey');
  await type(hanako, '1111');
  await hanako.getByText('Wrong PIN: 2 tries left.').waitFor();
  await type(hanako, '2580');
  await hanako.getByText('A passkey stands in for your PIN').waitFor();
});

// From here on the authenticator recognises nobody: after some wrong fingers it takes none any more, as real ones do.
test('somebody else’s finger: the PIN is typed, and the purse judges it', async () => {
  await device.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await hanako.reload();
  await heading(hanako, 'Your PIN opens the wallet');
  await hanako.getByText('The passkey was not used. Type the PIN.').waitFor();
  expect(await violations(hanako)).toEqual([]);
  expect(await hanako.getByText('¥17,000').count()).toBe(0);
  await type(hanako, '1111');
  await hanako.getByText('Wrong PIN: 2 tries left.').waitFor();
  await type(hanako, '2580');
  await heading(hanako, 'Balance');
  expect(await balanceOf(hanako)).toBe(17_000n);
});

test('the device has lost the passkey: the PIN is typed', async () => {
  await device.send('WebAuthn.clearCredentials', { authenticatorId });
  await hanako.reload();
  await hanako.getByText('The passkey was not used. Type the PIN.').waitFor();
  await type(hanako, '2580');
  await heading(hanako, 'Balance');
});

test('three wrong PINs block it: the screen says what can be done', async () => {
  await hanako.reload();
  await heading(hanako, 'Your PIN opens the wallet');
  for (const said of ['2 tries left', 'one try left', 'The PIN is blocked']) {
    await type(hanako, '1111');
    await hanako.getByText(said).waitFor();
  }
  expect(await violations(hanako)).toEqual([]);
  await press(hanako, 'Compare with the bank');
  await hanako.getByRole('button', { name: 'Compare with the bank', exact: true }).waitFor();
  await hanako.getByText(/give this phone up on another one/).waitFor();
});

test('a device whose passkeys make no keys says so, and the PIN it is', async () => {
  const other = await stage.profile();
  const page = await other.newPage();
  await playAuthenticator(other, page, { hasPrf: false });
  await page.goto(`${url}/wallet/?wallet=jiro`);
  await toTheOffer(page, 'Jiro');
  await press(page, 'Set up a passkey');
  await page.getByText('Passkeys of this device cannot stand in for a PIN.').waitFor();
  expect(await violations(page)).toEqual([]);
  await press(page, 'Go on with the PIN');
  await press(page, '20000 yen');
  await heading(page, 'Balance');
  await press(page, 'Pay');
  await type(page, '12000');
  await press(page, 'Pay');
  await heading(page, 'Your PIN');
  expect(await page.getByRole('button', { name: 'Use the passkey' }).count()).toBe(0);
  await other.close();
});
