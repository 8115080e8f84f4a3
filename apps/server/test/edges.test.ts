/** Clients that are slow, huge, silent, many, or do not speak UTF-8; and a clock that jumps. Over real sockets. */

import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../src/index.ts';
import { auditNow } from '../src/operations/audits.ts';
import { testDatabase } from '../src/postgres/test-database.ts';
import { type Api, httpApi, newPurse, rig, sandboxClient, sync } from './kit.ts';
import { startReceiver } from './receiver.ts';

let server: RunningServer;
let api: Api;
let stop: () => Promise<void>;
beforeAll(async () => {
  const database = await testDatabase();
  const dataFolder = await mkdtemp(join(tmpdir(), 'sokkin-edges-'));
  server = await startServer({ databaseUrl: database.url, dataFolder, port: 0 });
  api = httpApi(server.url, sandboxClient(dataFolder, 'first'));
  stop = async () => {
    await server.close();
    await database.drop();
    await rm(dataFolder, { recursive: true, force: true });
  };
});
afterAll(() => stop());

interface Talk {
  readonly socket: Socket;
  text(): string;
  /** All that came until the connection ended, and after how many milliseconds. */
  readonly ended: Promise<{ readonly text: string; readonly ms: number }>;
}

function talk(): Talk {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  const begun = performance.now();
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => {
    text += part;
  });
  socket.on('error', () => undefined);
  const ended = new Promise<{ text: string; ms: number }>((resolve) =>
    socket.on('close', () => resolve({ text, ms: performance.now() - begun })),
  );
  return { socket, text: () => text, ended };
}

const HEAD = 'POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const authorized = async (): Promise<string> =>
  `${HEAD}Authorization: ${(await api.authorization()).authorization ?? ''}\r\n`;

/** The server looks every 2 s at who has been waited for long enough, and reads then how long that is. */
async function withPatience(headersMs: number, requestMs: number, work: () => Promise<void>): Promise<void> {
  const http = server.app.server;
  const { headersTimeout, requestTimeout } = http;
  Object.assign(http, { headersTimeout: headersMs, requestTimeout: requestMs });
  await work().finally(() => Object.assign(http, { headersTimeout, requestTimeout }));
}

test('headers have 10 s to come, and a request 30 s', () => {
  expect(server.app.server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000 });
});

test('headers that never end, and a body that never comes, are answered with 408 and closed', async () => {
  await withPatience(1_000, 2_000, async () => {
    const slow = talk();
    slow.socket.write('GET /health HTTP/1.1\r\nHost: x\r\n');
    const drip = setInterval(() => slow.socket.write('X-Slow: 1\r\n'), 300);
    const silent = talk();
    silent.socket.write(`${await authorized()}Content-Length: 1000\r\n\r\n{"name`);
    const [headers, body] = await Promise.all([slow.ended, silent.ended]);
    clearInterval(drip);
    expect(headers.text).toMatch(/^HTTP\/1\.1 408 /);
    expect(headers.text).toContain('"code":"request_timeout"');
    expect(headers.ms).toBeLessThan(16_000);
    expect(body.text).toMatch(/^HTTP\/1\.1 408 /);
    expect(body.ms).toBeLessThan(17_000);
  });
});

test('100 MB, announced or in pieces, are refused before they are here', async () => {
  const announced = talk();
  announced.socket.write(`${await authorized()}Content-Length: 104857600\r\n\r\n`);
  await expect.poll(() => announced.text()).toMatch(/^HTTP\/1\.1 413 .*payload_too_large/s);
  announced.socket.destroy();

  const rss = process.memoryUsage().rss;
  const pieces = talk();
  pieces.socket.write(`${await authorized()}Transfer-Encoding: chunked\r\n\r\n`);
  const piece = 'x'.repeat(65_536);
  let sent = 0;
  while (sent < 100 * 1024 * 1024 && !pieces.socket.destroyed && !pieces.text().includes('413')) {
    const drained = pieces.socket.write(`10000\r\n${piece}\r\n`);
    sent += piece.length;
    if (!drained) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await expect.poll(() => pieces.text()).toMatch(/^HTTP\/1\.1 413 /);
  expect(sent).toBeLessThan(50 * 1024 * 1024);
  expect(process.memoryUsage().rss - rss).toBeLessThan(150 * 1024 * 1024);
  pieces.socket.destroy();
});

test('2,000 idle connections do not keep others out', async () => {
  const idle = Array.from({ length: 2_000 }, () => talk());
  await Promise.all(
    idle.map(({ socket }) => new Promise<void>((resolve) => socket.once('connect', () => resolve()))),
  );
  for (let i = 0; i < 10; i++) expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect((await api.post('/v1/accounts', { name: 'Between' })).status).toBe(201);
  for (const { socket } of idle) socket.destroy();
});

test('octets that are not UTF-8 are refused in bodies, paths and headers, and never changed into others', async () => {
  const { authorization = '' } = await api.authorization();
  const post = (body: Uint8Array, type = 'application/json') =>
    fetch(`${server.url}/v1/accounts`, {
      method: 'POST',
      headers: { authorization, 'content-type': type },
      body: Buffer.from(body),
    }).then(async (answer) => ({ status: answer.status, body: await answer.json() }));
  const named = (name: Uint8Array) => Buffer.concat([Buffer.from('{"name":"'), name, Buffer.from('"}')]);
  for (const bad of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xc0, 0x80]])
    expect(await post(named(Uint8Array.from(bad)))).toMatchObject({
      status: 400,
      body: { code: 'bad_request' },
    });
  expect(await post(named(Buffer.from('Société 株式会社 𠮷')))).toMatchObject({
    status: 201,
    body: { name: 'Société 株式会社 𠮷' },
  });
  expect((await post(Buffer.from(named(Buffer.from('x')).toString(), 'utf16le'))).status).toBe(400);

  const raw = async (request: Buffer | string) => {
    const client = talk();
    client.socket.end(request);
    return (await client.ended).text;
  };
  const path = await raw('GET /v1/accounts/%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(path).toMatch(/^HTTP\/1\.1 400 /);
  expect(path).toContain('application/problem+json');
  const octets = await raw(
    Buffer.concat([
      Buffer.from('GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'latin1'),
    ]),
  );
  expect(octets).toMatch(/^HTTP\/1\.1 4\d\d /);
  const key = await raw(
    Buffer.from(
      `POST /v1/fundings HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${authorization}\r\nIdempotency-Key: \xff\xfe\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
      'latin1',
    ),
  );
  expect(key).toMatch(/^HTTP\/1\.1 400 /);
  expect(key).toContain('"request_id":"req_');
});

test('what is no HTTP, and headers without end, are problem documents as well', async () => {
  const raw = async (request: string) => {
    const client = talk();
    client.socket.write(request);
    return (await client.ended).text;
  };
  const noise = await raw('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n');
  expect(noise).toMatch(/^HTTP\/1\.1 400 /);
  expect(noise).toContain('"code":"bad_request"');
  const large = await raw(`GET /health HTTP/1.1\r\nHost: x\r\nX-Large: ${'y'.repeat(20_000)}\r\n\r\n`);
  expect(large).toMatch(/^HTTP\/1\.1 431 /);
  expect(large).toContain('"code":"headers_too_large"');
  const split = await raw(
    'GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  expect(split).toMatch(/^HTTP\/1\.1 400 /);
});

test('a clock that jumps forth and back breaks no sync, no token for good, and no audit', async () => {
  const r = await rig();
  const purse = await newPurse(r.api);
  for (const hours of [1, -2, 30, -29, 24 * 40, -24 * 40]) {
    r.advance(hours * 3_600_000);
    await sync(r.api, purse);
    expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
    expect((await r.api.get('/health/ready')).status).toBe(200);
  }
  await r.close();
});

test('a clock that was days ahead, and is set right: audits run, events are told, nobody is locked out, and no token lasts longer', async () => {
  const r = await rig({ webhooks: { pollMs: 10 } });
  const receiver = await startReceiver();
  const login = async () =>
    (await r.as(undefined).post('/v1/sessions', { name: 'ada', password: 'not the password' })).body.code;
  const days = 40 * 86_400_000;
  r.advance(days);
  expect(await auditNow(r.server.backend, 60)).toMatchObject({ holds: true });
  for (let tries = 0; tries < 5; tries++) expect(await login()).toBe('login_failed');
  expect(await login()).toBe('login_locked');
  receiver.behave(500);
  await r.api.make('/v1/webhooks', { url: `${receiver.url}/hook`, types: ['account.created'] });
  await r.api.make('/v1/accounts', { name: 'A' });
  await receiver.wait(1);
  const headers = await r.api.authorization();
  expect((await r.as(undefined).get('/v1/accounts', headers)).status).toBe(200);

  receiver.behave(200);
  r.advance(-days);
  expect(await auditNow(r.server.backend, 60)).toMatchObject({ holds: true });
  expect(await auditNow(r.server.backend, 60)).toBeUndefined();
  expect(await login()).toBe('login_failed');
  expect((await r.as(undefined).get('/v1/accounts', headers)).status).toBe(401);
  expect((await r.api.get('/v1/accounts')).status).toBe(200);
  await receiver.wait(2);
  await receiver.close();
  await r.close();
});
