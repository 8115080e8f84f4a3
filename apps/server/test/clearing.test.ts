/** Offline approvals of real cards are cleared: once, for the right merchant, in any order with the purse's journal. */
import { judgeAlert, Pan } from '@sokkin/issuer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workOnSettlement } from '../src/acceptance/settlement/habit.ts';
import { USES_OF_A_KEY } from '../src/personalisation/order.ts';
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
import { crypto, issueTo, type Rig, rig } from './kit.ts';

let r: Rig;
let acquirer: Acquirer;
let shop: Shop;
beforeAll(async () => {
  r = await rig({ settlementSeconds: 0 });
  acquirer = await newAcquirer(r);
  shop = await newShop(r, acquirer);
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

const alertOf = async (clearing: string) => {
  const { alert } = (await acquirer.api.get(`/v1/clearings/${clearing}`)).body;
  const id = alert ?? (await r.api.get(`/v1/clearings/${clearing}`)).body.alert;
  return (await r.api.get(`/v1/alerts/${id}`)).body;
};
const judged = (alert: { kind: string; evidence: unknown }) =>
  judgeAlert(crypto, r.server.backend.pki.root, alert.kind, alert.evidence);

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

describe("a card's counters and keys are one account, online and offline", () => {
  const placeOf = ({ account }: ShopCard) => [account];
  const uses = async (card: ShopCard) =>
    query(r, 'SELECT key_number, uses FROM card_key_uses WHERE account = $1', placeOf(card));
  const setUses = (card: ShopCard, to: number) =>
    query(r, 'UPDATE card_key_uses SET uses = $2 WHERE account = $1', [...placeOf(card), to]);

  test("a phone's key: TCs and questions are its uses; used up, neither pays, and a TC of it is an alert", async () => {
    const card = await shopCard(r, shop, { profile: 'phone' });
    await issueTo(r.api, card.account, 1_000n);
    const tc = await card.pay(100n);
    await present(r, tc);
    await present(r, { ...tc, terminal: 'TERM0002' });
    expect(await uses(card)).toEqual([{ key_number: 1, uses: 1 }]);
    expect(await card.ask(1, 10n)).toBe('approved');
    expect(await uses(card)).toEqual([{ key_number: 1, uses: 2 }]);
    await setUses(card, USES_OF_A_KEY - 1);
    const [last, further] = [await card.pay(100n), await card.pay(100n)];
    expect(await present(r, last)).toMatchObject({ status: 'settled' });
    const before = await balanceOf(r, shop.account);
    const refused = await present(r, further);
    expect(refused).toMatchObject({ status: 'refused', reason: 'key_used_up', amount: 0n });
    expect(await alertOf(refused.id)).toMatchObject({ kind: 'tc_wrong', purse: card.purse.id });
    expect(await card.ask(2, 10n)).toBe('key_used_up');
    expect(await balanceOf(r, shop.account)).toBe(before);
    expect(await uses(card)).toEqual([{ key_number: 1, uses: USES_OF_A_KEY }]);
    // What was approved before is answered as it was.
    expect(await present(r, tc)).toMatchObject({ status: 'settled', isRepeat: true });
  });

  test('a counter that a TC was paid under takes no question any more', async () => {
    const card = await shopCard(r, shop);
    await issueTo(r.api, card.account, 1_000n);
    const memory = await card.blank.nvm.read(0, card.blank.nvm.size);
    await present(r, await card.pay(100n));
    await card.blank.nvm.write(0, memory);
    expect(await card.ask(3, 10n)).toBe('counter_replayed');
    expect(await card.ask(4, 10n)).toBe('approved');
  });
});

describe('presented again', () => {
  test('the same message, the same approval in other words, and twenty at once: paid once', async () => {
    const card = await shopCard(r, shop);
    const tc = await card.pay(300n);
    const before = await balanceOf(r, shop.account);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) => present(r, n % 2 === 0 ? tc : { ...tc, terminal: `TERM${n}` })),
    );
    expect(results.every((one) => one.status === 'settled')).toBe(true);
    expect(results.filter((one) => !one.isRepeat)).toHaveLength(1);
    expect(new Set(results.map((one) => one.id)).size).toBe(1);
    expect((await balanceOf(r, shop.account)) - before).toBe(300n);
    await audit();
  });

  test('by another shop, of this acquirer or of another: an alert, and no money', async () => {
    const card = await shopCard(r, shop);
    const tc = await card.pay(400n);
    await present(r, tc);
    const [other, foreign] = [await newShop(r, acquirer), await newShop(r, await newAcquirer(r, 'Another'))];
    for (const { acceptor, acquirer: its, account } of [other, foreign]) {
      const result = await present(r, { ...tc, acceptor, acquirer: its });
      expect(result).toMatchObject({ status: 'refused', reason: 'presented_elsewhere', amount: 0n });
      expect(await balanceOf(r, account)).toBe(0n);
      const alert = await alertOf(result.id);
      expect(alert).toMatchObject({ kind: 'tc_twice', severity: 'suspected', purse: card.purse.id });
      expect(await judged(alert)).toMatchObject({
        verdict: 'our_word',
        says: expect.stringMatching(/one cryptogram/),
      });
    }
  });
});

describe('what is wrong is not paid, and is an alert', () => {
  test('every octet of the chip data that the cryptogram covers, changed', async () => {
    const card = await shopCard(r, shop);
    const tc = await card.pay(500n);
    const before = await balanceOf(r, shop.account);
    for (const [tag, reason] of [
      [0x9f26, 'cryptogram_wrong'],
      [0x9f02, 'cryptogram_wrong'],
      [0x9f36, 'cryptogram_wrong'],
      [0x9a, 'cryptogram_wrong'],
      [0x9f37, 'cryptogram_wrong'],
    ] as const) {
      const value = Uint8Array.from(tc.chip.get(tag) ?? []);
      value[value.length - 1] = (value.at(-1) ?? 0) ^ 1;
      const result = await present(r, { ...tc, chip: new Map([...tc.chip, [tag, value]]) });
      expect(result, tag.toString(16)).toMatchObject({ status: 'refused', reason });
      expect(await alertOf(result.id)).toMatchObject({ kind: 'tc_wrong', purse: card.purse.id });
    }
    expect(await balanceOf(r, shop.account)).toBe(before);
    expect(await present(r, tc)).toMatchObject({ status: 'settled' });
  });

  test('another amount, another currency, a card of nobody, what is no TC; no merchant, and a blocked one', async () => {
    const card = await shopCard(r, shop);
    const tc = await card.pay(600n);
    const refusal = async (more: Partial<typeof tc>) => (await present(r, { ...tc, ...more })).reason;
    expect(await refusal({ amount: 601n })).toBe('amount_differs');
    expect(await refusal({ currency: '840' })).toBe('currency_unsupported');
    expect(await refusal({ pan: Pan.of('4111111111111111') })).toBe('card_unknown');
    const information = new Map([...tc.chip, [0x9f27, Uint8Array.of(0x80)]]);
    expect(await refusal({ chip: information })).toBe('not_a_tc');
    expect(await refusal({ acceptor: 'NOBODY' })).toBe('merchant_unknown');
    await query(r, `UPDATE merchants SET state = 'blocked' WHERE id = $1`, [shop.merchant]);
    const blocked = await present(r, tc);
    expect(blocked.reason).toBe('merchant_blocked');
    expect(await alertOf(blocked.id)).toMatchObject({ kind: 'tc_unpaid', status: 'open' });
    await query(r, `UPDATE merchants SET state = 'open' WHERE id = $1`, [shop.merchant]);
    expect(await present(r, tc)).toMatchObject({ status: 'settled', id: blocked.id });
    const closed = (await r.api.get(`/v1/alerts?kind=tc_unpaid&status=closed&limit=100`)).body.data;
    expect(
      closed.map((a: { evidence: { presented: { clearing: string } } }) => a.evidence.presented.clearing),
    ).toContain(blocked.id);
  });
});

describe('a TC whose journal says otherwise', () => {
  /** A copy of the card's memory from before a payment: a broken element that gives a TC and forgets it. */
  async function forgetful(amount: bigint) {
    const card = await shopCard(r, shop);
    const memory = await card.blank.nvm.read(0, card.blank.nvm.size);
    const tc = await card.pay(amount);
    await card.blank.nvm.write(0, memory);
    // Its next transaction is under the counter after: the forgotten one is passed over.
    await card.pay(1n).catch(() => undefined);
    return { card, tc };
  }

  test('the shop keeps its money; the loss is shown until a loss account covers it; the evidence is judged offline', async () => {
    const { card, tc } = await forgetful(900n);
    const own = await card.pay(5n);
    expect(await present(r, tc)).toMatchObject({ status: 'settled' });
    await card.sync();
    const kept = (await r.api.get('/v1/alerts?kind=tc_denied&limit=100')).body.data;
    const alert = kept.find((a: { purse: string }) => a.purse === card.purse.id);
    expect(alert).toMatchObject({ severity: 'suspected', evidence: { was_paid: true } });
    expect(await judged(alert)).toMatchObject({ verdict: 'signed', purses: [card.purse.id.slice(4)] });
    const report = (await r.api.get('/v1/audit')).body;
    expect(report.holds).toBe(false);
    expect(
      report.equations.filter((e: { holds: boolean }) => !e.holds).map((e: { name: string }) => e.name),
    ).toEqual(['no_denied_approval']);
    const loss = (await r.api.make('/v1/accounts', { name: 'Losses' })).id;
    const { version } = (await r.api.get('/v1/policies/clearing')).body;
    const document = { most_days: 180, pay_denied: true, loss_accounts: { ins_first_issuer: loss } };
    const { id } = await r.api.make('/v1/policies/clearing', { from_version: version, document });
    await r.second.make(`/v1/proposals/${id}/approve`);
    await workOnSettlement(r.server.backend, () => undefined);
    expect((await r.api.get('/v1/audit')).body.holds).toBe(false);
    await issueTo(r.api, loss, 10_000n);
    await workOnSettlement(r.server.backend, () => undefined);
    await workOnSettlement(r.server.backend, () => undefined);
    expect(await balanceOf(r, loss)).toBe(9_100n);
    await audit();
    expect(await present(r, own)).toMatchObject({ status: 'settled' });
  });

  test('the other way round it is the same; under a policy that does not pay, it is refused', async () => {
    const { card, tc } = await forgetful(800n);
    await card.pay(5n);
    await card.sync();
    const { version, document } = (await r.api.get('/v1/policies/clearing')).body;
    const propose = async (from_version: number, pay_denied: boolean) => {
      const body = { from_version, document: { ...document, pay_denied } };
      await r.second.make(`/v1/proposals/${(await r.api.make('/v1/policies/clearing', body)).id}/approve`);
    };
    await propose(version, false);
    expect(await present(r, tc)).toMatchObject({ status: 'refused', reason: 'journal_denies' });
    await propose(version + 1, true);
    expect(await present(r, tc)).toMatchObject({ status: 'settled' });
    // The loss account of the test before stands for it at once.
    await audit();
  });
});

test('more than the purse can have by all that is known: shadow balance below zero, explained by its sync', async () => {
  const card = await shopCard(r, shop, { amount: 2_000n });
  const memory = await card.blank.nvm.read(0, card.blank.nvm.size);
  const first = await card.pay(1_500n);
  await card.blank.nvm.write(0, memory);
  await card.pay(1n);
  const second = await card.pay(1_400n);
  await present(r, first);
  await present(r, second);
  const open = (await r.api.get(`/v1/alerts?kind=shadow_negative&purse=${card.purse.id}`)).body.data;
  expect(open).toMatchObject([{ status: 'open', evidence: { shadow_balance: '-900' } }]);
  expect((await r.api.get(`/v1/purses/${card.purse.id}`)).body.shadow_balance).toBe('-900');
});
