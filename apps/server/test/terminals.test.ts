/**
 * Terminals with a key of their own: an acquirer adds one, a code makes one device it; what they are told is what two decided on; a shop of the
 * sandbox has a purse of its own, and its money comes to its account.
 */
import { parseTerminalConfig } from '@sokkin/terminal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Api,
  freshKey,
  fundPurse,
  issueTo,
  newPurse,
  payOffline,
  type Rig,
  redeem,
  rig,
  sync,
} from './kit.ts';
import { deviceApi, deviceToken, newKey } from './wallet.ts';

let r: Rig;
let bank: Api;
let connection: string;
let merchant: string;
let account: string;
beforeAll(async () => {
  r = await rig();
  const made = await r.api.make('/v1/institutions', { kind: 'issuer', name: 'Bank' });
  await r.api.make('/v1/keys/ceremonies', { institution: made.id });
  bank = r.as(made.client);
  const party = (await bank.make('/v1/parties', { reference: 'shop' })).id;
  account = (await bank.make('/v1/accounts', { name: 'Shop', party })).id;
  const order = { acceptor: 'SHOP1', name: 'パン屋', category: '5462', account };
  merchant = (await bank.make('/v1/merchants', order)).id;
  const link = { name: 'Phones', profile: '1993-bcd', https: true };
  connection = (await bank.make('/v1/acquirer-connections', link)).id;
});
afterAll(() => r?.close());

const post = (api: Pick<Api, 'post'>, path: string, body: object) =>
  api.post(path, body, { 'idempotency-key': freshKey() });
const enrol = (code: string, jwk: object) => r.as(undefined).post('/v1/terminals/enrolments', { code, jwk });

/** Added and enrolled: the terminal, as it asks. */
async function newTerminal(of = merchant) {
  const row = await bank.make('/v1/terminals', { merchant: of, connection });
  const key = newKey();
  const { body } = await enrol(row.code, key.jwk);
  return { row, key, ...body, api: deviceApi(r, await deviceToken(r, body.device, key), key) };
}

test('a code makes one device the terminal; the same device may ask again, another may not', async () => {
  const row = await bank.make('/v1/terminals', { merchant, connection, terminal: 'TILL0001' });
  expect(row).toMatchObject({ terminal: 'TILL0001', device: null, status: 'open' });
  const key = newKey();
  const first = await enrol(row.code, key.jwk);
  expect(first).toMatchObject({
    status: 201,
    body: { account, terminal: { id: row.id }, merchant: { id: merchant } },
  });
  expect(await enrol(row.code, key.jwk)).toMatchObject({ status: 201, body: { device: first.body.device } });
  expect(await enrol(row.code, newKey().jwk)).toMatchObject({
    status: 422,
    body: { code: 'terminal_code_unknown' },
  });
  expect((await bank.get(`/v1/terminals/${row.id}`)).body).toMatchObject({ device: first.body.device });
  expect((await bank.get(`/v1/devices/${first.body.device}`)).body).toMatchObject({ kind: 'terminal' });
  const { body: log } = await r.api.get(`/v1/log?subject=${row.id}`);
  expect(log.data.map((entry: { action: string }) => entry.action)).toEqual([
    'terminal.added',
    'terminal.enrolled',
  ]);
});

test('a code counts for a day, and is shown once', async () => {
  const key = freshKey();
  const add = () => bank.post('/v1/terminals', { merchant, connection }, { 'idempotency-key': key });
  const { code, ...kept } = (await add()).body;
  expect((await add()).body).toEqual(kept);
  r.advance(25 * 3_600_000);
  expect((await enrol(code, newKey().jwk)).body.code).toBe('terminal_code_unknown');
});

test('another device takes over: the one before is out, and the name stays', async () => {
  const before = await newTerminal();
  expect((await before.api.get('/v1/terminals/configuration')).status).toBe(200);
  const next = (await post(bank, `/v1/terminals/${before.row.id}/replace`, {})).body;
  expect([401, 403]).toContain((await before.api.get('/v1/terminals/configuration')).status);
  const after = await enrol(next.code, newKey().jwk);
  expect(after.body.terminal).toMatchObject({ id: before.row.id, terminal: before.row.terminal });
  await bank.make(`/v1/terminals/${before.row.id}/close`, {});
  expect((await enrol(next.code, newKey().jwk)).body.code).toBe('terminal_code_unknown');
  expect((await post(bank, `/v1/terminals/${before.row.id}/replace`, {})).body.code).toBe('terminal_closed');
});

test('what does not fit is refused by name', async () => {
  const taken = { merchant, connection, terminal: 'TAKEN001' };
  await bank.make('/v1/terminals', taken);
  expect((await post(bank, '/v1/terminals', taken)).body.code).toBe('terminal_taken');
  const tcp = await bank.make('/v1/acquirer-connections', { name: 'TCP', profile: '1987-bcd' });
  const unfit = await post(bank, '/v1/terminals', { merchant, connection: tcp.id });
  expect(unfit.body).toMatchObject({ code: 'connection_unfit', param: 'connection' });
  const house = (await bank.make('/v1/accounts', { name: 'House' })).id;
  const order = { acceptor: 'SHOP2', name: 'House', category: '5462', account: house };
  const own = (await bank.make('/v1/merchants', order)).id;
  const ownerless = await post(bank, '/v1/terminals', { merchant: own, connection });
  expect(ownerless.body.code).toBe('merchant_without_party');
  const withCode = { name: 'X', profile: '1987-bcd', https: true, mac: { algorithm: 'retail-80' } };
  expect((await post(bank, '/v1/acquirer-connections', withCode)).body).toMatchObject({ param: 'https' });
});

test('the configuration is one that the kernel reads, with the keys of the cards made here', async () => {
  const { api, row } = await newTerminal();
  const { body, headers } = await api.get('/v1/terminals/configuration');
  const config = parseTerminalConfig(body.emv);
  expect(config).toMatchObject({
    terminalId: row.terminal,
    merchantId: 'SHOP1',
    merchantName: 'SHOP1',
    currency: '392',
  });
  const { data } = (await r.api.get('/v1/emv/ca-keys')).body;
  expect(body.emv.caKeys).toMatchObject(
    data.map(({ rid, modulus }: Record<string, string>) => ({ rid, modulus })),
  );
  expect(body).toMatchObject({
    version: 1,
    profile: { name: '1993-bcd' },
    most_list_days: 30,
    currency: 'JPY',
  });
  expect(headers.etag).toMatch(/^"[0-9a-f]{32}"$/);
  const etag = String(headers.etag);
  for (const shown of [etag, `"other", ${etag}`, `W/${etag}`, '*'])
    expect((await api.get('/v1/terminals/configuration', { 'if-none-match': shown })).status).toBe(304);
  expect((await api.get('/v1/terminals/configuration', { 'if-none-match': '"other"' })).status).toBe(200);
});

test('two change what terminals are told: for all, for a category, for a merchant; a terminal with the version before goes on', async () => {
  const order = { acceptor: 'SHOP3', name: 'Bakery', category: '5462', account };
  const special = (await bank.make('/v1/merchants', order)).id;
  const [usual, other] = [await newTerminal(), await newTerminal(special)];
  const etag = String((await usual.api.get('/v1/terminals/configuration')).headers.etag);
  const { version, document } = (await r.api.get('/v1/policies/terminals')).body;
  const wanted = {
    ...document,
    most_list_days: 14,
    categories: { '5462': { limits: { transaction: '20000' }, tips: { offered: [5], most_percent: 10 } } },
    merchants: {
      [special]: {
        limits: { transaction: '5000', floor: '1000', cvmRequired: '2000' },
        most_list_days: null,
      },
    },
  };
  const waiting = await r.api.make('/v1/policies/terminals', { from_version: version, document: wanted });
  expect((await usual.api.get('/v1/terminals/configuration', { 'if-none-match': etag })).status).toBe(304);
  await r.second.make(`/v1/proposals/${waiting.id}/approve`, {});
  const now = await usual.api.get('/v1/terminals/configuration', { 'if-none-match': etag });
  expect(now).toMatchObject({
    status: 200,
    body: { version: version + 1, most_list_days: 14, tips: { offered: [5] } },
  });
  expect(parseTerminalConfig(now.body.emv).combinations[0]).toMatchObject({
    ...{ transactionLimit: 20_000n, floorLimit: 30_000n },
  });
  const { body } = await other.api.get('/v1/terminals/configuration');
  expect(body).toMatchObject({ most_list_days: null, tips: { offered: [5] } });
  expect(parseTerminalConfig(body.emv).combinations[1]).toMatchObject({
    ...{ transactionLimit: 5_000n, floorLimit: 1_000n, cvmRequiredLimit: 2_000n },
  });
});

test('what a kernel would refuse is not proposed, and says where; an outdated one neither', async () => {
  const { version, document } = (await r.api.get('/v1/policies/terminals')).body;
  const propose = (change: object, from_version = version) =>
    post(r.api, '/v1/policies/terminals', { from_version, document: { ...document, ...change } });
  const [first] = document.combinations;
  const twice = await propose({ combinations: [first, first] });
  expect(twice.body).toMatchObject({
    code: 'policy_invalid',
    detail: expect.stringContaining('combinations[1]'),
  });
  const random = { ...first, randomSelection: { threshold: '20000', target: 10, maximum: 20 } };
  const low = await propose({
    combinations: [random],
    categories: { '5411': { limits: { floor: '10000' } } },
  });
  expect(low.body).toMatchObject({ code: 'policy_invalid', detail: expect.stringContaining('5411') });
  const key = {
    rid: 'A000000003',
    index: '01',
    modulus: 'ab'.repeat(128),
    exponent: '03',
    checksum: '00'.repeat(20),
  };
  expect((await propose({ caKeys: [key] })).body).toMatchObject({ code: 'policy_invalid' });
  expect((await propose({}, version + 1)).body.code).toBe('policy_outdated');
  expect((await propose({ surprise: 1 })).body.code).toBe('validation_failed');
});

test('a shop of the sandbox has a purse of its own, and what it takes comes to its account', async () => {
  const key = newKey();
  const open = (jwk: object) =>
    r.as(undefined).post('/v1/sandbox/shops', { name: 'Greengrocer', category: '5431', jwk });
  const { status, body: shop } = await open(key.jwk);
  expect([status, shop.merchant.category]).toEqual([201, '5431']);
  expect((await open(key.jwk)).body.code).toBe('device_key_taken');
  const api = speaking(deviceApi(r, await deviceToken(r, shop.device, key), key));
  const purse = await newPurse(api, { account: shop.account, assurance: 'software' });
  const payer = await newPurse(r.api);
  await issueTo(r.api, payer.account, 1_000n);
  await fundPurse(r.api, payer, 1_000n);
  await payOffline(payer, purse, 400n);
  await sync(api, purse);
  await redeem(api, purse, 400n);
  expect((await api.get(`/v1/accounts/${shop.account}`)).body).toMatchObject({ balance: '400' });
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
  const { data } = (await r.api.get(`/v1/log?subject=${shop.device}`)).body;
  expect(data.map((entry: { action: string }) => entry.action)).toContain('sandbox.shop_opened');
});

/** As helpers of cards speak: a POST that must succeed, with a fresh key. */
function speaking(device: Pick<Api, 'get' | 'post'>): Api {
  return {
    ...device,
    async make(path, body = {}) {
      const answer = await post(device, path, body);
      if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    authorization: async () => ({}),
  };
}
