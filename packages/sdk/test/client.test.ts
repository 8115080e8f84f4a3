/** The client against the real server, and against a `fetch` that fails as networks do. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Rig, rig, sandboxClient } from '../../../apps/server/test/kit.ts';
import {
  amountOf,
  amountText,
  type Client,
  type ClientOptions,
  createClient,
  paginate,
  SokkinApiError,
  SokkinNetworkError,
} from '../src/index.ts';

let r: Rig;
let url: string;
beforeAll(async () => {
  r = await rig();
  url = await r.server.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => r.close());

const QUICK = { attempts: 4, firstPauseMs: 1 };
/** As the sandbox's first client. */
const clientOf = (more: Partial<ClientOptions> = {}): Client => {
  const { client_id: clientId, client_secret: clientSecret } = sandboxClient(r.dataFolder, 'first');
  return createClient({ url, retry: QUICK, credentials: { clientId, clientSecret }, ...more });
};

const newAccount = (client: Client, name: string) => client.post('/v1/accounts', { body: { name } });

/** Lets every request through to the server, and loses the answers of the first ones. */
function lossy(losses: number): { readonly fetch: typeof fetch; readonly keys: (string | null)[] } {
  const keys: (string | null)[] = [];
  let left = losses;
  return {
    keys,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      if (request.url.endsWith('/v1/oauth/token')) return globalThis.fetch(request);
      keys.push(request.headers.get('idempotency-key'));
      const response = await globalThis.fetch(request);
      if (left-- > 0) {
        await response.arrayBuffer();
        throw new TypeError('fetch failed: the connection was lost');
      }
      return response;
    },
  };
}

test('a call gives what the contract says, and amounts stay exact', async () => {
  const client = clientOf();
  const account = await newAccount(client, 'Hanako');
  const issued = await client.post('/v1/issuances', {
    body: { account: account.id, amount: amountText(900_000_000_000_001n) },
  });
  expect(amountOf(issued.balance)).toBe(900_000_000_000_001n);
  const again = await client.get('/v1/accounts/{id}', { params: { path: { id: account.id } } });
  expect(again).toMatchObject({ id: account.id, name: 'Hanako', balance: '900000000000001' });
});

test('a lost answer is asked for again with the same key, and the money moves once', async () => {
  const account = await newAccount(clientOf(), 'Jiro');
  const { fetch, keys } = lossy(2);
  const issued = await clientOf({ fetch }).post('/v1/issuances', {
    body: { account: account.id, amount: '700' },
  });
  expect(issued.balance).toBe('700');
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test('what might be done twice is not sent twice', async () => {
  const { fetch, keys } = lossy(1);
  await expect(newAccount(clientOf({ fetch }), 'Saburo')).rejects.toBeInstanceOf(SokkinNetworkError);
  expect(keys).toHaveLength(1);
});

test('a refusal has code, status, field and request id', async () => {
  const client = clientOf();
  const refused = client.post('/v1/issuances', {
    body: { account: 'acc_00', amount: '1' },
    headers: { 'idempotency-key': 'chosen-by-the-caller' },
  });
  await expect(refused).rejects.toBeInstanceOf(SokkinApiError);
  await expect(refused).rejects.toMatchObject({
    code: 'account_unknown',
    status: 422,
    param: 'account',
    retryable: false,
    requestId: expect.stringMatching(/^req_/),
  });
});

test('lists are one run of items, fetched page by page', async () => {
  const client = clientOf();
  const made: string[] = [];
  for (let i = 0; i < 7; i++) made.push((await newAccount(client, `Many ${i}`)).id);
  let pages = 0;
  const seen: string[] = [];
  const all = paginate((cursor) => {
    pages++;
    return client.get('/v1/accounts', { params: { query: { limit: 3, ...(cursor ? { cursor } : {}) } } });
  });
  for await (const account of all) seen.push(account.id);
  expect(seen.filter((id) => made.includes(id))).toEqual(made);
  expect(pages).toBe(Math.ceil(seen.length / 3));
});

describe('repeating', () => {
  const clientOf = (more: Partial<ClientOptions>): Client => createClient({ url, retry: QUICK, ...more });
  const problem = (status: number, body: object, headers: Record<string, string> = {}) =>
    new Response(JSON.stringify(body), { status, headers });
  const ok = () => Response.json({ status: 'ok', version: 'x', database: 'y' });
  /** Answers one after the other; the last one for ever. */
  const answers = (...list: (() => Response)[]) => {
    const times: number[] = [];
    return {
      times,
      fetch: async () => {
        times.push(Date.now());
        const next = list[Math.min(times.length, list.length) - 1];
        if (next === undefined) throw new Error('no answer was given');
        return next();
      },
    };
  };

  test('429 waits as long as it is told', async () => {
    const { fetch, times } = answers(
      () => problem(429, { code: 'rate_limited', retryable: true }, { 'retry-after': '1' }),
      ok,
    );
    await clientOf({ fetch }).get('/health');
    expect(times).toHaveLength(2);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('a failing proxy is asked again, and not for ever', async () => {
    const { fetch, times } = answers(() => new Response('<html>', { status: 502 }));
    await expect(clientOf({ fetch }).get('/health')).rejects.toMatchObject({ code: 'http_502', status: 502 });
    expect(times).toHaveLength(QUICK.attempts);
  });

  test('a refusal that will stay is not', async () => {
    const { fetch, times } = answers(() => problem(422, { code: 'insufficient_funds', retryable: true }));
    await expect(clientOf({ fetch }).get('/health')).rejects.toMatchObject({ code: 'insufficient_funds' });
    expect(times).toHaveLength(1);
  });

  test('who gives up is not kept waiting', async () => {
    const { fetch } = answers(() => problem(503, { retryable: true }, { 'retry-after': '20' }));
    const stop = new AbortController();
    const call = clientOf({ fetch }).get('/health', { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 50);
    await expect(call).rejects.toThrow('enough');
  });
});

describe('tokens', () => {
  /** A token endpoint, and a resource that believes only the newest token. */
  function guarded(lifetime: number) {
    let issued = 0;
    const asked: string[] = [];
    return {
      asked,
      withdraw: () => {
        issued += 100;
      },
      fetch: async (request: Request) => {
        if (new URL(request.url).pathname === '/v1/oauth/token') {
          asked.push(`${request.headers.get('authorization')} ${await request.text()}`);
          issued++;
          return Response.json({ access_token: `sat_${issued}`, token_type: 'Bearer', expires_in: lifetime });
        }
        const believed = request.headers.get('authorization') === `Bearer sat_${issued}`;
        return believed
          ? Response.json({ status: 'ok', version: 'x', database: 'y' })
          : Response.json({ code: 'unauthorized', retryable: false }, { status: 401 });
      },
    };
  }
  const credentials = { clientId: 'cli_1', clientSecret: 's:ecret', scopes: ['audit:read'] };

  test('one is fetched for all calls that start at once, and kept', async () => {
    const { fetch, asked } = guarded(3600);
    const client = clientOf({ fetch, credentials });
    await Promise.all([client.get('/health'), client.get('/health'), client.get('/health')]);
    await client.get('/health');
    expect(asked).toEqual([
      `Basic ${btoa('cli_1:s%3Aecret')} grant_type=client_credentials&scope=audit%3Aread`,
    ]);
  });

  test('one that is about to end, or is not believed any more, is replaced', async () => {
    const brief = guarded(10);
    const client = clientOf({ fetch: brief.fetch, credentials });
    await client.get('/health');
    await client.get('/health');
    expect(brief.asked).toHaveLength(2);
    const long = guarded(3600);
    const other = clientOf({ fetch: long.fetch, credentials });
    await other.get('/health');
    long.withdraw();
    await other.get('/health');
    expect(long.asked).toHaveLength(2);
  });

  test('wrong credentials say so', async () => {
    const fetch = async () =>
      Response.json({ error: 'invalid_client', error_description: 'No such client.' }, { status: 401 });
    await expect(clientOf({ fetch, credentials }).get('/health')).rejects.toMatchObject({
      code: 'invalid_client',
    });
  });
});

test('amounts are decimal digits, and nothing else', () => {
  expect(amountOf('-12')).toBe(-12n);
  for (const bad of ['', '1.0', '1e3', ' 1', '01', '0x1', '+1'])
    expect(() => amountOf(bad)).toThrow(RangeError);
  for (const bad of [0n, -1n, 1_000_000_000_000_001n]) expect(() => amountText(bad)).toThrow(RangeError);
});
