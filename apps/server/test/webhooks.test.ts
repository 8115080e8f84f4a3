/** Webhooks: what happened is told, signed, in spite of endpoints that fail, and to nobody whom it does not concern. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CENTRAL_BANK } from '@sokkin/issuer';
import { verifyWebhook } from '@sokkin/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashOf, newSecret } from '../src/access/secrets.ts';
import { openPool } from '../src/store/pool.ts';
import { startDispatcher } from '../src/webhooks/dispatcher.ts';
import {
  type Api,
  freshKey,
  fundPurse,
  httpApi,
  newPurse,
  type Rig,
  redeem,
  rig,
  sandboxClient,
} from './kit.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';
import { serverChild } from './server-child.ts';

const QUICK = { pollMs: 10, timeoutMs: 400 };
const [SECOND, HOUR] = [1000, 3_600_000];

let r: Rig;
let receiver: Receiver;
let hook: { id: string; secret: string };
beforeAll(async () => {
  r = await rig({ webhooks: QUICK });
});
afterAll(() => r.close());
beforeEach(async () => {
  receiver = await startReceiver();
  hook = await r.api.make('/v1/webhooks', {
    url: `${receiver.url}/hook`,
    types: ['account.created', 'webhook.ping'],
  });
});
afterEach(async () => {
  await remove(hook.id);
  await receiver.close();
});

const remove = async (id: string) =>
  r.server.app.inject({ method: 'DELETE', url: `/v1/webhooks/${id}`, headers: await r.api.authorization() });
const open = (name = 'Hanako') => r.api.make('/v1/accounts', { name });
/** As a receiver does that has moved its clock neither. */
const believed = ({ body, headers }: Received, secrets: string | string[] = hook.secret) =>
  verifyWebhook(body, headers, secrets);
const log = async (id = hook.id) => (await r.api.get(`/v1/webhooks/${id}/deliveries`)).body.data;
/** Until the newest delivery is as described: the answer is there before it is written down. */
const newest = (like: object) =>
  expect.poll(async () => (await log())[0], { timeout: 20_000 }).toMatchObject(like);

describe('what happened is told', () => {
  test('signed, with the ids of what it concerns and no name', async () => {
    const account = await open('Hanako Yamada');
    const [message] = await receiver.wait(1);
    expect(message?.path).toBe('/hook');
    const event = await believed(message as Received);
    expect(event).toMatchObject({ type: 'account.created', data: { account: account.id } });
    expect(message?.body).not.toContain('Yamada');
    expect(message?.headers['webhook-id']).toBe(event.id);
    expect((await r.api.get(`/v1/events/${event.id}`)).body).toMatchObject({
      id: event.id,
      subject: account.id,
    });
    await newest({
      status: 'delivered',
      attempts: 1,
      last_status: 200,
      last_says: 'I say 200',
      event: event.id,
    });
  });

  test('of money, purses and blocks, in the order in which it happened', async () => {
    const all = await r.api.make('/v1/webhooks', { url: receiver.url, types: [] });
    const purse = await newPurse(r.api);
    await fundPurse(r.api, purse, 5000n);
    await redeem(r.api, purse, 1000n);
    await r.api.make(`/v1/purses/${purse.id}/block`);
    await r.api.make(`/v1/purses/${purse.id}/block`);
    await r.api.make(`/v1/purses/${purse.id}/unblock`);
    const expected = [
      'account.created',
      'purse.enrolled',
      'purse.synced',
      'issuance.done',
      'funding.paid',
      'funding.credited',
      'redemption.opened',
      'redemption.credited',
      'purse.blocked',
      'purse.unblocked',
    ];
    await receiver.wait(expected.length + 1);
    const told = receiver.received.filter((m) => m.path === '/').map((m) => JSON.parse(m.body));
    expect(told.map((e) => e.type)).toEqual(expected);
    expect(told[5].data).toMatchObject({ purse: purse.id, account: purse.account, amount: '5000' });
    // The list has the central bank's, too: what was proposed and approved is not the issuer's own.
    const listed = (await r.api.get('/v1/events?limit=12')).body.data.map((e: { type: string }) => e.type);
    const issued = expected.indexOf('issuance.done');
    const everybodys = expected.toSpliced(
      issued,
      1,
      'proposal.waiting',
      'issuance.done',
      'proposal.approved',
    );
    expect(listed).toEqual(everybodys.reverse());
    await remove(all.id);
  });

  test('what was rolled back is not', async () => {
    const refused = await r.api.post(
      '/v1/issuances',
      { account: 'acc_00', amount: '1' },
      { 'idempotency-key': freshKey() },
    );
    expect(refused.status).toBe(422);
    const before = (await r.api.get('/v1/events')).body.data[0]?.id;
    await expect(
      r.server.backend.store.write(async (tx) => {
        await tx.events.add([
          {
            id: 'evt_never',
            institution: CENTRAL_BANK,
            type: 'alert.raised',
            subject: 'x',
            data: {},
            createdAt: new Date(),
          },
        ]);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect((await r.api.get('/v1/events')).body.data[0]?.id).toBe(before);
  });
});

describe('endpoints that fail', () => {
  test('are told again later, with the same id', async () => {
    receiver.behave(500);
    await open();
    await receiver.wait(1);
    await newest({ status: 'waiting', attempts: 1, last_status: 500, last_says: 'I say 500' });
    await sleep(100);
    expect(receiver.received).toHaveLength(1);
    receiver.behave(204);
    r.advance(6 * SECOND);
    await receiver.wait(2);
    await newest({ status: 'delivered', attempts: 2, last_status: 204 });
    const ids = receiver.received.map((m) => m.headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
    for (const message of receiver.received) await believed(message);
  });

  test.each([
    ['says nothing', 'silence', /no answer within 400 ms/],
    ['hangs up', 'hang_up', /hang up|ECONNRESET/],
  ] as const)('one that %s', async (_how, behaviour, says) => {
    receiver.behave(behaviour);
    await open();
    await receiver.wait(1);
    await newest({ status: 'waiting', last_status: null, last_says: expect.stringMatching(says) });
  });

  test('redirects are not followed: the address that was given is the one that is told', async () => {
    const elsewhere = await startReceiver();
    receiver.behave({ redirect: elsewhere.url });
    await open();
    await receiver.wait(1);
    await newest({ status: 'waiting', last_status: 302 });
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  test('for ten attempts over three days', async () => {
    receiver.behave(500);
    await open();
    let settledAt: string | undefined;
    for (let attempt = 1; attempt < 10; attempt++) {
      // An attempt is counted when it begins; only when it is over, the next one has its time.
      await expect
        .poll(async () => (await log())[0], { timeout: 20_000 })
        .toSatisfy((d) => d?.attempts === attempt && d.last_at !== null && d.last_at !== settledAt);
      settledAt = (await log())[0].last_at;
      r.advance(27 * HOUR);
      // Five days on, the endpoint itself is given up: here only the delivery is looked at.
      await r.api.make(`/v1/webhooks/${hook.id}/resume`);
    }
    await newest({ status: 'failed', attempts: 10, next_at: null });
  });

  test('for five days: then nothing more is sent until somebody resumes it', async () => {
    receiver.behave(503);
    await open();
    await newest({ attempts: 1, last_status: 503 });
    expect((await r.api.get(`/v1/webhooks/${hook.id}`)).body).toMatchObject({
      status: 'active',
      failing_since: expect.any(String),
    });
    r.advance(121 * HOUR);
    await expect
      .poll(async () => (await r.api.get(`/v1/webhooks/${hook.id}`)).body.status, { timeout: 20_000 })
      .toBe('disabled');
    const [event] = (await r.api.get('/v1/events?type=webhook.disabled')).body.data;
    expect(event).toMatchObject({ subject: hook.id, data: { webhook: hook.id } });
    const refused = await r.api.post(`/v1/webhooks/${hook.id}/ping`, {});
    expect(refused).toMatchObject({ status: 409, body: { code: 'webhook_disabled' } });
    const sofar = receiver.received.length;
    await open();
    await sleep(200);
    expect(receiver.received).toHaveLength(sofar);
    receiver.behave(200);
    await r.api.make(`/v1/webhooks/${hook.id}/resume`);
    await r.api.make(`/v1/webhooks/${hook.id}/ping`);
    await newest({ status: 'delivered', event_type: 'webhook.ping' });
  });

  test('one that is gone (410) is not asked again', async () => {
    receiver.behave(410);
    await open();
    await expect
      .poll(async () => (await r.api.get(`/v1/webhooks/${hook.id}`)).body.status, { timeout: 20_000 })
      .toBe('disabled');
  });
});

describe('whoever runs the dispatcher', () => {
  test('several at once deliver each event once', async () => {
    const others = [startDispatcher(r.server.backend, QUICK), startDispatcher(r.server.backend, QUICK)];
    const COUNT = 120;
    await Promise.all(Array.from({ length: COUNT }, () => open()));
    await receiver.wait(COUNT);
    await sleep(300);
    const ids = receiver.received.map((m) => m.headers['webhook-id']);
    expect(ids).toHaveLength(COUNT);
    expect(new Set(ids).size).toBe(COUNT);
    await Promise.all(others.map((d) => d.stop()));
  });

  test('what one took and never finished comes to another', async () => {
    receiver.behave('silence');
    const { backend } = r.server;
    const account = await open();
    await receiver.wait(1);
    await newest({ status: 'waiting', attempts: 1, last_says: expect.stringContaining('no answer') });
    // Taken by a process that dies at once: nobody settles it.
    r.advance(6 * SECOND);
    const now = backend.clock();
    await backend.store.write((tx) => tx.deliveries.take(64, now, new Date(now.getTime() + 60 * SECOND)));
    receiver.behave(200);
    await sleep(150);
    r.advance(61 * SECOND);
    await newest({ status: 'delivered' });
    expect(JSON.parse(receiver.received.at(-1)?.body ?? '').data.account).toBe(account.id);
  });
});

test('kill -9 between the commit and the delivery loses nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sokkin-webhooks-'));
  const child = await serverChild({ SOKKIN_DATA: folder });
  const api = httpApi(child.url, sandboxClient(folder, 'first'));
  receiver.behave('silence');
  const { secret } = await api.make('/v1/webhooks', { url: receiver.url, types: ['account.created'] });
  const account = await api.make('/v1/accounts', { name: 'Acknowledged' });
  await child.kill('SIGKILL');
  receiver.behave(200);
  const sofar = receiver.received.length;
  const next = await serverChild({ SOKKIN_DATA: folder });
  // What the dead one had taken comes back when its lease ends, a minute later.
  const messages = await receiver.wait(sofar + 1, 120_000);
  const event = await believed(messages[sofar] as Received, secret);
  expect(event.data).toMatchObject({ account: account.id });
  await next.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

describe('secrets', () => {
  test('while one is replaced both sign; a day later the new one alone', async () => {
    const { secret } = await r.api.make(`/v1/webhooks/${hook.id}/rotate`);
    expect(secret).not.toBe(hook.secret);
    await open();
    const [first] = await receiver.wait(1);
    await believed(first as Received, hook.secret);
    await believed(first as Received, secret);
    r.advance(25 * HOUR);
    await open();
    const message = (await receiver.wait(2))[1] as Received;
    await believed(message, secret);
    await expect(believed(message, hook.secret)).rejects.toThrow(/No signature/);
  });

  test('are shown once, and in no list and no log', async () => {
    await open();
    await newest({ status: 'delivered' });
    const shown = [
      `/v1/webhooks/${hook.id}`,
      '/v1/webhooks',
      `/v1/webhooks/${hook.id}/deliveries`,
      '/v1/events',
    ];
    for (const path of shown) {
      const text = JSON.stringify((await r.api.get(path)).body);
      expect(text, path).not.toContain('whsec_');
      expect(text, path).not.toContain(hook.secret.slice(6));
    }
  });
});

describe('the database', () => {
  const query = async (text: string, values: unknown[] = []) => {
    const pool = openPool(r.databaseUrl);
    const { rows } = await pool.query<Record<string, unknown>>(text, values);
    await pool.end();
    return rows;
  };
  const column = async () => {
    const [row] = await query('SELECT secret, old_secret FROM webhooks WHERE id = $1', [hook.id]);
    const of = (bytes: unknown) => (bytes instanceof Uint8Array ? Buffer.from(bytes) : undefined);
    return { secret: of(row?.secret), old: of(row?.old_secret) };
  };
  const octets = (secret: string) => Buffer.from(secret.slice('whsec_'.length), 'base64');

  test('holds no secret, neither where it belongs nor among the answers that are kept', async () => {
    const key = { 'idempotency-key': freshKey() };
    const first = await r.api.post(`/v1/webhooks/${hook.id}/rotate`, {}, key);
    const again = await r.api.post(`/v1/webhooks/${hook.id}/rotate`, {}, key);
    expect(again).toMatchObject({ status: 200, headers: { 'idempotent-replayed': 'true' } });
    const { secret, ...rest } = first.body;
    expect(again.body).toEqual(rest);
    const stored = await column();
    expect(stored.old?.includes(octets(hook.secret))).toBe(false);
    expect(stored.secret?.includes(octets(secret))).toBe(false);
    expect(stored.secret?.toString('latin1', 2, 9)).toMatch(/^vault\.[0-9]$/);
    const kept = JSON.stringify(await query('SELECT body FROM kept_answers'));
    expect(kept).toContain(hook.id);
    expect(kept).not.toContain('whsec_');
  });

  test('has them under the new key of the vault, and both sign on when the old one is gone', async () => {
    const { secret } = await r.api.make(`/v1/webhooks/${hook.id}/rotate`);
    const keysOf = async () => {
      const { secret: newer, old } = await column();
      return [newer, old].map((sealed) => sealed?.toString('latin1', 2, 9));
    };
    const [before] = await keysOf();
    const rotated = await r.api.make('/v1/keys/rotations', { key: 'vault' });
    expect(await keysOf()).toEqual([before, before]);
    await r.server.upkeep();
    expect(await keysOf()).toEqual([...rotated.keys, ...rotated.keys]);
    r.advance(61_000);
    await r.server.upkeep();
    await r.api.make('/v1/keys/destructions', { id: before });
    await open();
    const [message] = await receiver.wait(1);
    await believed(message as Received, hook.secret);
    await believed(message as Received, secret);
  });

  test('of another webhook opens nothing: the delivery fails, says why, and a new secret heals it', async () => {
    const other = await r.api.make('/v1/webhooks', { url: receiver.url, types: ['webhook.ping'] });
    await query('UPDATE webhooks SET secret = (SELECT secret FROM webhooks WHERE id = $2) WHERE id = $1', [
      hook.id,
      other.id,
    ]);
    await open();
    await newest({ attempts: 1, last_status: null, last_says: expect.stringContaining('rotate it') });
    expect(receiver.received).toHaveLength(0);
    await r.server.upkeep();
    const { secret } = await r.api.make(`/v1/webhooks/${hook.id}/rotate`);
    await open();
    await believed((await receiver.wait(1))[0] as Received, secret);
    await remove(other.id);
  });
});

describe('again', () => {
  test('one delivery, and all since a time, with the ids that they had', async () => {
    const since = r.server.backend.clock().toISOString();
    await open();
    await open();
    await receiver.wait(2);
    await newest({ status: 'delivered' });
    const [delivery] = await log();
    await r.api.make(`/v1/webhooks/deliveries/${delivery.id}/retry`);
    await receiver.wait(3);
    expect(receiver.received[2]?.headers['webhook-id']).toBe(delivery.event);
    expect(await r.api.make(`/v1/webhooks/${hook.id}/replay`, { since })).toEqual({ events: 2 });
    await receiver.wait(5);
    const ids = receiver.received.map((m) => m.headers['webhook-id']);
    expect(ids.slice(3)).toEqual(ids.slice(0, 2));
  });
});

test('who is told of what, and anew, is in the log of privileged acts, without address and secret', async () => {
  const types = ['account.created'];
  const { id } = await r.api.make('/v1/webhooks', { url: `${receiver.url}/secret-path`, types });
  const since = r.server.backend.clock().toISOString();
  await r.api.make(`/v1/webhooks/${id}/rotate`);
  await r.api.make(`/v1/webhooks/${id}/replay`, { since });
  await r.api.make(`/v1/webhooks/${id}/resume`);
  await remove(id);
  const { data } = (await r.api.get(`/v1/log?subject=${id}`)).body;
  expect(data.map((e: { action: string }) => e.action)).toEqual([
    'webhook.added',
    'webhook.secret_rotated',
    'webhook.replayed',
    'webhook.resumed',
    'webhook.deleted',
  ]);
  expect(data[0]).toMatchObject({ actor: 'cli_first', details: '{"types":"account.created"}' });
  expect(JSON.stringify(data)).not.toMatch(/whsec_|secret-path/);
});

describe('whom it concerns', () => {
  async function clientOf(institution: string, id: string): Promise<Api> {
    const client_secret = newSecret(r.server.backend.crypto, 'scs');
    await r.server.backend.store.write(async (tx) => {
      await tx.institutions.add({ id: institution, kind: 'issuer', name: institution }, new Date());
      await tx.credentials.addClient(
        {
          id,
          institution,
          name: id,
          secretHash: hashOf(client_secret),
          scopes: ['webhooks:read', 'webhooks:write', 'accounts:write'],
          isSandbox: false,
        },
        new Date(),
      );
    });
    return r.as({ client_id: id, client_secret });
  }

  test('another institution sees neither webhook, delivery nor event, and is told of its own only', async () => {
    const other = await clientOf('ins_other', 'cli_other');
    await open();
    await newest({ status: 'delivered' });
    const [delivery] = await log();
    for (const path of [
      `/v1/webhooks/${hook.id}`,
      `/v1/webhooks/${hook.id}/deliveries`,
      `/v1/webhooks/deliveries/${delivery.id}`,
      `/v1/events/${delivery.event}`,
    ])
      expect((await other.get(path)).status, path).toBe(404);
    for (const verb of ['ping', 'resume'])
      expect((await other.post(`/v1/webhooks/${hook.id}/${verb}`, {})).status, verb).toBe(404);
    for (const path of ['/v1/webhooks', '/v1/events']) expect((await other.get(path)).body.data).toEqual([]);
    const theirs = await startReceiver();
    await other.make('/v1/webhooks', { url: theirs.url });
    const sofar = receiver.received.length;
    const account = await other.make('/v1/accounts', { name: 'Theirs' });
    const [message] = await theirs.wait(1);
    expect(JSON.parse(message?.body ?? '').data.account).toBe(account.id);
    await sleep(100);
    expect(receiver.received).toHaveLength(sofar);
    expect(theirs.received).toHaveLength(1);
    await theirs.close();
  });
});

test.each([
  ['ftp://example.com/', 'https'],
  ['http://example.com/', 'https'],
  ['https://user:pw@example.com/', 'password'],
  ['https://example.com/#x', 'fragment'],
  ['nonsense', 'no URL'],
])('the address %s is refused', async (url, says) => {
  const refused = await r.api.post('/v1/webhooks', { url }, { 'idempotency-key': freshKey() });
  expect(refused).toMatchObject({ status: 422, body: { code: 'webhook_url_refused', param: 'url' } });
  expect(refused.body.detail).toContain(says);
});
