/**
 * Every text that somebody may write freely, through every route that takes one: SQL stays a text, and what would break a header, a log
 * or the database is refused. The fields come from the API's own document, so that a new one cannot be forgotten.
 */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Answer,
  freshKey,
  fundPurse,
  issueTo,
  newPurse,
  payOffline,
  type Rig,
  rig,
  sync,
} from './kit.ts';
import { newKey } from './wallet.ts';

let r: Rig;
/** A body for each route that has such a field, in which the field alone may be wrong; the path if it names something. */
let asks: Readonly<Record<string, Ask>>;
interface Ask {
  readonly path?: string;
  readonly body: object;
  /** In one of its lists. */
  readonly list?: string;
}

beforeAll(async () => {
  r = await rig();
  const { api } = r;
  const account = (await api.make('/v1/accounts', { name: 'A' })).id;
  const other = (await api.make('/v1/accounts', { name: 'B' })).id;
  const order = await api.make('/v1/card-orders', { items: [{ account }] });
  const [a, b, c] = [await newPurse(api), await newPurse(api), await newPurse(api)];
  await issueTo(api, account, 1_000_000n);
  await fundPurse(api, a, 1_000n);
  await payOffline(a, b, 100n);
  await payOffline(b, c, 50n);
  // What it has came from a purse that never synced what it got, which is an alert.
  await sync(api, c);
  const claim = (await api.make('/v1/claims', { purse: c.id, kind: 'lost' })).id;
  const alert = (await api.get('/v1/alerts')).body.data[0].id;
  const party = (await api.make('/v1/parties', { reference: '1' })).id;
  const transfer = (await api.make('/v1/transfers', { from: account, to: other, amount: '100' })).id;
  const move = { from: account, to: other, amount: '1' };
  asks = {
    '/v1/accounts': { body: {} },
    '/v1/acquirer-connections': { body: { profile: '1987-ascii', https: true } },
    '/v1/alerts/{id}/close': { path: `/v1/alerts/${alert}/close`, body: {} },
    '/v1/card-orders/{id}/release': { path: `/v1/card-orders/${order.id}/release`, body: { item: 1 } },
    '/v1/claims/{id}/refuse': { path: `/v1/claims/${claim}/refuse`, body: {} },
    '/v1/clearing-files': { body: { format: 'json-lines', data: '{}' } },
    '/v1/clients': { body: { scopes: ['accounts:read'] } },
    '/v1/emv-ranges': { body: { prefix: '400003', digits: 16, versions: ['cvn18'] } },
    '/v1/institutions': { body: { kind: 'issuer' } },
    '/v1/issuer-revocations': { body: { issuer: '00000000000000ff' } },
    '/v1/merchants': { body: { acceptor: 'SHOP1', category: '5411', account } },
    '/v1/operators': { body: { roles: ['support'] } },
    '/v1/operators/enrol': { body: { code: 'ABCDE', name: 'ada', password: 'correct horse battery' } },
    '/v1/parties': { body: { reference: '2' } },
    '/v1/parties/{id}/holds': { path: `/v1/parties/${party}/holds`, body: {} },
    '/v1/parties/{id}/person': { path: `/v1/parties/${party}/person`, body: { name: 'X' } },
    '/v1/policies/situation/emergency': { body: { situation: 'outage' } },
    '/v1/reidentifications': { body: { purse: a.id } },
    '/v1/sandbox/shops': { body: { category: '5411' } },
    '/v1/sandbox/wallets': { body: {} },
    '/v1/sessions': { body: { name: 'ada', password: 'correct horse battery' } },
    '/v1/token-requestors': { body: {} },
    '/v1/transfers': { body: move },
    '/v1/transfers/batch': { body: { ...move, key: '' }, list: 'items' },
    '/v1/transfers/{id}/reversal': { path: `/v1/transfers/${transfer}/reversal`, body: { amount: '1' } },
    '/v1/webhooks': { body: {} },
  };
});
afterAll(() => r.close());

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}
interface Document {
  readonly paths: Readonly<
    Record<string, { post?: { requestBody?: { content: Record<string, { schema: Schema }> } } }>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A file, in lines of its own: clearing.test.ts. */
const FILES: ReadonlySet<string> = new Set(['/v1/clearing-files data']);

/** Path and field of each text that may be anything: no number, id, code, date or hexadecimal. */
async function freeTexts(): Promise<{ path: string; field: string }[]> {
  const document: Document = (await r.api.get('/openapi.json')).body;
  const resolved = (schema: Schema): Schema =>
    schema.$ref === undefined
      ? schema
      : (document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  const of = (schema: Schema, field: string): string[] => {
    const { type, properties = {}, items, pattern, ...fixed } = resolved(schema);
    const isFree = fixed.enum === undefined && fixed.const === undefined && fixed.format === undefined;
    if (type === 'string') return isFree && /^\^(?:\(\?:)?\[\^/.test(pattern ?? '^[^') ? [field] : [];
    if (items !== undefined) return of(items, field);
    return Object.entries(properties).flatMap(([name, p]) => of(p, field === '' ? name : `${field}.${name}`));
  };
  return Object.entries(document.paths)
    .flatMap(([path, { post }]) => {
      const schema = post?.requestBody?.content['application/json']?.schema;
      return schema === undefined ? [] : of(schema, '').map((field) => ({ path, field }));
    })
    .filter(({ path, field }) => !FILES.has(`${path} ${field}`));
}

const withText = (body: object, field: string, text: string): object => {
  const [first = '', ...rest] = field.split('.');
  const inner = rest.length === 0 ? text : withText({ name: 'X' }, rest.join('.'), text);
  return { ...body, [first]: inner };
};

function ask(path: string, field: string, text: string): Promise<Answer> {
  const wanted = asks[path];
  if (wanted === undefined) throw new Error(`${path} takes a text, ${field}: say above how it is asked`);
  const own = {
    ...wanted.body,
    ...(Object.hasOwn(wanted.body, 'key') ? { key: freshKey() } : {}),
    ...fresh(path),
  };
  const { list } = wanted;
  const body =
    list === undefined
      ? withText(own, field, text)
      : {
          [list]: [withText(own, field.slice(list.length + 1), text)],
        };
  return r.api.post(wanted.path ?? path, body, { 'idempotency-key': freshKey() });
}

let number = 0;
/** What may be there once only. */
function fresh(path: string): object {
  number += 1;
  if (path.startsWith('/v1/sandbox/')) return { jwk: newKey().jwk };
  if (path === '/v1/merchants') return { acceptor: `SHOP${number}` };
  if (path === '/v1/parties') return { reference: `${number}` };
  if (path === '/v1/emv-ranges') return { prefix: `${500_000 + number}` };
  return {};
}

const SQL = ["'; DROP TABLE canary; --", "x' || pg_sleep(9) || '"];
const BREAKING = ['a\u0000b', 'a\r\nSet-Cookie: a=b', '\ud800'];

test('every text of every route: SQL is a text, control characters and halves of characters are refused', async () => {
  await query("CREATE TABLE canary AS SELECT 'alive' AS state");
  const texts = await freeTexts();
  expect(texts.length).toBeGreaterThan(25);
  const wrong: string[] = [];
  for (const { path, field } of texts) {
    for (const text of [...SQL, ...BREAKING]) {
      const { status, body } = await ask(path, field, text);
      const isFine = status < 500 && (status >= 400 || SQL.includes(text));
      if (!isFine) wrong.push(`${path} ${field} ${JSON.stringify(text)}: ${status} ${JSON.stringify(body)}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(await query('SELECT state FROM canary')).toEqual([{ state: 'alive' }]);
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

async function query(sql: string): Promise<object[]> {
  const client = new pg.Client({ connectionString: r.databaseUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
