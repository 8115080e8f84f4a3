/**
 * Whatever comes first, TC or journal, and wherever a process dies: the end is the same, and the audit holds all the while.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PresentedTc } from '../src/acceptance/clearing/presented.ts';
import { cutOver, settleDays } from '../src/acceptance/settlement/days.ts';
import { SYSTEM } from '../src/access/audit-log.ts';
import type { Backend } from '../src/backend.ts';
import {
  type Acquirer,
  balanceOf,
  newAcquirer,
  newShop,
  present,
  query,
  type Shop,
  type ShopCard,
  shopCard,
} from './clearing-kit.ts';
import { type Rig, rig } from './kit.ts';

let r: Rig;
let acquirer: Acquirer;
let shop: Shop;
beforeAll(async () => {
  r = await rig({ settlementSeconds: 0 });
  acquirer = await newAcquirer(r);
  shop = await newShop(r, acquirer);
});
afterAll(() => r.close());

const audit = async () => {
  const { body } = await r.api.get('/v1/audit');
  expect(body, JSON.stringify(body, null, 1)).toMatchObject({ holds: true });
};

type Move = 'pay' | 'present' | 'present again' | 'sync';
const moves = fc.array(fc.constantFrom<Move>('pay', 'present', 'present', 'present again', 'sync'), {
  minLength: 3,
  maxLength: 9,
});

/** Presents the newest first: acquirers bring them in any order. */
async function play(card: ShopCard, story: readonly Move[]): Promise<bigint> {
  const [waiting, done]: [PresentedTc[], PresentedTc[]] = [[], []];
  let paid = 0n;
  const bring = async () => {
    const tc = waiting.pop();
    if (tc === undefined) return;
    expect(await present(r, tc)).toMatchObject({ status: 'settled', isRepeat: false });
    done.push(tc);
    paid += tc.amount;
  };
  for (const move of story) {
    if (move === 'pay') waiting.push(await card.pay(BigInt(100 + waiting.length + done.length)));
    else if (move === 'present') await bring();
    else if (move === 'sync') await card.sync();
    else if (done[0] !== undefined)
      expect(await present(r, done[0])).toMatchObject({ status: 'settled', isRepeat: true });
    await audit();
  }
  while (waiting.length > 0) await bring();
  return paid;
}

test('any order of payments, presentations and syncs ends in the same state', async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (story) => {
      const card = await shopCard(r, shop);
      const before = await balanceOf(r, shop.account);
      const paid = await play(card, ['pay', ...story]);
      expect((await balanceOf(r, shop.account)) - before).toBe(paid);
      await card.sync();
      await card.sync();
      const purse = card.purse.id.slice('pur_'.length);
      const open = `SELECT * FROM approvals WHERE purse = $1 AND NOT (state = 'credited' AND is_cleared)`;
      expect(await query(r, open, [purse])).toEqual([]);
      const ahead = `SELECT * FROM cleared_approvals WHERE purse = $1 AND state <> 'agreed'`;
      expect(await query(r, ahead, [purse])).toEqual([]);
      expect((await (await card.awake()).summary()).balance).toBe(50_000n - paid);
      await audit();
    }),
    { numRuns: 4 },
  );
});

/** A back-end whose process dies at its transaction number `at`: before it, so that nothing of it is there. */
function dying(b: Backend, at: number): Backend {
  let left = at;
  const write: Backend['store']['write'] = (work) => {
    if (left-- === 0) return Promise.reject(new Error('killed'));
    return b.store.write(work);
  };
  return { ...b, clock: b.clock, pki: b.pki, store: { ...b.store, write } };
}

test('a process may die between any two steps of clearing', async () => {
  const { clear } = await import('../src/acceptance/clearing/clear.ts');
  const card = await shopCard(r, shop);
  const before = await balanceOf(r, shop.account);
  const tc = await card.pay(250n);
  for (let at = 0; ; at++) {
    const ended = await clear(dying(r.server.backend, at), tc).catch(() => undefined);
    await audit();
    if (ended !== undefined) break;
  }
  expect((await balanceOf(r, shop.account)) - before).toBe(250n);
});

test('a day that was cut is settled to its end, whoever dies and however many look at once', async () => {
  const own = await newAcquirer(r, 'Dying');
  const shops = await Promise.all([1, 2, 3].map(() => newShop(r, own)));
  for (const one of shops) {
    const card = await shopCard(r, one);
    await present(r, await card.pay(1_000n));
    await own.api.make(`/v1/merchants/${one.merchant}/fee-terms`, { basis_points: 100, fixed: '0' });
  }
  const fees = (await own.api.make('/v1/accounts', { name: 'Fees' })).id;
  await own.api.make(`/v1/institutions/${own.id}/settlement`, { cut_over: null, fee_account: fees });
  const { backend } = r.server;
  await backend.store.write((tx) => cutOver(backend, tx, SYSTEM, { acquirer: own.id, key: 'k' }));
  for (let at = 0; at < 3; at++) await settleDays(dying(backend, at), own.id).catch(() => undefined);
  await Promise.all([settleDays(backend, own.id), settleDays(backend, own.id)]);
  const day = (await own.api.get(`/v1/institutions/${own.id}/settlement/days/1`)).body;
  expect(day).toMatchObject({ status: 'settled', net: '3000', fees: { due: '30', paid: '30', owed: '0' } });
  expect(await balanceOf(r, fees)).toBe(30n);
  await audit();
});

test('an acquirer’s minute ends its day once, of two processes that look at once', async () => {
  const { workOnSettlement } = await import('../src/acceptance/settlement/habit.ts');
  const own = await newAcquirer(r, 'Nightly');
  await newShop(r, own);
  const now = r.server.backend.clock();
  const minute = new Date(now.getTime() + 5 * 60_000).toISOString().slice(11, 16);
  await own.api.make(`/v1/institutions/${own.id}/settlement`, { cut_over: minute, fee_account: null });
  const look = () => workOnSettlement(r.server.backend, () => undefined);
  const days = async () => (await own.api.get(`/v1/institutions/${own.id}/settlement/days`)).body.data;
  await look();
  expect(await days()).toEqual([]);
  r.advance(10 * 60_000);
  await Promise.all([look(), look(), look()]);
  expect(await days()).toMatchObject([{ day: 1, status: 'settled' }]);
});
