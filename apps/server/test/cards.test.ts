/** Cards are made by the back-end, over HTTP, through a carrier that it does not trust; and they are real cards. */
import { equal, fromHex, hex } from '@sokkin/codec';
import { recoverIssuerKey } from '@sokkin/crypto';
import { nodeRsa } from '@sokkin/node';
import { inProcess, payWithEmv } from '@sokkin/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { openPool } from '../src/store/pool.ts';
import {
  blankCard,
  blanks,
  endOf,
  exchangeOf,
  newBlank,
  orderFor,
  personalise,
  purseOn,
  relay,
  session,
} from './factory.ts';
import { type Api, crypto, fundPurse, type Purse, type Rig, rig, sync, TEST_KEYS } from './kit.ts';

const PROFILES = ['white-label', 'white-label-aes', 'jcb-shaped', 'phone'] as const;
const DAY = 86_400_000;
const NOT_A_RESPONSE = fromHex('00');

let r: Rig;
let api: Api;
let account: string;
beforeAll(async () => {
  r = await rig();
  ({ api } = r);
  account = (await api.make('/v1/accounts', { name: 'Factory' })).id;
});
afterAll(() => r.close());

const cardOf = async (serial: string) => (await api.get(`/v1/cards/${serial}`)).body;
const audit = async () => {
  const { body } = await api.get('/v1/audit');
  expect(body, JSON.stringify(body)).toMatchObject({ holds: true });
  return body;
};

/** What terminals are given. */
async function caKeys() {
  const { data } = (await api.get('/v1/emv/ca-keys')).body;
  return (data as { rid: string; index: number; modulus: string; exponent: string }[]).map((k) => ({
    rid: fromHex(k.rid),
    index: k.index,
    modulus: fromHex(k.modulus),
    exponent: fromHex(k.exponent),
  }));
}

async function payInShop(card: Parameters<typeof inProcess>[0], aid: Uint8Array, amount: bigint) {
  const setup = {
    rsa: nodeRsa(),
    randomBytes: (n: number) => crypto.randomBytes(n),
    caKeys: await caKeys(),
    today: Math.floor(Date.now() / DAY),
    interface: 'contactless' as const,
    applications: [{ aid }],
    onDevice: true,
  };
  return payWithEmv(inProcess(card), setup, { amount, request: 'tc' });
}

describe.each(PROFILES)('a card of the profile %s', (profile) => {
  test('is personalised over HTTP, funded, and pays in a shop; every yen is accounted for', async () => {
    const blank = await newBlank(api);
    expect(await cardOf(blank.serial)).toMatchObject({ state: 'manufactured', key_number: 0 });
    const done = await personalise(api, blank, account, { profile });
    expect(done.body, JSON.stringify(done.body)).toMatchObject({
      status: 'done',
      serial: blank.serial,
      ...(profile === 'phone' ? { key_number: 1, uses: 20 } : {}),
    });
    const row = await cardOf(blank.serial);
    expect(row).toMatchObject({
      state: 'personalised',
      purse: done.body.purse,
      profile,
      pan_last4: done.body.pan_last4,
      pan_sequence: '01',
      key_number: profile === 'phone' ? 1 : 0,
    });
    const purse = await purseOn(blank, account, done);
    await sync(api, purse);
    await fundPurse(api, purse, 5_000n);
    const before = await audit();
    const aid = r.server.backend.profiles.get(profile)?.control.aid ?? new Uint8Array(0);
    const end = await payInShop(await blank.tap(), aid, 1_200n);
    expect(end).toMatchObject({
      ended: 'approved',
      how: 'offline',
      oda: { method: 'cda', verdict: 'authentic' },
    });
    const after = await purseOn(blank, account, done);
    expect((await after.summary()).balance).toBe(3_800n);
    await sync(api, after);
    const now = await audit();
    expect(BigInt(now.approvals) - BigInt(before.approvals)).toBe(1_200n);
    expect(BigInt(now.offline) + BigInt(now.in_flight)).toBe(
      BigInt(before.offline) + BigInt(before.in_flight),
    );
  });
});

describe('the carrier', () => {
  test('sees no key, PIN or PAN of the card', async () => {
    const blank = await newBlank(api);
    const card = await blank.tap();
    const seen: string[] = [];
    const first = await api.post(
      '/v1/personalisations',
      orderFor(blank.serial, account, { pin: '918273645' }),
    );
    const done = await relay(api, first, async (command) => {
      const response = await card.transmit(command);
      seen.push(hex(command), hex(response));
      return response;
    });
    expect(done.body.status).toBe('done');
    const all = seen.join(' ');
    const { application } =
      (await r.server.backend.store.read((tx) => tx.cards.bySerial(blank.serial))) ?? {};
    expect(application?.panHash).toHaveLength(32);
    for (const secret of [
      '29918273645',
      '918273645',
      '999912',
      ...Object.values(blank.keys)
        .slice(1)
        .map((k) => hex(k as Uint8Array)),
    ])
      expect(all).not.toContain(secret);
  });

  test('that loses an HTTP answer sends its own again, and gets the same', async () => {
    const blank = await newBlank(api);
    const card = await blank.tap();
    const begun = await api.post('/v1/personalisations', orderFor(blank.serial, account));
    const path = exchangeOf(begun.body.id);
    let step = begun.body;
    for (;;) {
      const { number } = step;
      const response = hex(await card.transmit(fromHex(step.command)));
      const again = await Promise.all([1, 2, 3].map(() => api.post(path, { number, response })));
      for (const other of again) expect(other.body).toEqual(again[0]?.body);
      for (const wrong of [
        { number, response: '6f00' },
        { number: number + 2, response },
      ]) {
        const refused = await api.post(path, wrong);
        expect([refused.status, refused.body.code]).toEqual([409, 'exchange_out_of_turn']);
      }
      step = (await api.post(path, { number, response })).body;
      if (step.status !== 'command') break;
    }
    expect(step.status).toBe('done');
  });

  test('that garbles an answer ends the session; the next one ends with the same purse', async () => {
    const blank = await newBlank(api);
    let purse: string | undefined;
    for (let at = 1; ; at++) {
      const card = await blank.tap();
      const first = await api.post('/v1/personalisations', orderFor(blank.serial, account));
      let reached = false;
      const end = await relay(api, first, async (command, number) => {
        const response = await card.transmit(command);
        reached ||= number === at;
        return number === at ? NOT_A_RESPONSE : response;
      });
      if (!reached) {
        expect(end.body.status).toBe('done');
        break;
      }
      expect(end.body).toMatchObject({ status: 'failed', detail: expect.stringMatching(/\.$/) });
      const row = await cardOf(blank.serial);
      expect(row.state).toBe('manufactured');
      if (purse !== undefined) expect(row.purse).toBe(purse);
      purse = row.purse ?? undefined;
    }
    expect(purse).toBeDefined();
    expect((await cardOf(blank.serial)).purse).toBe(purse);
  });

  test('that changes one bit of any answer makes no card that is not whole', async () => {
    const blank = await newBlank(api);
    const card = await blank.tap();
    const { length } = (await personalise(api, await newBlank(api), account)).body.certificates.purse;
    expect(length).toBeGreaterThan(0);
    const first = await api.post('/v1/personalisations', orderFor(blank.serial, account));
    const end = await relay(api, first, async (command, number) => {
      const response = await card.transmit(command);
      if (number === 6) response[0] = (response[0] ?? 0) ^ 1;
      return response;
    });
    expect(end.body).toMatchObject({ status: 'failed', code: 'card_answered_wrong' });
    expect((await personalise(api, blank, account)).body.status).toBe('done');
  });

  test('that shows the certificate of another purse as the card’s gets no card bound to that purse', async () => {
    const victim = await newBlank(api);
    const owned = await personalise(api, victim, account);
    const shown = await victim.tap();
    const blank = await newBlank(api);
    const card = await blank.tap();
    // From its first command on, and from every beginning after the key was certified.
    for (const upTo of [3, 6, Number.POSITIVE_INFINITY]) {
      const first = await api.post('/v1/personalisations', orderFor(blank.serial, account));
      await relay(api, first, async (command, number) => {
        if (number >= upTo) return NOT_A_RESPONSE;
        const isSelect = command[1] === 0xa4 && hex(command).includes('f0534f4b4b494e01');
        return isSelect ? shown.transmit(command) : card.transmit(command);
      });
      expect((await cardOf(blank.serial)).purse).not.toBe(owned.body.purse);
    }
  });

  test('that hides or feigns the payment application changes nothing in what is loaded', async () => {
    const blank = await newBlank(api);
    const card = await blank.tap();
    const first = await api.post('/v1/personalisations', orderFor(blank.serial, account));
    // Whatever is asked in the open is answered with success and nothing else.
    const end = await relay(api, first, async (command) => {
      const isOpen = command[0] === 0x00 && command[1] === 0xa4 && command[4] !== 8;
      return isOpen ? fromHex('9000') : card.transmit(command);
    });
    expect(end.body.status).toBe('done');
    const aid = r.server.backend.profiles.get('white-label')?.control.aid ?? new Uint8Array(0);
    expect(await payInShop(await blank.tap(), aid, 1n)).not.toMatchObject({ ended: 'no-application' });
  });

  test('that lets the session wait too long finds it expired, and begins anew', async () => {
    const blank = await newBlank(api);
    const card = await blank.tap();
    const first = await api.post('/v1/personalisations', orderFor(blank.serial, account));
    const { id, number, command } = first.body;
    r.advance(61_000);
    const response = hex(await card.transmit(fromHex(command)));
    const late = await api.post(exchangeOf(id), { number, response });
    expect(endOf(late.status, late.body).body).toMatchObject({ status: 'failed', code: 'expired' });
    r.advance(121_000);
    const gone = await api.post(exchangeOf(id), { number, response });
    expect([gone.status, gone.body.code]).toEqual([404, 'not_found']);
    expect((await personalise(api, blank, account)).body.status).toBe('done');
  });

  test('that begins twice: the newer session is the card’s', async () => {
    const blank = await newBlank(api);
    const card = await blank.tap();
    const one = await api.post('/v1/personalisations', orderFor(blank.serial, account));
    const two = await api.post('/v1/personalisations', orderFor(blank.serial, account));
    const end = await relay(api, one, (command) => card.transmit(command));
    expect(end.body).toMatchObject({ status: 'failed', code: 'superseded' });
    expect((await relay(api, two, (command) => card.transmit(command))).body.status).toBe('done');
  });
});

describe('what is refused', () => {
  test.each([
    [{ serial: '00'.repeat(10) }, 404, 'not_found'],
    [{ serial: '00' }, 400, 'validation_failed'],
    [{ account: 'acc_nobody' }, 422, 'account_unknown'],
    [{ profile: 'gold' }, 422, 'profile_unknown'],
    [{ profile: '../gold' }, 400, 'validation_failed'],
    [{ pin: '12' }, 400, 'validation_failed'],
    [{ assurance: 'paper' }, 400, 'validation_failed'],
  ])('an order with %j', async (more, status, code) => {
    const blank = await newBlank(api);
    const answer = await api.post('/v1/personalisations', orderFor(blank.serial, account, more));
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('another card than the one that was named', async () => {
    const [one, two] = await blanks(api, 2);
    if (one === undefined || two === undefined) throw new Error('no chips');
    const order = orderFor(one.serial, account);
    expect((await session(api, two, '/v1/personalisations', order)).body).toMatchObject({
      status: 'failed',
      code: 'wrong_card',
    });
    expect((await personalise(api, one, account)).body.status).toBe('done');
    expect((await personalise(api, two, account)).body.status).toBe('done');
  });

  test('a card that says it is this one, and has other keys', async () => {
    const blank = await newBlank(api);
    const fake = await blankCard(blank.serial, { ...blank.keys, mac: blank.keys.enc });
    expect((await personalise(api, fake, account)).body).toMatchObject({
      status: 'failed',
      code: 'wrong_keys',
    });
    expect((await personalise(api, blank, account)).body.status).toBe('done');
  });

  test('a card that is personalised', async () => {
    const blank = await newBlank(api);
    await personalise(api, blank, account);
    const again = await personalise(api, blank, account);
    expect([again.status, again.body.code]).toEqual([409, 'card_personalised']);
  });

  test('a card that was begun for somebody else, or as another product', async () => {
    const blank = await newBlank(api);
    const card = await blank.tap();
    const first = await api.post('/v1/personalisations', orderFor(blank.serial, account));
    let commands = 0;
    await relay(api, first, async (command, number) => {
      commands = number;
      return card.transmit(command);
    });
    // The same up to its last command but one: all is on the card but that it is secured.
    const other = await newBlank(api);
    const torn = await other.tap();
    const begun = await api.post('/v1/personalisations', orderFor(other.serial, account));
    await relay(api, begun, async (command, number) =>
      number < commands ? torn.transmit(command) : NOT_A_RESPONSE,
    );
    const somebody = (await api.make('/v1/accounts', { name: 'Somebody' })).id;
    for (const [whose, more] of [
      [somebody, {}],
      [account, { assurance: 'software' }],
      [account, { profile: 'jcb-shaped' }],
    ] as const)
      expect((await personalise(api, other, whose, more)).body).toMatchObject({
        status: 'failed',
        code: 'card_of_another',
      });
    expect((await personalise(api, other, account)).body.status).toBe('done');
  });

  test('sessions and cards that are not there', async () => {
    const path = exchangeOf('prs_0');
    expect((await api.post(path, { number: 1, response: '9000' })).status).toBe(404);
    expect((await api.post(path, { number: 0, response: '9000' })).status).toBe(400);
    expect((await api.post(path, { number: 1, response: 'xyz' })).status).toBe(400);
    expect((await api.get(`/v1/cards/${'ab'.repeat(10)}`)).status).toBe(404);
    expect((await api.post('/v1/chips', { count: 1001 })).status).toBe(400);
  });
});

describe('limited-use keys', () => {
  test('are given anew, each with a number above all before', async () => {
    const blank = await newBlank(api);
    await personalise(api, blank, account, { profile: 'phone', assurance: 'software' });
    for (const number of [2, 3]) {
      const given = await session(api, blank, `/v1/cards/${blank.serial}/keys`);
      expect(given.body).toMatchObject({ status: 'done', key_number: number, uses: 20 });
    }
    expect((await cardOf(blank.serial)).key_number).toBe(3);
  });

  test('not to a card that has keys of its own, nor to a chip, nor to another phone', async () => {
    const [card, chip, phone, other] = await blanks(api, 4);
    if (!card || !chip || !phone || !other) throw new Error('no chips');
    await personalise(api, card, account);
    for (const b of [phone, other]) await personalise(api, b, account, { profile: 'phone' });
    const keys = (b: { serial: string }) => `/v1/cards/${b.serial}/keys`;
    expect((await api.post(keys(card))).body.code).toBe('card_without_limited_keys');
    expect((await api.post(keys(chip))).body.code).toBe('card_not_personalised');
    const wrong = await session(api, other, keys(phone));
    expect(wrong.body).toMatchObject({ status: 'failed', code: 'wrong_card' });
    expect((await cardOf(phone.serial)).key_number).toBe(1);
  });
});

test('a server that crashes in the middle: a new session with the next one ends with the same purse', async () => {
  let own = await rig();
  const mine = (await own.api.make('/v1/accounts', { name: 'Mine' })).id;
  const blank = await newBlank(own.api);
  let purse: string | undefined;
  for (const at of [2, 5, 9, 14]) {
    const card = await blank.tap();
    const first = await own.api.post('/v1/personalisations', orderFor(blank.serial, mine));
    const path = exchangeOf(first.body.id);
    let step = first.body;
    while (step.number < at) {
      const { number } = step;
      const response = hex(await card.transmit(fromHex(step.command)));
      step = (await own.api.post(path, { number, response })).body;
    }
    own = await own.restart();
    const row = (await own.api.get(`/v1/cards/${blank.serial}`)).body;
    if (purse !== undefined) expect(row.purse).toBe(purse);
    purse = row.purse ?? undefined;
  }
  const done = await personalise(own.api, blank, mine);
  expect(done.body).toMatchObject({ status: 'done', purse });
  const [key] = (await own.api.get('/v1/emv/ca-keys')).body.data;
  const { ca, issuer } = await own.server.backend.emvKeys.get();
  expect(key.modulus).toBe(hex(ca.modulus));
  const context = { pan: '999912', today: Math.floor(Date.now() / DAY) };
  expect(recoverIssuerKey(nodeRsa(), ca, issuer('aes').certificate, context)).toMatchObject({
    verdict: 'authentic',
  });
  await own.close();
});

test('fifty cards at once: fifty purses, PANs and lines in the list; the money is all there', async () => {
  const list = await blanks(api, 50);
  const done = await Promise.all(list.map((b) => personalise(api, b, account)));
  expect(done.map((d) => d.body.status)).toEqual(list.map(() => 'done'));
  expect(new Set(done.map((d) => d.body.purse)).size).toBe(50);
  const rows = await r.server.backend.store.read(async (tx) =>
    Promise.all(list.map((b) => tx.cards.bySerial(b.serial))),
  );
  const hashes = rows.map((row) => row?.application?.panHash ?? new Uint8Array(0));
  for (const [i, hash] of hashes.entries()) expect(hashes.findIndex((other) => equal(other, hash))).toBe(i);
  const purses: Purse[] = [];
  for (const [i, b] of list.slice(0, 3).entries()) {
    const answer = done[i];
    if (answer !== undefined) purses.push(await purseOn(b, account, answer));
  }
  for (const p of purses) {
    await sync(api, p);
    await fundPurse(api, p, 100n);
    expect((await p.summary()).balance).toBe(100n);
  }
  await audit();
  const page = (await api.get('/v1/cards?limit=2')).body;
  expect(page).toMatchObject({ has_more: true, next_cursor: page.data[1].serial });
  const next = (await api.get(`/v1/cards?limit=2&cursor=${page.next_cursor}`)).body;
  expect(next.data[0].serial).not.toBe(page.data[1].serial);
});

describe('the keys of payment cards', () => {
  test('a terminal finds one authority’s key under each RID and index', async () => {
    const names = (await caKeys()).map((k) => `${hex(k.rid)}/${k.index}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('f0534f4b4b/1');
  });

  test('they are sealed in the database; damaged, or without the key that opens them, they stop the start', async () => {
    const own = await rig();
    await own.api.make('/v1/chips', { count: 1 });
    const before = (await own.api.get('/v1/emv/ca-keys')).body;
    await own.server.close();
    const { databaseUrl, dataFolder } = own;
    const start = () => createServer({ databaseUrl, dataFolder, keyStore: TEST_KEYS });
    const pool = openPool(databaseUrl);
    const { rows } = await pool.query<{ sealed: Uint8Array }>('SELECT sealed FROM emv_keys');
    const sealed = rows[0]?.sealed ?? new Uint8Array(0);
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('masterKeys');
    const set = (bytes: Uint8Array) => pool.query('UPDATE emv_keys SET sealed = $1', [bytes]);
    for (const at of [0, 4, 20, sealed.length - 1]) {
      const damaged = sealed.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      await set(damaged);
      await expect(start()).rejects.toMatchObject({
        code: expect.stringMatching(/^(sealed_damaged|key_unknown)$/),
      });
    }
    await set(sealed);
    const again = await start();
    expect((await again.app.inject('/v1/emv/ca-keys')).json()).toEqual(before);
    await again.close();
    await pool.end();
    await own.close();
  });
});
