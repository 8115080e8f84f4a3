/** A shop's days: payments, refunds, reversals and offline approvals close to the last yen; totals, fees, statements. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Acquirer,
  balanceOf,
  newAcquirer,
  newShop,
  type Shop,
  shopCard,
  shopDesk,
  words,
} from './clearing-kit.ts';
import { freshKey, type Rig, rig } from './kit.ts';

let r: Rig;
let acquirer: Acquirer;
let shop: Shop;
let desk: Awaited<ReturnType<typeof shopDesk>>;
let fees: string;
beforeAll(async () => {
  r = await rig({ settlementSeconds: 0 });
  acquirer = await newAcquirer(r);
  shop = await newShop(r, acquirer);
  desk = await shopDesk(r, acquirer, 1_000_000n);
  fees = (await acquirer.api.make('/v1/accounts', { name: 'Fees' })).id;
  await acquirer.api.make(settlement(), { cut_over: null, fee_account: fees });
  await acquirer.api.make(`/v1/merchants/${shop.merchant}/fee-terms`, { basis_points: 125, fixed: '3' });
});
afterAll(async () => {
  await desk.close();
  await r.close();
});

const settlement = (path = ''): string => `/v1/institutions/${acquirer.id}/settlement${path}`;
const day = async (n: number) => (await acquirer.api.get(settlement(`/days/${n}`))).body;
const merchantDay = async (n: number, path = '') =>
  (await acquirer.api.get(`/v1/merchants/${shop.merchant}/days/${n}${path}`)).body;

test('a day with payments, a reversal, refunds and offline approvals closes to the last yen', async () => {
  const say = words(shop);
  for (const [n, amount] of [
    [1, 1_000n],
    [2, 2_500n],
    [3, 333n],
  ] as const)
    expect(await desk.ask(say.pay(n, amount))).toMatchObject({ outcome: 'approved' });
  expect(await desk.ask(say.reverse(4, 2))).toMatchObject({ outcome: 'reversal_accepted' });
  expect(await desk.ask(say.refund(5, 1, 400n))).toMatchObject({ outcome: 'approved' });
  const card = await shopCard(r, shop);
  const tc = await card.pay(777n);
  expect(await desk.ask(say.advice(6, tc))).toMatchObject({ outcome: 'advice_accepted', approved: 777n });
  expect(await desk.ask(say.advice(7, tc)), 'again, in another message').toMatchObject({
    outcome: 'advice_accepted',
  });
  const kept = 1_000n + 333n - 400n + 777n;
  expect(await balanceOf(r, shop.account)).toBe(kept);

  const totals = { 74: '0000000001', 86: 400n, 76: '0000000004', 88: 4_610n, 77: '0000000001', 89: 2_500n };
  expect(await desk.ask(say.totals(8, totals))).toMatchObject({
    outcome: 'advice_accepted',
    fields: { 66: '1' },
  });
  expect(await desk.ask(say.totals(9, { ...totals, 88: 4_611n }))).toMatchObject({ fields: { 66: '2' } });
  const compared = (await acquirer.api.get(settlement('/totals'))).body.data;
  expect(compared).toMatchObject([
    { in_balance: false, differs: ['debits'], net_difference: '1', ours: { debits: { amount: '4610' } } },
    { in_balance: true, differs: [] },
  ]);

  const open = (await acquirer.api.get(settlement())).body;
  expect(open).toMatchObject({ fee_account: fees, open: { day: 1, status: 'open', net: kept.toString() } });
  await acquirer.api.make(settlement('/cut-overs'));
  // 1.25% of what was kept of the payments, and 3 for each of three; downwards.
  const fee = ((4_610n - 2_500n) * 125n) / 10_000n + 9n;
  expect(await day(1)).toMatchObject({
    status: 'settled',
    net: kept.toString(),
    fees: { due: fee.toString(), paid: fee.toString(), owed: '0' },
    positions: [
      {
        merchant: shop.merchant,
        sums: {
          payments: { count: 3, amount: '3833' },
          offline: { count: 1, amount: '777' },
          reversals: { count: 1, amount: '2500' },
          refunds: { count: 1, amount: '400' },
        },
      },
    ],
  });
  expect(await balanceOf(r, shop.account)).toBe(kept - fee);
  expect(await balanceOf(r, fees)).toBe(fee);
  const { data } = await merchantDay(1, '/payments');
  expect(data.map((m: { kind: string; amount: string }) => `${m.kind} ${m.amount}`)).toEqual([
    'purchase 1000',
    'purchase 2500',
    'purchase 333',
    'purchase_reversed 2500',
    'purchase_refund 400',
    'clearing 777',
  ]);
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('the day is on paper, as CSV and as camt.053, and the next one begins where it ended', async () => {
  const text = await merchantDay(1, '/text');
  expect(text).toMatch(/Paid to your account +1,710 JPY/);
  expect(text).toMatch(/Fee of this day +35 JPY/);
  const csv = await merchantDay(1, '/csv');
  expect(csv.split('\r\n')).toHaveLength(8);
  expect((await acquirer.api.get(settlement('/days/1/csv'))).body).toContain(
    `${shop.merchant},3,3833,1,777,1,2500,1,400,35,35,0`,
  );
  const camt = (n: number) => merchantDay(n, '/camt.053');
  const [one, two] = [await camt(1), await camt(2)];
  const balances = (xml: string) =>
    [...xml.matchAll(/<Amt Ccy="JPY">(\d+)<\/Amt><CdtDbtInd>/g)].map((m) => m[1]);
  expect(balances(one).slice(0, 2)).toEqual(['0', '1710']);
  expect(balances(two).slice(0, 2)).toEqual(['1710', '1675']);
});

test('a fee that the account cannot pay is owed, and taken when it can', async () => {
  const say = words(shop);
  const house = (await acquirer.api.make('/v1/accounts', { name: 'House' })).id;
  await desk.ask(say.pay(21, 10_000n));
  const all = await balanceOf(r, shop.account);
  await acquirer.api.make('/v1/transfers', { from: shop.account, to: house, amount: (all - 50n).toString() });
  await acquirer.api.make(settlement('/cut-overs'));
  expect((await day(2)).positions).toMatchObject([
    { fee: '128', fee_paid: '50', owed: '78', owed_before: '0' },
  ]);
  await desk.ask(say.pay(22, 1_000n));
  await acquirer.api.make(settlement('/cut-overs'));
  expect((await day(3)).positions).toMatchObject([
    { fee: '15', owed_before: '78', fee_paid: '93', owed: '0' },
  ]);
});

test('two who cut over at once end one day each, or the same with one key; nothing counts twice', async () => {
  const before = (await acquirer.api.get(settlement())).body.open.day;
  await desk.ask(words(shop).pay(31, 100n));
  const key = freshKey();
  const cut = (k: string) => acquirer.api.post(settlement('/cut-overs'), {}, { 'idempotency-key': k });
  const answers = await Promise.all([cut(key), cut(freshKey()), cut(freshKey())]);
  expect(answers.map((a) => a.body.day).sort()).toEqual([before, before + 1, before + 2]);
  expect((await cut(key)).body.day).toBe(answers[0]?.body.day);
  const nets = await Promise.all([0, 1, 2].map(async (n) => BigInt((await day(before + n)).net)));
  expect(nets.reduce((a, z) => a + z, 0n)).toBe(100n);
});
