/** Tokens of clients, as those who want one without right would try, and what stops when somebody is stopped. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { hashOf, newSecret } from '../src/access/secrets.ts';
import { createServer } from '../src/index.ts';
import { type Answer, type Credentials, type Rig, rig, sandboxClient, TEST_KEYS } from './kit.ts';

let r: Rig;
let first: Credentials;
let second: Credentials;
beforeAll(async () => {
  r = await rig();
  first = sandboxClient(r.dataFolder, 'first');
  second = sandboxClient(r.dataFolder, 'second');
});
afterAll(() => r.close());

const FORM = 'application/x-www-form-urlencoded';
async function form(path: string, body: string | object, headers: object = {}): Promise<Answer> {
  const payload = typeof body === 'string' ? body : new URLSearchParams({ ...body }).toString();
  const sent = await r.server.app.inject({
    method: 'POST',
    url: path,
    payload,
    headers: { 'content-type': FORM, ...headers },
  });
  return { status: sent.statusCode, headers: sent.headers, body: JSON.parse(sent.body || 'null') };
}
const grant = { grant_type: 'client_credentials' };
const ask = (more: object, headers: object = {}) => form('/v1/oauth/token', { ...grant, ...more }, headers);
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});
const tokenOf = async (more: object = first): Promise<string> => (await ask(more)).body.access_token;
const use = (token: string, scheme = 'Bearer', path = '/v1/accounts') =>
  r.as(undefined).get(path, { authorization: `${scheme} ${token}` });

describe('a token is given', () => {
  test('to a client that shows its secret in the body, or in the header', async () => {
    for (const answer of [await ask(first), await ask({}, basic(first.client_id, first.client_secret))]) {
      expect(answer).toMatchObject({
        status: 200,
        body: {
          token_type: 'Bearer',
          expires_in: 3600,
          access_token: expect.stringMatching(/^sat_[\w-]{43}$/),
        },
      });
      expect(answer.headers['cache-control']).toBe('no-store');
      expect((await use(answer.body.access_token)).status).toBe(200);
    }
  });

  test('with the scopes that were asked for, and no others', async () => {
    const { body } = await ask({ ...first, scope: 'accounts:read purses:read' });
    expect(body.scope).toBe('accounts:read purses:read');
    expect((await use(body.access_token)).status).toBe(200);
    const refused = await use(body.access_token, 'Bearer', '/v1/alerts');
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(String(refused.headers['www-authenticate'])).toContain(
      'error="insufficient_scope", scope="alerts:read"',
    );
  });

  test('its endpoints say where they are (RFC 8414)', async () => {
    const { body } = await r.as(undefined).get('/.well-known/oauth-authorization-server');
    expect(body.token_endpoint).toBe(`${body.issuer}/v1/oauth/token`);
    expect(body.scopes_supported).toContain('accounts:read');
    expect(body.grant_types_supported).toEqual(['client_credentials']);
  });
});

describe('a token is not given', () => {
  const wrong: Record<string, () => [object, object?]> = {
    'an unknown client': () => [{ ...first, client_id: 'cli_nobody' }],
    'a wrong secret': () => [{ ...first, client_secret: second.client_secret }],
    'half a secret': () => [{ ...first, client_secret: first.client_secret.slice(0, -1) }],
    'no secret': () => [{ client_id: first.client_id }],
    nothing: () => [{}],
    'a hash of the secret': () => [{ ...first, client_secret: '00'.repeat(32) }],
    'Basic that is none': () => [{}, { authorization: 'Basic %%%' }],
    'Basic without a colon': () => [{}, { authorization: `Basic ${Buffer.from('abc').toString('base64')}` }],
    'Bearer instead': () => [{}, { authorization: 'Bearer abc' }],
    'SQL instead of an id': () => [{ ...first, client_id: "' OR 1=1 --" }],
  };
  test.each(Object.keys(wrong))('to %s', async (name) => {
    const [body, headers] = wrong[name]?.() ?? [{}];
    const answer = await ask(body, headers);
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(answer.headers['www-authenticate']).toMatch(/^Basic/);
    expect(JSON.stringify(answer.body)).not.toContain(first.client_secret.slice(0, 10));
  });

  test('an unknown client and a wrong secret get the very same answer', async () => {
    const unknown = await ask({ ...first, client_id: 'cli_nobody' });
    const mistaken = await ask({ ...first, client_secret: second.client_secret });
    expect(unknown.body).toEqual(mistaken.body);
  });

  test('for what is no request', async () => {
    const { client_id: id, client_secret: secret } = first;
    const cases: [string, Answer][] = [
      ['unsupported_grant_type', await ask({ ...first, grant_type: 'password' })],
      ['unsupported_grant_type', await form('/v1/oauth/token', { client_id: id, client_secret: secret })],
      ['invalid_scope', await ask({ ...first, scope: 'accounts:read everything' })],
      ['invalid_scope', await ask({ ...first, scope: 'accounts:read  purses:read' })],
      ['invalid_scope', await ask({ ...first, scope: '__proto__' })],
      ['invalid_request', await ask(first, basic(id, secret))],
      ['invalid_request', await form('/v1/oauth/token', 'grant_type=client_credentials&grant_type=password')],
      ['invalid_request', await form('/v1/oauth/token', 'grant_type=%zz')],
      ['invalid_request', await form('/v1/oauth/token', 'grant_type=%ff')],
      ['invalid_request', await form('/v1/oauth/token', `x=${'y'.repeat(20_000)}`)],
      ['invalid_request', await form('/v1/oauth/token', '{}', { 'content-type': 'application/json' })],
      ['unsupported_grant_type', await form('/v1/oauth/token', '')],
    ];
    for (const [error, answer] of cases) {
      expect(answer).toMatchObject({ status: 400, body: { error, error_description: expect.any(String) } });
    }
  });
});

describe('a request is not believed', () => {
  test('without a token, and is told how to get in', async () => {
    const answer = await r.as(undefined).get('/v1/accounts');
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized', retryable: false } });
    expect(answer.headers['www-authenticate']).toEqual(['Bearer realm="sokkin"', 'DPoP algs="ES256"']);
  });

  test('with a token that was forged, cut, doubled, of another kind, or in another place', async () => {
    const token = await tokenOf();
    const other = (await tokenOf(second)).slice(-10);
    for (const forged of [
      token.slice(0, -1),
      `${token}A`,
      token.slice(0, -10) + other,
      token.replace('sat_', 'sop_'),
      token.replace('sat_', 'SAT_'),
      `${token} ${token}`,
      `${token},${token}`,
      first.client_secret,
      `sat_${'A'.repeat(43)}`,
      `sat_${'A'.repeat(4000)}`,
      'eyJhbGciOiJub25lIn0.eyJzdWIiOiJjbGlfZmlyc3QifQ.',
      '',
      "' OR ''='",
    ]) {
      const answer = await use(forged);
      expect([forged, answer.status, answer.body.code]).toEqual([forged, 401, 'unauthorized']);
      expect(String(answer.headers['www-authenticate'])).toContain('error="invalid_token"');
    }
    for (const scheme of ['DPoP', 'Basic', 'Token']) expect((await use(token, scheme)).status).toBe(401);
    expect((await r.as(undefined).get(`/v1/accounts?access_token=${token}`)).status).toBe(401);
    expect((await use(token)).status).toBe(200);
  });

  test('before anything else of it is looked at', async () => {
    const answer = await r.as(undefined).post('/v1/issuances', { account: 'acc_none', amount: 'x' });
    expect(answer.status).toBe(401);
    expect((await r.as(undefined).get('/v1/accounts/acc_none')).status).toBe(401);
    expect((await r.as(undefined).get('/v1/nothing')).status).toBe(404);
  });
});

describe('a token comes to its end', () => {
  test('when it is given back, by its own client alone', async () => {
    const token = await tokenOf();
    expect((await use(token)).status).toBe(200);
    expect(await form('/v1/oauth/revoke', { ...second, token })).toMatchObject({ status: 200 });
    r.advance(6_000);
    expect((await use(token)).status).toBe(200);
    expect(await form('/v1/oauth/revoke', { ...first, token, client_secret: 'x' })).toMatchObject({
      status: 401,
    });
    expect(await form('/v1/oauth/revoke', { ...first, token })).toMatchObject({ status: 200 });
    expect((await use(token)).status).toBe(401);
    expect(await form('/v1/oauth/revoke', { ...first, token })).toMatchObject({ status: 200 });
    expect(await form('/v1/oauth/revoke', first)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  test('after its hour, to the second, although it was believed a moment ago', async () => {
    const token = await tokenOf();
    r.advance(3_595_000);
    expect((await use(token)).status).toBe(200);
    r.advance(4_000);
    expect((await use(token)).status).toBe(200);
    r.advance(1_000);
    expect((await use(token)).status).toBe(401);
  });

  test('within five seconds of its client’s withdrawal, in a server process that has just believed it', async () => {
    const client = { client_id: 'cli_leaver', client_secret: 'scs_leaver' };
    const token = await madeFor(client.client_id);
    expect((await use(token)).status).toBe(200);
    await r.server.backend.store.write((tx) => tx.credentials.withdraw(client.client_id));
    r.advance(5_000);
    expect((await use(token)).status).toBe(401);
    expect((await ask(client)).body.error).toBe('invalid_client');
  });

  test('within five seconds of its institution’s suspension, and lives again with it', async () => {
    const token = await madeFor('cli_staff');
    expect((await use(token)).status).toBe(200);
    const set = (status: 'active' | 'suspended') =>
      r.server.backend.store.write((tx) => tx.institutions.setStatus('ins_first_issuer', status));
    await set('suspended');
    r.advance(5_000);
    expect((await use(token)).status).toBe(401);
    await set('active');
    expect((await use(token)).status).toBe(200);
  });

  test('and is forgotten by the database, too', async () => {
    const count = async () =>
      Number(
        (
          await r.server.backend.store.read((tx) =>
            Promise.all(tokens.map((hash) => tx.credentials.bearerOf(hash, new Date(0)))),
          )
        ).filter((b) => b !== undefined).length,
      );
    const tokens = [hashOf(await tokenOf()), hashOf(await tokenOf())];
    expect(await count()).toBe(2);
    r.advance(3_700_000);
    await tokenOf();
    expect(await count()).toBe(0);
  });
});

/** A token of a client of the first issuer. */
async function madeFor(id: string): Promise<string> {
  const { backend } = r.server;
  const secret = newSecret(backend.crypto, 'scs');
  await backend.store.write((tx) =>
    tx.credentials.addClient(
      {
        id,
        institution: 'ins_first_issuer',
        name: id,
        secretHash: hashOf(secret),
        scopes: ['accounts:read'],
        isSandbox: false,
      },
      backend.clock(),
    ),
  );
  return tokenOf({ client_id: id, client_secret: secret });
}

test('a token that is used all the time costs no query', async () => {
  const token = await tokenOf();
  const reads = vi.spyOn(r.server.backend.store, 'read');
  await Promise.all(Array.from({ length: 50 }, () => use(token, 'Bearer', '/v1/audit')));
  const count = reads.mock.calls.length;
  reads.mockRestore();
  // One for each audit and one for the token; the server itself may look at its clock or keys meanwhile.
  expect(count).toBeGreaterThanOrEqual(50);
  expect(count).toBeLessThan(60);
});

describe('the sandbox', () => {
  test('writes its two clients once, into a private file; no secret stands in the database', async () => {
    const path = join(r.dataFolder, 'credentials.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    r = await r.restart();
    expect(await readFile(path, 'utf8')).toBe(text);
    const row = await r.server.backend.store.read((tx) => tx.credentials.client('cli_first'));
    expect(JSON.stringify(row)).not.toContain(first.client_secret.slice(4));
  });

  test('says so when its credentials are in another folder, and makes no others', async () => {
    const path = join(r.dataFolder, 'credentials.json');
    const text = await readFile(path, 'utf8');
    await r.server.close();
    await rm(path);
    const said: string[] = [];
    const { databaseUrl, dataFolder } = r;
    const server = await createServer({ databaseUrl, dataFolder, log: (line) => said.push(line) });
    await server.close();
    expect(said.join('\n')).toContain('another data folder');
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(path, text, { mode: 0o600 });
    r = await r.restart();
  });

  test('is not believed in live mode, neither its clients nor their tokens; and live mode makes none', async () => {
    const token = await tokenOf();
    const { databaseUrl, dataFolder } = r;
    const live = await createServer({ databaseUrl, dataFolder, mode: 'live', keyStore: TEST_KEYS });
    const payload = new URLSearchParams({ ...grant, ...first }).toString();
    const asked = await live.app.inject({
      method: 'POST',
      url: '/v1/oauth/token',
      payload,
      headers: { 'content-type': FORM },
    });
    expect([asked.statusCode, asked.json().error]).toEqual([401, 'invalid_client']);
    const used = await live.app.inject({
      url: '/v1/accounts',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(used.statusCode).toBe(401);
    await live.close();
  });
});
