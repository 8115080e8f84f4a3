/** Idempotency-Key: once, whatever happens to the answer. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshKey, issueTo, type Rig, rig } from './kit.ts';

let r: Rig;
let account: string;
beforeAll(async () => {
  r = await rig();
  account = (await r.api.make('/v1/accounts', { name: 'A' })).id;
});
afterAll(() => r.close());

const issue = (amount: string, key?: string) =>
  r.api.post('/v1/issuances', { account, amount }, key === undefined ? {} : { 'idempotency-key': key });
const approve = (proposal: string, key: string) =>
  r.second.post(`/v1/proposals/${proposal}/approve`, {}, { 'idempotency-key': key });
const balance = async () => (await r.api.get(`/v1/accounts/${account}`)).body.balance;

test('a key is required on every POST that moves money or issues a certificate', async () => {
  const chain = { purse: '00' };
  const bodies = {
    '/v1/issuances': { account, amount: '1' },
    '/v1/destructions': { account, amount: '1' },
    '/v1/purses': { account, assurance: 'software', enrolment: '00' },
    '/v1/fundings': { account, ticket: '00', payee: chain, amount: '1' },
    '/v1/redemptions': { account, purse: 'pur_0000000000000000', max_amount: '1' },
  };
  for (const [path, body] of Object.entries(bodies)) {
    const answer = await r.api.post(path, body);
    expect(answer, path).toMatchObject({
      status: 400,
      body: { code: 'idempotency_key_missing', param: 'idempotency-key', retryable: false },
    });
  }
});

test('the same key and request give the same answer, and take effect once', async () => {
  const key = freshKey();
  const before = BigInt(await balance());
  const first = await issue('100', key);
  const second = await issue('100', key);
  expect(first).toMatchObject({ status: 201 });
  expect(first.headers['idempotent-replayed']).toBeUndefined();
  expect(second).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } });
  const approved = await approve(first.body.proposal, key);
  expect(approved).toMatchObject({ status: 200, body: { status: 'approved' } });
  const again = await approve(first.body.proposal, key);
  expect(again).toMatchObject({
    status: 200,
    body: approved.body,
    headers: { 'idempotent-replayed': 'true' },
  });
  expect(BigInt(await balance())).toBe(before + 100n);
});

test('fields in another order are the same request', async () => {
  const key = freshKey();
  await r.api.post('/v1/issuances', { account, amount: '5' }, { 'idempotency-key': key });
  const again = await r.api.post('/v1/issuances', { amount: '5', account }, { 'idempotency-key': key });
  expect(again.headers['idempotent-replayed']).toBe('true');
});

test('another request with the key is refused, and so is another address', async () => {
  const key = freshKey();
  await issue('100', key);
  expect(await issue('101', key)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  const other = await r.api.post('/v1/destructions', { account, amount: '100' }, { 'idempotency-key': key });
  expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
});

test('many at once: one takes effect, the others wait or repeat it', async () => {
  const key = freshKey();
  const before = BigInt(await balance());
  const { proposal } = (await issue('7', freshKey())).body;
  const answers = await Promise.all(Array.from({ length: 20 }, () => approve(proposal, key)));
  for (const answer of answers) {
    if (answer.status !== 200)
      expect(answer).toMatchObject({
        status: 409,
        body: { code: 'idempotency_key_in_flight', retryable: true },
      });
  }
  expect(answers.some((a) => a.status === 200)).toBe(true);
  expect(BigInt(await balance())).toBe(before + 7n);
});

test('a refusal is not kept: the same request may succeed later', async () => {
  const poor = (await r.api.make('/v1/accounts', { name: 'Poor' })).id;
  const key = freshKey();
  const { proposal } = await r.api.make('/v1/destructions', { account: poor, amount: '10' });
  expect(await approve(proposal, key)).toMatchObject({
    status: 422,
    body: { code: 'insufficient_funds', retryable: true },
  });
  await issueTo(r.api, poor, 10n);
  expect(await approve(proposal, key)).toMatchObject({ status: 200, body: { result: { balance: '0' } } });
});

test('the kept answer survives a restart', async () => {
  const key = freshKey();
  const first = await issue('9', key);
  r = await r.restart();
  expect(await issue('9', key)).toMatchObject({
    body: first.body,
    headers: { 'idempotent-replayed': 'true' },
  });
});

test('keys that are no keys', async () => {
  for (const key of [' ', 'a b', 'ü', 'x'.repeat(300)]) {
    const answer = await issue('1', key);
    expect(answer.status, key).toBe(400);
    expect(answer.body.code).toMatch(/^(idempotency_key_|validation_failed)/);
  }
});
