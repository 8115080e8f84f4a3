/** Who may report, see, take back and settle; and what two processes, and a kill, leave behind. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../src/backend.ts';
import { createServer } from '../src/index.ts';
import { workOnClaims } from '../src/operations/claims/work.ts';
import { key, readLog } from './eyes.ts';
import {
  type Api,
  fundPurse,
  newPurse,
  type Purse,
  payOffline,
  type Rig,
  rig,
  sync,
  TEST_KEYS,
} from './kit.ts';
import { deviceApi, deviceToken, newKey } from './wallet.ts';

const DAY_MS = 86_400_000;

let r: Rig;
let issuer: Api;
let party: string;
let account: string;
const wallets: { id: string; api: Pick<Api, 'get' | 'post'> }[] = [];
beforeAll(async () => {
  r = await rig({ claimsSeconds: 0 });
  const { client, id } = await r.api.make('/v1/institutions', { kind: 'issuer', name: 'Issuer' });
  await r.api.make('/v1/keys/ceremonies', { institution: id });
  issuer = r.as(client);
  party = (await issuer.make('/v1/parties', { reference: 'p' })).id;
  account = (await issuer.make('/v1/accounts', { name: 'A', party })).id;
  for (let i = 0; i < 2; i++) {
    const own = newKey();
    const device = (await issuer.make('/v1/devices', { kind: 'wallet', party, jwk: own.jwk })).id;
    wallets.push({ id: device, api: deviceApi(r, await deviceToken(r, device, own), own) });
  }
}, 120_000);
afterAll(() => r.close());

async function holder(more: object = {}): Promise<Purse> {
  const purse = await newPurse(issuer, { account, ...more });
  await fundPurse(r.api, purse, 3_000n);
  await sync(issuer, purse);
  return purse;
}

test('from the new phone one reports what lived on the old one, and what was stolen only the issuer takes back', async () => {
  const [old, fresh] = wallets as [(typeof wallets)[0], (typeof wallets)[0]];
  const purse = await holder({ device: old.id });
  // Purses of another device are not a device's to see; that they are gone it may say.
  expect((await fresh.api.get(`/v1/purses/${purse.id}`)).status).toBe(404);
  const reported = await fresh.api.post('/v1/claims', { purse: purse.id, kind: 'stolen' }, key());
  expect(reported).toMatchObject({ status: 201, body: { reported_by: 'customer', account } });
  const { id } = reported.body;
  expect((await fresh.api.get('/v1/claims')).body.data).toMatchObject([{ id }]);
  const thief = await old.api.post(`/v1/claims/${id}/withdraw`, {}, key());
  expect([thief.status, thief.body.code]).toEqual([403, 'forbidden']);
  for (const verb of ['settle', 'refuse']) {
    const tried = await fresh.api.post(`/v1/claims/${id}/${verb}`, { reason: 'x' }, key());
    expect([tried.status, tried.body.code]).toEqual([403, 'forbidden']);
  }
  expect(await issuer.make(`/v1/claims/${id}/withdraw`)).toMatchObject({ status: 'withdrawn' });
  const log = (await readLog(r.api)).map((e: { action: string; subject: string }) => [e.action, e.subject]);
  expect(log).toContainEqual(['claim.reported', id]);
  expect(log).toContainEqual(['claim.withdrawn', id]);
});

test('of two processes one works on what is due, and each claim is refunded once, whoever else is at it', async () => {
  const { databaseUrl, dataFolder } = r;
  const { clock } = r.server.backend;
  const other = await createServer({ databaseUrl, dataFolder, keyStore: TEST_KEYS, clock, claimsSeconds: 0 });
  try {
    const before = BigInt((await issuer.get(`/v1/accounts/${account}`)).body.balance);
    const purses = [await holder(), await holder(), await holder()];
    const ids: string[] = [];
    for (const { id } of purses)
      ids.push((await issuer.make('/v1/claims', { purse: id, kind: 'broken' })).id);
    r.advance(15 * DAY_MS);
    const failed: string[] = [];
    const say = (line: string) => failed.push(line);
    const settled = issuer.post(`/v1/claims/${ids[2]}/settle`, {}, key());
    const done = await Promise.all([workOnClaims(r.server.backend, say), workOnClaims(other.backend, say)]);
    expect(done).toContain(true);
    expect([200, 409]).toContain((await settled).status);
    await workOnClaims(other.backend, say);
    expect(failed).toEqual([]);
    for (const id of ids)
      expect((await issuer.get(`/v1/claims/${id}`)).body).toMatchObject({
        status: 'refunded',
        refunded: '3000',
      });
    expect((await issuer.get(`/v1/accounts/${account}`)).body.balance).toBe((before + 9_000n).toString());
    expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
  } finally {
    await other.close();
  }
}, 120_000);

/** The same back-end, in a process that dies: at its n-th transaction, before or after its work, but before its commit. */
function dying(b: Backend, after: number, when: 'before' | 'in'): Backend {
  let left = after;
  const gone = () => {
    throw new Error('killed');
  };
  const write: Backend['store']['write'] = (work) => {
    left -= 1;
    if (left > 0) return b.store.write(work);
    if (left < 0 || when === 'before') return gone();
    return b.store.write(async (tx) => {
      await work(tx);
      return gone();
    });
  };
  const read: Backend['store']['read'] = (work) => (left <= 0 ? gone() : b.store.read(work));
  return Object.create(b, { store: { value: { ...b.store, write, read } } });
}

test('killed at every step, before and within it: what is due is done once, and the books hold all the while', async () => {
  const shop = await newPurse(issuer, { account });
  const [a, c] = [await holder(), await holder()];
  await payOffline(a, shop, 400n);
  const ids: string[] = [];
  for (const { id } of [a, c]) ids.push((await issuer.make('/v1/claims', { purse: id, kind: 'broken' })).id);
  r.advance(15 * DAY_MS);
  const rounds = async () => {
    let deaths = 0;
    for (const when of ['before', 'in'] as const)
      for (let after = 1; after < 12; after++) {
        await workOnClaims(dying(r.server.backend, after, when), () => undefined).catch(() => {
          deaths += 1;
        });
        expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
      }
    expect(deaths).toBeGreaterThan(2);
  };
  await rounds();
  for (const id of ids)
    expect((await issuer.get(`/v1/claims/${id}`)).body).toMatchObject({
      status: 'refunded',
      refunded: '3000',
    });
  await sync(issuer, shop);
  r.advance(200 * DAY_MS);
  await rounds();
  for (const id of ids) expect((await issuer.get(`/v1/claims/${id}`)).body.status).toBe('closed');
  expect((await issuer.get(`/v1/claims/${ids[0]}`)).body).toMatchObject({
    refunded: '2600',
    covered_by_issuer: '0',
  });
}, 240_000);
