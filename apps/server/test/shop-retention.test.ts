/** Answers to shops' messages are forgotten in time: nothing that is open, and nothing that days and statements are made from. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstRetention, retentionDocument } from '../src/operations/retention-policy.ts';
import { original1987, say, V1987 } from './desk-kit.ts';
import { asSuperuser } from './eyes.ts';
import { issueTo, type Rig, rig } from './kit.ts';

const DAY = 86_400_000;
let r: Rig;
let account: string;
let merchant: string;
let number: string;
beforeAll(async () => {
  r = await rig({ retentionSeconds: 0 });
  account = (await r.api.make('/v1/accounts', { name: 'Holder' })).id;
  await issueTo(r.api, account, 10_000n);
  const shop = (await r.api.make('/v1/accounts', { name: 'Shop' })).id;
  const order = { acceptor: 'SHOP1', name: 'Shop', category: '5411', account: shop };
  merchant = (await r.api.make('/v1/merchants', order)).id;
  const requestor = (await r.api.make('/v1/token-requestors', { name: 'W', institution: 'ins_first_issuer' }))
    .id;
  const link = (await r.api.make('/v1/links', { account })).id;
  const domain = { valid_until: '2100-01-01T00:00:00Z', needs_cryptogram: false };
  const token = await r.api.make('/v1/tokens', { requestor, link, domain });
  number = token.number;
  await r.api.make(`/v1/tokens/${token.id}/activate`);
});
afterAll(() => r?.close());

const ask = (mti: string, n: number, fields: Parameters<typeof say>[2]) =>
  r.server.desk.answer({
    ...{ acquirer: 'ins_first_issuer', profile: V1987, message: say(mti, n, { 2: number, ...fields }) },
    receivedAt: r.server.backend.clock().getTime(),
  });
const rows = async (what: string): Promise<number> =>
  (await asSuperuser(r, `SELECT count(*)::int AS n FROM ${what}`)).rows[0].n;
const payments = async () =>
  (await r.api.get(`/v1/merchants/${merchant}/payments`)).body.data.map(
    ({ trace, state }: Record<string, string>) => `${trace} ${state}`,
  );

test('payments that moved money stay, and what is open; what moved nothing goes, with the answers', async () => {
  await ask('0200', 1, { 4: 300n });
  await ask('0200', 2, { 3: '200000', 4: 100n, 90: original1987('0200', 1) });
  await ask('0200', 3, { 4: 90_000n });
  await ask('0100', 4, { 4: 500n });
  await ask('0400', 5, { 4: 500n, 90: original1987('0100', 4) });
  r.advance(401 * DAY);
  await ask('0100', 6, { 4: 700n });
  const before = (await r.api.get('/v1/retention')).body.would_remove.shop_messages;
  expect([await payments(), await rows('acceptance_messages')]).toEqual([
    ['000006 open', '000004 reversed', '000001 captured'],
    3,
  ]);
  await r.server.tidy();
  expect([await payments(), await rows('acceptance_messages')]).toEqual([
    ['000006 open', '000001 captured'],
    0,
  ]);
  expect((await r.api.get('/v1/retention')).body).toMatchObject({
    last_run: { removed: { shop_messages: before } },
    would_remove: { shop_messages: 0 },
  });
  // The refund stays in the payment: no more is given back than was paid.
  const again = await ask('0200', 7, { 3: '200000', 4: 201n, 90: original1987('0200', 1) });
  expect(again.outcome).toBe('original_mismatch');
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('an answer about a hold that is open is kept for as long as that is', async () => {
  await ask('0100', 8, { 4: 400n });
  // In part: what is left stays held.
  await ask('0400', 9, {
    4: 400n,
    90: original1987('0100', 8),
    95: '000000000100000000000000000000000000000000',
  });
  await asSuperuser(
    r,
    `UPDATE acceptance_payments SET expires_at = now() + interval '9000 days' WHERE stan = '000008'`,
  );
  r.advance(401 * DAY);
  await r.server.tidy();
  expect(await rows('acceptance_messages')).toBe(1);
});

test('a document of the program before is read with what this one begins with', () => {
  const { shop_messages, ...before } = firstRetention();
  expect(retentionDocument.parse(before)).toEqual({ ...before, shop_messages });
});
