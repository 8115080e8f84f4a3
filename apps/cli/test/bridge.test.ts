/** The bridge against pages that it was not made for: other origins, other names, wrong codes, noise, two at one reader. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { BRIDGE_PROTOCOL, type Held, heldReader, readBridgeRequest } from '@sokkin/terminal';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { blankFieldCard } from '../../../packages/terminal/test/scene.ts';
import { CODE_LIFE_MS, Pairing, TRIES_A_CODE, TRIES_IN_ALL } from '../src/bridge/pairing.ts';
import { type Bridge, openBridge } from '../src/bridge/server.ts';
import { makeHome } from './run.ts';

const ORIGIN = 'https://shop.example';
let bridge: Bridge;
let codes: (string | undefined)[];
let told: string[];
let hold: () => Promise<Held>;
const pages: WebSocket[] = [];

beforeEach(async () => {
  [codes, told] = [[], []];
  const reader = heldReader();
  const card = await blankFieldCard(true);
  hold = async () => reader.hold(() => card.tap());
  bridge = await openBridge({
    ...{ port: 0, origins: [ORIGIN], pairWithinMs: 2_000 },
    readers: { list: async () => [{ name: 'R', state: 'empty' }], reader: () => reader.reader },
    pairing: { now: Date.now, randomBytes, onCode: (code) => codes.push(code) },
    tell: (line) => told.push(line),
  });
});
afterEach(async () => {
  for (const page of pages.splice(0)) page.terminate();
  await bridge.close();
});

interface Page {
  say(message: unknown): void;
  /** The next message. */
  heard(): Promise<Record<string, unknown>>;
  ask(message: object): Promise<Record<string, unknown>>;
  readonly closed: Promise<number>;
}
async function open(
  more: { origin?: string; headers?: Record<string, string>; protocol?: string } = {},
): Promise<Page> {
  const { origin = ORIGIN, headers = {}, protocol = BRIDGE_PROTOCOL } = more;
  const socket = new WebSocket(`ws://127.0.0.1:${bridge.port}`, protocol, { origin, headers });
  pages.push(socket);
  const inbox: Record<string, unknown>[] = [];
  socket.on('message', (data) => inbox.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve);
  });
  await once(socket, 'open');
  let id = 0;
  const page: Page = {
    closed,
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async heard() {
      while (inbox.length === 0) await once(socket, 'message');
      return inbox.shift() ?? {};
    },
    async ask(message) {
      id += 1;
      page.say({ ...message, id });
      return page.heard();
    },
  };
  return page;
}
const paired = async (): Promise<Page> => {
  const page = await open();
  expect(await page.ask({ type: 'pair', code: codes.at(-1) })).toMatchObject({ type: 'paired' });
  return page;
};
const wrong = (): string => (codes.at(-1) === '000000' ? '000001' : '000000');

describe('who may come in', () => {
  test.each([
    ['another origin', { origin: 'https://evil.example' }, 'https://evil.example was sent away'],
    ['an origin that begins alike', { origin: `${ORIGIN}.evil.example` }, 'was sent away'],
    ['the origin of a file', { origin: 'null' }, 'null was sent away'],
    ['another name of this machine', { headers: { host: 'evil.example:8789' } }, 'evil.example:8789'],
    ['another protocol', { protocol: 'chat' }, 'speaks otherwise'],
  ])('not %s', async (_, how, why) => {
    await expect(open(how)).rejects.toThrow('403');
    expect(told.join()).toContain(why);
  });

  test('nor by plain HTTP', async () => {
    expect((await fetch(`http://127.0.0.1:${bridge.port}/`)).status).toBe(426);
  });
});

describe('pairing', () => {
  test('before it, nothing; after it, everything; the code is good once', async () => {
    const page = await open();
    const refused = { type: 'error', code: 'not_paired' };
    expect(await page.ask({ type: 'list' })).toMatchObject(refused);
    expect(await page.ask({ type: 'next', reader: 'R' })).toMatchObject(refused);
    expect(await page.ask({ type: 'transmit', card: 1, apdu: '00a4' })).toMatchObject(refused);
    const [code] = codes;
    expect(await page.ask({ type: 'pair', code })).toMatchObject({ type: 'paired' });
    expect(await page.ask({ type: 'list' })).toMatchObject({ type: 'readers', readers: [{ name: 'R' }] });
    expect(await (await open()).ask({ type: 'pair', code })).toMatchObject(refused);
  });

  test('the key is good for a reload, and for no other origin', () => {
    const pairing = new Pairing({ now: () => 0, randomBytes, onCode: (code) => codes.push(code) });
    const key = pairing.pair(codes.at(-1) ?? '', ORIGIN) ?? '';
    expect([pairing.isKey(key, ORIGIN), pairing.isKey(key, 'https://evil.example')]).toEqual([true, false]);
    expect(pairing.isKey(key.replace(/^./, key.startsWith('A') ? 'B' : 'A'), ORIGIN)).toBe(false);
  });

  test('over the wire: a page that comes again with its key', async () => {
    const page = await open();
    const { key } = await page.ask({ type: 'pair', code: codes.at(-1) });
    const again = await open();
    expect(await again.ask({ type: 'resume', key })).toMatchObject({ type: 'paired', key });
    expect(await again.ask({ type: 'list' })).toMatchObject({ type: 'readers' });
  });

  test('wrong tries use the code up, and in the end all codes', async () => {
    const page = await open();
    const [first] = codes;
    for (let i = 0; i < TRIES_A_CODE; i++) await page.ask({ type: 'pair', code: wrong() });
    expect(codes).toHaveLength(2);
    if (codes[1] !== first)
      expect(await page.ask({ type: 'pair', code: first })).toMatchObject({ code: 'not_paired' });
    for (let i = 0; i < TRIES_IN_ALL; i++) await page.ask({ type: 'pair', code: wrong() });
    expect(codes.at(-1)).toBeUndefined();
    const last = codes.at(-2);
    expect(await page.ask({ type: 'pair', code: last })).toMatchObject({ code: 'not_paired' });
  });

  test('a code ends with its time', () => {
    let now = 0;
    const shown: (string | undefined)[] = [];
    const pairing = new Pairing({ now: () => now, randomBytes, onCode: (code) => shown.push(code) });
    now = CODE_LIFE_MS;
    expect(pairing.pair(shown[0] ?? '', ORIGIN)).toBeUndefined();
    expect(shown).toHaveLength(2);
    now += CODE_LIFE_MS;
    pairing.renew();
    expect(shown).toHaveLength(3);
    expect(pairing.pair(shown[2] ?? '', ORIGIN)).toBeDefined();
  });

  test('a page that does not pair is sent away', async () => {
    expect(await (await open()).closed).toBe(1008);
  });
});

describe('a paired page', () => {
  test('has its reader to itself, until it goes', async () => {
    const one = await paired();
    one.say({ type: 'next', id: 50, reader: 'R' });
    expect(await one.ask({ type: 'list' })).toMatchObject({ type: 'readers' });
    const two = await paired();
    expect(await two.ask({ type: 'next', reader: 'R' })).toMatchObject({ code: 'reader_taken' });
    pages[0]?.terminate();
    await one.closed;
    await expect
      .poll(async () => {
        two.say({ type: 'next', id: 60, reader: 'R' });
        two.say({ type: 'stop', id: 61, wait: 60 });
        const words = [await two.heard(), await two.heard()];
        return words
          .map(({ code, type }) => code ?? type)
          .sort()
          .join();
      })
      .toBe('done,no_card');
  });

  test('is told of a card, speaks with it, and is told that it left in the middle', async () => {
    const page = await paired();
    page.say({ type: 'next', id: 7, reader: 'R' });
    const held = await hold();
    const inserted = await page.heard();
    expect(inserted).toMatchObject({ type: 'inserted', id: 7, extended: true });
    const { card } = inserted;
    expect(await page.ask({ type: 'transmit', card, apdu: '80010000' })).toMatchObject({ type: 'answer' });
    held.leave();
    expect(await page.heard()).toEqual({ type: 'removed', card });
    expect(await page.ask({ type: 'transmit', card, apdu: '80010000' })).toMatchObject({ code: 'card_lost' });
  });

  test('lets go of its card when it goes', async () => {
    const page = await paired();
    page.say({ type: 'next', id: 7, reader: 'R' });
    const held = await hold();
    expect(await page.heard()).toMatchObject({ type: 'inserted' });
    pages[0]?.terminate();
    await held.over;
  });
});

describe('noise', () => {
  test.each([
    'hello',
    '[]',
    'null',
    '{"type":"list"}',
    '{"type":"list","id":-1}',
    '{"type":"list","id":1,"more":1}',
    '{"type":"format","id":1}',
    '{"type":"constructor","id":1}',
    '{"type":"pair","id":1,"code":123456}',
    '{"type":"transmit","id":1,"card":1,"apdu":"0"}',
    '{"type":"transmit","id":1,"card":1,"apdu":"00A4"}',
  ])('%s ends the connection', async (message) => {
    const page = await open();
    page.say(message);
    expect(await page.closed).toBe(1008);
  });

  test('too long, or binary', async () => {
    const long = await open();
    long.say(' '.repeat(200_000));
    expect(await long.closed).toBe(1009);
    const binary = await open();
    pages.at(-1)?.send(Buffer.from('{"type":"list","id":1}'));
    expect(await binary.closed).toBe(1008);
  });

  test('no text makes the reader of messages throw', () => {
    void fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => readBridgeRequest(text)).not.toThrow();
      }),
    );
  });

  test('more pages than there is room for', async () => {
    for (let i = 0; i < 8; i++) await open();
    await expect(open()).rejects.toThrow('403');
  });
});

test('the command refuses what is no origin', async () => {
  const home = await makeHome();
  for (const origin of ['shop.example', 'https://shop.example/till', 'file:///tmp', '*'])
    expect((await home.run('bridge', '--origin', origin)).json).toMatchObject({ error: { code: 'usage' } });
  await home.dispose();
});
