/**
 * Offline approvals of a lost card whose clearing comes when it was reported, or refunded: the shop is paid, and the refund and the
 * clearing never both pay, in whatever order (I1, I3).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workOnClaims } from '../src/operations/claims/work.ts';
import { balanceOf, newAcquirer, newShop, present, type Shop, shopCard } from './clearing-kit.ts';
import { fundPurse, newPurse, type Rig, rig } from './kit.ts';

const DAY_MS = 86_400_000;

let r: Rig;
let shop: Shop;
beforeAll(async () => {
  r = await rig({ claimsSeconds: 0 });
  shop = await newShop(r, await newAcquirer(r));
  // What others hold: without it, the float has nothing to pay a shop from whose card was refunded.
  await fundPurse(r.api, await newPurse(r.api), 50_000n);
});
afterAll(() => r.close());

async function daysPass(days: number): Promise<void> {
  r.advance(days * DAY_MS);
  const said: string[] = [];
  expect(await workOnClaims(r.server.backend, (line) => said.push(line))).toBe(true);
  expect(said).toEqual([]);
}
const claimOf = async (id: string) => (await r.api.get(`/v1/claims/${id}`)).body;
async function audit(): Promise<void> {
  const { body } = await r.api.get('/v1/audit');
  expect(body, JSON.stringify(body.equations)).toMatchObject({ holds: true });
}

/** A card with 5,000 whose TC of 1,200 a shop has kept; reported lost before anybody knows of it. */
async function lost() {
  const card = await shopCard(r, shop, { amount: 5_000n });
  await card.sync();
  const tc = await card.pay(1_200n);
  const { id } = await r.api.make('/v1/claims', { purse: card.purse.id, kind: 'lost' });
  return { card, tc, id, before: await balanceOf(r, shop.account) };
}

test('cleared after the refund: the shop is paid, and the account gives it back', async () => {
  const { card, tc, id, before } = await lost();
  await daysPass(30);
  expect(await claimOf(id)).toMatchObject({ status: 'refunded', refunded: '5000', late_approvals: [] });
  expect(await present(r, tc)).toMatchObject({ status: 'settled', isRepeat: false });
  expect((await balanceOf(r, shop.account)) - before).toBe(1_200n);
  expect(await balanceOf(r, card.account)).toBe(3_800n);
  const after = await claimOf(id);
  expect(after).toMatchObject({
    ...{ refunded: '3800', uncovered: '0' },
    entries: [
      { kind: 'refund', amount: '5000' },
      { kind: 'clawback', amount: '1200', payment_no: null },
    ],
    late_approvals: [{ amount: '1200' }],
  });
  expect(after.timeline.map((s: { step: string }) => s.step)).toEqual([
    'reported',
    'refund',
    'late_payment',
    'closed',
  ]);
  const events = (await r.api.get('/v1/events?limit=100&type=claim.late_payment')).body.data;
  expect(events.at(-1)).toMatchObject({ data: { claim: id, amount: '1200' } });
  await audit();
  // Presented again, and looked at again: nothing more.
  expect(await present(r, tc)).toMatchObject({ status: 'settled', isRepeat: true });
  await daysPass(1);
  expect(await claimOf(id)).toMatchObject({ refunded: '3800', late_approvals: [{ amount: '1200' }] });
  await audit();
});

test('cleared between report and refund: only the rest is refunded, and nothing is late', async () => {
  const { card, tc, id } = await lost();
  expect(await present(r, tc)).toMatchObject({ status: 'settled' });
  expect((await claimOf(id)).value).toMatchObject({ amount: '3800' });
  await daysPass(30);
  expect(await balanceOf(r, card.account)).toBe(3_800n);
  expect(await claimOf(id)).toMatchObject({ refunded: '3800', late_approvals: [] });
  await audit();
});

test('the card turns up after all, before or after its TC: the same sums', async () => {
  for (const isFirst of [true, false]) {
    const { card, tc, id } = await lost();
    await daysPass(30);
    if (isFirst) await card.sync();
    // Its journal says what it approved: that is held back from then on.
    expect(await claimOf(id)).toMatchObject({ refunded: isFirst ? '3800' : '5000' });
    expect(await present(r, tc)).toMatchObject({ status: 'settled' });
    if (!isFirst) await card.sync();
    await daysPass(1);
    expect(await claimOf(id)).toMatchObject({ refunded: '3800', uncovered: '0' });
    expect(await balanceOf(r, card.account)).toBe(3_800n);
    await audit();
  }
});

test('what the account has spent meanwhile is uncovered until it has money again', async () => {
  const { card, tc, id } = await lost();
  await daysPass(30);
  const other = (await r.api.make('/v1/accounts', { name: 'Other' })).id;
  await r.api.make('/v1/transfers', { from: card.account, to: other, amount: '5000' });
  await present(r, tc);
  expect(await claimOf(id)).toMatchObject({ refunded: '5000', uncovered: '1200' });
  await audit();
  await r.api.make('/v1/transfers', { from: other, to: card.account, amount: '2000' });
  await daysPass(1);
  expect(await claimOf(id)).toMatchObject({ refunded: '3800', uncovered: '0' });
  expect(await balanceOf(r, card.account)).toBe(800n);
  await audit();
});
