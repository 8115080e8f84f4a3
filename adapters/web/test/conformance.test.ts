/** The ports of a browser, in a browser: the same suites as everywhere; and what only a browser can do to them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../../../tests/browser.ts';
import { type Served, servePage } from '../../../tests/served-page.ts';

/** As in-browser.ts gives them. */
interface Outcome {
  readonly name: string;
  readonly failed: string | undefined;
}

let browser: Browser;
let served: Served;
let context: BrowserContext;
const folder = mkdtempSync(join(tmpdir(), 'sokkin-web-'));
beforeAll(async () => {
  [browser, served] = await Promise.all([
    openBrowser(),
    servePage({
      root: join(import.meta.dirname, 'page'),
      resolve: { alias: { vitest: join(import.meta.dirname, 'in-browser.ts') } },
      build: { outDir: folder, target: 'esnext' },
    }),
  ]);
  context = await browser.newContext();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(served.url);
  await page.waitForFunction('globalThis.sokkin');
  return page;
}

test('every suite that a port has to pass', async () => {
  const page = await open();
  const outcomes = await page.evaluate<Outcome[]>('outcomes');
  expect(outcomes.filter(({ failed }) => failed !== undefined)).toEqual([]);
  expect(outcomes.length).toBeGreaterThan(30);
  await page.close();
});

test('one tab has the memory; the next one says so, and gets it when the first is gone', async () => {
  const [first, second] = [await open(), await open()];
  const take = `sokkin.databaseNvm('shared', 4096).then((nvm) => (globalThis.nvm = nvm, 'open'), (error) => error.code)`;
  expect(await first.evaluate(take)).toBe('open');
  expect(await second.evaluate(take)).toBe('purse_in_use');
  await first.evaluate('nvm.write(0, Uint8Array.of(1, 2, 3))');
  await first.close();
  await expect.poll(() => second.evaluate(take)).toBe('open');
  expect(await second.evaluate('nvm.read(0, 4).then((bytes) => [...bytes])')).toEqual([1, 2, 3, 0]);
  await second.close();
});

test('a virtual card is in one window at a time, and its tap ends with who used it', async () => {
  const [first, second] = [await open(), await open()];
  const take = `sokkin.openVirtualCard('plastic').then((card) => (globalThis.card = card, 'open'), (error) => error.code)`;
  const story = `(async () => {
    let kept;
    const said = await card.use(async (t) => {
      kept = t;
      return [...(await t.transmit(Uint8Array.of(0x80, 0x01, 0, 0)))];
    });
    return [said.length, await kept.transmit(Uint8Array.of(0)).catch((error) => error.code)];
  })()`;
  expect(await first.evaluate(take)).toBe('open');
  expect(await second.evaluate(take)).toBe('purse_in_use');
  expect(await first.evaluate(story)).toEqual([2, 'card_lost']);
  await first.evaluate('card.close()');
  await expect.poll(() => second.evaluate(take)).toBe('open');
  expect(await second.evaluate(`sokkin.openVirtualCard('Not a name').catch((error) => error.code)`)).toBe(
    'bad_name',
  );
  await Promise.all([first.close(), second.close()]);
});

test('a key is there after a reload, and cannot be read out', async () => {
  const page = await open();
  const make = `(async () => {
    const port = sokkin.webCrypto(await sokkin.shelfInDatabase('kept'));
    const { handle, publicKey } = await port.generateKey();
    return [[...handle], [...publicKey]];
  })()`;
  const [handle, publicKey] = await page.evaluate<number[][]>(make);
  await page.reload();
  await page.waitForFunction('globalThis.sokkin');
  const use = `(async () => {
    const shelf = await sokkin.shelfInDatabase('kept');
    const port = sokkin.webCrypto(shelf);
    const handle = Uint8Array.from(${JSON.stringify(handle)});
    const message = Uint8Array.of(1, 2, 3);
    const key = await shelf.get([...handle].map((b) => b.toString(16).padStart(2, '0')).join(''));
    const read = await crypto.subtle.exportKey('jwk', key).then(() => 'read out', (error) => error.name);
    const signature = await port.sign(handle, message);
    return [await port.verify(Uint8Array.from(${JSON.stringify(publicKey)}), message, signature), read];
  })()`;
  expect(await page.evaluate(use)).toEqual([true, 'InvalidAccessError']);
  await page.close();
});

test('two windows: a card is tapped, left in the field, tapped again, and lost with its window', async () => {
  const [reader, holder] = [await open(), await open()];
  await holder.evaluate('sokkin.blankCard().then((power) => { globalThis.power = power; })');
  const hold = '(globalThis.held = sokkin.holdCard(sokkin.channel(), power), undefined)';
  const take = `(async () => {
    const card = globalThis.card = await sokkin.waitForCard(sokkin.channel());
    return [...await card.transmit(Uint8Array.of(0x80, 0x01, 0, 0))];
  })()`;
  for (let tap = 0; tap < 2; tap++) {
    const taken = reader.evaluate<number[]>(take);
    await holder.evaluate(hold);
    expect(await taken).toHaveLength(2);
    await reader.evaluate('card.close()');
    await holder.evaluate('held.over');
  }
  const nobody = reader.evaluate(
    `sokkin.waitForCard(sokkin.channel(), AbortSignal.timeout(300)).then(() => 'a card', (error) => error.code)`,
  );
  expect(await nobody).toBe('no_card');
  const last = reader.evaluate<number[]>(take);
  await holder.evaluate(hold);
  await last;
  await holder.close();
  const lost = `card.transmit(Uint8Array.of(0x80, 0x01, 0, 0)).then(() => 'answered', (error) => error.code)`;
  expect(await reader.evaluate(lost)).toBe('card_lost');
  await reader.close();
});

test('two cards at one reader: one is taken, the other waits for the next', async () => {
  const page = await open();
  const story = `(async () => {
    const [one, two] = [await sokkin.blankCard(), await sokkin.blankCard()];
    const held = [sokkin.holdCard(sokkin.channel(), one), sokkin.holdCard(sokkin.channel(), two)];
    const first = await sokkin.waitForCard(sokkin.channel());
    await first.transmit(Uint8Array.of(0x80, 0x01, 0, 0));
    const second = await sokkin.waitForCard(sokkin.channel());
    await second.transmit(Uint8Array.of(0x80, 0x01, 0, 0));
    await Promise.all([first.close(), second.close()]);
    await Promise.all(held.map((card) => card.over));
    return 'both were read';
  })()`;
  expect(await page.evaluate(story)).toBe('both were read');
  await page.close();
});
