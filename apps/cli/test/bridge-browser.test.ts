/** `sokkin bridge` with a real pcscd and a page in Chromium: the suite of all readers, a hostile page, a card pulled in the middle. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AttachedCard, attachVirtualCard, CARD_ATR, openPcsc, type PcscService } from '@sokkin/pcsc';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachable } from '../../../adapters/pcsc/test/field-reader.ts';
import { type House, openHouse } from '../../../adapters/pcsc/test/house.ts';
import { blankFieldCard } from '../../../packages/terminal/test/scene.ts';
import { openBrowser } from '../../../tests/browser.ts';
import { type Served, servePage } from '../../../tests/served-page.ts';

const opened = await openHouse();
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';
const WEB = join(import.meta.dirname, '../../../adapters/web/test');
const BIN = join(import.meta.dirname, '../bin/sokkin.js');

describe.skipIf(skipped !== '')(`over pcscd${skipped}`, () => {
  const house = opened as House;
  const folder = mkdtempSync(join(tmpdir(), 'sokkin-bridge-'));
  let browser: Browser;
  let [good, hostile]: (Served | undefined)[] = [];
  let pcsc: PcscService;
  let attached: AttachedCard | undefined;
  let bridge: ChildProcess;
  /** All that the bridge has said. */
  let said = '';
  const match = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(said)) await sleep(50);
    return [...said.matchAll(new RegExp(pattern, 'g'))].at(-1)?.[1] ?? '';
  };
  const remove = async () => {
    attached?.tear();
    attached = undefined;
    await pcsc.until(house.slots[0] ?? '', 'empty');
  };
  const lay = async () => {
    const card = await blankFieldCard(true);
    attached = await attachVirtualCard({
      card: attachable(() => card.tap()),
      atr: CARD_ATR,
      dial: () => house.dial(0),
    });
  };

  beforeAll(async () => {
    pcsc = openPcsc();
    const built = (outDir: string) => ({
      root: join(WEB, 'bridge-page'),
      resolve: { alias: { vitest: join(WEB, 'in-browser.ts') } },
      build: { outDir: join(folder, outDir), target: 'esnext' },
    });
    [browser, good, hostile] = await Promise.all([
      openBrowser(),
      servePage(built('good')),
      servePage(built('hostile')),
    ]);
    const origin = good.url.replace(/\/$/, '');
    bridge = spawn(process.execPath, [BIN, 'bridge', '--origin', origin, '--port', '0'], { env: house.env });
    for (const stream of [bridge.stdout, bridge.stderr])
      stream?.on('data', (chunk) => (said += String(chunk)));
    await match(/waits at (ws:\S+)/);
  });
  afterAll(async () => {
    const ended = once(bridge, 'exit');
    bridge.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    await remove().finally(() => pcsc.close());
    await Promise.all([browser?.close(), good?.close(), hostile?.close()]);
    await house.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function pageAt(served: Served | undefined): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.exposeFunction('lay', lay);
    await page.exposeFunction('remove', remove);
    await page.goto(served?.url ?? '');
    await page.waitForFunction('globalThis.sokkin');
    return page;
  }
  const connect = async (page: Page, code?: string): Promise<string> => {
    const wish = {
      url: await match(/waits at (ws:\S+)/),
      pair: { code: code ?? (await match(/page: (\d{6})/)) },
    };
    return page.evaluate(
      `sokkin.openBridge(${JSON.stringify(wish)}).then((b) => (globalThis.bridge = b, 'open'), (error) => error.code)`,
    );
  };

  it('a page of another origin is refused, whatever it knows', async () => {
    const page = await pageAt(hostile);
    expect(await connect(page)).toBe('reader_failed');
    expect(said).toContain('was sent away');
    await page.close();
  });

  it('a wrong code is refused', async () => {
    const page = await pageAt(good);
    const right = await match(/page: (\d{6})/);
    expect(await connect(page, right === '000000' ? '000001' : '000000')).toBe('not_paired');
    await page.close();
  });

  it('the suite of all readers', async () => {
    const page = await pageAt(good);
    expect(await connect(page)).toBe('open');
    const [slot] = house.slots;
    const readers = await page.evaluate<{ name: string }[]>('bridge.readers()');
    expect(readers.map(({ name }) => name)).toContain(slot);
    const outcomes = await page.evaluate<{ name: string; failed?: string }[]>(
      `sokkin.runSuite(bridge, ${JSON.stringify(slot)})`,
    );
    expect(outcomes.filter(({ failed }) => failed !== undefined)).toEqual([]);
    expect(outcomes.length).toBe(7);
    await page.close();
  });

  it('a card pulled in the middle of a command is lost, and the page is told', async () => {
    const page = await pageAt(good);
    expect(await connect(page)).toBe('open');
    const story = `(async () => {
      const next = bridge.reader(${JSON.stringify(house.slots[0])}).next();
      await lay();
      const card = await next;
      const said = [];
      const talk = (async () => { for (;;) await card.transmit(Uint8Array.of(0x80, 0x01, 0, 0)); })();
      const lost = talk.catch((error) => error.code);
      await remove();
      said.push(await lost);
      await card.gone;
      return said;
    })()`;
    expect(await page.evaluate(story)).toEqual(['card_lost']);
    await page.close();
  });
});
