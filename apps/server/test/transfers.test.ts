/** Transfers between accounts through the API: one, many, tried out, sent back; and what is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, agreed, freshKey, type Rig, rig } from './kit.ts';

let r: Rig;
let [a, b, c]: [string, string, string] = ['', '', ''];
beforeAll(async () => {
  r = await rig();
  [a, b, c] = [await open('A'), await open('B'), await open('C')];
  await agreed(r.api, '/v1/issuances', { account: a, amount: '10000' });
});
afterAll(() => r.close());

const open = async (name: string): Promise<string> => (await r.api.make('/v1/accounts', { name })).id;
const balance = async (id: string): Promise<bigint> =>
  BigInt((await r.api.get(`/v1/accounts/${id}`)).body.balance);
const send = (body: object, key = freshKey()): Promise<Answer> =>
  r.api.post('/v1/transfers', body, { 'idempotency-key': key });
const batch = (items: object[], more: object = {}): Promise<Answer> =>
  r.api.post('/v1/transfers/batch', { items, ...more });
const holds = async () => expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });

test('money moves, and both accounts show why', async () => {
  const [had, got] = [await balance(a), await balance(b)];
  const body = {
    from: a,
    to: b,
    amount: '120',
    currency: 'JPY',
    memo: 'Tea & <cake> ☕',
    reference: 'INV-7/A',
  };
  const sent = await send(body);
  expect(sent).toMatchObject({
    status: 201,
    body: { kind: 'transfer', ...body, reverses: null },
  });
  expect(await balance(a)).toBe(had - 120n);
  expect(await balance(b)).toBe(got + 120n);
  expect((await r.api.get(`/v1/transfers/${sent.body.id}`)).body).toEqual(sent.body);
  const entries = (await r.api.get(`/v1/accounts/${b}/entries`)).body.data;
  expect(entries[0]).toMatchObject({ kind: 'transfer', reference: sent.body.id, amount: '120' });
  await holds();
});

test('a key moves money once, alone, in a batch and across them', async () => {
  const key = freshKey();
  const wish = { from: a, to: b, amount: '5' };
  const before = await balance(a);
  const first = await send(wish, key);
  const again = await send(wish, key);
  expect(again).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } });
  const other = freshKey();
  const both = await batch([
    { key, ...wish },
    { key: other, ...wish },
    { key: other, ...wish },
    { key: other, ...wish, amount: '6' },
    { key, ...wish, memo: 'another word' },
  ]);
  expect(both).toMatchObject({
    status: 200,
    body: {
      done: 3,
      refused: 2,
      results: [
        { status: 'done', id: first.body.id, repeated: true, created_at: first.body.created_at },
        { status: 'done', repeated: false },
        { status: 'done', repeated: true },
        { status: 'refused', code: 'idempotency_key_reused' },
        { status: 'refused', code: 'idempotency_key_reused' },
      ],
    },
  });
  expect(both.body.results[1].id).toBe(both.body.results[2].id);
  expect(await send({ ...wish, amount: '6' }, other)).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  });
  expect(await balance(a)).toBe(before - 10n);
});

test('a repeated transfer is answered with what was done, though the money has gone on', async () => {
  const d = await open('D');
  await send({ from: a, to: d, amount: '50' });
  const key = freshKey();
  const first = await send({ from: d, to: b, amount: '50' }, key);
  expect(await send({ from: d, to: b, amount: '50' }, key)).toMatchObject({ status: 201, body: first.body });
  expect(await send({ from: d, to: b, amount: '50' })).toMatchObject({
    status: 422,
    body: { code: 'insufficient_funds', retryable: true },
  });
});

test('the items of a batch are decided in their order, each by itself', async () => {
  const d = await open('D');
  const item = (more: object) => ({ key: freshKey(), from: a, to: d, amount: '10', ...more });
  const answer = await batch([
    item({ from: d, to: a }),
    item({}),
    item({ from: d, to: b, amount: '4' }),
    item({ from: d, to: b, amount: '7' }),
    item({ from: d, to: b, amount: '6' }),
    item({ to: 'acc_nobody' }),
    item({ from: 'acc_nobody' }),
    item({ to: a }),
    item({ to: 'acc_offline_float' }),
    item({ from: 'acc_central_bank' }),
  ]);
  const shown = answer.body.results.map((x: { code?: string; param?: string }) => [x.code, x.param]);
  expect(shown).toEqual([
    ['insufficient_funds', 'amount'],
    [undefined, undefined],
    [undefined, undefined],
    ['insufficient_funds', 'amount'],
    [undefined, undefined],
    ['account_unknown', 'to'],
    ['account_unknown', 'from'],
    ['same_account', 'to'],
    ['account_not_online', 'to'],
    ['account_not_online', 'from'],
  ]);
  expect(await balance(d)).toBe(0n);
  await holds();
});

test('a dry run says what would happen, and writes nothing', async () => {
  const [had, got] = [await balance(a), await balance(c)];
  const wish = { from: a, to: c, amount: '30' };
  const alone = await r.api.post('/v1/transfers', { ...wish, dry_run: true });
  const balances = { from: (had - 30n).toString(), to: (got + 30n).toString() };
  expect(alone).toMatchObject({ status: 200, body: { dry_run: true, ...wish, balances } });
  const items = [
    { key: freshKey(), ...wish },
    { key: freshKey(), from: c, to: a, amount: (got + 31n).toString() },
    { key: freshKey(), from: c, to: a, amount: '1' },
  ];
  const many = await batch(items, { dry_run: true });
  expect(many.body).toMatchObject({
    dry_run: true,
    results: [
      { status: 'done', balances },
      { status: 'refused', code: 'insufficient_funds' },
      { status: 'done', balances: { from: (got + 29n).toString(), to: (had - 29n).toString() } },
    ],
  });
  expect([await balance(a), await balance(c)]).toEqual([had, got]);
  expect(await r.api.get(`/v1/transfers/${many.body.results[0].id}`)).toMatchObject({ status: 404 });
  // The keys were not used up.
  expect((await batch(items)).body.results[0]).toMatchObject({ status: 'done', repeated: false });
});

test('a transfer goes back in parts, never more than it was', async () => {
  const sent = await send({ from: a, to: b, amount: '100' });
  const back = (amount: string | undefined, key = freshKey()) =>
    r.api.post(
      `/v1/transfers/${sent.body.id}/reversal`,
      { reason: 'wrong shop', ...(amount === undefined ? {} : { amount }) },
      { 'idempotency-key': key },
    );
  const key = freshKey();
  const part = await back('30', key);
  expect(part).toMatchObject({
    status: 201,
    body: { kind: 'reversal', from: b, to: a, amount: '30', reverses: sent.body.id, memo: 'wrong shop' },
  });
  expect((await back('30', key)).body).toEqual(part.body);
  expect(await back('71')).toMatchObject({ status: 422, body: { code: 'reversal_too_large' } });
  expect(await back(undefined)).toMatchObject({ status: 201, body: { amount: '70' } });
  expect(await back(undefined)).toMatchObject({ status: 422, body: { code: 'reversal_too_large' } });
  const again = await r.api.post(
    `/v1/transfers/${part.body.id}/reversal`,
    { reason: 'x' },
    { 'idempotency-key': freshKey() },
  );
  expect(again).toMatchObject({ status: 422, body: { code: 'transfer_not_reversible' } });
  await holds();
});

test('parts that are asked for at the same time take back no more than there is', async () => {
  const sent = await send({ from: a, to: b, amount: '10' });
  const path = `/v1/transfers/${sent.body.id}/reversal`;
  const answers = await Promise.all(
    Array.from({ length: 6 }, () =>
      r.api.post(path, { amount: '4', reason: 'race' }, { 'idempotency-key': freshKey() }),
    ),
  );
  expect(answers.map((x) => x.status).sort()).toEqual([201, 201, 422, 422, 422, 422]);
});

test('the transfers of an account, newest first, page by page', async () => {
  const [x, y] = [await open('X'), await open('Y')];
  await agreed(r.api, '/v1/issuances', { account: x, amount: '100' });
  const ids: string[] = [];
  for (let i = 1; i <= 5; i++) ids.unshift((await send({ from: x, to: y, amount: `${i}` })).body.id);
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = (await r.api.get(`/v1/transfers?account=${x}&limit=2${cursor}`)).body;
    seen.push(...page.data.map((t: { id: string }) => t.id));
    cursor = page.has_more ? `&cursor=${page.next_cursor}` : '';
  } while (cursor !== '');
  expect(seen).toEqual(ids);
  expect(await r.api.get('/v1/transfers?account=acc_nobody')).toMatchObject({ status: 404 });
});

test('what is malformed is refused before it meets the ledger', async () => {
  const good = { from: a, to: b, amount: '1' };
  const bad = [
    { memo: 'x'.repeat(141) },
    { memo: '' },
    { memo: 'line\nbreak' },
    { memo: '\ud800' },
    { memo: '\uffff' },
    { reference: 'x'.repeat(36) },
    { reference: ' x' },
    { reference: 'ü' },
    { amount: '0' },
    { amount: '-1' },
    { amount: '1.5' },
    { amount: 1 },
    { amount: '1000000000000001' },
    { currency: 'EUR' },
    { from: "acc_'; DROP TABLE postings; --" },
    { note: 'no such field' },
    { dry_run: 'yes' },
  ];
  for (const more of bad) {
    const alone = await send({ ...good, ...more });
    expect(alone, JSON.stringify(more)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  }
  expect(await r.api.post('/v1/transfers', good)).toMatchObject({
    status: 400,
    body: { code: 'idempotency_key_missing' },
  });
  expect(await batch([])).toMatchObject({ status: 400 });
  expect(await batch([good])).toMatchObject({ status: 400, body: { param: 'items.0.key' } });
  const many = Array.from({ length: 1001 }, () => ({ key: freshKey(), ...good }));
  expect(await batch(many)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  expect((await batch(many.slice(1))).body).toMatchObject({ done: 1000, refused: 0 });
});
