/** Wallets and terminals: tokens that are bound to a key, and everybody who would have one without it. */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { type Credentials, fundFrom, issueTo, newPurse, type Rig, rig } from './kit.ts';
import {
  askToken,
  assertionClaims,
  deviceApi,
  deviceToken,
  type Key,
  newKey,
  ORIGIN,
  proofBy,
  proofClaims,
  seconds,
  sign,
} from './wallet.ts';

let r: Rig;
let issuer: Credentials;
let party: string;
const key = newKey();
let device: string;
beforeAll(async () => {
  r = await rig();
  const made = await r.api.make('/v1/institutions', { kind: 'issuer', name: 'Issuer' });
  issuer = made.client;
  await r.api.make('/v1/keys/ceremonies', { institution: made.id });
  const api = r.as(issuer);
  party = (await api.make('/v1/parties', { reference: 'customer-1' })).id;
  device = (await api.make('/v1/devices', { kind: 'wallet', party, jwk: key.jwk })).id;
});
afterAll(() => r.close());

const TOKEN = { method: 'POST', path: '/v1/oauth/token' };
const good = () => sign(key, assertionClaims(r, device));
const goodProof = () => proofBy(key, proofClaims(r, TOKEN));
const unsigned = (header: object, claims: object, signature = '') =>
  [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .concat(signature)
    .join('.');

describe('a wallet gets a token', () => {
  test('for an assertion and a proof by its key, with the scopes of a wallet, or fewer', async () => {
    const answer = await askToken(r, { assertion: await good(), proof: await goodProof() });
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP', expires_in: 3600 } });
    expect(answer.body.scope.split(' ').sort()).toEqual(
      [
        'accounts:read',
        'cards:carry',
        'claims:read',
        'claims:write',
        'devices:own',
        'fundings:read',
        'fundings:write',
        'payments:read',
        'purses:enrol',
        'purses:read',
        'purses:sync',
        'tokens:read',
        'tokens:write',
        'transfers:read',
        'transfers:write',
      ].sort(),
    );
    const parts = { assertion: await good(), proof: await goodProof() };
    const fewer = await askToken(r, { ...parts, more: { scope: 'accounts:read' } });
    expect(fewer.body.scope).toBe('accounts:read');
  });

  test('and gives it back', async () => {
    const token = await deviceToken(r, device, key);
    const api = deviceApi(r, token, key);
    expect((await api.get('/v1/accounts')).status).toBe(200);
    const form = {
      token,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await good(),
    };
    const sent = await r.server.app.inject({
      method: 'POST',
      url: '/v1/oauth/revoke',
      payload: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(sent.statusCode).toBe(200);
    expect((await api.get('/v1/accounts')).status).toBe(401);
  });
});

describe('an assertion is not believed', () => {
  const raw = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(key.jwk.x, 'base64url'),
    Buffer.from(key.jwk.y, 'base64url'),
  ]);
  const wrong: Record<string, () => Promise<string> | string> = {
    'by another key': () => sign(newKey(), assertionClaims(r, device)),
    'without a signature, alg none': () => unsigned({ alg: 'none' }, assertionClaims(r, device)),
    'with an empty signature': () => unsigned({ alg: 'ES256' }, assertionClaims(r, device)),
    'with a signature of noughts': () =>
      unsigned({ alg: 'ES256' }, assertionClaims(r, device), Buffer.alloc(64).toString('base64url')),
    'by HMAC under the public key (HS256)': () =>
      sign(key, assertionClaims(r, device), { alg: 'HS256' }, new Uint8Array(raw)),
    'by HMAC under the public key as text': () =>
      sign(key, assertionClaims(r, device), { alg: 'HS256' }, Buffer.from(JSON.stringify(key.jwk))),
    'with a key of its own in the header': async () => {
      const other = newKey();
      return sign(other, assertionClaims(r, device), { jwk: other.jwk });
    },
    'with a critical extension': () =>
      sign(key, assertionClaims(r, device), { crit: ['x'], x: 1 }).catch(() => 'a.b.c'),
    truncated: async () => (await good()).slice(0, -4),
    'with other claims under its signature': async () => {
      const [head, , signature] = (await good()).split('.');
      const claims = Buffer.from(JSON.stringify(assertionClaims(r, device))).toString('base64url');
      return `${head}.${claims}.${signature}`;
    },
    expired: () => sign(key, assertionClaims(r, device, { exp: seconds(r) - 1 })),
    'good for too long': () => sign(key, assertionClaims(r, device, { exp: seconds(r) + 3600 })),
    'without an end': () => sign(key, assertionClaims(r, device, { exp: undefined })),
    'not good yet': () => sign(key, assertionClaims(r, device, { nbf: seconds(r) + 60 })),
    'for another server': () => sign(key, assertionClaims(r, device, { aud: 'https://example.org' })),
    'for several servers': () =>
      sign(key, assertionClaims(r, device, { aud: [`${ORIGIN}/v1/oauth/token`, 'https://example.org'] })),
    'without an aud': () => sign(key, assertionClaims(r, device, { aud: undefined })),
    'without a jti': () => sign(key, assertionClaims(r, device, { jti: undefined })),
    'with a short jti': () => sign(key, assertionClaims(r, device, { jti: 'x' })),
    'by somebody for somebody else': () => sign(key, assertionClaims(r, device, { iss: 'dev_other' })),
    'for a device that is not there': () => sign(key, assertionClaims(r, 'dev_none')),
    'for a client': () => sign(key, assertionClaims(r, 'cli_first')),
    'that is no JWT': () => 'hello',
    'that is empty JSON': () => unsigned({}, {}),
    'that is very long': () => sign(key, assertionClaims(r, device, { x: 'y'.repeat(6000) })),
  };
  test.each(Object.keys(wrong))('%s', async (name) => {
    const assertion = (await wrong[name]?.()) ?? '';
    const answer = await askToken(r, { assertion, proof: await goodProof() });
    expect(answer, JSON.stringify(answer.body)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  });

  test('twice, by the same server or by another one on the same database', async () => {
    const assertion = await good();
    const proofs = [await goodProof(), await goodProof(), await goodProof()];
    expect((await askToken(r, { assertion, proof: proofs[0] })).status).toBe(200);
    expect((await askToken(r, { assertion, proof: proofs[1] })).body.error).toBe('invalid_client');
    const { databaseUrl, dataFolder } = r;
    const clock = () => r.server.backend.clock();
    const server = await createServer({ databaseUrl, dataFolder, clock });
    const there = await askToken({ ...r, server }, { assertion, proof: proofs[2] });
    await server.close();
    expect(there.body.error).toBe('invalid_client');
  });

  test('many at once: one of them gets a token', async () => {
    const assertion = await good();
    const proofs = await Promise.all(Array.from({ length: 8 }, goodProof));
    const answers = await Promise.all(proofs.map((proof) => askToken(r, { assertion, proof })));
    expect(answers.filter((a) => a.status === 200)).toHaveLength(1);
  });
});

const wrongProofs = (of: { method: string; path: string; token?: string }) => {
  const claims = (more: object = {}) => proofClaims(r, of, more);
  const by = (more: object = {}, header: object = {}) => proofBy(key, claims(more), header);
  const other: Key = newKey();
  return {
    'by another key': () => proofBy(other, claims()),
    'by another key under the name of the right one': () => proofBy(other, claims(), { jwk: key.jwk }),
    'without a signature, alg none': () => unsigned({ typ: 'dpop+jwt', alg: 'none', jwk: key.jwk }, claims()),
    'by HMAC (HS256)': () =>
      sign(
        key,
        claims(),
        { typ: 'dpop+jwt', alg: 'HS256', jwk: key.jwk },
        Buffer.from(JSON.stringify(key.jwk)),
      ),
    'that is only a JWT': () => by({}, { typ: 'JWT' }),
    'without its key': () => by({}, { jwk: undefined }),
    'with its private key': () => by({}, { jwk: key.secret.export({ format: 'jwk' }) }),
    'for another method': () => by({ htm: 'PUT' }),
    'for a method in small letters': () => by({ htm: of.method.toLowerCase() }),
    'without a method': () => by({ htm: undefined }),
    'for another path': () => by({ htu: `${ORIGIN}/v1/purses` }),
    'for another host': () => by({ htu: `https://example.org${of.path}` }),
    'for another scheme': () => by({ htu: `https://localhost${of.path}` }),
    'without an address': () => by({ htu: undefined }),
    'that is old': () => by({ iat: seconds(r) - 62 }),
    'from the future': () => by({ iat: seconds(r) + 62 }),
    'without a time': () => by({ iat: undefined }),
    'without a jti': () => by({ jti: undefined }),
    'with a jti that is none': () => by({ jti: ' '.repeat(20) }),
    'for another token': () => by({ ath: createHash('sha256').update('x').digest('base64url') }),
    truncated: async () => (await by()).slice(0, -3),
    'two of them': async () => `${await by()}, ${await by()}`,
    'that is an assertion': () => sign(key, assertionClaims(r, device)),
    'that is nothing': () => 'x',
  };
};

describe('a proof is not believed, where a token is asked for', () => {
  const names = Object.keys(wrongProofs(TOKEN));
  test.each(names)('%s', async (name) => {
    const make = Object.entries(wrongProofs(TOKEN)).find(([n]) => n === name)?.[1];
    const answer = await askToken(r, { assertion: await good(), proof: await make?.() });
    expect(answer, JSON.stringify(answer.body)).toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof' },
    });
  });
  test('if there is none', async () => {
    expect((await askToken(r, { assertion: await good() })).body.error).toBe('invalid_dpop_proof');
  });
  test('twice', async () => {
    const proof = await goodProof();
    expect((await askToken(r, { assertion: await good(), proof })).status).toBe(200);
    expect((await askToken(r, { assertion: await good(), proof })).body.error).toBe('invalid_dpop_proof');
  });
});

describe('a bound token', () => {
  let token: string;
  beforeAll(async () => {
    token = await deviceToken(r, device, key);
  });
  const use = (proof: string | undefined, scheme = 'DPoP', path = '/v1/accounts?limit=5') =>
    r.as(undefined).get(path, {
      authorization: `${scheme} ${token}`,
      ...(proof === undefined ? {} : { dpop: proof }),
    });
  const of = () => ({ method: 'GET', path: '/v1/accounts?limit=5', token });

  test('goes with a proof by its key', async () => {
    expect((await use(await proofBy(key, proofClaims(r, of())))).status).toBe(200);
    const withQuery = { htu: `${ORIGIN}/v1/accounts?limit=5#x` };
    expect((await use(await proofBy(key, proofClaims(r, of(), withQuery)))).status).toBe(200);
  });

  const names = Object.keys(wrongProofs({ method: 'GET', path: '/v1/accounts', token: 'x' }));
  test.each(names)('is refused with a proof %s', async (name) => {
    const make = Object.entries(wrongProofs(of())).find(([n]) => n === name)?.[1];
    const answer = await use(await make?.());
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 401 });
    expect(answer.body.code).toBe('dpop_proof_invalid');
    expect(String(answer.headers['www-authenticate'])).toContain(
      'DPoP algs="ES256", error="invalid_dpop_proof"',
    );
  });

  test('is refused as a Bearer token, with a proof or without, and without one as what it is', async () => {
    const proof = () => proofBy(key, proofClaims(r, of()));
    expect((await use(undefined, 'Bearer')).status).toBe(401);
    expect((await use(await proof(), 'Bearer')).status).toBe(401);
    expect((await use(undefined)).status).toBe(401);
    expect((await use(await proofBy(key, proofClaims(r, { ...of(), token: 'sat_x' })))).status).toBe(401);
    expect((await use(await proofBy(key, proofClaims(r, of(), { ath: undefined })))).status).toBe(401);
  });

  test('is refused with a proof that was seen before, also by another server, until the proof is too old', async () => {
    const proof = await proofBy(key, proofClaims(r, of()));
    expect((await use(proof)).status).toBe(200);
    expect((await use(proof)).body.code).toBe('dpop_proof_invalid');
    const { databaseUrl, dataFolder } = r;
    const server = await createServer({ databaseUrl, dataFolder, clock: () => r.server.backend.clock() });
    const there = await server.app.inject({
      url: '/v1/accounts?limit=5',
      headers: { authorization: `DPoP ${token}`, dpop: proof },
    });
    await server.close();
    expect(there.statusCode).toBe(401);
    for (let i = 0; i < 7; i++) {
      r.advance(10_000);
      expect((await use(proof)).status).toBe(401);
    }
  });

  test('twenty times the same at once: one passes', async () => {
    const proof = await proofBy(key, proofClaims(r, of()));
    const answers = await Promise.all(Array.from({ length: 20 }, () => use(proof)));
    expect(answers.filter((a) => a.status === 200)).toHaveLength(1);
  });

  test('old proofs are forgotten, so that they never pile up', async () => {
    const { backend } = r.server;
    const jti = new Uint8Array(32).fill(7);
    const spend = (at: number) =>
      backend.store.write((tx) =>
        tx.credentials.useProof('jkt-of-nobody', jti, new Date(at + 1000), new Date(at)),
      );
    const now = backend.clock().getTime();
    expect([await spend(now), await spend(now), await spend(now + 5000)]).toEqual([true, false, true]);
  });

  test('ends within five seconds of the device’s block and of the closing of its customer', async () => {
    const api = r.as(issuer);
    const customer = (await api.make('/v1/parties', { reference: randomUUID() })).id;
    for (const stop of ['block', 'close'] as const) {
      const own = newKey();
      const made = await api.make('/v1/devices', { kind: 'wallet', party: customer, jwk: own.jwk });
      const wallet = deviceApi(r, await deviceToken(r, made.id, own), own);
      expect((await wallet.get('/v1/accounts')).status).toBe(200);
      await api.make(stop === 'block' ? `/v1/devices/${made.id}/block` : `/v1/parties/${customer}/close`);
      r.advance(5_000);
      expect((await wallet.get('/v1/accounts')).status).toBe(401);
      await expect(deviceToken(r, made.id, own)).rejects.toThrow('invalid_client');
    }
  });
});

describe('a key is registered', () => {
  const register = (jwk: object, more: object = {}) =>
    r
      .as(issuer)
      .post('/v1/devices', { kind: 'wallet', party, jwk, ...more }, { 'idempotency-key': randomUUID() });
  test('once, and only if it is a public key on P-256', async () => {
    expect((await register(key.jwk)).body.code).toBe('device_key_taken');
    const { x, y } = newKey().jwk;
    const cases: [object, string][] = [
      [{ kty: 'EC', crv: 'P-256', x, y: x }, 'device_key_invalid'],
      [{ kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }, 'device_key_invalid'],
      [{ kty: 'EC', crv: 'P-384', x, y }, 'validation_failed'],
      [{ kty: 'oct', k: 'AAAA' }, 'validation_failed'],
      [{ kty: 'EC', crv: 'P-256', x, y, d: x }, 'validation_failed'],
      [{ kty: 'EC', crv: 'P-256', x: `${x}=`, y }, 'validation_failed'],
    ];
    for (const [jwk, code] of cases) expect((await register(jwk)).body.code).toBe(code);
  });
  test('for a party of one’s own, of the right kind', async () => {
    const theirs = (await r.api.make('/v1/parties', { reference: randomUUID() })).id;
    const jwk = newKey().jwk;
    const foreign = await register(jwk, { party: theirs });
    const none = await register(jwk, { party: 'cus_none' });
    expect([foreign.status, foreign.body.code]).toEqual([422, 'party_unknown']);
    expect(foreign.body.detail.replace(theirs, 'X')).toBe(none.body.detail.replace('cus_none', 'X'));
    expect((await register(jwk, { kind: 'terminal' })).body.code).toBe('party_unknown');
  });
});

test('a wallet sees its customer’s accounts and purses, and of those not the ones that live on another device', async () => {
  const api = r.as(issuer);
  const other = newKey();
  const otherDevice = (await api.make('/v1/devices', { kind: 'wallet', party, jwk: other.jwk })).id;
  const mine = await api.make('/v1/accounts', { name: 'Mine', party });
  const house = await api.make('/v1/accounts', { name: 'House' });
  const theirs = await api.make('/v1/accounts', {
    name: 'Theirs',
    party: (await api.make('/v1/parties', { reference: randomUUID() })).id,
  });
  expect(mine).toMatchObject({ party, institution: expect.stringMatching(/^ins_/) });
  const purse = await newPurse(api, { account: mine.id, device });
  const wallet = deviceApi(r, await deviceToken(r, device, key), key);
  const second = deviceApi(r, await deviceToken(r, otherDevice, other), other);
  expect((await wallet.get('/v1/accounts')).body.data.map((a: { id: string }) => a.id)).toEqual([mine.id]);
  for (const id of [house.id, theirs.id]) expect((await wallet.get(`/v1/accounts/${id}`)).status).toBe(404);
  expect((await wallet.get(`/v1/purses/${purse.id}`)).body).toMatchObject({ device, account: mine.id });
  expect((await second.get(`/v1/purses/${purse.id}`)).status).toBe(404);
  expect((await wallet.get('/v1/purses')).body.data).toHaveLength(1);
  expect((await second.get('/v1/purses')).body.data).toHaveLength(0);
  expect((await second.get(`/v1/purses?cursor=${purse.id}`)).body.data).toHaveLength(0);
  const forbidden = await wallet.post('/v1/accounts', { name: 'Another' });
  expect(forbidden.body.code).toBe('forbidden');
  await issueTo(r.api, mine.id, 500n);
  const made = await fundFrom(
    {
      async make(path, body = {}) {
        const answer = await wallet.post(path, body, { 'idempotency-key': randomUUID() });
        if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
        return answer.body;
      },
    },
    purse,
    300n,
  );
  expect(made.status).toBe('credited');
});
