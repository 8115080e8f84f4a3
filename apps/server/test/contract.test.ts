/**
 * Everything that the API's document describes, asked with right and with wrong requests, by nobody, by another issuer and
 * by somebody who may do everything: every answer is one that the document gives, none is a 500, what is refused moves no
 * money, and the audit holds. The same requests each time; more by SOKKIN_CONTRACT_RUNS (an operation), others by
 * SOKKIN_CONTRACT_SEED.
 */
import { hex } from '@sokkin/codec';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROBLEMS } from '../src/index.ts';
import { magicOf } from '../src/operations/sandbox.ts';
import { type Document, type Operation, type Request, requestsOf } from './contract-requests.ts';
import { newBlank } from './factory.ts';
import { fundPurse, issueTo, newPurse, nonce, type Rig, rig, ticketOf, upload } from './kit.ts';
import { newKey } from './wallet.ts';

const RUNS = Number(process.env.SOKKIN_CONTRACT_RUNS ?? 8);
const SEED = Number(process.env.SOKKIN_CONTRACT_SEED ?? 1);
/** They change what all others work with. */
const LAST = ['advanceSandboxClock', 'createKeysDestruction', 'createKeysRotation', 'renewCertificates'];
/** Passwords, RSA keys and the reading of the whole ledger are slow on purpose. */
const DEAR = [
  'createSession',
  'createOperatorsEnrol',
  'createPersonalisation',
  'createKeysCeremony',
  'getAudit',
  ...LAST,
];

let r: Rig;
let database: pg.Client;
let document: Document;
const real: string[] = [];
beforeAll(async () => {
  const many = { perSecond: 1e6, burst: 1e6 };
  r = await rig({
    limits: { principal: undefined, anonymous: many, credentials: many },
    webhooks: false,
  });
  database = new pg.Client({ connectionString: r.databaseUrl });
  await database.connect();
  document = (await r.api.get('/openapi.json')).body;
  real.push(...(await things()));
});
afterAll(async () => {
  await database.end();
  await r.close();
});

/** One of everything, so that requests get past "there is no such". */
async function things(): Promise<string[]> {
  const { api } = r;
  const issuer = await api.make('/v1/institutions', { kind: 'issuer', name: 'Victim' });
  const own = r.as(issuer.client);
  const party = (await api.make('/v1/parties', { reference: 'p' })).id;
  const device = (await api.make('/v1/devices', { kind: 'wallet', party, jwk: newKey().jwk })).id;
  const account = (await api.make('/v1/accounts', { name: 'A', party })).id;
  const other = (await api.make('/v1/accounts', { name: 'B' })).id;
  const theirs = (await own.make('/v1/accounts', { name: 'C' })).id;
  for (const to of [account, other, theirs]) await issueTo(api, to, 1_000_000n);
  const purse = await newPurse(api, { account });
  const funding = await fundPurse(api, purse, 1_000n);
  const redemption = await api.make('/v1/redemptions', { account, purse: purse.id, max_amount: '10' });
  const transfer = await api.make('/v1/transfers', { from: account, to: other, amount: '7' });
  const webhook = await api.make('/v1/webhooks', { url: 'http://127.0.0.1:9/' });
  await api.make(`/v1/webhooks/${webhook.id}/ping`);
  const [delivery] = (await api.get(`/v1/webhooks/${webhook.id}/deliveries`)).body.data;
  const [event] = (await api.get('/v1/events')).body.data;
  const issuance = await api.make('/v1/issuances', { account, amount: '5' });
  const destruction = await api.make('/v1/destructions', { account, amount: '5' });
  const operator = (await api.make('/v1/operators', { name: 'of-victim', roles: ['support'] })).id;
  const { statement, entries } = await upload(api, purse);
  const blank = await newBlank(api);
  return [
    ...[issuer.id, issuer.client.id, party, device, account, other, theirs, purse.id, funding.id],
    ...[redemption.id, transfer.id, webhook.id, delivery?.id, event?.id, operator, blank.serial],
    ...[issuance.id, issuance.proposal, destruction.id, destruction.proposal],
    ...[statement, ...entries, hex(await ticketOf(purse, 50n)), hex(purse.certificate), await nonce(api)],
    ...['1', '100', '1000000', 'Order 17', 'http://127.0.0.1:9/', 'http://10.0.0.1/'],
  ].filter((text) => typeof text === 'string');
}

/** What everybody has; and what somebody sent who was refused must not have changed. */
async function money(): Promise<string> {
  const { rows } = await database.query('SELECT id, balance FROM accounts ORDER BY id');
  return JSON.stringify(rows);
}

/** Answers of statuses that the document does not give to their operation. */
const undescribed = new Set<string>();

const ajv = new Ajv2020({ strict: false, allErrors: false });
addFormats.default(ajv);
const validators = new Map<string, ValidateFunction>();
function validatorOf(operation: Operation, status: string, type: string): ValidateFunction | undefined {
  const name = `${operation.operationId} ${status} ${type}`;
  const schema = operation.responses[status]?.content?.[type]?.schema;
  if (schema === undefined) return undefined;
  const made = validators.get(name) ?? ajv.compile({ ...schema, components: document.components });
  validators.set(name, made);
  return made;
}

interface Sent {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Whether the document says that this operation may answer so. */
function expectDescribed(operation: Operation, { statusCode, headers, body }: Sent, what: string): void {
  expect(headers, what).toMatchObject({
    'request-id': expect.stringMatching(/^req_/),
    // What has a tag may be kept, and is asked for anew each time.
    'cache-control': headers.etag === undefined ? 'no-store' : 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  const type = String(headers['content-type'] ?? '').split(';')[0] ?? '';
  if (type === 'application/problem+json') {
    const problem = JSON.parse(body);
    expect(Object.keys(PROBLEMS), what).toContain(problem.code);
    expect(problem, what).toMatchObject({ status: statusCode, request_id: headers['request-id'] });
    // An id with a slash in it is another address.
    if (problem.code === 'route_not_found') return;
  }
  const status = statusCode in operation.responses ? String(statusCode) : 'default';
  if (!(status in operation.responses)) {
    undescribed.add(`${operation.operationId} ${statusCode} ${JSON.parse(body).code}`);
    return;
  }
  const { content, 'x-problem-codes': codes } = operation.responses[status] ?? {};
  if (codes !== undefined && !codes.includes(JSON.parse(body).code))
    undescribed.add(`${operation.operationId} ${statusCode} ${JSON.parse(body).code}`);
  // A sandbox's endpoint answers 204 when asked to, which has no body.
  if (content === undefined || statusCode === 204 || statusCode === 205 || statusCode === 304) return;
  expect(Object.keys(content), what).toContain(type);
  const validate = validatorOf(operation, status, type);
  if (validate === undefined || !type.includes('json')) return;
  expect(validate(JSON.parse(body)) ? [] : validate.errors, what).toEqual([]);
}

/** In a sandbox some amounts make failures happen, and some endpoints wait as long as they are told. */
const isMagic = ({ payload = '', url }: Request): boolean =>
  [...payload.matchAll(/"([0-9]+)"/g)].some(([, amount]) => magicOf(amount) !== undefined) ||
  url.includes('delay_ms');

test('every operation answers every caller as its document says, and none with a 500', async () => {
  console.info(`SOKKIN_CONTRACT_SEED=${SEED} SOKKIN_CONTRACT_RUNS=${RUNS}`);
  const stranger = r.as((await r.api.make('/v1/institutions', { kind: 'issuer', name: 'Stranger' })).client);
  const all = Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })),
  );
  const rank = ({ operation }: (typeof all)[number]) => LAST.indexOf(operation.operationId);
  all.sort((a, b) => rank(a) - rank(b));
  const answers = new Map<number, number>();
  for (const { path, verb, operation } of all) {
    const { operationId } = operation;
    const numRuns = DEAR.includes(operationId) ? Math.ceil(RUNS / 4) : RUNS;
    const ask = async (request: Request, authorization: Record<string, string>, caller: string) => {
      const before = await money();
      const { url, headers, payload } = request;
      const sent = await r.server.app.inject({
        method: verb.toUpperCase() as 'GET',
        url,
        headers: { ...headers, ...authorization },
        ...(payload === undefined ? {} : { payload }),
      });
      const what = `${operationId} by ${caller}: ${JSON.stringify(request).slice(0, 1_500)} -> ${sent.statusCode} ${sent.body.slice(0, 800)}`;
      if (operationId !== 'getSandboxAnswer') expect(sent.statusCode, what).toBeLessThan(500);
      expectDescribed(operation, sent, what);
      if (sent.statusCode >= 400) expect(await money(), what).toBe(before);
      // An address that is too long is refused before anybody asks who sent it.
      const isUnread = sent.statusCode === 400 && url.length > 500;
      if (caller === 'nobody' && operation.security?.length !== 0 && !isUnread)
        expect(sent.statusCode, what).toBe(401);
      answers.set(sent.statusCode, (answers.get(sent.statusCode) ?? 0) + 1);
    };
    const requests = requestsOf(path, operation, real).filter((request) => !isMagic(request));
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        await ask(request, {}, 'nobody');
        await ask(request, await stranger.authorization(), 'a stranger');
        await ask(request, await r.api.authorization(), 'somebody who may');
      }),
      { numRuns, seed: SEED, endOnFailure: true },
    );
  }
  expect([...undescribed].sort()).toEqual([]);
  console.info(JSON.stringify(Object.fromEntries(answers)));
  // It is deep code that is reached, and not only validators.
  for (const status of [200, 201, 400, 401, 403, 404, 409, 422])
    expect(answers.get(status)).toBeGreaterThan(5);
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});
