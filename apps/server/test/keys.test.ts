/** The life of keys: several issuers, ceremonies, rotation and renewal, while purses go on as if nothing was. */
import { amountBytes, concat, fromHex, hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashOf, newSecret } from '../src/access/secrets.ts';
import { createServer } from '../src/index.ts';
import { openPool } from '../src/store/pool.ts';
import {
  type Answer,
  type Api,
  chainOf,
  crypto,
  fundPurse,
  issueTo,
  newPurse,
  type Purse,
  payOn,
  type Rig,
  redeem,
  rig,
  settleBy,
  sync,
  TEST_KEYS,
  ticketOf,
} from './kit.ts';

let r: Rig;
beforeEach(async () => {
  r = await rig();
});
afterEach(() => r.close());

const FIRST = 'ins_first_issuer';
const DAY = 86_400_000;
let number = 0;

const post = (path: string, body: object): Promise<Answer> => {
  number += 1;
  return r.api.post(path, body, { 'idempotency-key': `keys-${number}` });
};
const ceremony = (institution: string) => post('/v1/keys/ceremonies', { institution });
const rotate = (key: string) => post('/v1/keys/rotations', { key });
const keys = async (): Promise<Answer['body'][]> => (await r.api.get('/v1/keys')).body.data;
const keyOf = async (id: string) => (await keys()).find((k) => k.id === id);
const audit = async () => expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });

async function institution(id: string, kind: 'issuer' | 'acquirer' = 'issuer'): Promise<string> {
  const { store } = r.server.backend;
  await store.write((tx) => tx.institutions.add({ id, kind, name: id }, new Date()));
  return id;
}
async function accountAt(of: string): Promise<string> {
  number += 1;
  const id = `acc_test_${number}`;
  const { store } = r.server.backend;
  await store.write((tx) => tx.accounts.add({ id, kind: 'online', name: id, institution: of }, new Date()));
  return id;
}

/** Between purses of two issuers: each is shown the other's whole chain. */
async function payAcross(payer: Purse, payee: Purse, amount: bigint): Promise<void> {
  const ticket = await ticketOf(payee, amount);
  const from = concat(object(0xe2, payer.issuer), object(0xe3, payer.certificate));
  const to = concat(object(0xe2, payee.issuer), object(0xe3, payee.certificate));
  const payment = await payer.ok('pay', concat(to, object(0xc1, ticket), object(0xc8, amountBytes(amount))));
  const receipt = await payee.ok('credit', concat(from, object(0xc2, payment)));
  await payer.ok('settle', concat(to, object(0xc3, receipt)));
}
const object = (tag: number, value: Uint8Array): Uint8Array => {
  const { length } = value;
  return concat(Uint8Array.of(tag, ...(length < 0x80 ? [length] : [0x81, length])), value);
};

describe('two issuers', () => {
  let [a, b]: Purse[] = [];
  const both = async (): Promise<[Purse, Purse]> => {
    await institution('ins_second');
    expect((await ceremony('ins_second')).status).toBe(201);
    a = await newPurse(r.api);
    b = await newPurse(r.api, { account: await accountAt('ins_second') });
    await fundPurse(r.api, a, 5000n);
    await fundPurse(r.api, b, 3000n);
    return [a, b];
  };

  test.each(['the payer first', 'the payee first'])(
    'their cards pay each other offline; sync %s; both redeem; the audit holds at every step',
    async (order) => {
      const [one, two] = await both();
      expect(hex(one.issuer)).not.toBe(hex(two.issuer));
      await audit();
      await payAcross(one, two, 1200n);
      await payAcross(two, one, 4000n);
      await payAcross(one, two, 1n);
      for (const purse of order === 'the payer first' ? [one, two] : [two, one]) {
        await sync(r.api, purse);
        await audit();
      }
      await redeem(r.api, one, 7799n);
      await audit();
      await redeem(r.api, two, 201n);
      for (const purse of [one, two]) {
        await sync(r.api, purse);
        expect((await purse.summary()).balance).toBe(0n);
      }
      await audit();
      expect((await r.api.get('/v1/alerts')).body.data).toEqual([]);
      const { issuers } = (await r.api.get('/v1/pki')).body;
      expect(issuers.map((i: { current: boolean }) => i.current)).toEqual([true, true]);
    },
  );

  test('an issuer’s purse pays into purses of its own alone; a purse redeems wherever its holder has an account', async () => {
    const [one, two] = await both();
    const ticket = await ticketOf(two, 10n);
    const refused = await post('/v1/fundings', {
      account: one.account,
      ticket: hex(ticket),
      payee: chainOf(two),
      amount: '10',
    });
    expect(refused).toMatchObject({ status: 422, body: { code: 'issuer_mismatch' } });
    const redemption = await r.api.make('/v1/redemptions', {
      account: one.account,
      purse: two.id,
      max_amount: '10',
    });
    const { issuers } = (await r.api.get('/v1/pki')).body;
    expect(redemption.payee.purse).toBe(issuers[1].issuer_purse);
    const payment = await payOn(two, fromHex(redemption.payee.purse), fromHex(redemption.ticket), 10n);
    const answer = await r.api.make(`/v1/redemptions/${redemption.id}/payment`, {
      payment: hex(payment),
      payer: chainOf(two),
    });
    await settleBy(two, fromHex(redemption.payee.purse), fromHex(answer.receipt));
    await audit();
  });

  test('a lost redemption payment is found in the journal, at the right issuer, whatever number its ticket has', async () => {
    const [one, two] = await both();
    const opened = await Promise.all(
      [one, two].map((p) =>
        r.api.make('/v1/redemptions', { account: p.account, purse: p.id, max_amount: '50' }),
      ),
    );
    for (const [i, purse] of [one, two].entries())
      await payOn(purse, fromHex(opened[i].payee.purse), fromHex(opened[i].ticket), BigInt(10 + i));
    for (const purse of [one, two]) await sync(r.api, purse);
    for (const [i, { id }] of opened.entries())
      expect((await r.api.get(`/v1/redemptions/${id}`)).body).toMatchObject({
        status: 'credited',
        amount: String(10 + i),
      });
    await audit();
  });

  test('who has no keys certifies no purses, and says what to do; a ceremony is held once, and of issuers', async () => {
    await institution('ins_new');
    await expect(newPurse(r.api, { account: await accountAt('ins_new') })).rejects.toThrow(
      /issuer_without_keys.*\/v1\/keys\/ceremonies|\/v1\/keys\/ceremonies.*issuer_without_keys/,
    );
    expect(await ceremony('ins_nowhere')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    await institution('ins_acquirer', 'acquirer');
    expect(await ceremony('ins_acquirer')).toMatchObject({ status: 422 });
    const made = await ceremony('ins_new');
    expect(made.body.keys).toEqual(['issuer/ins_new.1', 'authority/ins_new.1', 'issuer_purse/ins_new.1']);
    expect(await ceremony('ins_new')).toMatchObject({ status: 409, body: { code: 'issuer_has_keys' } });
    await newPurse(r.api, { account: await accountAt('ins_new') });
  });

  test('of two ceremonies at once, one is held', async () => {
    await institution('ins_new');
    const answers = await Promise.all([ceremony('ins_new'), ceremony('ins_new'), ceremony('ins_new')]);
    expect(answers.map((x) => x.status).sort()).toEqual([201, 409, 409]);
    expect((await keys()).filter((k) => k.institution === 'ins_new')).toHaveLength(3);
  });
});

describe('rotation', () => {
  test('of an authority: the next Grant is by the new key, and cards take it', async () => {
    const card = await newPurse(r.api);
    const before = (await r.api.get('/v1/pki')).body;
    expect((await rotate(`authority/${FIRST}`)).body.keys).toEqual([`authority/${FIRST}.2`]);
    const answer = await sync(r.api, card);
    expect(answer.authority).not.toBe(before.authority);
    await fundPurse(r.api, card, 100n);
    await redeem(r.api, card, 100n);
    await audit();
  });

  test('of an issuer’s purse: its journal goes on, and what it signed before is shown with the old certificate', async () => {
    const card = await newPurse(r.api);
    await fundPurse(r.api, card, 500n);
    await issueTo(r.api, card.account, 70n);
    const ticket = await ticketOf(card, 70n);
    const funding = await r.api.make('/v1/fundings', {
      account: card.account,
      ticket: hex(ticket),
      payee: chainOf(card),
      amount: '70',
    });
    const redemption = await r.api.make('/v1/redemptions', {
      account: card.account,
      purse: card.id,
      max_amount: '30',
    });
    expect((await rotate(`issuer_purse/${FIRST}`)).body.keys).toEqual([`issuer_purse/${FIRST}.2`]);
    const fresh = (await r.api.get('/v1/pki')).body.issuer_purse;
    expect(fresh).not.toBe(funding.payer.purse);
    const [old, now] = [funding.payer.purse, fresh].map((c: string) => parseCertificate(fromHex(c)));
    expect(hex(now?.subjectRef ?? crypto.randomBytes(8))).toBe(hex(old?.subjectRef ?? crypto.randomBytes(8)));
    // What was on its way arrives.
    const shown = (await r.api.get(`/v1/fundings/${funding.id}`)).body;
    expect(shown.payer).toEqual(funding.payer);
    await card.ok(
      'credit',
      concat(object(0xe3, fromHex(shown.payer.purse)), object(0xc2, fromHex(shown.payment))),
    );
    const open = (await r.api.get(`/v1/redemptions/${redemption.id}`)).body;
    expect(open.payee).toEqual(redemption.payee);
    const payment = await payOn(card, fromHex(open.payee.purse), fromHex(open.ticket), 30n);
    const answer = await r.api.make(`/v1/redemptions/${redemption.id}/payment`, {
      payment: hex(payment),
      payer: chainOf(card),
    });
    expect(answer.payee.purse).toBe(fresh);
    await settleBy(card, fromHex(answer.payee.purse), fromHex(answer.receipt));
    // And new things are by the new key.
    await fundPurse(r.api, card, 40n);
    await redeem(r.api, card, 580n);
    await sync(r.api, card);
    expect((await card.summary()).balance).toBe(0n);
    await audit();
  });

  test('of a CA: new purses are of the new line, old ones go on under the old one, and the two pay each other', async () => {
    const old = await newPurse(r.api);
    await fundPurse(r.api, old, 900n);
    const done = await rotate(`issuer/${FIRST}`);
    expect(done.body.keys).toEqual([`issuer/${FIRST}.2`, `authority/${FIRST}.2`, `issuer_purse/${FIRST}.2`]);
    const young = await newPurse(r.api);
    expect(hex(young.issuer)).not.toBe(hex(old.issuer));
    await fundPurse(r.api, young, 100n);
    await fundPurse(r.api, old, 50n);
    await payAcross(old, young, 300n);
    await payAcross(young, old, 5n);
    for (const purse of [old, young]) await sync(r.api, purse);
    await redeem(r.api, old, 655n);
    await redeem(r.api, young, 395n);
    await audit();
    // The old line's authority was certified anew, for as long as any of its purses.
    const { issuers } = (await r.api.get('/v1/pki')).body;
    expect(issuers.map((i: { current: boolean }) => i.current)).toEqual([false, true]);
    const authority = parseCertificate(fromHex(issuers[0].authority));
    expect(authority.expiration).toBeGreaterThanOrEqual(parseCertificate(old.certificate).expiration);
    // Another rotation makes a third.
    await rotate(`issuer/${FIRST}`);
    await sync(r.api, old);
    await sync(r.api, young);
    await audit();
  });

  test('of the vault: what is sealed is sealed anew, cards are made on, and the old key is retired and may go', async () => {
    await r.api.make('/v1/chips', { count: 1 });
    const before = (await r.api.get('/v1/emv/ca-keys')).body;
    expect((await rotate('vault')).body.keys).toEqual(['vault.2']);
    const pool = openPool(r.databaseUrl);
    const sealedWith = async () => {
      const { rows } = await pool.query<{ sealed: Uint8Array }>('SELECT sealed FROM emv_keys');
      return Buffer.from(rows[0]?.sealed ?? []).toString('latin1', 2, 9);
    };
    expect(await sealedWith()).toBe('vault.1');
    await r.server.upkeep();
    expect(await sealedWith()).toBe('vault.2');
    await pool.end();
    expect(await post('/v1/keys/destructions', { id: 'vault.1' })).toMatchObject({
      status: 409,
      body: { code: 'key_in_use' },
    });
    r.advance(61_000);
    await r.server.upkeep();
    expect(await keyOf('vault.1')).toMatchObject({ state: 'retired', in_use: false });
    expect((await post('/v1/keys/destructions', { id: 'vault.1' })).body.keys).toEqual(['vault.1']);
    expect(await keyOf('vault.1')).toBeUndefined();
    r = await r.restart();
    expect((await r.api.get('/v1/emv/ca-keys')).body).toEqual(before);
    await r.api.make('/v1/chips', { count: 1 });
  });

  test('replaced keys sign for one more minute, and then never again; those in use are left alone', async () => {
    const card = await newPurse(r.api);
    await rotate(`authority/${FIRST}`);
    await rotate(`issuer/${FIRST}`);
    await r.server.upkeep();
    expect((await keys()).every((k) => k.state === 'active')).toBe(true);
    r.advance(61_000);
    await r.server.upkeep();
    const retired = (await keys()).filter((k) => k.state === 'retired').map((k) => k.id);
    expect(retired.sort()).toEqual([`authority/${FIRST}.1`, `issuer/${FIRST}.1`]);
    await sync(r.api, card);
    r = await r.restart();
    await sync(r.api, card);
    await newPurse(r.api);
    await audit();
  });

  test('the root, and what there is not, cannot be rotated', async () => {
    expect(await rotate('root')).toMatchObject({ status: 422, body: { code: 'key_not_rotatable' } });
    expect(await rotate('authority/ins_nowhere')).toMatchObject({ status: 404 });
    expect(await rotate('../vault')).toMatchObject({ status: 400 });
  });

  test('another server on the same database and folder follows within seconds', async () => {
    const { databaseUrl, dataFolder } = r;
    const other = await createServer({ databaseUrl, dataFolder, keyStore: TEST_KEYS });
    const card = await newPurse(r.api);
    await rotate(`authority/${FIRST}`);
    await rotate(`issuer_purse/${FIRST}`);
    await institution('ins_second');
    await ceremony('ins_second');
    const mine = (await r.api.get('/v1/pki')).body;
    const theirs = async () => (await other.app.inject('/v1/pki')).json();
    const until = Date.now() + 10_000;
    while (JSON.stringify(await theirs()) !== JSON.stringify(mine) && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await theirs()).toEqual(mine);
    const api: Api = r.over(other);
    await sync(api, card);
    await fundPurse(api, card, 10n);
    await redeem(r.api, card, 10n);
    await audit();
    await other.close();
  });
});

describe('who may', () => {
  /** Somebody of an institution who may do everything with keys. */
  async function clientOf(of: string): Promise<Api> {
    const { backend } = r.server;
    const secret = newSecret(backend.crypto, 'scs');
    const id = `cli_of_${of.slice('ins_'.length)}`;
    await backend.store.write((tx) =>
      tx.credentials.addClient(
        {
          id,
          institution: of,
          name: id,
          secretHash: hashOf(secret),
          scopes: ['keys:read', 'keys:write'],
          isSandbox: false,
        },
        backend.clock(),
      ),
    );
    return r.as({ client_id: id, client_secret: secret });
  }
  const send = (api: Api, path: string, body: object) => {
    number += 1;
    return api.post(path, body, { 'idempotency-key': `who-${number}` });
  };

  test('an issuer sees and rotates its own keys; of others it learns nothing; issuers are the central bank’s word', async () => {
    await institution('ins_second');
    await ceremony('ins_second');
    const api = await clientOf('ins_second');
    const seen = (await api.get('/v1/keys')).body.data.map((k: { id: string }) => k.id);
    expect(seen).toEqual(['issuer/ins_second.1', 'authority/ins_second.1', 'issuer_purse/ins_second.1']);
    const rotated = await send(api, '/v1/keys/rotations', { key: 'authority/ins_second' });
    expect(rotated.body.keys).toEqual(['authority/ins_second.2']);
    const foreign = await send(api, '/v1/keys/rotations', { key: `authority/${FIRST}` });
    const nothing = await send(api, '/v1/keys/rotations', { key: 'authority/ins_nowhere' });
    expect(foreign.status).toBe(404);
    expect(foreign.body.detail.replace(FIRST, 'X')).toBe(nothing.body.detail.replace('ins_nowhere', 'X'));
    for (const [path, body] of [
      ['/v1/keys/rotations', { key: 'vault' }],
      ['/v1/keys/rotations', { key: 'root' }],
      ['/v1/keys/destructions', { id: 'vault.1' }],
      ['/v1/keys/ceremonies', { institution: FIRST }],
      ['/v1/certificates/renew', { institution: FIRST, role: 'authority' }],
    ] as const)
      expect((await send(api, path, body)).status).toBe(404);
    await institution('ins_third');
    const own = await clientOf('ins_third');
    const asked = await send(own, '/v1/keys/ceremonies', { institution: 'ins_third' });
    expect(asked).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('what the port holds never leaves by the API, nor by the log', async () => {
    const text = JSON.stringify([await keys(), (await r.api.get('/v1/pki')).body]);
    expect(text).not.toMatch(/"(secret|private)[^"]*":/);
    await rotate('vault');
    const log = (await r.api.get('/v1/log?limit=100')).body.data;
    expect(log.map((e: { action: string }) => e.action)).toContain('key.rotated');
  });
});

describe('expiry', () => {
  test('is shown from 90 days on; a renewed certificate of the same key ends it', async () => {
    const id = `authority/${FIRST}.1`;
    const before = await keyOf(id);
    expect(before.certificate).toMatchObject({ warning: null, generation: 1 });
    const left = before.certificate.expires_in_days;
    for (const [days, warning] of [
      [91, null],
      [90, '90_days'],
      [30, '30_days'],
      [7, '7_days'],
    ] as const) {
      r.advance((left - days) * DAY - (Date.now() % 1));
      expect((await keyOf(id)).certificate).toMatchObject({ warning, expires_in_days: days });
      r.advance(-(left - days) * DAY);
    }
    r.advance((left - 20) * DAY);
    for (const role of ['authority', 'issuer_purse'] as const)
      expect((await post('/v1/certificates/renew', { institution: FIRST, role })).status).toBe(201);
    const after = await keyOf(id);
    expect(after.certificate).toMatchObject({ generation: 2, warning: null });
    expect(after.certificate.expires_in_days).toBeGreaterThan(5 * 365 - 2);
    const card = await newPurse(r.api);
    await fundPurse(r.api, card, 10n);
    await redeem(r.api, card, 10n);
    await audit();
  });

  test('a card of the first day syncs with a renewed authority, and is paid out by a renewed purse', async () => {
    const card = await newPurse(r.api);
    await fundPurse(r.api, card, 100n);
    r.advance(4 * 365 * DAY);
    for (const role of ['authority', 'issuer_purse'] as const)
      await post('/v1/certificates/renew', { institution: FIRST, role });
    await sync(r.api, card);
    await redeem(r.api, card, 100n);
    await audit();
  });
});
