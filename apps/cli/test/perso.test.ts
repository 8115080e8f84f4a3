/** Payment cards and phones, made by the real binary and a real back-end, and taken to a shop's terminal. */
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fromHex } from '@sokkin/codec';
import { select, verifyPin } from '@sokkin/terminal';
import { payWithEmv } from '@sokkin/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeWhole } from '../src/data/files.ts';
import { findPlace } from '../src/data/places.ts';
import { tapPurseFile } from '../src/data/purse-file.ts';
import { makeContext } from '../src/io/context.ts';
import { type Home, makeHome, type Ran, type Serving, serve } from './run.ts';
import { openReader, terminalOf } from './shop.ts';

const AROUND = { env: process.env, out: process.stdout, err: process.stderr };
let home: Home;
let serving: Serving;
const ok = async (line: string): Promise<Ran> => {
  const ran = await home.run(...line.split(' '));
  expect([line, ran.code, ran.json.error]).toEqual([line, 0, undefined]);
  return ran;
};
const error = async (line: string, code: number): Promise<string> => {
  const ran = await home.run(...line.split(' '));
  expect([line, ran.code, ran.out]).toEqual([line, code, expect.stringContaining('"error"')]);
  return (ran.json.error as { message: string }).message;
};
const cards = async (): Promise<Record<string, unknown>[]> =>
  ((await ok('card list')).json.cards as Record<string, unknown>[]) ?? [];

beforeAll(async () => {
  home = await makeHome();
  serving = await serve(home, '--no-story');
  await ok('account create Pilot');
  await ok('issue 100,000');
});
afterAll(async () => {
  await serving.stop();
  await home.dispose();
});

describe('a card of a chip', () => {
  it('is torn in the middle of its personalisation, begun anew, and active', async () => {
    const made = await ok('card create alice');
    expect(made.json.serial).toMatch(/^[0-9a-f]{20}$/);
    for (const exchange of [4, 9, 20]) {
      const line = `card perso alice --pin 1234 --tear after --at-exchange ${exchange}`;
      expect(await error(line, 3)).toContain('Tap it again');
    }
    const done = await ok('card perso alice --pin 1234');
    expect(done.json).toMatchObject({ serial: made.json.serial, profile: 'white-label' });
    const seen = await contextOf()
      .api()
      .card(fromHex(String(made.json.serial)));
    expect(seen.personalisedAt).toMatch(/^20/);
    expect((await home.say('card', 'perso', 'alice', '--pin', '1234')).out).toContain('was active already');
  });

  it('shows its payment application, and looking uses up no transaction', async () => {
    await ok('card show alice');
    expect((await ok('card show alice')).json.payment_application).toMatchObject({
      aid: 'f0534f4b4b494e02',
      label: 'SOKKIN',
      blocked: false,
      pan_last4: expect.stringMatching(/^\d{4}$/),
      expiry: expect.stringMatching(/^20\d\d-\d\d-\d\d$/),
      transaction_counter: 0,
    });
    expect((await home.say('card', 'show', 'alice')).out).toContain('In shops: SOKKIN (f0534f4b4b494e02)');
  });

  it('pays offline at a terminal, through the reader that it is attached to', async () => {
    await ok('fund alice 5000');
    const reader = await openReader();
    const attached = home.spawn('card', 'attach', 'alice', '--port', String(reader.port));
    const end = await payWithEmv(await reader.card, await terminalOf(home.url), {
      amount: 1200n,
      request: 'tc',
    });
    expect(end).toMatchObject({ ended: 'approved', how: 'offline', oda: { verdict: 'authentic' } });
    const closed = new Promise((resolve) => attached.on('close', resolve));
    attached.kill('SIGINT');
    await closed;
    reader.close();
    expect((await ok('card show alice')).json).toMatchObject({
      balance: '3800',
      payment_application: { transaction_counter: 1 },
    });
  });

  it('personalised to its end and not written down, it is not begun again', async () => {
    const place = await findPlace(contextOf(), 'alice');
    const about = JSON.parse(await readFile(place.about, 'utf8')) as { serial: string; purse: string };
    await writeWhole(place.about, JSON.stringify({ name: 'alice', serial: about.serial }));
    expect((await ok('card perso alice --pin 1234')).json.purse).toBe(about.purse);
  });

  it('card personalise does the same for it, with another profile', async () => {
    await ok('card create anna');
    const done = await ok('card personalise anna --pin 1234 --profile jcb-shaped');
    expect(done.json).toMatchObject({ profile: 'jcb-shaped', serial: expect.any(String) });
  });
});

describe('a card without keys', () => {
  it('is made where no back-end is at hand, says so, and becomes a purse alone', async () => {
    const made = await home.say('card', 'create', 'bob', '--api', 'http://127.0.0.1:9');
    expect(made.out).toContain('made without keys');
    expect(await error('card perso bob --pin 1234', 1)).toContain('card personalise bob');
    expect(await error('card personalise bob --pin 1234 --profile phone', 2)).toContain('takes no --profile');
    await ok('card personalise bob --pin 1234');
    expect((await ok('card show bob')).json.payment_application).toBeNull();
  });
});

describe('a phone', () => {
  it('has a payment application with limited-use keys, and gets new ones', async () => {
    await ok('phone create shop --pin 4321');
    const shown = await ok('phone show shop');
    expect(shown.json.payment_application).toMatchObject({ label: 'SOKKIN PHONE' });
    expect((await ok('phone keys shop')).json).toMatchObject({ key_number: 2, uses: expect.any(Number) });
    expect((await ok('phone keys shop')).json).toMatchObject({ key_number: 3 });
  });

  it('pays above its limit at a terminal only when it was given its PIN in this tap', async () => {
    await ok('fund shop 20000');
    const context = contextOf();
    const place = await findPlace(context, 'shop', 'phone');
    const setup = await terminalOf(home.url);
    const buy = async (pin: string | undefined) => {
      const tap = await tapPurseFile(context, place.purse, { extended: false, isPhone: true });
      try {
        await select(tap);
        if (pin !== undefined) await verifyPin(tap, pin);
        return await payWithEmv(tap, setup, { amount: 12_000n, request: 'tc' });
      } finally {
        await tap.close();
      }
    };
    expect(await buy(undefined)).not.toMatchObject({ ended: 'approved' });
    expect(await buy('9999')).not.toMatchObject({ ended: 'approved' });
    expect(await buy('4321')).toMatchObject({ ended: 'approved', how: 'offline' });
    expect((await ok('phone show shop')).json.balance).toBe('8000');
  });

  it('torn over a new key, gets the next one: no number comes twice', async () => {
    expect(await error('phone keys shop --tear after --at-exchange 10', 3)).toContain('Tap it again');
    expect((await ok('phone keys shop')).json.key_number).toBe(5);
  });
});

describe('a batch', () => {
  const BATCH = 'card perso --count 12 --prefix batch- --pin 1234';

  it('killed in the middle, goes on where it stopped', async () => {
    const child = home.spawn(...BATCH.split(' '));
    const closed = new Promise((resolve) => child.on('close', resolve));
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk) => {
        if (String(chunk).includes(' of 12 cards')) resolve();
      });
    });
    child.kill('SIGKILL');
    await closed;
    const begun = (await readdir(join(home.data, 'cards'))).filter((f) => /^batch-.*\.card$/.test(f));
    expect(begun.length).toBeGreaterThan(0);
    const rest = await ok(BATCH);
    const { done, skipped } = rest.json as { done: number; skipped: number };
    expect([done + skipped, skipped > 0, done > 0]).toEqual([12, true, true]);
    expect((await ok(BATCH)).json).toMatchObject({ done: 0, skipped: 12, failed: [], left: 0 });
    const active = (await cards()).filter((card) => String(card.name).startsWith('batch-'));
    expect(active.map((card) => card.lifecycle)).toEqual(Array(12).fill('active'));
    const lasts = active.map((card) => (card.payment_application as { pan_last4: string }).pan_last4);
    expect(new Set(lasts).size).toBe(12);
  });

  it('says how far it is a line each tenth, and what came of it', async () => {
    const ran = await home.say(...'card perso --count 3 --prefix few- --pin 1234 --jobs 2'.split(' '));
    expect(ran.out).toMatch(/ 33 % {2}1 of 3 cards, [\d.]+ per second/);
    expect(ran.out).toMatch(/3 done, 0 active already, 0 failed, in [\d.]+ s: [\d.]+ cards per second\.\n$/);
  });

  it('Ctrl-C lets the cards under way come to their end', async () => {
    const child = home.spawn(...'card perso --count 40 --prefix stop- --pin 1234 --json'.split(' '));
    let out = '';
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
    });
    child.stderr?.once('data', () => child.kill('SIGINT'));
    const code = await new Promise((resolve) => child.on('close', resolve));
    const totals = JSON.parse(out) as { done: number; left: number; failed: unknown[] };
    expect([code, totals.failed, totals.done + totals.left]).toEqual([1, [], 40]);
    const states = (await cards()).filter((card) => String(card.name).startsWith('stop-'));
    expect(states.map((card) => card.lifecycle)).toEqual(Array(totals.done).fill('active'));
  });

  it('tells which cards failed, and does the others', async () => {
    await ok('phone create mixed-0002 --pin 1234');
    await ok('card create mixed-0003 --api http://127.0.0.1:9');
    const ran = await home.run(...'card perso --count 4 --prefix mixed- --pin 1234'.split(' '));
    const failed = ran.json.failed as { name: string; code: string }[];
    expect(failed.map(({ name, code }) => `${name} ${code}`).sort()).toEqual([
      'mixed-0002 name_taken',
      'mixed-0003 no_domain',
    ]);
    expect([ran.code, ran.json.done]).toEqual([1, 2]);
    const named = await home.run(...'card perso mixed-0001 mixed-0003 --pin 1234'.split(' '));
    expect(named.json).toMatchObject({ done: 0, skipped: 1, failed: [{ name: 'mixed-0003' }] });
  });

  it('stops when the back-end goes, and goes on when it is there again', async () => {
    const flaky = await dyingBackend(home.url, 60);
    const line = `card perso --count 6 --prefix late- --pin 1234 --jobs 1 --api ${flaky.url}`;
    const ran = await home.run(...line.split(' '));
    expect([ran.code, ran.json.failed]).toEqual([1, []]);
    expect(ran.json.left).toBeGreaterThan(0);
    flaky.close();
    const rest = (await ok('card perso --count 6 --prefix late- --pin 1234')).json;
    expect(Number(rest.done) + Number(rest.skipped)).toBe(6);
  });
});

describe('what is not understood', () => {
  it.each([
    ['card perso --pin 1234', 'Which cards?'],
    ['card perso alice --count 3 --prefix x- --pin 1234', '--count makes cards'],
    ['card perso alice --prefix x- --pin 1234', '--prefix makes cards'],
    ['card perso --count 3 --pin 1234', '--prefix is missing'],
    ['card perso --count 0 --prefix x- --pin 1234', 'number from 1 to 100000'],
    ['card perso --count many --prefix x- --pin 1234', 'number from 1 to 100000'],
    ['card perso --count 3 --prefix ../x --pin 1234', 'letters, digits'],
    ['card perso --count 3 --prefix x- --pin 1234 --jobs 99', 'number from 1 to 32'],
    ['card perso --count 3 --prefix x- --pin 12', '4 to 12 digits'],
    ['card perso --count 3 --prefix x- --pin 1234 --tear after', '--tear is for one card'],
    ['card perso alice --assurance glass --pin 1234', '--assurance is one of'],
    ['card perso alice --cuont 3 --pin 1234', 'Did you mean --count?'],
    ['phone keys shop shop', 'one word too many'],
    ['phone keys', 'NAME is missing'],
  ])('%s', async (line, hint) => {
    expect(await error(line, 2)).toContain(hint);
  });

  it('a profile that the back-end does not have', async () => {
    await ok('card create carl');
    expect(await error('card perso carl --profile gold --pin 1234', 1)).toContain('The back-end refused');
  });
});

const contextOf = () => makeContext(AROUND, { json: true, trace: false, data: home.data, api: home.url });

/** The back-end behind a line that is cut for good after so many requests. */
async function dyingBackend(behind: string, requests: number): Promise<{ url: string; close(): void }> {
  let left = requests;
  const server = createServer(async (request, response) => {
    left -= 1;
    if (left < 0) return void request.socket.destroy();
    const body = await request.toArray();
    const { method = 'GET', headers } = request;
    const kept = ['content-type', 'idempotency-key', 'authorization'].flatMap((h) =>
      typeof headers[h] === 'string' ? [[h, headers[h]] as [string, string]] : [],
    );
    const payload = body.length === 0 ? {} : { body: Buffer.concat(body) };
    const answer = await fetch(`${behind}${request.url}`, { method, headers: kept, ...payload });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}
