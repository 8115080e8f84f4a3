/** Merchants and their payments over the API: an acquirer's shop, an issuer's customer, a token between them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expireHolds } from '../src/operations/shop-payments.ts';
import { original1987, say, V1987 } from './desk-kit.ts';
import { type Api, issueTo, type Rig, rig } from './kit.ts';

let r: Rig;
let issuer: Api;
let acquirer: Api;
let acquirerId: string;
let account: string;
let shopAccount: string;
let merchant: string;
let number: string;
let token: string;
beforeAll(async () => {
  r = await rig();
  const made = await r.api.make('/v1/institutions', { kind: 'issuer', name: 'Bank' });
  const shops = await r.api.make('/v1/institutions', { kind: 'acquirer', name: 'Acquirer' });
  [issuer, acquirer, acquirerId] = [r.as(made.client), r.as(shops.client), shops.id];
  account = (await issuer.make('/v1/accounts', { name: 'A' })).id;
  await issueTo(r.api, account, 1000n);
  shopAccount = (await acquirer.make('/v1/accounts', { name: 'Shop' })).id;
  const order = { acceptor: 'SHOP1', name: 'Bakery', category: '5462', account: shopAccount };
  merchant = (await acquirer.make('/v1/merchants', order)).id;
  const requestor = (await r.api.make('/v1/token-requestors', { name: 'Wallet', institution: made.id })).id;
  const link = (await issuer.make('/v1/links', { account })).id;
  const domain = { valid_until: '2100-01-01T00:00:00Z', needs_cryptogram: false };
  ({ id: token, number } = await issuer.make('/v1/tokens', { requestor, link, domain }));
  await issuer.make(`/v1/tokens/${token}/activate`);
});
afterAll(() => r.close());

const ask = (mti: string, n: number, fields: Parameters<typeof say>[2]) =>
  r.server.desk.answer({
    ...{ acquirer: acquirerId, profile: V1987, message: say(mti, n, { 2: number, ...fields }) },
    receivedAt: r.server.backend.clock().getTime(),
  });
const moneyOf = async (api: Api, id: string) => {
  const { balance, held } = (await api.get(`/v1/accounts/${id}`)).body;
  return { balance, held };
};
const used = async () => {
  const { body } = await issuer.get(`/v1/tokens/${token}`);
  return body.used;
};

test('a payment from the message to the ledger: both sides see it, the audit holds', async () => {
  expect(await ask('0200', 1, { 4: 300n })).toMatchObject({ outcome: 'approved', approved: 300n });
  expect(await moneyOf(issuer, account)).toEqual({ balance: '700', held: '0' });
  expect(await moneyOf(acquirer, shopAccount)).toEqual({ balance: '300', held: '0' });
  const [seen] = (await issuer.get(`/v1/accounts/${account}/payments`)).body.data;
  expect(seen).toMatchObject({
    merchant,
    kind: 'pay',
    state: 'captured',
    approved: '300',
    captured: '300',
    trace: '000001',
  });
  expect((await acquirer.get(`/v1/merchants/${merchant}/payments`)).body.data).toEqual([seen]);
  expect((await acquirer.get(`/v1/payments/${seen.id}`)).body).toEqual(seen);
  const [entry] = (await issuer.get(`/v1/accounts/${account}/entries`)).body.data;
  expect(entry).toMatchObject({ kind: 'purchase', amount: '-300', reference: `${seen.id}-1` });
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('a hold that the issuer releases: nothing is kept, the token has its use back, the shop may still try', async () => {
  const before = await used();
  expect(await ask('0100', 2, { 4: 500n })).toMatchObject({ outcome: 'approved' });
  expect(await moneyOf(issuer, account)).toEqual({ balance: '700', held: '500' });
  const other = (await issuer.make('/v1/accounts', { name: 'B' })).id;
  const transfer = { from: account, to: other, amount: '201' };
  expect((await issuer.post('/v1/transfers', transfer, { 'idempotency-key': 'k1' })).body).toMatchObject({
    code: 'insufficient_funds',
  });
  const [{ id }] = (await issuer.get(`/v1/accounts/${account}/payments`)).body.data;
  expect((await acquirer.post(`/v1/payments/${id}/release`, {}, { 'idempotency-key': 'k2' })).status).toBe(
    403,
  );
  expect((await issuer.make(`/v1/payments/${id}/release`)).state).toBe('expired');
  expect(await moneyOf(issuer, account)).toEqual({ balance: '700', held: '0' });
  expect(await used()).toEqual(before);
  const again = await issuer.post(`/v1/payments/${id}/release`, {}, { 'idempotency-key': 'k3' });
  expect(again).toMatchObject({ status: 409, body: { code: 'nothing_held' } });
  expect(await ask('0220', 3, { 4: 500n, 37: undefined, 90: original1987('0100', 2) })).toMatchObject({
    outcome: 'approved',
  });
  expect(await moneyOf(issuer, account)).toEqual({ balance: '200', held: '0' });
});

test('a hold whose time is over is let go, and told to who listens', async () => {
  await acquirer.make('/v1/webhooks', {
    url: 'http://127.0.0.1:9/',
    types: ['payment.expired', 'payment.approved'],
  });
  expect(await ask('0100', 4, { 4: 150n })).toMatchObject({ outcome: 'approved' });
  r.advance(8 * 86_400_000);
  expect(await expireHolds(r.server.backend)).toBe(1);
  expect(await expireHolds(r.server.backend)).toBe(0);
  expect(await moneyOf(issuer, account)).toEqual({ balance: '200', held: '0' });
  const types = (await acquirer.get('/v1/events')).body.data.map((event: { type: string }) => event.type);
  expect(types.filter((type: string) => type.startsWith('payment.')).sort()).toEqual([
    'payment.approved',
    'payment.expired',
  ]);
});

test('a blocked merchant is paid nothing new, and still gives back', async () => {
  expect((await acquirer.make(`/v1/merchants/${merchant}/block`)).state).toBe('blocked');
  expect(await ask('0200', 5, { 4: 10n })).toMatchObject({ outcome: 'merchant_blocked' });
  expect(await ask('0200', 6, { 3: '200000', 4: 10n, 37: 'REF000000001' })).toMatchObject({
    outcome: 'approved',
  });
  expect((await acquirer.make(`/v1/merchants/${merchant}/unblock`)).state).toBe('open');
  expect(await ask('0200', 7, { 4: 10n })).toMatchObject({ outcome: 'approved' });
});

test('a token that its holder suspends pays nothing with the next message', async () => {
  await issuer.make(`/v1/tokens/${token}/suspend`);
  expect(await ask('0200', 8, { 4: 10n })).toMatchObject({ outcome: 'token_suspended' });
  await issuer.make(`/v1/tokens/${token}/resume`);
  expect(await ask('0200', 9, { 4: 10n })).toMatchObject({ outcome: 'approved' });
});

test('a merchant is its acquirer’s: one of a code, on an account of theirs', async () => {
  const post = (api: Api, more: object, key: string) =>
    api.post(
      '/v1/merchants',
      { acceptor: 'SHOP1', name: 'X', category: '5462', account: shopAccount, ...more },
      { 'idempotency-key': key },
    );
  expect((await post(acquirer, {}, 'm1')).body).toMatchObject({ code: 'merchant_taken' });
  expect((await post(acquirer, { account }, 'm2')).body).toMatchObject({ code: 'account_unknown' });
  expect((await post(acquirer, { acceptor: 'SHOP2', reserve: shopAccount }, 'm3')).body).toMatchObject({
    code: 'same_account',
  });
  expect((await issuer.get(`/v1/merchants/${merchant}`)).status).toBe(404);
  expect((await acquirer.get('/v1/merchants')).body.data.map((m: { id: string }) => m.id)).toEqual([
    merchant,
  ]);
});
