/** Losing things: a phone, the data of a browser, a certificate; and a new phone while the old one works. With the network that each needs. */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workOnClaims } from '../../server/src/operations/claims/work.ts';
import { balanceOf, begin, openStage, openWallet, press, type Stage, type } from './stage.ts';

const DAY_MS = 86_400_000;
const PIN = '2580';
const SOON = { timeout: 20_000 };

let stage: Stage;
let context: BrowserContext;
let old: Page;
beforeAll(async () => {
  stage = await openStage();
  context = await stage.profile();
  old = await openWallet(context, stage.url, 'old');
  await begin(old, 'Hanako');
});
afterAll(() => stage?.close());

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const losing = async (page: Page) => {
  await press(page, 'Settings');
  await press(page, 'Lost or new phone');
  await heading(page, 'Your phones');
};
const home = async (page: Page) => {
  await press(page, 'Back');
  await press(page, 'Home');
  await heading(page, 'Balance');
};
/** What a new phone does with a code. */
async function joins(page: Page, code: string | undefined): Promise<void> {
  if (code !== undefined) {
    await press(page, 'I had a wallet before');
    await page.getByLabel('Your code').fill(code);
    await press(page, 'Next');
  }
  await page.getByLabel('Your name').fill('Hanako');
  await press(page, 'Next');
  await heading(page, 'Choose a PIN');
  await type(page, PIN);
  await heading(page, 'Type it once more');
  await type(page, PIN);
  await heading(page, 'Balance');
}
const topUp = async (page: Page, amount: string) => {
  await press(page, 'Top up');
  await type(page, amount);
  await press(page, 'Top up');
  await heading(page, 'Topped up');
  await press(page, 'Done');
};
let recovery = '';
/** The phone that is left after the others were lost. */
let other: Page;

test('a recovery code is shown once, and is good for a long time', async () => {
  await losing(old);
  await old.getByRole('button', { name: /^Recovery code/ }).click();
  await press(old, 'Make a code');
  recovery = (await old.locator('.w-code').textContent()) ?? '';
  expect(recovery).toMatch(/^([A-Z2-7]{5}-){5}[A-Z2-7]$/);
  await press(old, 'I have written it down');
  await old.getByText('You have one. It is good until').waitFor();
  await home(old);
});

test('a new phone, while the old one works: the money goes over the account', async () => {
  await losing(old);
  await old.getByRole('button', { name: /^Move to a new phone/ }).click();
  await press(old, 'Show the link');
  const link = (await old.locator('.w-link').textContent()) ?? '';
  const fresh = await context.newPage();
  await fresh.goto(link.replace('/wallet/#', '/wallet/?wallet=fresh#'));
  await joins(fresh, undefined);
  expect(new URL(fresh.url()).hash).toBe('');
  await press(old, 'Move to the account');
  const pad = old.getByRole('heading', { name: 'Your PIN' });
  await pad
    .or(old.getByRole('heading', { name: 'This phone is empty' }))
    .first()
    .waitFor();
  if (await pad.isVisible()) await type(old, PIN);
  await heading(old, 'This phone is empty');
  await press(old, 'Done');
  await home(old);
  expect(await balanceOf(old)).toBe(0n);
  await topUp(fresh, '10000');
  expect(await balanceOf(fresh)).toBe(10_000n);
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('cleared data, and a lost phone: a code opens the account, what the bank can prove is refunded by its date', async () => {
  // The one that was made for the move is used, and took the place of the recovery code: another one.
  const fresh = context.pages().find((page) => page.url().includes('wallet=fresh')) ?? old;
  await losing(fresh);
  await fresh.getByRole('button', { name: /^Recovery code/ }).click();
  await press(fresh, 'Make a code');
  recovery = (await fresh.locator('.w-code').textContent()) ?? '';
  await press(fresh, 'I have written it down');
  await fresh.close();
  // Another browser, which knows nothing of the wallet.
  other = await (await stage.profile()).newPage();
  await other.goto(`${stage.url}/wallet/`);
  await joins(other, recovery.toLowerCase());
  await losing(other);
  const phones = other.getByRole('list', { name: 'Your phones' }).getByRole('button');
  await phones.nth(1).click();
  await heading(other, 'Is this phone gone?');
  await other.getByRole('radio', { name: 'Broken or cleared' }).check();
  await other.getByText('10000 yen').waitFor();
  await press(other, 'Block it and ask for the refund');
  await heading(other, 'Blocked');
  await press(other, 'Done');
  const report = other.getByRole('list', { name: 'Reports' }).getByRole('button');
  await report.click();
  await heading(other, 'Broken phone, or cleared data');
  await other.getByText(/^Will be refunded by/).waitFor();
  await press(other, 'Back');
  await home(other);
  // Its date comes.
  stage.server.advance(15 * DAY_MS);
  await workOnClaims(stage.server.server.backend, () => undefined);
  await expect
    .poll(async () => {
      await losing(other);
      const said = await other.getByRole('list', { name: 'Reports' }).textContent();
      await home(other);
      return said;
    }, SOON)
    .toContain('¥10,000 were refunded');
  await other.getByRole('button', { name: /^Notifications, \d+ new$/ }).click();
  await other.getByText('Refunded to your account').waitFor();
  await press(other, 'Close');
  await topUp(other, '10000');
  expect(await balanceOf(other)).toBe(10_000n);
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('a lost phone is found: it joins anew, and its money is here again', async () => {
  const codeOf = async () => {
    await other.getByRole('button', { name: /^Recovery code/ }).click();
    await press(other, 'Make a code');
    const code = (await other.locator('.w-code').textContent()) ?? '';
    await press(other, 'I have written it down');
    return code;
  };
  await losing(other);
  const second = await openWallet(context, stage.url, 'second');
  await joins(second, await codeOf());
  await topUp(second, '3000');
  await home(other);
  await losing(other);
  await other.getByRole('list', { name: 'Your phones' }).getByRole('button').last().click();
  await press(other, 'Block it and ask for the refund');
  await heading(other, 'Blocked');
  await press(other, 'Done');
  const code = await codeOf();
  // What was believed a moment ago is, for five seconds more.
  stage.server.advance(6_000);
  await press(second, 'Settings');
  await press(second, 'Compare with the bank');
  await second.getByText('Your bank does not know this phone any more.').waitFor();
  await press(second, 'Home');
  await press(second, 'Lost or new phone');
  await press(second, 'I found this phone');
  await second.getByLabel('Your code').fill(code);
  await press(second, 'Join again');
  await heading(second, 'It is yours again');
  await press(second, 'Done');
  await home(second);
  expect(await balanceOf(second)).toBe(3_000n);
  await press(second, 'Cash out');
  await type(second, '3000');
  await press(second, 'Cash out');
  const pad = second.getByRole('heading', { name: 'Your PIN' });
  await pad
    .or(second.getByRole('heading', { name: 'Moved to your account' }))
    .first()
    .waitFor();
  if (await pad.isVisible()) await type(second, PIN);
  await heading(second, 'Moved to your account');
  await home(other);
});

test('a certificate that ends: told before, renewed in a minute, with the money', async () => {
  const { data } = (await stage.server.api.get('/v1/purses?limit=100')).body;
  const last = Math.max(...data.map(({ expires }: { expires: string }) => Date.parse(expires)));
  const now = stage.server.server.backend.clock().getTime();
  stage.server.advance(last - now - 20 * DAY_MS);
  await press(other, 'Settings');
  await press(other, 'Compare with the bank');
  await other.getByText('Everything is right').waitFor();
  await press(other, 'Home');
  await press(other, 'Renew');
  await heading(other, 'Renew this wallet');
  await press(other, 'Renew now');
  const pad = other.getByRole('heading', { name: 'Your PIN' });
  await pad
    .or(other.getByRole('heading', { name: 'A PIN for the new purse' }))
    .first()
    .waitFor();
  if (await pad.isVisible()) await type(other, PIN);
  await heading(other, 'A PIN for the new purse');
  await type(other, PIN);
  await heading(other, 'Type it once more');
  await type(other, PIN);
  await press(other, '10000 yen');
  await heading(other, 'Balance');
  expect(await balanceOf(other)).toBe(10_000n);
  await expect.poll(() => other.getByRole('button', { name: 'Renew', exact: true }).count(), SOON).toBe(0);
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});
