/** `sokkin pos` with real cards of a real back-end, against an acquirer that answers, is silent, hangs up, or forges. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, readIsoProfile, textOf, tlvsOf } from '@sokkin/codec';
import type { IsoMacKey } from '@sokkin/node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openAcquirer, type TestAcquirer } from './acquirer.ts';
import { type Home, makeHome, type Serving, serve } from './run.ts';

const MAC: IsoMacKey = { algorithm: 'retail-80', key: fromHex('0123456789abcdeffedcba9876543210') };
let home: Home;
let server: Serving;
let acquirer: TestAcquirer;
const [aboveFloor, small] = ['40000', '700'];

beforeAll(async () => {
  home = await makeHome();
  server = await serve(home);
  const profile = readIsoProfile(
    await readFile(
      join(import.meta.dirname, '../../../packages/codec/profiles/iso8583-1987-bcd.json'),
      'utf8',
    ),
  );
  acquirer = await openAcquirer(profile, MAC);
  const keyFile = join(home.data, 'line.key');
  await writeFile(keyFile, '0123456789ABCDEFFEDCBA9876543210\n');
  for (const words of [
    'account create Alice',
    'issue 200000',
    'card create alice',
    'card personalise alice --pin 1234',
    'fund alice 50000',
    `pos new till --terminal TERM0001 --merchant SHOP1 --shop 角の店 --profile 1987-bcd --line 127.0.0.1:${acquirer.port} --mac-key ${keyFile} --timeout 1500 --sign-on`,
  ]) {
    const ran = await home.run(...words.split(' '));
    expect(ran.code, `${words}: ${ran.out}${ran.err}`).toBe(0);
  }
}, 180_000);

afterAll(async () => {
  await acquirer?.close();
  await server?.stop();
  await home?.dispose();
});

const pos = (...words: string[]) => home.run('pos', ...words);
const till = (): Promise<string> => readFile(join(home.data, 'pos/till/till.json'), 'utf8');

test('a payment above the floor limit is asked for with an ARQC, signed, answered, and on paper', async () => {
  const ran = await home.say('pos', 'sale', aboveFloor, '--card', 'alice');
  expect(ran.code, ran.out + ran.err).toBe(0);
  expect(ran.out).toContain('角の店');
  expect(ran.out).toContain('承認されました');
  expect(ran.out).toContain('JPY 40,000');
  const last = acquirer.seen.at(-1);
  expect(last).toMatchObject({ mti: '0200', mac: 'valid' });
  const chip = last && tlvsOf(last.message, 55);
  expect(chip?.get(0x9f27)).toEqual(Uint8Array.of(0x80));
  const pan = (last && textOf(last.message, 2)) ?? '';
  expect(pan).toMatch(/^\d{16}$/);
  expect(ran.out).not.toContain(pan);
  expect(ran.out).toContain(`************${pan.slice(-4)}`);
  expect(acquirer.seen[0]?.mti).toBe('0800');
});

test('what is kept has no track and no chip data, and is for its owner only', async () => {
  const text = await till();
  const { entries } = JSON.parse(text) as { entries: { message: string }[] };
  const profile = readIsoProfile(
    await readFile(
      join(import.meta.dirname, '../../../packages/codec/profiles/iso8583-1987-bcd.json'),
      'utf8',
    ),
  );
  const { decodeIso } = await import('@sokkin/codec');
  const fields = decodeIso(profile, fromHex(entries[0]?.message ?? '')).fields;
  expect([...fields.keys()].filter((n) => [35, 52, 55, 64, 128].includes(n))).toEqual([]);
  expect((await stat(join(home.data, 'pos/till/till.json'))).mode & 0o077).toBe(0);
  expect((await stat(join(home.data, 'pos/till/settings.json'))).mode & 0o077).toBe(0);
});

test('declined in plain words; a part approved is told as a part', async () => {
  acquirer.next({ code: '51' });
  const no = await pos('sale', aboveFloor, '--card', 'alice');
  expect(no).toMatchObject({ code: 1, json: { standing: 'declined', code: '51', stands: '0' } });
  acquirer.next({ code: '10', amount: 25_000n });
  const part = await home.say('pos', 'sale', aboveFloor, '--card', 'alice');
  expect(part.code).toBe(0);
  expect(part.out).toContain('Only JPY 25,000 of JPY 40,000');
  expect(part.out).toContain('一部のみ承認');
});

test('no answer: not paid, and taken back before anything else', async () => {
  acquirer.next('lost', 'lost');
  const lost = await home.say('pos', 'sale', aboveFloor, '--card', 'alice');
  expect(lost.code).toBe(1);
  expect(lost.out).toContain('Not paid: no answer came');
  expect(lost.out).toMatch(/No answer .*1500 ms/i);
  const before = acquirer.seen.length;
  expect((await pos('sale', aboveFloor, '--card', 'alice')).code).toBe(0);
  const asked = acquirer.seen.slice(before).filter(({ mti }) => mti !== '0800');
  expect(asked.map(({ mti }) => mti)).toEqual(['0401', '0200']);
  const sale = acquirer.seen.find(
    ({ message }) => textOf(message, 11) === textOf(asked[0]?.message ?? nothing(), 90)?.slice(4, 10),
  );
  expect(sale?.mti).toBe('0200');
});
const nothing = (): never => {
  throw new Error('nothing was asked');
};

test('an answer with a wrong code is no answer; a line that is cut is no answer', async () => {
  for (const manner of ['forged', 'hang up'] as const) {
    acquirer.next(manner);
    const ran = await pos('sale', aboveFloor, '--card', 'alice');
    expect(ran).toMatchObject({ code: 1, json: { standing: 'reversed', stands: '0' } });
    expect(acquirer.seen.at(-1)?.mti).toBe('0400');
  }
});

test('below the floor limit the card approves by itself; the TC waits in the till, and goes with the upload', async () => {
  const before = acquirer.seen.length;
  const ran = await home.say('pos', 'sale', small, '--card', 'alice');
  expect(ran.code, ran.out + ran.err).toBe(0);
  expect(ran.out).toContain('オフライン承認');
  expect(acquirer.seen.slice(before).filter(({ mti }) => mti !== '0800')).toEqual([]);
  const shown = await pos('show');
  expect(JSON.stringify(shown.json)).toContain('queued');
  const sent = await pos('upload');
  expect(sent).toMatchObject({ code: 0, json: { waited: 1, left: 0 } });
  const advice = acquirer.seen.at(-1);
  expect(advice?.mti).toBe('0220');
  expect(advice && tlvsOf(advice.message, 55)?.get(0x9f27)).toEqual(Uint8Array.of(0x40));
});

/** Runs it as a program, and kills that when a message of this kind has reached the acquirer, who does not answer. */
async function killedAt(mti: string, ...words: string[]): Promise<string | undefined> {
  const before = acquirer.seen.length;
  const reached = () => acquirer.seen.slice(before).find((one) => one.mti === mti);
  // Whatever else it says before it dies is not answered, either.
  acquirer.next('lost', 'lost', 'lost');
  const child = home.spawn('pos', ...words);
  const over = new Promise((done) => child.on('close', done));
  await vi.waitFor(() => expect(reached()).toBeDefined(), { timeout: 60_000 });
  child.kill('SIGKILL');
  await over;
  acquirer.next();
  return textOf(reached()?.message ?? nothing(), 11);
}
const askedSince = (before: number) =>
  acquirer.seen.slice(before).filter(({ mti }) => mti !== '0800' && mti !== '0810');

test('killed while it waits for the answer: the next start takes back what it asked for, first', async () => {
  const stan = await killedAt('0200', 'sale', aboveFloor, '--card', 'alice');
  const before = acquirer.seen.length;
  expect((await pos('sale', aboveFloor, '--card', 'alice')).code).toBe(0);
  const asked = askedSince(before);
  expect(asked.map(({ mti }) => mti.slice(0, 3))).toEqual(['040', '020']);
  expect(textOf(asked[0]?.message ?? nothing(), 90)?.slice(4, 10)).toBe(stan);
});

test('killed in the middle of an upload: the TC is still there, and is the same message again', async () => {
  expect((await pos('sale', small, '--card', 'alice')).code).toBe(0);
  const stan = await killedAt('0220', 'upload');
  const before = acquirer.seen.length;
  expect(await pos('upload')).toMatchObject({ code: 0, json: { waited: 1, left: 0 } });
  const asked = askedSince(before);
  expect(asked.map(({ mti, message }) => [mti.slice(0, 3), textOf(message, 11)])).toEqual([['022', stan]]);
  expect(await pos('upload')).toMatchObject({ code: 0, json: { waited: 0, left: 0 } });
});

test('hold, capture, refund, cancel: by the reference on the receipt', async () => {
  const hold = await pos('sale', '900', '--card', 'alice', '--hold');
  expect(hold.json).toMatchObject({ kind: 'hold', standing: 'approved' });
  expect(await pos('capture', String(hold.json.reference), '600')).toMatchObject({
    code: 0,
    json: { stands: '600', standing: 'sent' },
  });
  const paid = await pos('sale', '800', '--card', 'alice', '--online');
  const reference = String(paid.json.reference);
  expect(await pos('refund', reference, '100')).toMatchObject({ code: 0, json: { kind: 'refund' } });
  expect(await pos('cancel', reference, '--left', '300')).toMatchObject({ code: 0, json: { stands: '300' } });
  expect(textOf(acquirer.seen.at(-1)?.message ?? nothing(), 95)?.slice(0, 12)).toBe('000000000300');
  expect(await pos('cancel', '261123999999')).toMatchObject({
    code: 1,
    json: { error: { code: 'not_found' } },
  });
});

test('the day closes with its totals', async () => {
  const closed = await pos('close');
  expect(closed, closed.out + closed.err).toMatchObject({ code: 0, json: { batch: 1, balanced: true } });
  const asked = acquirer.seen.at(-1);
  expect(asked?.mti).toBe('0500');
  const credits = (closed.json.totals as { debits: { amount: string } }).debits.amount;
  // 40000 four times, one of them in part; offline twice, capture, sale
  expect(credits).toBe(String(40_000 + 25_000 + 40_000 + 700 + 40_000 + 700 + 600 + 800));
  expect((await pos('show')).json).toMatchObject({ batch: 2, entries: [] });
});

test('chip data that was recorded elsewhere pays what it was made for, and is read strictly', async () => {
  const file = join(home.data, 'chip.hex');
  const chip =
    '# a recorded card\n5A08 9999120000000000 5F2403 311231 5F3401 01 8202 3900 9505 0000008000 9A03 261123 9C01 00 5F2A02 0392 ' +
    '9F0206 000000001200 9F1003 0FA501 9F1A02 0392 9F2608 F64CB513A893BECC 9F2701 80 9F3602 0001 9F3704 A1B2C3D4\n';
  await writeFile(file, chip);
  expect(await pos('sale', '--chip', file)).toMatchObject({
    code: 0,
    json: { asked: '1200', standing: 'approved' },
  });
  expect(await pos('sale', '1300', '--chip', file)).toMatchObject({ code: 2 });
  await writeFile(file, chip.replace('9F2701 80', '9F2701 8'));
  expect(await pos('sale', '--chip', file)).toMatchObject({
    code: 1,
    json: { error: { code: 'bad_chip_data' } },
  });
});

test('nonsense is answered in a sentence', async () => {
  for (const [words, says] of [
    ['pos sale 700', 'Say --card CARD, or --chip FILE'],
    ['pos sale 700 --card alice --online --offline', 'one of them'],
    ['pos sale 0 --card alice', 'at least 1'],
    ['pos sale 700 --card alise', 'Did you mean "alice"'],
    ['pos sale 700 --card alice --pos tin', 'There is no terminal called "tin"'],
    ['pos new till --terminal T --merchant M', 'already'],
    ['pos new two --terminal TERM00001 --merchant M', 'terminal'],
    ['pos new two --terminal T --merchant M --line nowhere', 'HOST:PORT'],
    ['pos new two --terminal T --merchant M --profile 1987-asci', 'Did you mean "1987-ascii"'],
  ] as const) {
    const ran = await home.say(...words.split(' '));
    expect(ran.code, words).toBeGreaterThan(0);
    expect(ran.err, words).toContain(says);
    expect(ran.err, words).not.toContain('    at ');
  }
});
