/** Metrics, readiness and traces of a running server. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startServer } from '../src/index.ts';
import { testDatabase } from '../src/postgres/test-database.ts';
import {
  chainOf,
  freshKey,
  fundPurse,
  httpApi,
  newPurse,
  type Rig,
  rig,
  sandboxClient,
  upload as uploadOf,
} from './kit.ts';
import { dataFolder } from './server-child.ts';

let r: Rig;
beforeAll(async () => {
  r = await rig();
});
afterAll(() => r.close());

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text exposition format, version 0.0.4, strictly. */
function parseExposition(text: string): Sample[] {
  const kinds = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
    if (comment !== null) {
      if (comment[1] === 'TYPE') kinds.set(comment[2] ?? '', comment[3] ?? '');
      continue;
    }
    const [, name = '', labels = '', value = ''] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    expect(name, line).not.toBe('');
    expect(kinds.has(name.replace(/_(bucket|sum|count)$/, '')) || kinds.has(name), line).toBe(true);
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)];
    expect(pairs.map((p) => p[0]).join('')).toBe(labels);
    samples.push({
      name,
      labels: Object.fromEntries(pairs.map((p) => [p[1], p[2]])),
      value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value),
    });
  }
  return samples;
}

async function scrape(): Promise<Sample[]> {
  const answer = await r.server.app.inject('/metrics');
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  return parseExposition(answer.body);
}
const find = (samples: Sample[], name: string, labels: Record<string, string> = {}) =>
  samples.find((s) => s.name === name && Object.entries(labels).every(([k, v]) => s.labels[k] === v))?.value;

test('what moved is in the metrics', async () => {
  const purse = await newPurse(r.api);
  await fundPurse(r.api, purse, 700n);
  const key = freshKey();
  const body = { ticket: 'a0', payee: chainOf(purse), account: purse.account, amount: '5' };
  await r.api.post('/v1/fundings', body, { 'idempotency-key': key });
  const sync = `/v1/purses/${purse.id}/sync`;
  const upload = await uploadOf(r.api, purse);
  expect((await r.api.post(sync, upload)).status).toBe(200);
  await r.api.get('/v1/audit');
  const samples = await scrape();
  const count = (operation: string, outcome: string) =>
    find(samples, 'sokkin_operations_total', { operation, outcome });
  expect(count('funding', 'done')).toBe(1);
  expect(count('funding', 'refused')).toBe(1);
  expect(count('sync', 'done')).toBe(2);
  expect(find(samples, 'sokkin_money_minor_units', { term: 'issued' })).toBe(700);
  expect(find(samples, 'sokkin_money_minor_units', { term: 'offline' })).toBe(700);
  expect(find(samples, 'sokkin_audit_holds')).toBe(1);
  expect(find(samples, 'sokkin_database_up')).toBe(1);
  expect(find(samples, 'sokkin_ledger_highest_transfer')).toBeGreaterThanOrEqual(2);
  expect(find(samples, 'sokkin_alerts_open', { severity: 'proven' })).toBe(0);
  expect(
    find(samples, 'sokkin_certificate_days_left', { certificate: 'issuer/ins_first_issuer.1' }),
  ).toBeGreaterThan(300);
  const fundings = { method: 'POST', route: '/v1/fundings', status: '201' };
  expect(find(samples, 'sokkin_http_request_duration_seconds_count', fundings)).toBe(1);
});

test('the documentation lists the metrics that there are', async () => {
  const page = await readFile(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `(sokkin_[a-z_]+)` \|/gm)].map((match) => match[1]);
  const { body } = await r.server.app.inject('/metrics');
  const exposed = [...body.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
  expect(listed.sort()).toEqual(exposed.sort());
});

test('no caller can make the metrics grow', async () => {
  await scrape();
  await r.api.get('/v1/never/seen');
  await r.api.get('/v1/accounts/acc_1');
  const before = (await scrape()).length;
  for (let i = 0; i < 50; i++) {
    await r.api.get(`/v1/never/seen-${i}`);
    await r.api.get(`/v1/accounts/acc_${i}`);
  }
  expect((await scrape()).length).toBe(before);
});

test('metrics are for this machine, and not for the world behind a proxy on it', async () => {
  const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
    r.server.app.inject({ url: '/metrics', remoteAddress, headers }).then((a) => a.statusCode);
  expect(await from('127.0.0.1')).toBe(200);
  expect(await from('::ffff:127.0.0.1')).toBe(200);
  expect(await from('::1')).toBe(200);
  const { isFromThisMachine } = await import('../src/observe/loopback.ts');
  const asked = (ip: string, headers: Record<string, string>, trusts: boolean) =>
    isFromThisMachine({ ip, headers } as never, trusts);
  expect(asked('10.0.0.9', {}, false)).toBe(false);
  expect(asked('127.0.0.1', { 'x-forwarded-for': '10.0.0.9' }, false)).toBe(false);
  expect(asked('10.0.0.9', { 'x-forwarded-for': '10.0.0.9' }, true)).toBe(false);
  expect(asked('127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, true)).toBe(true);
});

test('ready while requests can be written down and signed', async () => {
  expect(await r.api.get('/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await r.api.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } });
  const database = await testDatabase();
  const folder = await dataFolder();
  const server = await startServer({ databaseUrl: database.url, dataFolder: folder, port: 0 });
  const api = httpApi(server.url, sandboxClient(folder, 'first'));
  expect((await api.get('/v1/accounts')).status).toBe(200);
  const ready = async () => {
    const answer = await fetch(`${server.url}/health/ready`);
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after'),
      body: await answer.json(),
    };
  };
  expect((await ready()).status).toBe(200);
  await database.drop();
  expect(await ready()).toMatchObject({
    status: 503,
    retryAfter: '1',
    body: { code: 'not_ready', detail: 'The database does not answer.', retryable: true },
  });
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  const metrics = parseExposition(await (await fetch(`${server.url}/metrics`)).text());
  expect(find(metrics, 'sokkin_database_up')).toBe(0);
  expect(await api.get('/v1/accounts')).toMatchObject({ status: 503, body: { retryable: true } });
  await server.close();
});

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

async function collector() {
  const spans: OtlpSpan[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      bodies.push(body);
      for (const resource of JSON.parse(body).resourceSpans)
        for (const scope of resource.scopeSpans) spans.push(...scope.spans);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, spans, bodies };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

test('a request and its transactions are one trace, below the caller’s own span', async () => {
  const { url, spans, bodies } = await collector();
  const folder = await dataFolder();
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const server = await startServer({
    databaseUrl: database.url,
    dataFolder: folder,
    port: 0,
    otlpEndpoint: url,
  });
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const api = httpApi(server.url, sandboxClient(folder, 'first'));
  const send = (traceparent: string) => api.post('/v1/accounts', { name: 'canary7f3a9c' }, { traceparent });
  expect((await send(`00-${traceId}-00f067aa0ba902b7-01`)).status).toBe(201);
  await send('00-nonsense-01');
  await server.close();
  const request = spans.find((s) => s.traceId === traceId && s.name === 'POST /v1/accounts');
  expect(request?.parentSpanId).toBe('00f067aa0ba902b7');
  const attributes = Object.fromEntries(
    (request?.attributes ?? []).map((a) => [a.key, Object.values(a.value)[0]]),
  );
  expect(attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/v1/accounts',
    'http.response.status_code': 201,
    'sokkin.request_id': expect.stringMatching(/^req_/),
  });
  const transaction = spans.find((s) => s.traceId === traceId && s.name === 'write transaction');
  expect(transaction?.parentSpanId).toBe(request?.spanId);
  // A malformed traceparent begins a trace of its own.
  expect(spans.filter((s) => s.name === 'POST /v1/accounts')).toHaveLength(2);
  expect(bodies.join()).not.toContain('canary7f3a9c');
});

test('a collector that is gone costs no request and no stop', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const server = await startServer({
    databaseUrl: database.url,
    dataFolder: await dataFolder(),
    port: 0,
    otlpEndpoint: 'http://127.0.0.1:9',
  });
  for (let i = 0; i < 20; i++) expect((await fetch(`${server.url}/health`)).status).toBe(200);
  await server.close();
});
