/** Rate limits: who is counted how, what a refused caller is told, and what they cost. */
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { NOBODY } from '../src/access/principal.ts';
import { readConfig } from '../src/config.ts';
import { type Authenticate, installAccess } from '../src/http/access.ts';
import { installErrors } from '../src/http/errors.ts';
import {
  DEFAULT_RATE_LIMITS,
  installRateLimits,
  type RateLimits,
  rateLimits,
} from '../src/http/rate-limit.ts';
import { TokenBuckets } from '../src/http/token-buckets.ts';
import { Problem } from '../src/problems.ts';

const LIMITS: RateLimits = {
  principal: { perSecond: 2, burst: 4 },
  anonymous: { perSecond: 1, burst: 3 },
  credentials: { perSecond: 0.5, burst: 2 },
};

let app: FastifyInstance | undefined;
let now = 0;
afterEach(() => app?.close());

/** `x-who` says who calls; "forged" is nobody's token. */
const byHeader: Authenticate = async (request) => {
  const who = request.headers['x-who'];
  if (typeof who !== 'string' || who === 'forged') throw new Problem('unauthorized', 'Not believed.');
  return { ...NOBODY, kind: 'institution', id: who, scopes: new Set(['accounts:read']) };
};

async function limited(trustProxy: string | false = false): Promise<FastifyInstance> {
  now = 0;
  app = fastify({ trustProxy });
  installErrors(app);
  const { afterAccess } = installRateLimits(app, LIMITS, () => now);
  installAccess(app, byHeader);
  afterAccess();
  app.get('/mine', { config: { access: 'accounts:read' } }, async () => ({}));
  app.get('/open', { config: { access: 'open' } }, async () => ({}));
  app.post('/token', { config: { access: 'open' } }, async () => ({}));
  await app.ready();
  return app;
}

type Ask = { method?: 'GET' | 'POST'; url: string; who?: string; from?: string; forwarded?: string };
async function ask({ method = 'GET', url, who, from = '192.0.2.1', forwarded }: Ask) {
  const headers = {
    ...(who === undefined ? {} : { 'x-who': who }),
    ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
  };
  return Object(await app?.inject({ method, url, headers, remoteAddress: from }));
}
async function statuses(count: number, asked: Ask): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push((await ask(asked)).statusCode);
  return all;
}

test('a caller has its own share, wherever it calls from', async () => {
  await limited();
  expect(await statuses(5, { url: '/mine', who: 'cli_1' })).toEqual([200, 200, 200, 200, 429]);
  expect(await statuses(1, { url: '/mine', who: 'cli_1', from: '192.0.2.9' })).toEqual([429]);
  expect(await statuses(1, { url: '/mine', who: 'cli_2' })).toEqual([200]);
  now += 1000;
  expect(await statuses(3, { url: '/mine', who: 'cli_1' })).toEqual([200, 200, 429]);
});

test('a refused caller is told how long to wait', async () => {
  await limited();
  const first = await ask({ url: '/mine', who: 'cli_1' });
  expect(first.headers.ratelimit).toBe('"principal";r=3;t=0');
  await statuses(3, { url: '/mine', who: 'cli_1' });
  const refused = await ask({ url: '/mine', who: 'cli_1' });
  expect(refused.headers).toMatchObject({
    'retry-after': '1',
    ratelimit: '"principal";r=0;t=1',
    'ratelimit-policy': '"principal";q=4;w=2',
    'content-type': 'application/problem+json; charset=utf-8',
  });
  expect(refused.json()).toMatchObject({ code: 'rate_limited', status: 429, retryable: true });
});

test('who shows nothing is counted by address; an IPv6 network is one', async () => {
  await limited();
  expect(await statuses(4, { url: '/open' })).toEqual([200, 200, 200, 429]);
  expect(await statuses(1, { url: '/open', from: '192.0.2.2' })).toEqual([200]);
  expect(await statuses(3, { url: '/open', from: '2001:db8:1:2::1' })).toEqual([200, 200, 200]);
  expect(await statuses(1, { url: '/open', from: '2001:db8:1:2:ffff::9' })).toEqual([429]);
  expect(await statuses(1, { url: '/open', from: '2001:db8:1:3::1' })).toEqual([200]);
});

test('secrets cannot be guessed: tries are few, and so are wrong tokens', async () => {
  await limited();
  expect(await statuses(3, { method: 'POST', url: '/token' })).toEqual([200, 200, 429]);
  expect(await statuses(3, { url: '/mine', who: 'forged' })).toEqual([401, 401, 429]);
  // From there not even right ones are heard, until some time has passed.
  expect(await statuses(1, { url: '/mine', who: 'cli_1' })).toEqual([429]);
  expect(await statuses(1, { url: '/mine', who: 'cli_1', from: '192.0.2.7' })).toEqual([200]);
  now += 2000;
  expect(await statuses(1, { url: '/mine', who: 'cli_1' })).toEqual([200]);
});

test('X-Forwarded-For is believed of known proxies, and of nobody else', async () => {
  await limited();
  const asked = (n: number): Ask => ({ url: '/open', forwarded: `203.0.113.${n}` });
  for (const n of [1, 2, 3]) expect(await statuses(1, asked(n))).toEqual([200]);
  expect(await statuses(1, asked(4))).toEqual([429]);
  await app?.close();
  await limited('192.0.2.0/24');
  for (const n of [1, 2, 3, 4, 5]) expect(await statuses(1, asked(n))).toEqual([200]);
});

test('memory is bounded, and what was seen last is kept', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, () => 0, 100);
  buckets.take('kept');
  for (let i = 0; i < 10_000; i++) {
    buckets.take(`key ${i}`);
    expect(buckets.take('kept').ok).toBe(false);
  }
  expect(buckets.size).toBe(100);
});

test('configuration', () => {
  const principal = (env: Record<string, string>) => {
    const { ratePerSecond, rateBurst } = readConfig(env);
    return rateLimits(ratePerSecond, rateBurst).principal;
  };
  expect(principal({})).toEqual(DEFAULT_RATE_LIMITS.principal);
  expect(principal({ SOKKIN_RATE_PER_SECOND: '50', SOKKIN_RATE_BURST: '100' })).toEqual({
    perSecond: 50,
    burst: 100,
  });
  expect(principal({ SOKKIN_RATE_PER_SECOND: '0' })).toBeUndefined();
  expect(() => readConfig({ SOKKIN_RATE_BURST: '0' })).toThrow(/^SOKKIN_RATE_BURST/);
  expect(() => readConfig({ SOKKIN_RATE_PER_SECOND: '1e3' })).toThrow(/^SOKKIN_RATE_PER_SECOND/);
});
