/**
 * One institution against another, through every route that there is: the routes come from the API's own document, so that a new
 * one cannot be forgotten. What is another's is answered exactly as what is not there, and nothing of it changes.
 */
import { withCheckDigit } from '@sokkin/issuer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { say, V1987 } from './desk-kit.ts';
import { newBlank, orderFor } from './factory.ts';
import {
  type Answer,
  type Api,
  type Credentials,
  freshKey,
  fundPurse,
  issueTo,
  newPurse,
  payOffline,
  type Rig,
  rig,
  sync,
} from './kit.ts';
import { deviceApi, deviceToken, newKey } from './wallet.ts';

let r: Rig;
let mine: Owner;
let theirs: Owner;
let routes: Route[];
/** Who tries: another issuer, its wallet, an acquirer's terminal. */
const strangers: Record<string, Pick<Api, 'get' | 'post'>> = {};
let central: Api;
beforeAll(async () => {
  r = await rig();
  mine = await ownerNamed('Mine');
  theirs = await ownerNamed('Theirs');
  routes = routesOf((await r.api.get('/openapi.json')).body);
  strangers['an issuer'] = r.as(mine.client);
  strangers['a wallet'] = deviceApi(r, await deviceToken(r, mine.ids.devices ?? '', mine.key), mine.key);
  strangers['a terminal'] = await terminal();
  central = r.as(
    await r.api.make('/v1/clients', {
      institution: 'ins_central_bank',
      name: 'CB',
      scopes: [
        'accounts:read',
        'purses:read',
        'proposals:read',
        'fundings:read',
        'cards:read',
        'claims:read',
        'tokens:read',
        'merchants:read',
        'payments:read',
        'alerts:read',
        'institutions:read',
      ],
    }),
  );
});
afterAll(() => r.close());

interface Owner {
  readonly client: Credentials;
  readonly key: ReturnType<typeof newKey>;
  /** One thing of each kind, by the name of its list; `personalisations` is a session. */
  readonly ids: Record<string, string>;
}

/** What is not there, of each kind. */
const NONE: Readonly<Record<string, string>> = {
  accounts: 'acc_none',
  purses: 'pur_00000000000000ff',
  fundings: 'fnd_none',
  redemptions: 'rdm_none',
  claims: 'clm_none',
  links: 'lnk_none',
  tokens: 'tok_none',
  requestors: 'trq_00000000000',
  ranges: 'emr_none',
  merchants: 'mch_none',
  payments: 'pmt_none',
  scripts: 'scr_none',
  cards: '00000000000000000000',
  personalisations: 'prs_none',
  alerts: 'alt_none',
  institutions: 'ins_none',
  parties: 'cus_none',
  holds: 'hld_none',
  clients: 'cli_none',
  devices: 'dev_none',
  issuances: 'iss_none',
  destructions: 'dst_none',
  proposals: 'prp_none',
  reidentifications: 'prp_none',
  operators: 'opr_none',
  connections: 'acq_none',
  webhooks: 'whk_none',
  deliveries: 'dlv_none',
  events: 'evt_none',
  transfers: 'trf_none',
  orders: 'ord_none',
  terms: 'no_such_term',
  clearings: 'clr_none',
  terminals: 'trm_none',
};

/** No two ranges, and no two cards, begin alike. */
let ranges = 0;

async function ownerNamed(name: string): Promise<Owner> {
  const { client, id } = await r.api.make('/v1/institutions', { kind: 'issuer', name });
  await r.api.make('/v1/keys/ceremonies', { institution: id });
  const api = r.as(client);
  const party = (await api.make('/v1/parties', { reference: 'p' })).id;
  const key = newKey();
  const device = (await api.make('/v1/devices', { kind: 'wallet', party, jwk: key.jwk })).id;
  const account = (await api.make('/v1/accounts', { name: 'A', party })).id;
  const purse = () => newPurse(api, { account });
  const [a, b, c] = [await purse(), await purse(), await purse()];
  // Issuing is not an issuer's to do alone.
  const funding = await fundPurse(r.api, a, 1_000n);
  await issueTo(r.api, account, 10n);
  await payOffline(a, b, 100n);
  await payOffline(b, c, 50n);
  // The last one first: what it has came from a purse that never synced what it got, which is an alert.
  await sync(api, c);
  const wish = { account, purse: a.id, max_amount: '10' };
  const redemption = (await api.make('/v1/redemptions', wish)).id;
  const order = await api.make('/v1/card-orders', { items: [{ account }] });
  const blank = await newBlank(api);
  const session = await api.post('/v1/personalisations', orderFor(blank.serial, account));
  const issuance = await api.make('/v1/issuances', { account, amount: '5' });
  const destruction = await api.make('/v1/destructions', { account, amount: '5' });
  const operator = await api.make('/v1/operators', { name: `${name.toLowerCase()}-1`, roles: ['support'] });
  const house = (await api.make('/v1/accounts', { name: 'House' })).id;
  const transfer = await api.make('/v1/transfers', { from: account, to: house, amount: '1' });
  const port = 20_000 + name.length;
  const connection = (await api.make('/v1/acquirer-connections', { name, profile: '1987-ascii', port })).id;
  const webhook = (await api.make('/v1/webhooks', { url: 'http://127.0.0.1:9/' })).id;
  await api.make(`/v1/webhooks/${webhook}/ping`);
  const delivery = (await api.get(`/v1/webhooks/${webhook}/deliveries`)).body.data[0]?.id;
  const event = (await api.get('/v1/events')).body.data[0]?.id;
  const hold = await r.api.make(`/v1/parties/${party}/holds`, { reason: 'Case 17 of the court' });
  const claim = (await api.make('/v1/claims', { purse: c.id, kind: 'lost' })).id;
  const alert = (await api.get('/v1/alerts')).body.data[0]?.id;
  const requestor = (await r.api.make('/v1/token-requestors', { name, institution: id })).id;
  const link = (await api.make('/v1/links', { account })).id;
  const cards = { prefix: String(400_100 + ranges++), digits: 16, versions: ['cvn18'] };
  const range = (await r.api.make('/v1/emv-ranges', { name, institution: id, ...cards })).id;
  const domain = { valid_until: '2100-01-01T00:00:00Z', needs_cryptogram: false };
  const { id: token, number } = await api.make('/v1/tokens', { requestor, link, domain });
  const shop = { acceptor: 'SHOP1', name, category: '5411', account: house };
  const merchant = (await api.make('/v1/merchants', shop)).id;
  await api.make(`/v1/tokens/${token}/activate`);
  const message = say('0200', 1, { 2: number, 4: 1n });
  await r.server.desk.answer({ acquirer: id, profile: V1987, message, receivedAt: Date.now() });
  const payment = (await api.get(`/v1/accounts/${account}/payments`)).body.data[0]?.id;
  const https = await api.make('/v1/acquirer-connections', {
    ...{ name: `${name} over HTTPS`, profile: '1987-ascii', https: true },
  });
  const stall = (await api.make('/v1/merchants', { ...shop, acceptor: 'SHOP2', account })).id;
  const till = (await api.make('/v1/terminals', { merchant: stall, connection: https.id })).id;
  const plastic = { pan: withCheckDigit(`411111${String(ranges).padStart(9, '0')}`), expiry: '9912' };
  const linked = (await api.make('/v1/links', { account, card: plastic })).id;
  const script = (await api.make(`/v1/links/${linked}/scripts`, { action: 'unblock_pin' })).id;
  return {
    client,
    key,
    ids: {
      accounts: account,
      purses: a.id,
      fundings: funding.id,
      redemptions: redemption,
      claims: claim,
      links: link,
      tokens: token,
      requestors: requestor,
      ranges: range,
      merchants: merchant,
      payments: payment,
      scripts: script,
      cards: blank.serial,
      personalisations: session.body.id,
      alerts: alert,
      institutions: id,
      parties: party,
      holds: hold.id,
      clients: client.id,
      devices: device,
      issuances: issuance.id,
      destructions: destruction.id,
      proposals: issuance.proposal,
      reidentifications: issuance.proposal,
      operators: operator.id,
      connections: connection,
      webhooks: webhook,
      deliveries: delivery,
      events: event,
      transfers: transfer.id,
      orders: order.id,
      terminals: till,
      // The central bank's alone.
      terms: 'waiting',
      // One of another's is held against this in clearing-access.test.ts: it takes a card.
      clearings: 'clr_somebodys',
    },
  };
}

async function terminal() {
  const { client } = await r.api.make('/v1/institutions', { kind: 'acquirer', name: 'Acquirer' });
  const api = r.as(client);
  const party = (await api.make('/v1/parties', { reference: 'shop' })).id;
  const key = newKey();
  const { id } = await api.make('/v1/devices', { kind: 'terminal', party, jwk: key.jwk });
  return deviceApi(r, await deviceToken(r, id, key), key);
}

interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Fields of the body, also of its items, and of the query, that hold an id. */
  readonly idFields: readonly IdField[];
}
interface IdField {
  readonly name: string;
  readonly prefix: string;
  readonly isOfItem: boolean;
}

interface Schema {
  readonly $ref?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Who pays somebody, or gives their wallet a token, has to know that they are there; that is all this tells. */
const PAYABLE: ReadonlySet<string> = new Set([
  '/v1/transfers to',
  '/v1/transfers/batch to',
  '/v1/tokens requestor',
]);
/** Of theirs, what goes on by itself: attempts at deliveries, and documents with the time at which they were made. */
const MOVING = /deliveries|camt\.053|pacs\.008|statements$/;

/** Nobody's: what the sandbox answers as it is asked to. */
const OPEN = /^\/v1\/sandbox\/answers\//;

const METHODS: Readonly<Record<string, Route['method']>> = { get: 'GET', post: 'POST', delete: 'DELETE' };

function routesOf(document: Document): Route[] {
  const paths = Object.entries(document.paths).filter(([path]) => !OPEN.test(path));
  return paths.flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({
      method: METHODS[verb] ?? 'POST',
      path,
      idFields: [...bodyFields(document, operation), ...queryFields(operation)],
    })),
  );
}

function bodyFields({ components }: Document, { requestBody }: Operation): IdField[] {
  const resolved = (schema: Schema = {}): Schema =>
    schema.$ref === undefined ? schema : (components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  const { properties = {} } = resolved(requestBody?.content['application/json']?.schema);
  const ofItems = Object.values(properties).map((p) => resolved(resolved(p).items).properties ?? {});
  return [
    ...Object.entries(properties).flatMap(([name, p]) => idField(name, resolved(p), false)),
    ...ofItems
      .flatMap((item) => Object.entries(item))
      .flatMap(([name, p]) => idField(name, resolved(p), true)),
  ];
}

const queryFields = ({ parameters = [] }: Operation): IdField[] =>
  parameters
    .filter((p) => p.in === 'query' && p.name !== 'cursor')
    .flatMap(({ name, schema }) => idField(name, schema, false));

function idField(name: string, { pattern = '' }: Schema, isOfItem: boolean): IdField[] {
  const prefix =
    /^\^\(?([a-z]{3})[_|]/.exec(pattern)?.[1] ?? (pattern.includes('[0-9a-f]{20}') ? 'card' : undefined);
  return prefix === undefined ? [] : [{ name, prefix, isOfItem }];
}

/** Bodies that are understood, so that what is refused is the thing and not the form. */
const BODIES: Readonly<Record<string, object>> = {
  '/v1/accounts': { name: 'X' },
  '/v1/issuances': { account: 'acc_none', amount: '1' },
  '/v1/destructions': { account: 'acc_none', amount: '1' },
  '/v1/fundings': { account: 'acc_none', ticket: '00', payee: { purse: '00' }, amount: '1' },
  '/v1/fundings/{id}/receipt': { receipt: '00' },
  '/v1/redemptions': { account: 'acc_none', purse: 'pur_0000000000000000', max_amount: '1' },
  '/v1/redemptions/{id}/payment': { payment: '00', payer: { purse: '00' } },
  '/v1/purses': { account: 'acc_none', assurance: 'software', enrolment: '00' },
  '/v1/links': { account: 'acc_none' },
  '/v1/tokens': {
    requestor: 'trq_00000000000',
    link: 'lnk_none',
    domain: { valid_until: '2100-01-01T00:00:00Z' },
  },
  '/v1/token-requestors': { name: 'X' },
  '/v1/emv-ranges': { name: 'X', prefix: '400003', digits: 16, versions: ['cvn18'] },
  '/v1/emv-ranges/{id}/keys': { key_index: 1, cipher: 'tdes' },
  '/v1/emv-ranges/{id}/withdraw-keys': { key_index: 1 },
  '/v1/links/{id}/scripts': { action: 'unblock_pin' },
  '/v1/cards/{serial}/scripts': { action: 'unblock_pin' },
  '/v1/merchants': { acceptor: 'X', name: 'X', category: '5411', account: 'acc_none' },
  '/v1/claims': { purse: 'pur_0000000000000000', kind: 'lost' },
  '/v1/claims/{id}/refuse': { reason: 'not lost' },
  '/v1/purses/{id}/sync': { statement: '00', entries: [] },
  '/v1/purses/{id}/tier': { tier: 0 },
  '/v1/purses/{id}/replace': { by: 'pur_0000000000000000' },
  '/v1/purses/{id}/renew': {},
  '/v1/card-orders': { items: [{ account: 'acc_none' }] },
  '/v1/card-orders/{id}/release': { item: 1, reason: 'broken' },
  '/v1/card-orders/{id}/cancel': {},
  '/v1/card-orders/{id}/delivery': {},
  '/v1/issuer-revocations': { issuer: '0000000000000000', reason: 'to be found out' },
  '/v1/personalisations': { serial: '0'.repeat(20), account: 'acc_none', assurance: 'software', item: 1 },
  '/v1/personalisations/{id}/exchange': { number: 1, response: '9000' },
  '/v1/institutions': { kind: 'issuer', name: 'X' },
  '/v1/parties': { reference: 'X' },
  '/v1/parties/{id}/person': { name: 'X' },
  '/v1/parties/{id}/holds': { reason: 'to be found out' },
  '/v1/parties/{id}/device-codes': { days: 1 },
  '/v1/own/device-codes': { days: 1 },
  '/v1/own/devices/{id}/give-up': { kind: 'lost' },
  '/v1/device-codes': { code: 'A'.repeat(26), jwk: newKey().jwk },
  '/v1/party-lookups': { reference: 'X' },
  '/v1/operators': { name: 'somebody', roles: ['support'] },
  '/v1/operators/{id}/roles': { roles: ['support'] },
  '/v1/alerts/{id}/close': { reason: 'looked into' },
  '/v1/policies/blocking': { from_version: 0, document: { blocks: [] } },
  '/v1/transfers': { from: 'acc_none', to: 'acc_none', amount: '1' },
  '/v1/transfers/{id}/reversal': { reason: 'a mistake' },
  '/v1/terminals': { merchant: 'mch_none', connection: 'acq_none', terminal: 'TILL0009' },
  '/v1/acquirer-connections': { name: 'X', profile: '1987-ascii', port: 20_099 },
  '/v1/sandbox/cards': { account: 'acc_none', enrolment: '00' },
  '/v1/syncs': { items: [{ purse: 'pur_0000000000000000', statement: '00', entries: [] }] },
  '/v1/transfers/batch': { items: [{ key: 'k', from: 'acc_none', to: 'acc_none', amount: '1' }] },
  '/v1/webhooks': { url: 'http://127.0.0.1:9/' },
  '/v1/webhooks/{id}/replay': { since: '2020-01-01T00:00:00Z' },
  '/v1/reidentifications': { purse: 'pur_0000000000000000', reason: 'to be found out' },
  '/v1/clearing-files': { format: 'json-lines', data: 'x' },
  '/v1/institutions/{id}/settlement': { cut_over: null, fee_account: null },
  '/v1/institutions/{id}/settlement/totals': { totals: {} },
  '/v1/merchants/{id}/fee-terms': { basis_points: 1, fixed: '0' },
  '/v1/certificates/renew': { role: 'authority' },
  '/v1/clients': { name: 'X', scopes: ['accounts:read'] },
  '/v1/devices': { kind: 'wallet', party: 'cus_none', jwk: newKey().jwk },
};

const ITEMS: Readonly<Record<string, { readonly items?: readonly object[] }>> = BODIES;

/** Which list a path or a field names one of. */
const LIST_OF: Readonly<Record<string, string>> = {
  acc: 'accounts',
  pur: 'purses',
  cus: 'parties',
  ins: 'institutions',
  dev: 'devices',
  ord: 'orders',
  card: 'cards',
  lnk: 'links',
  trq: 'requestors',
  mch: 'merchants',
  acq: 'connections',
};
/** The last list before the id. */
const listOf = (path: string): string =>
  /([a-z]+)\/\{/.exec(path)?.[1] ?? path.split('/')[2]?.split('-').at(-1) ?? '';
const filled = (path: string, id: string): string => path.replace(/\{[a-z]+\}/, id).replace('{day}', '1');

const call = (api: Pick<Api, 'get' | 'post'>, { method, path }: Route, url: string, more: object = {}) =>
  method === 'GET'
    ? api.get(url)
    : api.post(url, { ...BODIES[path], ...more }, { 'idempotency-key': freshKey() });

/** One id is another's or nobody's; the other fields, and the address, are one's own, where one has them. */
function callNaming(api: Pick<Api, 'get' | 'post'>, route: Route, wrong: IdField, id: string) {
  const own = route.idFields.map((f) => ({ ...f, id: mine.ids[LIST_OF[f.prefix] ?? ''] }));
  const ids = own.map((f) => (f.name === wrong.name ? { ...f, id } : f));
  const url = filled(route.path, mine.ids[listOf(route.path)] ?? '');
  if (route.method === 'GET') return api.get(`${url}?${wrong.name}=${id}`);
  const of = (isOfItem: boolean): object =>
    Object.fromEntries(ids.filter((f) => f.isOfItem === isOfItem).map((f) => [f.name, f.id]));
  const [item] = ITEMS[route.path]?.items ?? [];
  return call(api, route, url, { ...of(false), ...(item && { items: [{ ...item, ...of(true) }] }) });
}

/** Refused, or an empty list, or a bulk answer whose one item is refused. */
function isNothing({ status, body }: Answer): boolean {
  if (status >= 400 && status < 500) return true;
  const rows: readonly { readonly status?: string }[] = body.data ?? body.results;
  return rows.every((row) => row.status === 'refused');
}

/** The answer without what differs by nature: the id that was asked for, and that of the request. */
function shape(answer: Answer, id: string): unknown {
  const text = JSON.stringify({ status: answer.status, body: { ...answer.body, request_id: '' } });
  return text.replaceAll(id, 'ID').replaceAll(id.slice('pur_'.length), 'ID');
}

const named = (wanted: (route: Route) => boolean): Route[] => routes.filter(wanted);
const STRANGERS = ['an issuer', 'a wallet', 'a terminal'];

describe.each(STRANGERS)('%s', (who) => {
  const api = () => strangers[who] ?? r.as(undefined);

  test('gets the same answer for another’s id in an address as for none, on every route', async () => {
    const withId = named((route) => route.path.includes('{') && route.method !== 'DELETE');
    expect(withId.length).toBeGreaterThan(20);
    for (const route of withId) {
      const list = listOf(route.path);
      const [id, none] = [theirs.ids[list], NONE[list]];
      if (id === undefined || none === undefined)
        throw new Error(`${route.path}: say above what a thing of ${list} is, of somebody and of nobody`);
      const foreign = await call(api(), route, filled(route.path, id));
      const absent = await call(api(), route, filled(route.path, none));
      const what = `${route.method} ${route.path}: ${JSON.stringify(foreign.body)}`;
      expect([403, 404], what).toContain(foreign.status);
      expect(shape(foreign, id), what).toBe(shape(absent, none));
    }
  });

  test('gets the same answer for another’s id in a body, in an item of it, or in a query as for none, in every field', async () => {
    const withFields = named((route) => route.idFields.length > 0);
    expect(withFields.length).toBeGreaterThan(30);
    const unasked: string[] = [];
    for (const route of withFields) {
      for (const field of route.idFields) {
        if (PAYABLE.has(`${route.path} ${field.name}`)) continue;
        const list = LIST_OF[field.prefix] ?? '';
        const [id, none] = [theirs.ids[list], NONE[list]];
        if (id === undefined || none === undefined)
          throw new Error(`${route.path}: say above which list ${field.name} (${field.prefix}_) is of`);
        const foreign = await callNaming(api(), route, field, id);
        const absent = await callNaming(api(), route, field, none);
        const what = `${route.method} ${route.path} ${field.name}: ${JSON.stringify(foreign.body)}`;
        expect(shape(foreign, id), what).toBe(shape(absent, none));
        expect(isNothing(foreign), what).toBe(true);
        // Otherwise the form was refused, and the id never looked at.
        if (foreign.status === 400) unasked.push(what);
      }
    }
    if (who === 'an issuer') expect(unasked).toEqual([]);
  });

  test('sees nothing of another’s in any list, and no cursor tells what there is', async () => {
    const lists = named((route) => route.method === 'GET' && /^\/v1\/[a-z-]+$/.test(route.path));
    for (const { path } of lists) {
      const list = listOf(path);
      const all = await api().get(path);
      if (all.status === 403) continue;
      const seen = JSON.stringify(all.body);
      for (const id of Object.values(theirs.ids).filter((x) => x.includes('_') || /^[0-9a-f]{20}$/.test(x)))
        expect(seen, path).not.toContain(id);
      const [id, none] = [theirs.ids[list], NONE[list]];
      if (all.body.data === undefined || id === undefined) continue;
      const foreign = await api().get(`${path}?cursor=${id}`);
      expect(shape(foreign, id), path).toBe(shape(await api().get(`${path}?cursor=${none}`), none ?? ''));
    }
  });
});

test('nothing of another’s is deleted, and the answer is that for what is not there', async () => {
  const headers = await r.as(mine.client).authorization();
  for (const { path } of named((route) => route.method === 'DELETE')) {
    const [id = '', none = ''] = [theirs.ids[listOf(path)], NONE[listOf(path)]];
    const answers = [id, none].map(async (x) => {
      const sent = await r.server.app.inject({ method: 'DELETE', url: filled(path, x), headers });
      return shape({ status: sent.statusCode, headers: {}, body: sent.json() }, x);
    });
    const [foreign, absent] = await Promise.all(answers);
    expect(foreign, path).toContain('"status":404');
    expect(foreign, path).toBe(absent);
  }
});

test('after all that, everything of theirs is as it was', async () => {
  const api = r.as(theirs.client);
  const seen = async () => {
    const parts = named(
      (route) => route.method === 'GET' && route.path.includes('{') && !MOVING.test(route.path),
    );
    const answers: unknown[] = [];
    for (const { path } of parts) {
      const id = theirs.ids[listOf(path)] ?? '';
      const { status, body } = await api.get(filled(path, id));
      answers.push([path, status, body?.request_id === undefined ? body : body.code]);
    }
    return answers;
  };
  const before = await seen();
  for (const who of STRANGERS)
    for (const route of named((x) => x.method === 'POST' && x.path.includes('{')))
      await call(
        strangers[who] ?? r.as(undefined),
        route,
        filled(route.path, theirs.ids[listOf(route.path)] ?? ''),
      );
  expect(await seen()).toEqual(before);
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('the central bank sees what everybody has, and acts on none of it', async () => {
  for (const list of [
    'accounts',
    'purses',
    'fundings',
    'redemptions',
    'cards',
    'claims',
    'alerts',
    'institutions',
    'parties',
    'proposals',
  ])
    expect([list, (await central.get(`/v1/${list}/${theirs.ids[list]}`)).status]).toEqual([list, 200]);
  const all = r.as(
    await r.api.make('/v1/clients', {
      institution: 'ins_central_bank',
      name: 'CB that acts',
      scopes: [
        'accounts:write',
        'clients:write',
        'institutions:write',
        'transfers:write',
        'issuance:request',
      ],
    }),
  );
  const key = () => ({ 'idempotency-key': freshKey() });
  const tries: [string, object, string][] = [
    ['/v1/destructions', { account: theirs.ids.accounts, amount: '1' }, 'account_unknown'],
    ['/v1/accounts', { name: 'X', institution: theirs.ids.institutions }, 'institution_unknown'],
    ['/v1/parties', { reference: 'X', institution: theirs.ids.institutions }, 'institution_unknown'],
    [
      '/v1/clients',
      { name: 'X', scopes: ['accounts:write'], institution: theirs.ids.institutions },
      'institution_unknown',
    ],
    [`/v1/clients/${theirs.ids.clients}/rotate`, {}, 'not_found'],
    [`/v1/clients/${theirs.ids.clients}/withdraw`, {}, 'not_found'],
    [`/v1/devices/${theirs.ids.devices}/block`, {}, 'not_found'],
    [`/v1/parties/${theirs.ids.parties}/close`, {}, 'not_found'],
    ['/v1/institutions/ins_central_bank/suspend', {}, 'forbidden'],
    [`/v1/institutions/${theirs.ids.institutions}/first-client`, {}, 'client_exists'],
    ['/v1/institutions/ins_central_bank/first-client', {}, 'forbidden'],
  ];
  for (const [path, body, code] of tries) {
    const answer = await all.post(path, body, key());
    expect([path, answer.body.code]).toEqual([path, code]);
  }
});

test('a key of idempotency is one’s own: another’s request under the same one is another request', async () => {
  const key = { 'idempotency-key': freshKey() };
  const [a, b] = [r.as(mine.client), r.as(theirs.client)];
  const first = await a.post('/v1/parties', { reference: 'key' }, key);
  const other = await b.post('/v1/parties', { reference: 'key' }, key);
  const again = await a.post('/v1/parties', { reference: 'key' }, key);
  expect([first.status, other.status, again.status]).toEqual([201, 201, 201]);
  expect(other.headers['idempotent-replayed']).toBeUndefined();
  expect(other.body.institution).toBe(theirs.ids.institutions);
  expect(again.headers['idempotent-replayed']).toBe('true');
  expect(again.body).toEqual(first.body);
});

test('a suspended institution is out within five seconds, with all its devices, and back when it is resumed', async () => {
  const { client, key, ids } = await ownerNamed('Leaving');
  const api = r.as(client);
  const wallet = deviceApi(r, await deviceToken(r, ids.devices ?? '', key), key);
  expect([(await api.get('/v1/accounts')).status, (await wallet.get('/v1/accounts')).status]).toEqual([
    200, 200,
  ]);
  await r.api.make(`/v1/institutions/${ids.institutions}/suspend`);
  r.advance(5_000);
  await expect(api.get('/v1/accounts')).rejects.toThrow('invalid_client');
  expect((await wallet.get('/v1/accounts')).status).toBe(401);
  await r.api.make(`/v1/institutions/${ids.institutions}/resume`);
  expect((await api.get('/v1/accounts')).status).toBe(200);
});
