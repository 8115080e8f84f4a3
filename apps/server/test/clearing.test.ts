/** Offline approvals of real cards are cleared: once, for the right merchant, in any order with the purse's journal. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
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
let shop: Shop;
beforeAll(async () => {
  r = await rig();
  shop = await newShop(r, await newAcquirer(r));
});
afterAll(() => r.close());

async function audit() {
  const { body } = await r.api.get('/v1/audit');
  expect(body, JSON.stringify(body, null, 1)).toMatchObject({ holds: true });
  return Object.fromEntries(
    Object.entries(body.equations[0].terms).map(([k, v]) => [k, BigInt(String(v))]),
  ) as Record<string, bigint>;
}
const approvalsOf = async ({ purse }: ShopCard) =>
  query(r, 'SELECT amount, state, is_cleared FROM approvals WHERE purse = $1 ORDER BY atc', [
    purse.id.slice('pur_'.length),
  ]);
const clearedOf = async ({ purse }: ShopCard) =>
  query(r, 'SELECT amount, state FROM cleared_approvals WHERE purse = $1 ORDER BY atc', [
    purse.id.slice('pur_'.length),
  ]);

describe.each(['white-label', 'white-label-aes', 'jcb-shaped', 'phone'])(
  'a card of the profile %s',
  (profile) => {
    test('the TC comes first: the merchant is paid, and the Grant of the next sync closes the approval', async () => {
      const card = await shopCard(r, shop, { profile });
      const before = { terms: await audit(), paid: await balanceOf(r, shop.account) };
      const tc = await card.pay(1_200n);
      expect(await present(r, tc)).toMatchObject({ status: 'settled', isRepeat: false, amount: 1_200n });
      expect((await balanceOf(r, shop.account)) - before.paid).toBe(1_200n);
      const ahead = await audit();
      expect(ahead.cleared_ahead).toBe((before.terms.cleared_ahead ?? 0n) - 1_200n);
      const purse = await card.sync();
      expect(await approvalsOf(card)).toEqual([{ amount: 1_200n, state: 'open', is_cleared: true }]);
      expect(await clearedOf(card)).toEqual([{ amount: 1_200n, state: 'agreed' }]);
      const after = await audit();
      expect([after.cleared_ahead, after.approvals]).toEqual([
        before.terms.cleared_ahead,
        before.terms.approvals,
      ]);
      expect((await purse.summary()).balance).toBe(48_800n);
      await card.sync();
      expect(await approvalsOf(card)).toEqual([{ amount: 1_200n, state: 'credited', is_cleared: true }]);
      await audit();
    });

    test('the journal comes first: it waits in the audit until the TC, and ends the same', async () => {
      const card = await shopCard(r, shop, { profile });
      const before = await audit();
      const tc = await card.pay(700n);
      await card.sync();
      expect((await audit()).approvals).toBe((before.approvals ?? 0n) + 700n);
      expect(await present(r, tc)).toMatchObject({ status: 'settled' });
      expect((await audit()).approvals).toBe(before.approvals);
      await card.sync();
      await card.sync();
      expect(await approvalsOf(card)).toEqual([{ amount: 700n, state: 'credited', is_cleared: true }]);
      expect(await clearedOf(card)).toEqual([{ amount: 700n, state: 'agreed' }]);
    });
  },
);
