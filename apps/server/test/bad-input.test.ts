/** Whatever comes in: a problem document that names what is wrong, never a 500. */
import { concat, fromHex, hex } from '@sokkin/codec';
import { object } from '@sokkin/purse';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROBLEMS } from '../src/index.ts';
import {
  type Answer,
  agreed,
  chainOf,
  crypto,
  freshKey,
  fundPurse,
  issueTo,
  newPurse,
  nonce,
  type Purse,
  payOn,
  type Rig,
  rig,
  ticketOf,
  upload,
} from './kit.ts';

let r: Rig;
let a: Purse;
let b: Purse;
beforeAll(async () => {
  r = await rig();
  [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 10_000n);
});
afterAll(() => r.close());

function expectProblem(answer: Answer, status?: number, code?: string): void {
  expect(answer.body, JSON.stringify(answer.body)).toMatchObject({
    type: `/problems#${answer.body?.code}`,
    status: answer.status,
    title: expect.any(String),
    detail: expect.any(String),
    request_id: expect.stringMatching(/^req_/),
    retryable: expect.any(Boolean),
  });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(Object.keys(PROBLEMS)).toContain(answer.body.code);
  expect(answer.status).toBeLessThan(500);
  if (status !== undefined) expect(answer.status).toBe(status);
  if (code !== undefined) expect(answer.body.code).toBe(code);
}
const post = (path: string, body: object) => r.api.post(path, body, { 'idempotency-key': freshKey() });

test('addresses and methods that are not there', async () => {
  expectProblem(await r.api.get('/v1/nothing'), 404, 'route_not_found');
  expectProblem(await r.api.get('/v1/fundings'), 404, 'route_not_found');
  for (const path of [
    'accounts/acc_x',
    'purses/pur_0000000000000000',
    'alerts/alt_1',
    'fundings/fnd_1',
    'redemptions/rdm_1',
  ]) {
    expectProblem(await r.api.get(`/v1/${path}`), 404, 'not_found');
  }
  for (const path of [
    'accounts/%00',
    'purses/pur_zz',
    'accounts?cursor=%00',
    'accounts?limit=1e9',
    'accounts?x=1',
    'purses?cursor=x',
  ]) {
    expectProblem(await r.api.get(`/v1/${path}`), 400, 'validation_failed');
  }
});

test('bodies that are no bodies', async () => {
  const raw = async (payload: string, type: string): Promise<Answer> => {
    const sent = await r.server.app.inject({
      method: 'POST',
      url: '/v1/accounts',
      payload,
      headers: { 'content-type': type, ...(await r.api.authorization()) },
    });
    return { status: sent.statusCode, headers: sent.headers, body: JSON.parse(sent.body) };
  };
  expectProblem(await raw('{', 'application/json'), 400, 'bad_request');
  expectProblem(await raw('', 'application/json'), 400);
  expectProblem(await raw('null', 'application/json'), 400);
  expectProblem(await raw('[]', 'application/json'), 400, 'validation_failed');
  expectProblem(await raw('<a/>', 'text/xml'), 415, 'unsupported_media_type');
  expectProblem(await raw(`"${'x'.repeat(3_000_000)}"`, 'application/json'), 413, 'payload_too_large');
  expectProblem(await raw('{"__proto__":{"name":"x"}}', 'application/json'), 400);
});

test('amounts that are no amounts', async () => {
  const wrong = ['', '0', '-1', '1.5', '1e3', '01', ' 1', '1000000000000001', '9'.repeat(40), 1, null, '１'];
  for (const amount of wrong) {
    const answer = await post('/v1/issuances', { account: a.account, amount });
    expectProblem(answer, 400, 'validation_failed');
    expect(answer.body.param).toBe('amount');
  }
  const euro = await post('/v1/issuances', { account: a.account, amount: '1', currency: 'EUR' });
  expectProblem(euro, 400, 'validation_failed');
});

test('accounts that are none', async () => {
  expectProblem(await post('/v1/accounts', { name: '\u0000' }), 400, 'validation_failed');
  expectProblem(await post('/v1/accounts', { name: '\ud800' }), 400, 'validation_failed');
  expectProblem(await post('/v1/accounts', { name: '  ' }), 400, 'validation_failed');
  expectProblem(await post('/v1/issuances', { account: 'acc_none', amount: '1' }), 422, 'account_unknown');
  const own = { account: 'acc_offline_float', amount: '1' };
  expectProblem(await post('/v1/issuances', own), 422, 'account_not_online');
  expectProblem(await post('/v1/destructions', own), 422, 'account_not_online');
});

test('a ledger that is full says so', async () => {
  const { id } = await r.api.make('/v1/accounts', { name: 'Whale' });
  // 64 bits hold 9,223 times the largest amount: start near the brim.
  const most = 2n ** 63n - 1n - 5n * 10n ** 14n;
  await r.server.backend.store.write((tx) =>
    tx.accounts.post(
      {
        kind: 'issuance',
        reference: 'iss_whale',
        postings: [
          { account: 'acc_central_bank', amount: -most },
          { account: id, amount: most },
        ],
      },
      new Date(),
    ),
  );
  const { proposal } = await r.api.make('/v1/issuances', { account: id, amount: '1000000000000000' });
  const approved = await r.second.post(
    `/v1/proposals/${proposal}/approve`,
    {},
    { 'idempotency-key': freshKey() },
  );
  expectProblem(approved, 422, 'balance_too_large');
  await agreed(r.api, '/v1/destructions', { account: id, amount: '1' });
});

test('enrolments: forged, over a foreign nonce, used twice', async () => {
  const { handle, publicKey } = crypto.generateKey();
  const enrolment = async (over: string) => {
    const body = concat(fromHex('310101'), fromHex(over), publicKey);
    return hex(concat(body, crypto.sign(handle, body)));
  };
  const ask = (text: string, more = {}) =>
    post('/v1/purses', { account: a.account, assurance: 'software', enrolment: text, ...more });
  expectProblem(await ask(await enrolment('00'.repeat(16))), 422, 'nonce_unknown');
  const good = await enrolment(await nonce(r.api));
  expectProblem(
    await ask(`${good.slice(0, -2)}${good.endsWith('00') ? '01' : '00'}`),
    422,
    'signature_invalid',
  );
  expectProblem(await ask('00'), 422, 'message_malformed');
  expectProblem(await ask(good.toUpperCase()), 400, 'validation_failed');
  const first = await ask(good);
  expect(first.status).toBe(201);
  expectProblem(await ask(good), 422, 'nonce_unknown');
  // One key, one certificate: asked again over a new nonce, it is the same purse.
  const again = await ask(await enrolment(await nonce(r.api)));
  expect(again.body).toEqual(first.body);
  const other = await ask(await enrolment(await nonce(r.api)), { assurance: 'secure_element' });
  expectProblem(other, 409, 'key_already_certified');
  // Expired nonces are no nonces.
  const old = await enrolment(await nonce(r.api));
  r.advance(11 * 60_000);
  expectProblem(await ask(old), 422, 'nonce_unknown');
  // At once, with different keys: still one purse.
  const { handle: h2, publicKey: p2 } = crypto.generateKey();
  const parallel = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const body = concat(fromHex('310101'), fromHex(await nonce(r.api)), p2);
      return ask(hex(concat(body, crypto.sign(h2, body))));
    }),
  );
  expect(new Set(parallel.map((p) => p.body.id)).size).toBe(1);
});

test('fundings: too much, too poor, of others, twice', async () => {
  await issueTo(r.api, b.account, 5000n);
  const fund = (ticket: Uint8Array, amount: string, of: Purse, payee: Purse) =>
    post('/v1/fundings', { account: of.account, ticket: hex(ticket), payee: chainOf(payee), amount });
  const ticket = await ticketOf(b, 1_000n);
  expectProblem(await fund(ticket, '1001', b, b), 422, 'amount_over_ticket');
  expectProblem(await fund(ticket, '1000', b, a), 422, 'certificate_invalid');
  const forged = ticket.slice();
  forged[50] = (forged[50] ?? 0) ^ 1;
  expectProblem(await fund(forged, '1000', b, b), 422, 'signature_invalid');
  const dear = await ticketOf(b, 6_000n);
  expectProblem(await fund(dear, '6000', b, b), 422, 'insufficient_funds');
  const first = await fund(ticket, '1000', b, b);
  expect(first.status).toBe(201);
  // The same again, with another key: the ticket makes it the same funding.
  expect((await fund(ticket, '1000', b, b)).body).toEqual(first.body);
  expectProblem(await fund(ticket, '999', b, b), 409, 'ticket_already_used');
  const receipt = { receipt: hex(await ticketOf(a, 10n)) };
  expectProblem(await post(`/v1/fundings/${first.body.id}/receipt`, receipt), 422);
});

test('redemptions: payments of others, on other tickets, forged, twice', async () => {
  const open = () => r.api.make('/v1/redemptions', { account: a.account, purse: a.id, max_amount: '500' });
  const [one, two] = [await open(), await open()];
  const certificate = fromHex(one.payee.purse);
  const payment = await payOn(a, certificate, fromHex(one.ticket), 500n);
  const bring = (id: string, text: Uint8Array, payer: Purse) =>
    post(`/v1/redemptions/${id}/payment`, { payment: hex(text), payer: chainOf(payer) });
  expectProblem(await bring(two.id, payment, a), 422, 'payment_unrelated');
  expectProblem(await bring(one.id, payment, b), 422, 'certificate_invalid');
  const forged = payment.slice();
  forged[60] = (forged[60] ?? 0) ^ 1;
  expectProblem(await bring(one.id, forged, a), 422);
  const first = await bring(one.id, payment, a);
  expect(first).toMatchObject({ status: 200, body: { status: 'credited', amount: '500' } });
  expect((await bring(one.id, payment, a)).body).toEqual(first.body);
  expectProblem(
    await post('/v1/redemptions', { account: a.account, purse: 'pur_0000000000000000', max_amount: '1' }),
    422,
    'purse_unknown',
  );
  expect((await r.api.get('/v1/audit')).body.holds).toBe(true);
});

test('syncs: statements of others, forged, over no nonce, with entries left out or changed', async () => {
  const path = `/v1/purses/${a.id}/sync`;
  const good = await upload(r.api, a);
  expectProblem(await post(`/v1/purses/${b.id}/sync`, good), 422, 'purse_mismatch');
  expectProblem(
    await post(path, { ...good, statement: `${good.statement.slice(0, -2)}ff` }),
    422,
    'signature_invalid',
  );
  expectProblem(await post(path, { ...good, statement: '1101' }), 422, 'message_malformed');
  expectProblem(await post(path, { ...good, entries: good.entries.slice(0, -1) }), 422, 'journal_gap');
  expectProblem(await post(path, { ...good, entries: good.entries.slice(1) }), 422, 'journal_gap');
  const [first, ...rest] = good.entries;
  const changed = `${first?.slice(0, -2)}00`;
  expectProblem(await post(path, { ...good, entries: [changed, ...rest] }), 422);
  expectProblem(await post(path, { ...good, entries: ['ff', ...rest] }), 422, 'journal_malformed');
  const over = await a.ok('statement', object('nonce', new Uint8Array(16)));
  expectProblem(await post(path, { ...good, statement: hex(over) }), 422, 'nonce_unknown');
  // None of this accuses the purse, and the good upload is still good.
  expect((await r.api.get('/v1/alerts')).body.data).toEqual([]);
  const handed = { payments: [{ payment: '00'.repeat(133), purse: hex(a.certificate) }] };
  const answer = await post(path, { ...good, ...handed });
  expect(answer).toMatchObject({
    status: 200,
    body: { refused: [{ list: 'payments', index: 0, code: 'malformed' }] },
  });
});

test('fuzz: nothing that comes in makes a 500', async () => {
  const anyHex = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => hex(bytes));
  const messages = [hex(await ticketOf(a, 1n)), (await upload(r.api, a)).statement, hex(a.certificate)];
  const mutated = fc
    .tuple(fc.constantFrom(...messages), fc.nat(2000), fc.integer({ min: 1, max: 255 }))
    .map(([message, at, flip]) => {
      const bytes = fromHex(message);
      const i = at % bytes.length;
      bytes[i] = (bytes[i] ?? 0) ^ flip;
      return hex(bytes);
    });
  const text = fc.oneof(anyHex, mutated, fc.string(), fc.constantFrom(...messages));
  const value = fc.oneof(text, fc.constantFrom(a.account, a.id, '1', '100'), fc.jsonValue());
  const body = fc.dictionary(
    fc.constantFrom(
      'account',
      'amount',
      'ticket',
      'payee',
      'statement',
      'entries',
      'payments',
      'receipts',
      'payment',
      'payer',
      'receipt',
      'purse',
      'max_amount',
      'assurance',
      'enrolment',
      'tier',
      'name',
    ),
    fc.oneof(
      value,
      fc.array(value, { maxLength: 3 }),
      fc.record({ purse: text, issuer: text }),
      fc.record({ payment: text, purse: text }),
    ),
    { maxKeys: 6 },
  );
  const { id: funding } = await post('/v1/fundings', {
    account: b.account,
    ticket: hex(await ticketOf(b, 5n)),
    payee: chainOf(b),
    amount: '5',
  }).then((answer) => answer.body);
  const redemption = (
    await r.api.make('/v1/redemptions', { account: a.account, purse: a.id, max_amount: '9' })
  ).id;
  const path = fc.constantFrom(
    '/v1/accounts',
    '/v1/issuances',
    '/v1/destructions',
    '/v1/challenges',
    '/v1/purses',
    `/v1/purses/${a.id}/sync`,
    '/v1/fundings',
    `/v1/fundings/${funding}/receipt`,
    '/v1/redemptions',
    `/v1/redemptions/${redemption}/payment`,
  );
  // Shapes that get past the validators, with octets that do not mean anything.
  const shaped = fc.record({ t: text, c: text }).map(({ t, c }) => ({
    [`/v1/purses/${a.id}/sync`]: { statement: t, entries: [c], payments: [{ payment: t, purse: c }] },
    '/v1/fundings': { account: a.account, ticket: t, payee: { purse: c }, amount: '1' },
    '/v1/purses': { account: a.account, assurance: 'software', enrolment: t },
    [`/v1/fundings/${funding}/receipt`]: { receipt: t },
    [`/v1/redemptions/${redemption}/payment`]: { payment: t, payer: { purse: c } },
  }));
  await fc.assert(
    fc.asyncProperty(path, body, async (p, sent) => {
      expect((await post(p, sent)).status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
  await fc.assert(
    fc.asyncProperty(shaped, async (bodies) => {
      for (const [p, sent] of Object.entries(bodies)) expect((await post(p, sent)).status).toBeLessThan(500);
    }),
    { numRuns: 60 },
  );
  expect((await r.api.get('/v1/audit')).body.holds).toBe(true);
});

test('a purse whose certificate has expired is not funded any more', async () => {
  const other = await rig();
  const purse = await newPurse(other.api);
  await issueTo(other.api, purse.account, 10n);
  const body = {
    account: purse.account,
    ticket: hex(await ticketOf(purse, 10n)),
    payee: chainOf(purse),
    amount: '10',
  };
  other.advance(6 * 365 * 86_400_000);
  const answer = await other.api.post('/v1/fundings', body, { 'idempotency-key': freshKey() });
  expectProblem(answer, 422, 'certificate_invalid');
  other.advance(-6 * 365 * 86_400_000);
  expect((await other.api.post('/v1/fundings', body, { 'idempotency-key': freshKey() })).status).toBe(201);
  await other.close();
});
