/** What attackers send that no client would: over raw sockets where Node's own client is too polite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../src/index.ts';
import { testDatabase } from '../src/postgres/test-database.ts';
import { type Api, freshKey, httpApi, issueTo, sandboxClient, TEST_KEYS } from './kit.ts';

const PUBLIC = 'https://pay.example';
let server: RunningServer;
let api: Api;
let database: pg.Client;
let authorization: string;
let stop: () => Promise<void>;
beforeAll(async () => {
  const own = await testDatabase();
  const dataFolder = await mkdtemp(join(tmpdir(), 'sokkin-attacks-'));
  const options = { databaseUrl: own.url, dataFolder, keyStore: TEST_KEYS, publicUrl: PUBLIC, port: 0 };
  server = await startServer(options);
  const second = httpApi(server.url, sandboxClient(dataFolder, 'second'));
  api = { ...httpApi(server.url, sandboxClient(dataFolder, 'first')), approver: second };
  authorization = (await api.authorization()).authorization ?? '';
  database = new pg.Client({ connectionString: own.url });
  await database.connect();
  await database.query("CREATE TABLE canary AS SELECT 'alive' AS state");
  stop = async () => {
    await database.end();
    await server.close();
    await own.drop();
    await rm(dataFolder, { recursive: true, force: true });
  };
});
afterAll(() => stop());

/** All that comes back until the server closes the connection. */
function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (part) => {
      text += part;
    });
    socket.on('error', reject).on('close', () => resolve(text));
    socket.write(request, 'latin1');
  });
}
const accounts = async (): Promise<number> =>
  Number((await database.query('SELECT count(*) FROM accounts')).rows[0].count);
const post = (path: string, body: object | string, headers: Record<string, string> = {}) =>
  fetch(server.url + path, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/json',
      'idempotency-key': freshKey(),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('injection', () => {
  const SQL = [
    "'; DROP TABLE canary; --",
    "' OR '1'='1",
    '"; DELETE FROM canary; --',
    "\\'; DROP TABLE canary; --",
    "$$; DROP TABLE canary; $$ || pg_sleep(5) || '",
    "x') RETURNING (SELECT state FROM canary) --",
    '%_\\',
  ];

  test('SQL in every text that is kept comes back as it was, and does nothing', async () => {
    const [from, to] = [
      await api.make('/v1/accounts', { name: 'A' }),
      await api.make('/v1/accounts', { name: 'B' }),
    ];
    await issueTo(api, from.id, 1_000n);
    for (const text of SQL) {
      expect(await api.make('/v1/accounts', { name: text })).toMatchObject({ name: text });
      const order = { from: from.id, to: to.id, amount: '1', memo: text };
      const transfer = await api.make('/v1/transfers', order);
      expect((await api.get(`/v1/transfers/${transfer.id}`)).body).toMatchObject({ memo: text });
      await api.make(`/v1/transfers/${transfer.id}/reversal`, { reason: text });
    }
    expect((await database.query('SELECT state FROM canary')).rows).toEqual([{ state: 'alive' }]);
    expect((await api.get('/v1/audit')).body).toMatchObject({ holds: true });
  });

  test('SQL in ids, cursors, filters and keys is refused, or is only a text', async () => {
    for (const text of SQL) {
      const part = encodeURIComponent(text);
      for (const path of [
        `/v1/accounts/${part}`,
        `/v1/accounts?cursor=${part}`,
        `/v1/log?action=${part}`,
        `/v1/log?actor=${part}&subject=${part}`,
        `/v1/transfers?account=${part}`,
        `/v1/audit/terms/${part}`,
      ])
        expect([400, 404], path).toContain((await api.get(path)).status);
      const key = text.replaceAll(' ', '_');
      const answer = await post('/v1/parties', { reference: key }, { 'idempotency-key': key });
      expect([201, 400]).toContain(answer.status);
    }
    expect((await database.query('SELECT state FROM canary')).rows).toEqual([{ state: 'alive' }]);
  });

  test('line ends in addresses and names make no header of an answer', async () => {
    const evil = '%0d%0aSet-Cookie:%20a=b%0d%0a%0d%0a<script>';
    for (const path of [`/v1/accounts/${evil}`, `/${evil}`, `/v1/accounts?cursor=${evil}`, `/docs${evil}`]) {
      const answer = await fetch(server.url + path, { headers: { authorization }, redirect: 'manual' });
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(answer.headers.get('location')).toBeNull();
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
    const named = await post('/v1/accounts', { name: 'a\r\nSet-Cookie: a=b' });
    expect(named.status).toBe(400);
  });
});

describe('JSON', () => {
  test('names of the prototype, numbers for texts and numbers that are none are refused, and change no object', async () => {
    const before = await accounts();
    for (const body of [
      '{"name":"x","__proto__":{"reach":"all"}}',
      '{"name":"x","constructor":{"prototype":{"reach":"all"}}}',
      '{"name":"x","toString":"y"}',
      '{"name":1e400}',
      '{"name":-0}',
      '{"name":["x"]}',
      '{"name":{"toString":"x"}}',
      '{"name":"a\\u0000b"}',
      '{"name":"\\ud800"}',
      '{"name":"x","hasOwnProperty":1}',
    ])
      expect((await post('/v1/accounts', body)).status, body).toBe(400);
    for (const amount of [
      '1e400',
      '-0',
      '1',
      '1.0',
      '9007199254740993',
      '"-0"',
      '"1e3"',
      '"0x10"',
      '" 1"',
      '"１"',
    ])
      expect((await post('/v1/issuances', `{"account":"acc_x","amount":${amount}}`)).status, amount).toBe(
        400,
      );
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('reach' in {}).toBe(false);
    expect(await accounts()).toBe(before);
  });

  test('of a key that comes twice the last counts, for the check and for the effect alike', async () => {
    const good = await post('/v1/accounts', '{"name":"\\u0000","name":"Last"}');
    expect([good.status, await good.json()]).toMatchObject([201, { name: 'Last' }]);
    expect((await post('/v1/accounts', '{"name":"First","name":"\\u0000"}')).status).toBe(400);
  });
});

describe('HTTP', () => {
  const SMUGGLED = 'GET /v1/pki HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const head = () => `POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;

  const AMBIGUOUS = [
    ['both lengths', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}'],
    ['a list of lengths', 'Content-Length: 2, 60\r\n\r\n{}'],
    ['a signed length', 'Content-Length: +2\r\n\r\n{}'],
    ['a negative length', 'Content-Length: -2\r\n\r\n{}'],
    ['a length in hex', 'Content-Length: 0x2\r\n\r\n{}'],
    ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['another coding after chunked', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a coding that only looks like chunked', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a chunk of no size', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'],
  ] as const;
  test.each(AMBIGUOUS)('%s: refused, and nothing behind it is a request', async (_, rest) => {
    const before = await accounts();
    const answer = await raw(`${head()}Authorization: ${authorization}\r\n${rest}${SMUGGLED}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(answer).not.toContain('HTTP/1.1 200');
    expect(await accounts()).toBe(before);
  });

  test('no header and no field makes one method another', async () => {
    const { id } = await api.make('/v1/webhooks', { url: 'http://127.0.0.1:9/' });
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      const asked = await fetch(`${server.url}/v1/webhooks/${id}?_method=DELETE`, {
        headers: { authorization, [name]: 'DELETE' },
      });
      expect([200, 400]).toContain(asked.status);
      expect((await post(`/v1/webhooks/${id}`, {}, { [name]: 'DELETE' })).status).toBe(404);
    }
    expect((await api.get(`/v1/webhooks/${id}`)).status).toBe(200);
    for (const method of ['TRACE', 'PROPFIND', 'CONNECT', 'DEBUG'])
      expect(
        await raw(`${method} /v1/accounts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      ).not.toMatch(/^HTTP\/1\.1 [25]/);
  });

  test('addresses that climb out of the page’s folder find nothing', async () => {
    for (const path of [
      '/docs/../../../../etc/passwd',
      '/docs/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
      '/docs/..%2f..%2f..%2fetc%2fpasswd',
      '/docs/..\\..\\package.json',
      '/docs//etc/passwd',
      '/docs/docs.css%00.js',
      'http://evil.example/../../etc/passwd',
    ]) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer, path).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer, path).not.toMatch(/root:|"workspaces"/);
    }
  });

  test('what a request says of its host changes no address that we give', async () => {
    const answer = await raw(
      'GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: evil.example\r\n' +
        'X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: http\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain(`${PUBLIC}/v1/oauth/token`);
    expect(answer).not.toContain('evil');
  });

  test('a body is JSON and called so, in no compression: what a foreign page can send is refused', async () => {
    const before = await accounts();
    const body = '{"name":"x"}';
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/json',
      'application/jsonp',
    ])
      expect((await post('/v1/accounts', body, { 'content-type': type })).status, type).toBe(415);
    for (const coding of ['gzip', 'deflate', 'br'])
      expect(
        (
          await fetch(`${server.url}/v1/accounts`, {
            method: 'POST',
            headers: { authorization, 'content-type': 'application/json', 'content-encoding': coding },
            body: gzipSync(body),
          })
        ).status,
      ).toBe(400);
    expect(await accounts()).toBe(before);
  });

  test('thousands of parameters and of keys are refused quickly', async () => {
    const begun = performance.now();
    const many = Array.from({ length: 10_000 }, (_, i) => `a${i}=1`).join('&');
    expect((await api.get(`/v1/accounts?${many}`)).status).toBe(431);
    expect((await api.get(`/v1/accounts?${many.slice(0, 12_000)}`)).status).toBe(400);
    const keys = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 1]));
    expect((await post('/v1/accounts', { name: 'x', ...keys })).status).toBe(400);
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect((await post('/v1/accounts', `{"name":${deep}}`)).status).toBe(400);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});
