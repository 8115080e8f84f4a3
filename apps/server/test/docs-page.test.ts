/** The try-it page in a real browser: it reads, it calls, it keeps its secrets, and everybody can use it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, violations } from '../../../tests/browser.ts';
import { type Rig, rig, sandboxClient } from './kit.ts';

let r: Rig;
let url: string;
let browser: Browser;
beforeAll(async () => {
  [r, browser] = await Promise.all([rig(), openBrowser()]);
  url = await r.server.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await browser?.close();
  await r?.close();
});

interface Shown {
  readonly page: Page;
  /** What the browser complained of, and requests to other servers. */
  readonly complaints: string[];
}

async function open(path: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Shown> {
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`asks ${request.url()}`);
  });
  await page.goto(`${url}${path}`);
  return { page, complaints };
}

/** As a newcomer does: with what the sandbox has written down. */
async function logIn(page: Page): Promise<void> {
  const { client_id, client_secret } = sandboxClient(r.dataFolder, 'first');
  await page.locator('#credentials summary').click();
  await page.getByLabel('Client id').fill(client_id);
  await page.getByLabel('Client secret').fill(client_secret);
  await page.getByRole('button', { name: 'Get a token' }).click();
  await expect.poll(() => page.locator('#credentials [role=status]').textContent()).toBe('token set');
}

test('a newcomer finds an operation, sends it, and sees what came back', async () => {
  const { page, complaints } = await open('/docs');
  await logIn(page);
  await page.getByRole('searchbox').fill('open account');
  await expect.poll(() => page.locator('#found').textContent()).toBe('1 found');
  await page.getByRole('navigation', { name: 'Operations' }).getByRole('link').first().click();
  await expect.poll(() => page.locator('h1').textContent()).toBe('Open an account');
  expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
  const body = page.getByLabel('Body (JSON)');
  expect(JSON.parse(await body.inputValue())).toEqual({ name: 'Hanako' });
  await body.fill(JSON.stringify({ name: "O'Hara <b>" }));
  expect(await page.locator('.curl').textContent()).toContain(`-d '{"name":"O'\\''Hara <b>"}'`);
  await page.getByRole('button', { name: 'Send' }).click();
  const answer = page.locator('.answer');
  await answer.waitFor();
  expect(await page.locator('.status').textContent()).toMatch(/^201 Created in \d+ ms, \d+ bytes$/);
  const account = JSON.parse((await answer.textContent()) ?? '');
  expect(account).toMatchObject({ name: "O'Hara <b>", balance: '0' });
  // Text of others is text.
  expect(await page.locator('.answer b').count()).toBe(0);
  await page.goto(`${url}/docs#getAccount`);
  await page.getByLabel('id (required)').fill(account.id);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect.poll(() => page.locator('.status').textContent()).toMatch(/^200 OK/);
  expect(complaints).toEqual([]);
  await page.close();
});

test('every operation can be shown', async () => {
  const { page, complaints } = await open('/docs');
  const links = await page.locator('#list a').all();
  const ids = await Promise.all(links.map((link) => link.getAttribute('href')));
  expect(ids.length).toBeGreaterThan(25);
  for (const id of ids) {
    await page.evaluate(`location.hash = ${JSON.stringify(id)}`);
    await page.locator(`#list a[href="${id}"][aria-current]`).waitFor();
    expect(await page.locator('.try').count(), id ?? '').toBe(1);
  }
  expect(complaints).toEqual([]);
  await page.close();
});

test('a fresh key for every call, and a token that is nowhere but in the page', async () => {
  const { page } = await open('/docs#createIssuance');
  const key = page.getByRole('textbox', { name: 'idempotency-key (required)' });
  const first = await key.inputValue();
  expect(first).toMatch(/^[0-9a-f-]{36}$/);
  await page.getByRole('button', { name: 'New key' }).click();
  expect(await key.inputValue()).not.toBe(first);
  await page.locator('#credentials summary').click();
  await page.getByLabel('Or a token that you have').fill('sat_secret');
  await page.getByRole('button', { name: 'Use this token' }).click();
  expect(await page.locator('.curl').textContent()).toContain('authorization: Bearer $SOKKIN_TOKEN');
  expect(await page.content()).not.toContain('sat_secret');
  expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])')).toBe(
    '[{},{},""]',
  );
  const [request] = await Promise.all([
    page.waitForRequest('**/v1/issuances'),
    page.getByRole('button', { name: 'Send' }).click(),
  ]);
  expect(request.headers().authorization).toBe('Bearer sat_secret');
  await page.close();
});

describe('for everybody', () => {
  test.each([
    ['wide and light', { viewport: { width: 1440, height: 900 }, colorScheme: 'light' }],
    ['narrow and dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
  ] as const)('%s: nothing is in anybody’s way', async (_name, options) => {
    for (const path of ['/docs', '/docs#createIssuance', '/docs#syncPurse', '/problems']) {
      const { page } = await open(path, options);
      await page.waitForLoadState('networkidle');
      expect(await violations(page), path).toEqual([]);
      const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(wider, `${path} scrolls sideways`).toBe(0);
      await page.close();
    }
  });

  test('with the keyboard alone', async () => {
    const { page } = await open('/docs#getHealth');
    await page.locator('.try').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    // Past the list of all operations.
    await page.keyboard.press('Enter');
    for (let i = 0; i < 50; i++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate('document.activeElement.textContent')) === 'Send') break;
    }
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.status').textContent()).toMatch(/^200/);
    await page.close();
  });
});

test('the type of a problem leads to its row', async () => {
  const { page } = await open('/problems#insufficient_funds');
  expect(await page.locator('tr:target').textContent()).toContain('The account does not hold that much');
  await page.close();
  const data = Object(await (await fetch(`${url}/problems`)).json());
  expect(data.data).toContainEqual(expect.objectContaining({ code: 'not_found', status: 404 }));
});

test('only the files of the page are served', async () => {
  for (const path of ['/docs/../app.ts', '/docs/%2e%2e/app.ts', '/docs/app.ts', '/docs/docs.html'])
    expect((await r.server.app.inject(path)).statusCode, path).toBe(404);
});
