/** Files of offline approvals over the API, in two forms; and one acquirer against another. */
import { DE55_TABLES, encodeIso, frameIso, hex, writeDe55 } from '@sokkin/codec';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PresentedTc } from '../src/acceptance/clearing/presented.ts';
import {
  type Acquirer,
  balanceOf,
  newAcquirer,
  newShop,
  type Shop,
  type ShopCard,
  shopCard,
  words,
} from './clearing-kit.ts';
import { V1987 } from './desk-kit.ts';
import { freshKey, type Rig, rig } from './kit.ts';

let r: Rig;
let [mine, theirs]: Acquirer[] = [];
let shop: Shop;
let card: ShopCard;
beforeAll(async () => {
  r = await rig({ settlementSeconds: 0 });
  mine = await newAcquirer(r, 'Mine');
  theirs = await newAcquirer(r, 'Theirs');
  shop = await newShop(r, mine);
  card = await shopCard(r, shop);
});
afterAll(() => r.close());

const lineOf = (tc: PresentedTc, more: object = {}): string =>
  JSON.stringify({
    card_acceptor: tc.acceptor,
    terminal: tc.terminal,
    pan: tc.pan.reveal(),
    amount: tc.amount.toString(),
    chip: hex(writeDe55(DE55_TABLES.advice, { elements: tc.chip, scripts: [] })),
    ...more,
  });
const send = async (by: Acquirer | undefined, body: object) =>
  (await by?.api.post('/v1/clearing-files', body))?.body;

test('JSON lines: each stands for itself, the same file again pays nothing, and no number of a card is told', async () => {
  const tcs = [await card.pay(110n), await card.pay(120n)];
  const [one, two] = tcs;
  if (one === undefined || two === undefined) throw new Error('two were paid');
  const data = [
    lineOf(one),
    '{"card_acceptor":"X"',
    lineOf(two, { amount: '121' }),
    lineOf(two, { pan: '4111111111111111' }),
    lineOf(two),
    '',
  ].join('\n');
  const first = await send(mine, { format: 'json-lines', data });
  expect(first).toMatchObject({ settled: 2, refused: 2, unreadable: 1, amount: '230' });
  expect(first.results.map((x: { reason: string | null }) => x.reason)).toEqual([
    null,
    null,
    'amount_differs',
    'card_unknown',
    null,
  ]);
  expect(JSON.stringify(first)).not.toContain(one.pan.reveal());
  const again = await send(mine, { format: 'json-lines', data });
  expect(again).toMatchObject({ settled: 2, amount: '0' });
  expect(await balanceOf(r, shop.account)).toBe(230n);
  const listed = (await mine?.api.get('/v1/clearings?status=settled'))?.body;
  expect(listed.data).toHaveLength(2);
  expect(JSON.stringify(listed)).not.toContain(one.pan.reveal());
});

test('advices of a dialect in their frames; what is no offline approval is said to be none', async () => {
  const say = words(shop);
  const tc = await card.pay(130n);
  const frames = [say.advice(1, tc), say.pay(2, 5n), say.advice(1, tc)].map((m) =>
    Buffer.from(frameIso(V1987.framing, encodeIso(V1987, m))),
  );
  const data = Buffer.concat([...frames, Buffer.from('0')]).toString('base64');
  const answer = await send(mine, { format: 'iso8583', profile: '1987-ascii', data });
  expect(answer).toMatchObject({ settled: 2, unreadable: 2, amount: '130' });
  expect(answer.results.map((x: { status: string }) => x.status)).toEqual([
    'settled',
    'unreadable',
    'settled',
    'unreadable',
  ]);
});

test.each([
  [{ format: 'json-lines', data: '\n' }, 422, 'clearing_file_unreadable'],
  [{ format: 'iso8583', data: 'AA==' }, 422, 'profile_invalid'],
  [{ format: 'iso8583', profile: 'nobodys', data: 'AA==' }, 422, 'profile_invalid'],
  [{ format: 'iso8583', profile: '1987-ascii', data: '§§' }, 422, 'clearing_file_unreadable'],
  [{ format: 'json-lines', data: 'x'.repeat(1_500_001) }, 400, 'validation_failed'],
  [{ format: 'json-lines', data: 'x', acquirer: 'ins_none' }, 422, 'institution_unknown'],
])('nonsense is answered in one sentence: %#', async (body, status, code) => {
  const answer = await mine?.api.post('/v1/clearing-files', body);
  expect([answer?.body.code, answer?.status]).toEqual([code, status]);
});

test('what is another acquirer’s is answered as what is not there, and nothing of it changes', async () => {
  await mine?.api.make(`/v1/institutions/${mine.id}/settlement/cut-overs`);
  const clearing = (await mine?.api.get('/v1/clearings'))?.body.data[0].id;
  const both = (path: string, id: string, none: string) => [path.replace('ID', id), path.replace('ID', none)];
  const paths = [
    both('/v1/clearings/ID', clearing, 'clr_none'),
    ...['', '/days', '/days/1', '/days/1/csv', '/totals'].map((rest) =>
      both(`/v1/institutions/ID/settlement${rest}`, mine?.id ?? '', 'ins_none'),
    ),
    ...['/fee-terms', '/days/1', '/days/1/payments', '/days/1/csv', '/days/1/text', '/days/1/camt.053'].map(
      (rest) => both(`/v1/merchants/ID${rest}`, shop.merchant, 'mch_none'),
    ),
  ];
  for (const [foreign = '', absent = ''] of paths) {
    const [a, z] = [await theirs?.api.get(foreign), await theirs?.api.get(absent)];
    expect([a?.status, a?.body.code, z?.status, z?.body.code], foreign).toEqual([
      404,
      'not_found',
      404,
      'not_found',
    ]);
    expect((await mine?.api.get(foreign))?.status, foreign).toBe(200);
  }
  const key = () => ({ 'idempotency-key': freshKey() });
  const acts: [string, object][] = [
    [`/v1/institutions/${mine?.id}/settlement`, { cut_over: '00:00', fee_account: null }],
    [`/v1/institutions/${mine?.id}/settlement/cut-overs`, {}],
    [`/v1/institutions/${mine?.id}/settlement/totals`, { totals: {} }],
    [`/v1/merchants/${shop.merchant}/fee-terms`, { basis_points: 10_000, fixed: '0' }],
  ];
  for (const [path, body] of acts)
    expect((await theirs?.api.post(path, body, key()))?.status, path).toBe(404);
  const tc = await card.pay(140n);
  const foreign = { format: 'json-lines', data: lineOf(tc), acquirer: mine?.id };
  expect((await send(theirs, foreign)).code).toBe('institution_unknown');
  expect((await theirs?.api.get('/v1/clearings'))?.body.data).toEqual([]);
  const fee = { cut_over: null, fee_account: shop.account };
  const wrong = await theirs?.api.post(`/v1/institutions/${theirs.id}/settlement`, fee, key());
  expect([wrong?.status, wrong?.body.code]).toEqual([422, 'account_unknown']);
});

test('who did what stands in the log', async () => {
  const { data } = (await r.api.get('/v1/log?limit=100')).body;
  expect(data.map((e: { action: string }) => e.action)).toContain('settlement.cut_over');
});
