/** A customer's own devices: one more joins with a code, one that is gone is given up, one that was found comes back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, freshKey, issueTo, newPurse, type Rig, rig } from './kit.ts';
import { deviceApi, deviceToken, type Key, newKey } from './wallet.ts';

let r: Rig;
beforeAll(async () => {
  r = await rig();
});
afterAll(() => r.close());

interface Phone {
  readonly id: string;
  readonly key: Key;
  readonly account: string;
  readonly api: Pick<Api, 'get' | 'post'>;
}
const phoneOf = async (id: string, key: Key, account: string): Promise<Phone> => ({
  ...{ id, key, account },
  api: deviceApi(r, await deviceToken(r, id, key), key),
});

async function customer(): Promise<Phone> {
  const key = newKey();
  const { device, account } = (
    await r.as(undefined).post('/v1/sandbox/wallets', { name: 'Hanako', jwk: key.jwk })
  ).body;
  return phoneOf(device, key, account);
}

const post = (phone: Phone, path: string, body: object = {}) =>
  phone.api.post(path, body, { 'idempotency-key': freshKey() });
const codeBy = async (phone: Phone): Promise<string> => (await post(phone, '/v1/own/device-codes')).body.code;
const joinWith = (code: string, key: Key) => r.as(undefined).post('/v1/device-codes', { code, jwk: key.jwk });

async function joined(phone: Phone): Promise<Phone> {
  const key = newKey();
  const { body } = await joinWith(await codeBy(phone), key);
  return phoneOf(body.device, key, body.account);
}

describe('one more device', () => {
  test('joins with a code, and has the same account', async () => {
    const old = await customer();
    const next = await joined(old);
    expect(next.account).toBe(old.account);
    const { data } = (await next.api.get('/v1/own/devices')).body;
    expect(data.map(({ id, is_this }: { id: string; is_this: boolean }) => [id, is_this])).toEqual([
      [old.id, false],
      [next.id, true],
    ]);
  });

  test('a code is good once, however it is typed, and only the newest one', async () => {
    const old = await customer();
    const first = await codeBy(old);
    const second = await codeBy(old);
    expect((await joinWith(first, newKey())).body.code).toBe('device_code_unknown');
    expect((await joinWith(second.toLowerCase().replaceAll('-', ' '), newKey())).status).toBe(201);
    expect((await joinWith(second, newKey())).body.code).toBe('device_code_unknown');
  });

  test('a code that is too old is none', async () => {
    const old = await customer();
    const code = await codeBy(old);
    r.advance(2 * 86_400_000);
    expect((await joinWith(code, newKey())).body.code).toBe('device_code_unknown');
  });

  test('an institution makes a code for a customer whom it has seen; the answer that is repeated does not show it', async () => {
    const { id } = await r.api.make('/v1/parties', { reference: freshKey() });
    const path = `/v1/parties/${id}/device-codes`;
    const key = { 'idempotency-key': freshKey() };
    const made = await r.api.post(path, { days: 3 }, key);
    expect((await r.api.post(path, { days: 3 }, key)).body).toEqual({ expires_at: made.body.expires_at });
    expect((await joinWith(made.body.code, newKey())).body).toMatchObject({ party: id, account: null });
    const answer = await r.api.get('/v1/own/devices');
    expect(answer.body.code).toBe('forbidden');
  });
});

describe('a device that is gone', () => {
  async function withPurse() {
    const old = await customer();
    const purse = await newPurse(r.api, { account: old.account, device: old.id });
    await issueTo(r.api, old.account, 5n);
    return { old, purse };
  }

  test('is given up from another: blocked, its purse reported, with the day of the refund', async () => {
    const { old, purse } = await withPurse();
    const next = await joined(old);
    const done = await post(next, `/v1/own/devices/${old.id}/give-up`, { kind: 'lost' });
    const [claim] = done.body.claims;
    expect((await next.api.get(`/v1/claims/${claim}`)).body).toMatchObject({
      ...{ purse: purse.id, kind: 'lost', status: 'waiting', reported_by: 'customer' },
    });
    const { data } = (await next.api.get('/v1/own/devices')).body;
    expect(data[0]).toMatchObject({ id: old.id, status: 'blocked', purses: [{ claim, state: 'blocked' }] });
    // What was believed a moment ago is, for five seconds more.
    r.advance(6_000);
    expect((await old.api.get('/v1/own/devices')).status).toBe(401);
    // Asked again it is the same claim.
    expect((await post(next, `/v1/own/devices/${old.id}/give-up`, { kind: 'lost' })).body).toEqual(done.body);
  });

  test('is found: it joins anew, takes its purse over, and the report is taken back', async () => {
    const { old, purse } = await withPurse();
    const next = await joined(old);
    const { claims } = (await post(next, `/v1/own/devices/${old.id}/give-up`, { kind: 'lost' })).body;
    const again = await joined(next);
    const path = `/v1/own/purses/${purse.id}/take-over`;
    expect((await post(again, path)).body).toMatchObject({ device: again.id });
    expect((await post(next, path)).body.code).toBe('purse_act_refused');
    expect((await post(again, `/v1/claims/${claims[0]}/withdraw`)).body.status).toBe('withdrawn');
    expect((await again.api.get(`/v1/purses/${purse.id}`)).body).toMatchObject({ blocked: false });
  });

  test('nobody gives up the device that asks, nor one of others', async () => {
    const [mine, theirs] = [await customer(), await customer()];
    expect((await post(mine, `/v1/own/devices/${mine.id}/give-up`, { kind: 'lost' })).body.code).toBe(
      'device_is_own',
    );
    const others = await post(mine, `/v1/own/devices/${theirs.id}/give-up`, { kind: 'lost' });
    const none = await post(mine, '/v1/own/devices/dev_none/give-up', { kind: 'lost' });
    expect(others.body.detail).toBe(none.body.detail.replace('dev_none', theirs.id));
    expect((await theirs.api.get('/v1/own/devices')).status).toBe(200);
  });
});
