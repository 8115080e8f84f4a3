/** The sandbox: every failure can be made to happen, the clock moves for all, and live mode has none of it. */

import { CENTRAL_BANK } from '@sokkin/issuer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf, newSecret } from '../src/access/secrets.ts';
import { createServer } from '../src/index.ts';
import { MAGIC } from '../src/operations/sandbox.ts';
import { freshKey, httpApi, type Rig, rig, sandboxClient, TEST_KEYS } from './kit.ts';
import { newKey } from './wallet.ts';

let r: Rig;
let account: string;
beforeAll(async () => {
  r = await rig();
  account = (await r.api.make('/v1/accounts', { name: 'Magic' })).id;
});
afterAll(() => r.close());

const issue = (amount: string, key = freshKey()) =>
  r.api.post('/v1/issuances', { account, amount }, { 'idempotency-key': key });
/** What took effect: each issuance waits for a second pair of eyes. */
const asked = async (): Promise<number> =>
  (await r.api.get('/v1/proposals?status=waiting&limit=100')).body.data.length;

describe('magic amounts', () => {
  test.each(MAGIC.filter((m) => m.does === 'refuse'))('$amount: $code', async ({ amount, code }) => {
    const before = await asked();
    for (const key of [freshKey(), freshKey()]) expect((await issue(amount, key)).body.code).toBe(code);
    expect(await asked()).toBe(before);
  });

  test.each(MAGIC.filter((m) => m.does === 'refuse_once'))(
    '$amount: $code, once',
    async ({ amount, code }) => {
      const before = await asked();
      const key = freshKey();
      const refused = await issue(amount, key);
      expect(refused.body).toMatchObject({ code, retryable: true });
      if (code === 'rate_limited') expect(refused.headers['retry-after']).toBe('1');
      expect(await asked()).toBe(before);
      expect((await issue(amount, key)).status).toBe(201);
      expect(await asked()).toBe(before + 1);
    },
  );

  test('an answer that is late', async () => {
    const start = performance.now();
    expect((await issue('4000000021')).status).toBe(201);
    expect(performance.now() - start).toBeGreaterThan(4900);
  });

  test('an answer that is lost, of something that was done: once, however often it is asked for', async () => {
    const url = await r.server.app.listen({ port: 0, host: '127.0.0.1' });
    const api = httpApi(url, sandboxClient(r.dataFolder, 'first'));
    const before = await asked();
    const headers = { 'idempotency-key': freshKey() };
    const body = { account, amount: '4000000022' };
    await expect(api.post('/v1/issuances', body, headers)).rejects.toThrow();
    expect(await asked()).toBe(before + 1);
    expect(await api.post('/v1/issuances', body, headers)).toMatchObject({
      status: 201,
      headers: { 'idempotent-replayed': 'true' },
    });
    expect(await asked()).toBe(before + 1);
  });
});

test('the clock moves for every process, and stays where it is after a restart', async () => {
  const other = await createServer({
    databaseUrl: r.databaseUrl,
    dataFolder: r.dataFolder,
    keyStore: TEST_KEYS,
  });
  const before = Date.parse((await r.api.get('/v1/sandbox/clock')).body.now);
  const moved = await r.api.make('/v1/sandbox/clock', { advance_seconds: 3 * 86_400 });
  expect(moved.advanced_seconds).toBe(3 * 86_400);
  expect(Date.parse(moved.now) - before).toBeGreaterThanOrEqual(3 * 86_400_000);
  const at = (await r.api.make('/v1/accounts', { name: 'Later' })).created_at;
  expect(Date.parse(at)).toBeGreaterThanOrEqual(Date.parse(moved.now));
  await expect
    .poll(() => other.backend.clock().getTime(), { timeout: 5000 })
    .toBeGreaterThanOrEqual(Date.parse(moved.now));
  await other.close();
  r = await r.restart();
  expect((await r.api.get('/v1/sandbox/clock')).body.advanced_seconds).toBe(3 * 86_400);
  for (const advance_seconds of [-1, 0, 1.5, 1e12])
    expect((await r.api.post('/v1/sandbox/clock', { advance_seconds })).status).toBe(400);
});

test('an endpoint that answers what it is asked to', async () => {
  for (const status of [200, 404, 503])
    expect((await r.api.post(`/v1/sandbox/answers/${status}`, { any: 'thing' })).status).toBe(status);
});

test('live mode has none of it', async () => {
  const live = await rig();
  const id = (await live.api.make('/v1/accounts', { name: 'Live' })).id;
  await live.api.make('/v1/sandbox/clock', { advance_seconds: 86_400 });
  // The clients of a sandbox are refused in live mode, so one is made that is not.
  const client = { client_id: 'cli_live', client_secret: newSecret(live.server.backend.crypto, 'scs') };
  await live.server.backend.store.write((tx) =>
    tx.credentials.addClient(
      {
        id: client.client_id,
        institution: CENTRAL_BANK,
        name: 'Live',
        secretHash: hashOf(client.client_secret),
        scopes: ['sandbox:write', 'issuance:request'],
        isSandbox: false,
      },
      new Date(),
    ),
  );
  await live.server.close();
  const { databaseUrl, dataFolder } = live;
  const server = await createServer({ databaseUrl, dataFolder, mode: 'live', keyStore: TEST_KEYS });
  const api = httpApi(await server.app.listen({ port: 0, host: '127.0.0.1' }), client);
  const key = { 'idempotency-key': freshKey() };
  for (const answer of [
    await api.get('/v1/sandbox/clock'),
    await api.post('/v1/sandbox/clock', { advance_seconds: 1 }),
    await api.post('/v1/sandbox/answers/200', {}),
    await api.get('/v1/sandbox/books'),
    await api.post('/v1/sandbox/wallets', { name: 'Nobody', jwk: newKey().jwk }),
  ])
    expect(answer).toMatchObject({ status: 404, body: { code: 'route_not_found' } });
  expect((await api.post('/v1/issuances', { account: id, amount: '4000000001' }, key)).status).toBe(201);
  expect(Math.abs(server.backend.clock().getTime() - Date.now())).toBeLessThan(5000);
  await server.close();
});
