/** The commands of docs/pos.md against the sandbox as `npm start` has it: from nothing to a closed day, and a small load. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Home, makeHome, type Serving, serve } from './run.ts';

let home: Home;
let server: Serving;
let port = '';

beforeAll(async () => {
  home = await makeHome();
  vi.stubEnv('SOKKIN_ISO_PORT', '0');
  server = await serve(home);
  port = /port (\d+)\S* \(ISO 8583\)/.exec(server.text())?.[1] ?? '';
  for (const words of [
    'account create Alice',
    'account create Shop',
    'issue 100000 --account Alice',
    'card create alice',
    'card personalise alice --pin 1234 --account Alice',
    'fund alice 20000',
    `pos new till --terminal TERM0001 --merchant SHOP1 --account Shop --line 127.0.0.1:${port}`,
    `pos new second --terminal TERM0002 --merchant SHOP1 --account Shop --line 127.0.0.1:${port} --language en`,
  ]) {
    const ran = await home.run(...words.split(' '));
    expect(ran.code, `${words}: ${ran.out}${ran.err}`).toBe(0);
  }
}, 180_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await server?.stop();
  await home?.dispose();
});

const pos = (...words: string[]) => home.run('pos', ...words, '--pos', 'till');
async function balanceOf(name: string): Promise<string> {
  const { json } = await home.run('account', 'list');
  const all = json.accounts as { name: string; balance: string }[];
  return all.find((a) => a.name === name)?.balance ?? '';
}

test('online from the account, offline from the card; held and captured, given back, taken back; the day closes', async () => {
  const paid = await pos('sale', '5000', '--card', 'alice', '--online');
  expect(paid, paid.out + paid.err).toMatchObject({ code: 0, json: { standing: 'approved', code: '00' } });
  expect(await balanceOf('Shop')).toBe('5000');
  expect(await pos('sale', '700', '--card', 'alice')).toMatchObject({ code: 0, json: { kind: 'offline' } });
  const held = await pos('sale', '900', '--card', 'alice', '--hold');
  expect(await pos('capture', String(held.json.reference), '600')).toMatchObject({ code: 0 });
  expect(await pos('refund', String(paid.json.reference), '1000')).toMatchObject({ code: 0 });
  expect(await pos('cancel', String(paid.json.reference), '--left', '4000')).toMatchObject({ code: 0 });
  const closed = await pos('close');
  expect(closed, closed.out + closed.err).toMatchObject({ code: 0, json: { balanced: true, net: '4300' } });
  expect(await balanceOf('Shop')).toBe('4300');
}, 120_000);

test('two terminals share the line; what the card cannot do is said', async () => {
  const ran = await home.say('pos', 'sale', '300', '--card', 'alice', '--online', '--pos', 'second');
  expect(ran.code, ran.out + ran.err).toBe(0);
  expect(ran.out).toContain('APPROVED');
  // From here on the card wants its holder verified, and there is no PIN pad
  expect(await pos('sale', '12000', '--card', 'alice', '--online')).toMatchObject({
    code: 1,
    json: { code: '55' },
  });
}, 60_000);

const LOAD = ['pos', 'load', '--terminals', '3', '--seconds', '1', '--warm', '0', '--line'];

test('a load goes on with its cards the next time', async () => {
  for (let round = 0; round < 2; round++) {
    const ran = await home.run(...LOAD, `127.0.0.1:${port}`);
    expect(ran.code, ran.out + ran.err).toBe(0);
    const codes = ran.json.codes as Record<string, number>;
    expect(codes['00'], ran.out).toBe(ran.json.answered);
    expect(ran.json.answered).toBeGreaterThan(0);
  }
}, 120_000);

test('a load alone makes its line, and goes on with that, too; who has not its key hears it', async () => {
  const other = await makeHome();
  const own = await serve(other);
  const at = /port (\d+)\S* \(ISO 8583\)/.exec(own.text())?.[1] ?? '';
  try {
    for (let round = 0; round < 2; round++) {
      const ran = await other.run(...LOAD, `127.0.0.1:${at}`);
      expect(ran, ran.out + ran.err).toMatchObject({ code: 0, json: { unanswered: 0, strange: 0 } });
      expect(Object.keys(ran.json.codes as object)).toEqual(['00']);
    }
    const till = `pos new till --terminal T1 --merchant M1 --account Load --line 127.0.0.1:${at}`;
    expect(await other.run(...till.split(' '))).toMatchObject({ json: { error: { code: 'line_taken' } } });
  } finally {
    await own.stop();
    await other.dispose();
  }
}, 120_000);
