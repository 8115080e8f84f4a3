/** Who may be given which scope: every cell of the table, and every way that somebody might come by more than they have. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scopesFor } from '../src/access/grants.ts';
import { ALL_SCOPES, type Scope } from '../src/access/principal.ts';
import { type Api, type Credentials, freshKey, type Rig, rig } from './kit.ts';
import { newKey } from './wallet.ts';

let r: Rig;
const clients: Record<string, Credentials> = {};
const institutions: Record<string, string> = { central_bank: 'ins_central_bank' };
beforeAll(async () => {
  r = await rig();
  for (const kind of ['issuer', 'acquirer'] as const) {
    const made = await r.api.make('/v1/institutions', { kind, name: kind });
    clients[kind] = made.client;
    institutions[kind] = made.id;
  }
});
afterAll(() => r.close());

const create = (api: Api, scopes: readonly string[], more: object = {}) =>
  api.post('/v1/clients', { name: 'X', scopes, ...more }, { 'idempotency-key': freshKey() });
const as = (kind: string) => r.as(clients[kind]);

/**
 * The table once more, by hand: a change of one of the two shows in the other.
 * Columns: central bank, issuer, acquirer, wallet, terminal.
 */
const TABLE = `
  institutions:read    x x x . .
  institutions:write   x x x . .
  clients:write        x x x . .
  devices:own          . x . x .
  operators:read       x x x . .
  operators:write      x x x . .
  accounts:read        x x x x x
  accounts:write       x x x . .
  transfers:read       x x x x .
  transfers:write      x x x x .
  issuance:request     x x . . .
  proposals:read       x x . . .
  proposals:decide     x . . . .
  fundings:read        x x x x x
  fundings:write       . x x x x
  purses:read          x x x x .
  purses:enrol         . x x x x
  purses:write         . x x . .
  purses:sync          . x x x x
  claims:read          x x x x x
  claims:write         . x x x x
  claims:settle        . x x . .
  claims:decide        . x x . .
  settlement:read      x x x . .
  settlement:write     . x x . .
  cards:read           x x . . .
  cards:manufacture    . x . . .
  cards:personalise    . x . . .
  cards:order          . x . . .
  cards:carry          . x . x .
  tokens:read          x x x x .
  tokens:write         x x x x .
  tokens:link          . x . . .
  tokens:provide       x . . . .
  tokens:detokenise    . x . . .
  policy:request       x . . . .
  policy:emergency     x . . . .
  identity:request     x . . . .
  audit:read           x . . . .
  alerts:read          x x x . .
  alerts:write         x x . . .
  log:read             x . . . .
  keys:read            x x . . .
  keys:write           x . . . .
  acquirers:read       x x x . .
  acquirers:write      . x x . .
  merchants:read       x x x . .
  merchants:write      . x x . .
  payments:read        x x x x x
  payments:write       . x . . .
  webhooks:read        x x x . .
  webhooks:write       x x x . .
  terminals:read       x x x . .
  terminals:write      . x x . .
  terminals:speak      . x x . x
  sandbox:write        x . . . .
`;
const KINDS = ['central_bank', 'issuer', 'acquirer', 'wallet', 'terminal'] as const;
const rows = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

test('the table has every scope, and every cell is as it is here', () => {
  expect(rows.map(([scope]) => scope).sort()).toEqual([...ALL_SCOPES].sort());
  for (const [scope, ...cells] of rows)
    for (const [i, kind] of KINDS.entries())
      expect([scope, kind, scopesFor(kind).has(scope as Scope)]).toEqual([scope, kind, cells[i] === 'x']);
});

describe.each(['central_bank', 'issuer', 'acquirer'] as const)('a client of a %s', (kind) => {
  test('gets each scope that its kind may have, and none of the others, also not from the all-mighty', async () => {
    for (const scope of ALL_SCOPES) {
      const answer = await create(r.api, [scope], { institution: institutions[kind] });
      const fits = scopesFor(kind).has(scope);
      expect([scope, answer.status, answer.body.code]).toEqual(
        fits ? [scope, 201, undefined] : [scope, 422, 'scope_not_grantable'],
      );
    }
  });
});

test('the first client of an institution has all that its kind may have', async () => {
  for (const kind of ['issuer', 'acquirer'] as const) {
    const { body } = await as(kind).get(`/v1/clients/${clients[kind]?.client_id}`);
    expect([...body.scopes].sort()).toEqual([...scopesFor(kind)].sort());
    expect(JSON.stringify(body)).not.toContain('scs_');
  }
});

describe('nobody comes by more than they have', () => {
  let poor: Credentials;
  beforeAll(async () => {
    poor = (await create(as('issuer'), ['clients:write', 'accounts:read', 'institutions:write'])).body;
  });

  test('by making a client that has more', async () => {
    const refused = await create(r.as(poor), ['clients:write', 'transfers:write']);
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(refused.body.detail).toContain('transfers:write');
    expect((await create(r.as(poor), ['accounts:read'])).status).toBe(201);
  });

  test('by taking over one that has more, with a new secret', async () => {
    const rich = clients.issuer?.client_id;
    const answer = await r.as(poor).post(`/v1/clients/${rich}/rotate`, {}, { 'idempotency-key': freshKey() });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('by registering a device of their own', async () => {
    const party = (await as('issuer').make('/v1/parties', { reference: 'c' })).id;
    const wish = { kind: 'wallet', party, jwk: newKey().jwk };
    const answer = await r.as(poor).post('/v1/devices', wish, { 'idempotency-key': freshKey() });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await as('issuer').post('/v1/devices', wish, { 'idempotency-key': freshKey() })).status).toBe(
      201,
    );
  });

  test('by a token with fewer scopes than its client: it counts for no more', async () => {
    const form = { grant_type: 'client_credentials', ...clients.issuer, scope: 'clients:write' };
    const sent = await r.server.app.inject({
      method: 'POST',
      url: '/v1/oauth/token',
      payload: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const authorization = `Bearer ${sent.json().access_token}`;
    const wish = { name: 'X', scopes: ['transfers:write'] };
    const key = { 'idempotency-key': freshKey() };
    const answer = await r.as(undefined).post('/v1/clients', wish, { authorization, ...key });
    expect(answer.body.code).toBe('forbidden');
  });

  test('by asking a token for more than its client has', async () => {
    const form = { grant_type: 'client_credentials', ...poor, scope: 'clients:write transfers:write' };
    const sent = await r.server.app.inject({
      method: 'POST',
      url: '/v1/oauth/token',
      payload: new URLSearchParams({
        ...form,
        client_id: poor.client_id,
        client_secret: poor.client_secret,
      }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([sent.statusCode, sent.json().error]).toEqual([400, 'invalid_scope']);
  });

  test('by adding an institution, or ending one’s own suspension', async () => {
    const key = { 'idempotency-key': freshKey() };
    const added = await r.as(poor).post('/v1/institutions', { kind: 'issuer', name: 'Mine' }, key);
    expect(added.body.code).toBe('forbidden');
    const own = await r.as(poor).post(`/v1/institutions/${institutions.issuer}/resume`);
    expect(own.body.code).toBe('forbidden');
  });

  test('by asking for a first client: an institution that has none gets one, from the central bank alone', async () => {
    const path = '/v1/institutions/ins_first_issuer/first-client';
    const ask = (api: Api) => api.post(path, {}, { 'idempotency-key': freshKey() });
    expect((await ask(as('issuer'))).body.code).toBe('not_found');
    const own = `/v1/institutions/${institutions.issuer}/first-client`;
    const mine = await as('issuer').post(own, {}, { 'idempotency-key': freshKey() });
    expect(mine.body.code).toBe('forbidden');
    const scopes = ['institutions:read', 'institutions:write', 'clients:write'];
    const bank = r.as((await create(r.api, scopes, { institution: 'ins_central_bank' })).body);
    const refused = await create(bank, ['clients:write'], { institution: 'ins_first_issuer' });
    expect(refused.body).toMatchObject({ code: 'institution_unknown' });
    expect(refused.body.detail).toContain('sokkin institution client ins_first_issuer');
    for (const { id } of (await r.api.get('/v1/clients?limit=100')).body.data.filter(
      (c: { institution: string }) => c.institution === 'ins_first_issuer',
    ))
      await r.api.make(`/v1/clients/${id}/withdraw`);
    // Both at once: one of them.
    const both = await Promise.all([ask(bank), ask(bank)]);
    expect(both.map((a) => [a.status, a.body.code]).sort()).toEqual([
      [201, undefined],
      [409, 'client_exists'],
    ]);
    const { body } = both.find((a) => a.status === 201) ?? {};
    expect(body).toMatchObject({ institution: 'ins_first_issuer' });
    expect([...body.scopes].sort()).toEqual([...scopesFor('issuer')].sort());
    expect((await r.as(body).get('/v1/accounts')).status).toBe(200);
    const log = (await r.api.get(`/v1/log?subject=${body.client_id}`)).body.data ?? [];
    expect(log.map((e: { action: string }) => e.action)).toContain('client.created');
  });

  test('by a central bank’s client rotating the sandbox’s', async () => {
    const scopes = [...scopesFor('central_bank')];
    const bank = (await create(r.api, scopes, { institution: 'ins_central_bank' })).body;
    const answer = await r
      .as(bank)
      .post('/v1/clients/cli_first/rotate', {}, { 'idempotency-key': freshKey() });
    expect(answer.body.code).toBe('forbidden');
  });
});

describe('a secret', () => {
  test('is shown once: an answer that is repeated, and the database, do not have it', async () => {
    const key = { 'idempotency-key': freshKey() };
    const wish = { name: 'Once', scopes: ['accounts:read'] };
    const first = await as('issuer').post('/v1/clients', wish, key);
    const again = await as('issuer').post('/v1/clients', wish, key);
    expect(first.body.client_secret).toMatch(/^scs_[\w-]{43}$/);
    expect(again).toMatchObject({ status: 201, body: { client_id: first.body.client_id } });
    expect(again.body.client_secret).toBeUndefined();
    const named = { 'idempotency-key': freshKey() };
    const institution = await r.api.post('/v1/institutions', { kind: 'acquirer', name: 'Once' }, named);
    const repeated = await r.api.post('/v1/institutions', { kind: 'acquirer', name: 'Once' }, named);
    expect(institution.body.client.client_secret).toMatch(/^scs_/);
    expect(repeated.body).toMatchObject({ id: institution.body.id });
    expect(JSON.stringify(repeated.body)).not.toContain('scs_');
  });

  test('that is replaced is not believed any more, nor what it got; the new one is', async () => {
    const made = (await create(as('issuer'), ['clients:write', 'accounts:read'])).body;
    const own = r.as(made);
    expect((await own.get('/v1/accounts')).status).toBe(200);
    const rotated = await own.make(`/v1/clients/${made.client_id}/rotate`);
    expect(rotated.client_id).toBe(made.client_id);
    r.advance(5_000);
    await expect(own.get('/v1/accounts')).rejects.toThrow('invalid_client');
    expect((await r.as(rotated).get('/v1/accounts')).status).toBe(200);
    await as('issuer').make(`/v1/clients/${made.client_id}/withdraw`);
    r.advance(5_000);
    await expect(r.as(rotated).get('/v1/accounts')).rejects.toThrow('invalid_client');
    const key = { 'idempotency-key': freshKey() };
    const late = await as('issuer').post(`/v1/clients/${made.client_id}/rotate`, {}, key);
    expect(late.body.code).toBe('client_withdrawn');
  });
});

test('names, references and lists', async () => {
  const key = () => ({ 'idempotency-key': freshKey() });
  const api = as('acquirer');
  const same = await r.api.post('/v1/institutions', { kind: 'issuer', name: 'issuer' }, key());
  expect(same).toMatchObject({ status: 409, body: { code: 'name_taken', param: 'name' } });
  const merchant = await api.make('/v1/parties', { reference: 'shop-1' });
  expect(merchant).toMatchObject({ kind: 'merchant', status: 'active', institution: institutions.acquirer });
  const known = await api.post('/v1/party-lookups', { reference: 'shop-1' });
  expect(known).toMatchObject({ status: 200, body: merchant });
  expect((await api.post('/v1/parties', { reference: 'shop-1' }, key())).body.code).toBe('reference_taken');
  expect((await as('issuer').make('/v1/parties', { reference: 'shop-1' })).kind).toBe('customer');
  expect((await api.get('/v1/parties')).body.data).toEqual([merchant]);
  expect((await api.get('/v1/institutions')).body.data).toHaveLength(1);
  const all = (await r.api.get('/v1/institutions?limit=2')).body;
  expect(all).toMatchObject({
    has_more: true,
    data: [{ id: 'ins_central_bank' }, { id: 'ins_first_issuer' }],
  });
  const account = await api.make('/v1/accounts', { name: 'Till', party: merchant.id });
  expect(account).toMatchObject({ party: merchant.id, institution: institutions.acquirer });
  const foreign = await as('issuer').post('/v1/accounts', { name: 'Till', party: merchant.id });
  expect(foreign.body.code).toBe('party_unknown');
  await api.make(`/v1/parties/${merchant.id}/close`);
  expect((await api.post('/v1/accounts', { name: 'Late', party: merchant.id })).body.code).toBe(
    'party_unknown',
  );
});
