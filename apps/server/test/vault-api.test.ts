/** Links and tokens through the API: who may what, several parties on one token, and card numbers that nobody sees by accident. */
import { createServer as createHttpServer } from 'node:http';
import { withCheckDigit } from '@sokkin/issuer';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { type Api, freshKey, type Rig, rig } from './kit.ts';
import { dataFolder, serverChild } from './server-child.ts';
import { deviceApi, deviceToken, newKey } from './wallet.ts';

let r: Rig;
beforeAll(async () => {
  r = await rig();
});
afterAll(() => r.close());

let made = 0;
const newPan = (): string => {
  made += 1;
  return withCheckDigit(`47617390${String(made).padStart(7, '0')}`);
};
const LONG = { valid_until: '2100-01-01T00:00:00Z' };
const key = () => ({ 'idempotency-key': freshKey() });

interface Issuer {
  readonly id: string;
  readonly api: Api;
  readonly account: string;
  readonly party: string;
}
async function institution(kind: string, name: string): Promise<{ id: string; api: Api }> {
  const { client, id } = await r.api.make('/v1/institutions', { kind, name });
  return { id, api: r.as(client) };
}
async function issuer(name: string): Promise<Issuer> {
  const { id, api } = await institution('issuer', name);
  const party = (await api.make('/v1/parties', { reference: 'holder' })).id;
  const account = (await api.make('/v1/accounts', { name: 'A', party })).id;
  return { id, api, account, party };
}
async function requestorOf(name: string, kind = 'acquirer') {
  const { id: of, api } = await institution(kind, name);
  const { id } = await r.api.make('/v1/token-requestors', { name, institution: of });
  return { id: id as string, api };
}
async function walletOf({ api, party }: Issuer) {
  const own = newKey();
  const { id } = await api.make('/v1/devices', { kind: 'wallet', party, jwk: own.jwk });
  return deviceApi(r, await deviceToken(r, id, own), own);
}

describe('a card of another issuer', () => {
  test('is linked once, and shown by its last four digits', async () => {
    const { api, account } = await issuer('Link once');
    const pan = newPan();
    const card = { pan, expiry: '3012' };
    const first = await api.make('/v1/links', { account, card });
    expect(first).toMatchObject({
      account,
      status: 'active',
      card: { last_four: pan.slice(-4), expiry: '3012' },
    });
    expect(first.reference).toMatch(/^SKKN[0-9A-Z]{25}$/);
    expect(await api.make('/v1/links', { account, card })).toEqual(first);
    expect((await api.get(`/v1/links/${first.id}`)).body).toEqual(first);
    expect((await api.get(`/v1/links?account=${account}`)).body.data).toEqual([first]);
    const other = await issuer('Too late');
    const taken = await other.api.post('/v1/links', { account: other.account, card }, key());
    expect(taken).toMatchObject({ status: 409, body: { code: 'card_linked_elsewhere' } });
  });

  test.each([
    ['a number without its check digit', '4761739000000010'],
    ['a card of ours', withCheckDigit('999912000000001')],
    ['a token', withCheckDigit('999913000000001')],
  ])('%s is not linked, and not repeated', async (_, pan) => {
    const { api, account } = await issuer(`Refused ${pan}`);
    const refused = await api.post('/v1/links', { account, card: { pan, expiry: '3012' } }, key());
    expect(refused).toMatchObject({ status: 422, body: { code: 'card_not_linkable' } });
    expect(JSON.stringify(refused.body)).not.toContain(pan);
  });

  test('linked by many at once has one link', async () => {
    const { api, account } = await issuer('Race');
    const card = { pan: newPan(), expiry: '3012' };
    const links = await Promise.all(
      Array.from({ length: 6 }, () => api.make('/v1/links', { account, card })),
    );
    expect(new Set(links.map(({ id }) => id)).size).toBe(1);
  });

  test('is blocked by its holder, let go by its issuer, and gone when it is removed', async () => {
    const of = await issuer('Block');
    const wallet = await walletOf(of);
    const pan = newPan();
    const link = await of.api.make('/v1/links', { account: of.account, card: { pan, expiry: '3012' } });
    const requestor = await requestorOf('Block shop');
    const wish = { requestor: requestor.id, link: link.id, domain: LONG, activate: true };
    const token = await of.api.make('/v1/tokens', wish);
    const order = (api: Pick<Api, 'post'>, what: string) =>
      api.post(`/v1/links/${link.id}/${what}`, {}, key());
    expect((await order(wallet, 'block')).body.status).toBe('blocked');
    expect((await of.api.post('/v1/tokens', wish, key())).body.code).toBe('link_not_active');
    expect((await order(wallet, 'unblock')).status).toBe(403);
    expect((await order(of.api, 'unblock')).body.status).toBe('active');
    expect((await order(of.api, 'remove')).body).toMatchObject({
      status: 'removed',
      card: { last_four: pan.slice(-4) },
    });
    expect((await of.api.get(`/v1/tokens/${token.id}`)).body.status).toBe('deactivated');
    expect((await of.api.post(`/v1/tokens/${token.id}/detokenise`)).body.code).toBe('no_card_number');
    expect((await order(of.api, 'block')).body.code).toBe('link_not_active');
    // The number is free again, for whoever has the card now.
    const next = await of.api.make('/v1/links', { account: of.account, card: { pan, expiry: '3112' } });
    expect(next.id).not.toBe(link.id);
  });
});

describe('a token', () => {
  test('is made for a requestor from a card that its issuer has linked, and tells them no account', async () => {
    const of = await issuer('Card known');
    const card = { pan: newPan(), expiry: '3001' };
    const link = await of.api.make('/v1/links', { account: of.account, card });
    const { api, id: requestor } = await requestorOf('Wallet maker');
    const domain = {
      ...LONG,
      merchants: ['mer_1'],
      entries: ['contactless'],
      most_amount: '5000',
      needs_cryptogram: false,
    };
    const token = await api.make('/v1/tokens', { requestor, card, domain, assurance: 42 });
    expect(token).toMatchObject({
      status: 'inactive',
      requestor,
      reference: link.reference,
      link: null,
      account: null,
      assurance: 42,
    });
    expect(token.domain).toMatchObject({
      merchants: ['mer_1'],
      entries: ['contactless'],
      most_amount: '5000',
    });
    expect(token.number).toMatch(/^999913[0-9]{10}$/);
    expect((await of.api.get(`/v1/tokens/${token.id}`)).body).toMatchObject({
      account: of.account,
      link: link.id,
    });
    const wrong = (wish: object) => api.post('/v1/tokens', { requestor, domain: LONG, ...wish }, key());
    const answers = [
      await wrong({ card: { ...card, expiry: '3002' } }),
      await wrong({ card: { pan: newPan(), expiry: '3001' } }),
      // Another's link is not there for them.
      await wrong({ link: link.id }),
    ];
    expect(answers.map(({ body }) => body.code)).toEqual(['link_unknown', 'link_unknown', 'link_unknown']);
    expect((await wrong({})).body.code).toBe('validation_failed');
    expect((await wrong({ card, link: link.id })).body.code).toBe('validation_failed');
    expect((await wrong({ card, domain: { valid_until: '2001-01-01T00:00:00Z' } })).body.code).toBe(
      'token_domain_invalid',
    );
    expect((await wrong({ card, requestor: 'trq_00000000000' })).body.code).toBe('requestor_unknown');
  });

  test('is suspended by several, and each lifts only its own', async () => {
    const of = await issuer('Several');
    const link = await of.api.make('/v1/links', { account: of.account });
    const shop = await requestorOf('Several shop');
    const wish = { requestor: shop.id, link: link.id, domain: LONG };
    const { id } = await of.api.make('/v1/tokens', wish);
    const bank = r.as(
      await r.api.make('/v1/clients', {
        institution: 'ins_central_bank',
        name: 'Provider',
        scopes: ['tokens:read', 'tokens:write'],
      }),
    );
    const parties = { holder: await walletOf(of), requestor: shop.api, issuer: of.api, provider: bank };
    const say = async (who: keyof typeof parties, what: string) => {
      const { status, body } = await parties[who].post(`/v1/tokens/${id}/${what}`, {}, key());
      return status === 200 ? `${body.status} ${body.suspended_by.join(',')}`.trim() : body.code;
    };
    const course = `
      issuer    suspend     token_order_refused
      holder    activate    token_order_refused
      requestor activate    token_order_refused
      provider  activate    active
      issuer    activate    active
      holder    suspend     suspended holder
      requestor suspend     suspended holder,requestor
      issuer    resume      token_order_refused
      issuer    suspend     suspended holder,issuer,requestor
      provider  suspend     suspended holder,issuer,provider,requestor
      holder    suspend     suspended holder,issuer,provider,requestor
      holder    resume      suspended issuer,provider,requestor
      provider  resume      suspended issuer,requestor
      requestor resume      suspended issuer
      issuer    resume      active
      holder    resume      active
      holder    deactivate  deactivated
      provider  activate    token_order_refused
      issuer    deactivate  deactivated`;
    for (const line of course.trim().split('\n')) {
      const [who = '', what = '', ...outcome] = line.trim().split(/\s+/);
      expect([line, await say(who as keyof typeof parties, what)]).toEqual([line, outcome.join(' ')]);
    }
    const events = (await of.api.get('/v1/events?limit=100')).body.data.filter(
      (e: { data: object }) => 'token' in e.data,
    );
    expect(
      events
        .filter(({ type }: { type: string }) => type === 'token.suspended')
        .map((e: { data: { by: string } }) => e.data.by)
        .sort(),
    ).toEqual(['holder', 'issuer', 'provider', 'requestor']);
    const theirs = JSON.stringify((await shop.api.get('/v1/events?limit=100')).body);
    expect(theirs).toContain('token.deactivated');
    expect(theirs).not.toContain(of.account);
  });

  test('all suspend at once, and none is lost', async () => {
    const of = await issuer('At once');
    const link = await of.api.make('/v1/links', { account: of.account });
    const shop = await requestorOf('At once shop');
    const wish = { requestor: shop.id, link: link.id, domain: LONG, activate: true };
    const { id } = await of.api.make('/v1/tokens', wish);
    const holder = await walletOf(of);
    const all = [holder, shop.api, of.api, holder, shop.api, of.api];
    const said = await Promise.all(all.map((api) => api.post(`/v1/tokens/${id}/suspend`, {}, key())));
    expect(said.map(({ status }) => status)).toEqual(all.map(() => 200));
    expect((await of.api.get(`/v1/tokens/${id}`)).body.suspended_by).toEqual([
      'holder',
      'issuer',
      'requestor',
    ]);
  });

  test('is listed for its account and for its requestor, page by page, by its last four digits', async () => {
    const of = await issuer('Listed');
    const link = await of.api.make('/v1/links', { account: of.account });
    const shop = await requestorOf('Listed shop');
    const ids: string[] = [];
    for (let i = 0; i < 5; i++)
      ids.push((await of.api.make('/v1/tokens', { requestor: shop.id, link: link.id, domain: LONG })).id);
    for (const [api, filter] of [
      [of.api, `account=${of.account}`],
      [of.api, `link=${link.id}`],
      [shop.api, `requestor=${shop.id}`],
      [shop.api, ''],
    ] as const) {
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await api.get(`/v1/tokens?limit=2&${filter}${cursor}`);
        for (const token of body.data) {
          expect(token.number).toMatch(/^[0-9]{4}$/);
          seen.push(token.id);
        }
        cursor = body.has_more ? `&cursor=${body.next_cursor}` : '';
      } while (cursor !== '');
      expect(seen).toEqual(ids);
    }
    expect(
      (await shop.api.get(`/v1/tokens?account=${of.account}`)).body.data.map(
        (t: { account: null }) => t.account,
      ),
    ).toEqual([null, null, null, null, null]);
    const stranger = await issuer('Stranger');
    expect((await stranger.api.get(`/v1/tokens?account=${of.account}`)).body.data).toEqual([]);
  });

  test('a closed requestor gets no more tokens, and keeps those that it has', async () => {
    const of = await issuer('Closing');
    const link = await of.api.make('/v1/links', { account: of.account });
    const shop = await requestorOf('Closing shop');
    const wish = { requestor: shop.id, link: link.id, domain: LONG, activate: true };
    const token = await of.api.make('/v1/tokens', wish);
    expect((await r.api.make(`/v1/token-requestors/${shop.id}/close`)).status).toBe('closed');
    expect((await of.api.post('/v1/tokens', wish, key())).body.code).toBe('requestor_unknown');
    expect((await shop.api.get(`/v1/tokens/${token.id}`)).body.status).toBe('active');
    expect((await shop.api.get('/v1/token-requestors')).body.data).toMatchObject([
      { id: shop.id, status: 'closed' },
    ]);
  });
});

test('a card number leaves once, to its issuer, and that is in the log', async () => {
  const of = await issuer('Detokenise');
  const card = { pan: newPan(), expiry: '2911' };
  await of.api.make('/v1/links', { account: of.account, card });
  const shop = await requestorOf('Curious shop');
  const { id } = await shop.api.make('/v1/tokens', { requestor: shop.id, card, domain: LONG });
  const path = `/v1/tokens/${id}/detokenise`;
  expect((await shop.api.post(path)).status).toBe(403);
  const bank = r.as(
    await r.api.make('/v1/clients', {
      institution: 'ins_central_bank',
      name: 'Sees all',
      scopes: ['tokens:read'],
    }),
  );
  expect((await bank.post(path)).status).toBe(403);
  expect((await (await issuer('Other issuer')).api.post(path)).status).toBe(404);
  const shown = await of.api.post(path);
  expect(shown).toMatchObject({ status: 200, body: card, headers: { 'cache-control': 'no-store' } });
  const entries = (await r.api.get('/v1/log?action=token.detokenised')).body.data;
  expect(entries).toMatchObject([{ subject: id, institution: of.id }]);
});

test('what numbers are is told in one batch: tokens, linked cards, nobody’s', async () => {
  const of = await issuer('Resolve');
  const card = { pan: newPan(), expiry: '3012' };
  const link = await of.api.make('/v1/links', { account: of.account, card });
  const shop = await requestorOf('Resolve shop');
  const token = await of.api.make('/v1/tokens', { requestor: shop.id, link: link.id, domain: LONG });
  const pool = new pg.Pool({ connectionString: r.databaseUrl, max: 1 });
  const statements: string[] = [];
  const run = async <R extends object>(text: string, values: readonly unknown[]) => {
    statements.push(text);
    return (await pool.query(text, [...values])).rows as R[];
  };
  const nobody = [newPan(), '12', withCheckDigit('999913000000002'), withCheckDigit('999912000000002')];
  const found = await r.server.backend.vault.resolve(run, [token.number, card.pan, ...nobody]);
  await pool.end();
  expect(found.get(token.number)).toMatchObject({
    kind: 'token',
    token: { id: token.id },
    link: { account: of.account },
  });
  expect(found.get(card.pan)).toMatchObject({
    kind: 'linked',
    link: { id: link.id, card: { expiry: '3012' } },
  });
  expect(nobody.map((number) => found.get(number)?.kind)).toEqual([
    'unknown',
    'unknown',
    'unknown',
    'unknown',
  ]);
  expect(statements).toHaveLength(3);
});

test('no card number is in any table, answer, event or problem', async () => {
  const of = await issuer('Grep');
  const pan = newPan();
  const card = { pan, expiry: '3012' };
  const shop = await requestorOf('Grep shop');
  const answers = [
    await of.api.post('/v1/links', { account: of.account, card }, key()),
    await of.api.post('/v1/links', { account: 'acc_none', card }, key()),
    await of.api.post('/v1/links', { account: of.account, card: { pan, expiry: 'soon' } }, key()),
    await of.api.post('/v1/links', { account: of.account, card: { pan: `${pan}x`, expiry: '3012' } }, key()),
    await of.api.post('/v1/links', { account: of.account, card, more: pan }, key()),
    await of.api.get(`/v1/links/${pan}`),
    await shop.api.post('/v1/tokens', { requestor: shop.id, card, domain: LONG }, key()),
    await shop.api.post('/v1/tokens', { requestor: shop.id, card, domain: {} }, key()),
    await of.api.get('/v1/events?limit=100'),
    await r.api.get('/v1/log?limit=100'),
    await r.as(undefined).post('/v1/links', { account: of.account, card }, key()),
  ];
  expect(answers.map(({ status }) => status)).toEqual([
    201, 422, 400, 400, 400, 400, 201, 400, 200, 200, 401,
  ]);
  for (const { body } of answers) expect(JSON.stringify(body)).not.toContain(pan);
  const db = new pg.Client({ connectionString: r.databaseUrl });
  await db.connect();
  const { rows: tables } = await db.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  expect(tables.length).toBeGreaterThan(40);
  for (const { name } of tables) {
    const { rows } = await db.query(
      `SELECT t::text AS row FROM ${name} t WHERE t::text LIKE $1 OR t::text LIKE $2`,
      [
        `%${pan}%`,
        // As octets are shown, and as format cn has it.
        `%${Buffer.from(pan).toString('hex')}%`,
      ],
    );
    expect([name, rows]).toEqual([name, []]);
  }
  await db.end();
});

test('no card number is in a line of the log at its most talkative, nor in a trace', async () => {
  const bodies: string[] = [];
  const collector = createHttpServer(async (request, response) => {
    for await (const part of request) bodies.push(String(part));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void collector.close());
  const address = collector.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const child = await serverChild({
    DATABASE_URL: database.url,
    SOKKIN_DATA: await dataFolder(),
    LOG_LEVEL: 'debug',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
  });
  const { api } = child;
  const pan = newPan();
  const card = { pan, expiry: '3012' };
  const account = (await api.make('/v1/accounts', { name: 'A', institution: 'ins_first_issuer' })).id;
  await api.make('/v1/links', { account, card });
  const requestor = (await api.make('/v1/token-requestors', { name: 'Shop' })).id;
  const { id } = await api.make('/v1/tokens', { requestor, card, domain: LONG });
  expect((await api.post(`/v1/tokens/${id}/detokenise`)).body.pan).toBe(pan);
  for (const body of [
    { account, card: { pan: `${pan}1`, expiry: '3012' } },
    { account: 'acc_none', card },
    { card },
  ])
    expect((await api.post('/v1/links', body, key())).status).toBeGreaterThanOrEqual(400);
  await api.get(`/v1/links/${pan}`);
  await api.get(`/v1/tokens?link=${pan}`);
  await child.kill('SIGTERM');
  expect(child.said()).toContain('/v1/tokens/:id/detokenise');
  expect(bodies.join('')).toContain('/v1/links');
  expect(child.said() + bodies.join('')).not.toContain(pan);
});

test('who is forgotten leaves no card number behind', async () => {
  const of = await issuer('Forgotten');
  const pan = newPan();
  const link = await of.api.make('/v1/links', { account: of.account, card: { pan, expiry: '3012' } });
  await of.api.make(`/v1/parties/${of.party}/close`);
  const { id: proposal } = await of.api.make(`/v1/parties/${of.party}/erasure`);
  await r.second.make(`/v1/proposals/${proposal}/approve`);
  expect((await of.api.get(`/v1/links/${link.id}`)).body.status).toBe('removed');
  const other = await issuer('Next');
  const next = await other.api.make('/v1/links', { account: other.account, card: { pan, expiry: '3112' } });
  expect(next.id).not.toBe(link.id);
});
