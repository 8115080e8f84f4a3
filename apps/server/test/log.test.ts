/** The log: a line for each request, and nothing that anybody sent. */
import { utf8 } from '@sokkin/codec';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { loggableError } from '../src/observe/log.ts';
import { testDatabase } from '../src/postgres/test-database.ts';
import { dataFolder, serverChild } from './server-child.ts';

const CANARY = 'canary7f3a9c';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
}

/** A body with a canary in every text of it; the validators see to the rest. */
function bodyOf(schema: Schema | undefined): unknown {
  if (schema === undefined) return { [CANARY]: CANARY };
  if (schema.anyOf !== undefined) return bodyOf(schema.anyOf[0]);
  if (schema.properties !== undefined)
    return Object.fromEntries(Object.entries(schema.properties).map(([name, s]) => [name, bodyOf(s)]));
  if (schema.items !== undefined) return [bodyOf(schema.items)];
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  return CANARY;
}

test('nothing that was sent to any route is logged, at level debug', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const child = await serverChild({
    DATABASE_URL: database.url,
    SOKKIN_DATA: await dataFolder(),
    LOG_LEVEL: 'debug',
  });
  const headers = {
    authorization: `Bearer sat_${CANARY}`,
    dpop: `${CANARY}.${CANARY}.${CANARY}`,
    cookie: `session=${CANARY}`,
    'user-agent': CANARY,
    'x-forwarded-for': CANARY,
    'x-request-id': CANARY,
    referer: `https://${CANARY}/`,
  };
  const document = (await child.api.get('/openapi.json')).body;
  let sent = 0;
  for (const [path, operations] of Object.entries<Record<string, unknown>>(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const { requestBody } = operation as {
        requestBody?: { content: { 'application/json'?: { schema: Schema } } };
      };
      const schema = requestBody?.content['application/json']?.schema;
      const plain = path.replaceAll(/\{[^}]+\}/g, CANARY);
      for (const url of [plain, `${plain}?limit=${CANARY}&${CANARY}=${CANARY}`]) {
        const answer = await fetch(child.url + url, {
          method: method.toUpperCase(),
          headers: {
            ...headers,
            'idempotency-key': `${CANARY}-${sent++}`,
            ...(method === 'get' ? {} : { 'content-type': 'application/json' }),
          },
          ...(method === 'get' ? {} : { body: JSON.stringify(bodyOf(schema)) }),
        });
        await answer.text();
      }
    }
  }
  // What is accepted is not logged either, nor what is no JSON, no address, no HTTP.
  const key = () => ({ 'idempotency-key': `${CANARY}-${sent++}` });
  await child.api.post('/v1/accounts', { name: `Name ${CANARY}` }, key());
  await fetch(`${child.url}/${CANARY}/%ff`, { headers }).then((r) => r.text());
  await fetch(`${child.url}/v1/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"name": ${CANARY}`,
  }).then((r) => r.text());
  await child.kill('SIGTERM');
  expect(sent).toBeGreaterThan(40);
  const lines = child.said().split('\n');
  const requests = lines.filter((line) => line.includes('"msg":"request"')).map((line) => JSON.parse(line));
  expect(requests.length).toBeGreaterThan(sent);
  expect(requests.find((r) => r.route === '/v1/accounts' && r.method === 'POST')).toMatchObject({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    request_id: expect.stringMatching(/^req_/),
    status: expect.any(Number),
    ms: expect.any(Number),
    principal: expect.any(String),
  });
  expect(lines.filter((line) => line.includes(CANARY))).toEqual([]);
});

test('an error of PostgreSQL is logged without the row that it quotes', async () => {
  const database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('CREATE TABLE people (name text PRIMARY KEY, born date)');
  const failures = [
    `INSERT INTO people VALUES ('${CANARY}'), ('${CANARY}')`,
    `INSERT INTO people VALUES ('x', '${CANARY}')`,
    `SELECT '${CANARY}'::bigint`,
  ];
  const errors = [];
  for (const sql of failures) errors.push(await client.query(sql).catch((error: unknown) => error));
  await client.end();
  await database.drop();
  for (const error of errors) {
    const cause = new Error(`around ${CANARY}`, { cause: error });
    expect(JSON.stringify([loggableError(error), loggableError(cause)])).not.toContain(CANARY);
  }
  expect(loggableError(errors[0])).toMatchObject({
    code: '23505',
    table: 'people',
    constraint: 'people_pkey',
    stack: expect.arrayContaining([expect.stringMatching(/^\s+at /)]),
  });
  expect(JSON.stringify(loggableError(tryIt(() => BigInt(CANARY))))).not.toContain(CANARY);
  expect(JSON.stringify(loggableError(tryIt(() => JSON.parse(CANARY))))).not.toContain(CANARY);
  expect(loggableError(new Error('Bug: a thing'))).toMatchObject({ message: 'Bug: a thing' });
  expect(loggableError(utf8(CANARY))).toEqual({ type: 'object' });
});

function tryIt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
