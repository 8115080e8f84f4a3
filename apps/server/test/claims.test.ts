/** Lost, stolen and broken purses with real cards over the real server, in the sandbox's clock (docs/claims.md). */
import { fromHex, hex } from '@sokkin/codec';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workOnClaims } from '../src/operations/claims/work.ts';
import { key } from './eyes.ts';
import {
  agreed,
  applyGrant,
  chainOf,
  creditBy,
  freshKey,
  fundPurse,
  newPurse,
  type Purse,
  payOffline,
  payOn,
  type Rig,
  rig,
  sync,
  ticketOf,
  upload,
} from './kit.ts';

const DAY_MS = 86_400_000;

let r: Rig;
let loss: string;
beforeAll(async () => {
  // The habit would be quicker than the test now and then.
  r = await rig({ claimsSeconds: 0 });
  loss = (await r.api.make('/v1/accounts', { name: 'Losses' })).id;
  await agreed(r.api, '/v1/issuances', { account: loss, amount: '50000', currency: 'JPY' });
  const { document } = (await r.api.get('/v1/policies/claims')).body;
  const wanted = { ...document, loss_accounts: { ins_first_issuer: loss } };
  const { id } = await r.api.make('/v1/policies/claims', { from_version: 1, document: wanted });
  await r.second.make(`/v1/proposals/${id}/approve`);
}, 120_000);
afterAll(() => r.close());

async function work(): Promise<void> {
  const failed: string[] = [];
  await workOnClaims(r.server.backend, (line) => failed.push(line));
  expect(failed).toEqual([]);
}

async function daysPass(days: number): Promise<void> {
  r.advance(days * DAY_MS);
  await work();
}

async function audit() {
  const { body } = await r.api.get('/v1/audit');
  expect(
    body.equations.filter((e: { holds: boolean }) => !e.holds),
    JSON.stringify(body),
  ).toEqual([]);
  return body;
}

const balanceOf = async (account: string): Promise<bigint> =>
  BigInt((await r.api.get(`/v1/accounts/${account}`)).body.balance);
const claimOf = async (id: string) => (await r.api.get(`/v1/claims/${id}`)).body;
const report = (purse: Purse, kind = 'broken') => r.api.make('/v1/claims', { purse: purse.id, kind });

/** A purse that holds 5,000, known to the back-end, on an account that is empty. */
async function holder(): Promise<Purse> {
  const purse = await newPurse(r.api);
  await fundPurse(r.api, purse, 5_000n);
  await sync(r.api, purse);
  return purse;
}

test('from the report to the end, as its holder hears it', { timeout: 120_000 }, async () => {
  const card = await holder();
  const shop = await newPurse(r.api);
  const claim = await report(card, 'lost');
  expect(claim).toMatchObject({
    status: 'waiting',
    reported_by: 'institution',
    value: { amount: '5000', acknowledged: '5000', held_back: '0', cap: '100000', later: '0' },
    timeline: [
      { step: 'reported', due: null },
      { step: 'refund', at: null, due: claim.due_at },
      { step: 'closed', at: null },
    ],
  });
  expect(Date.parse(claim.due_at) - Date.parse(claim.reported_at)).toBe(30 * DAY_MS);
  // Others hear of it with their next Grant, and do not take its money.
  expect((await r.api.get(`/v1/purses/${card.id}`)).body.blocked).toBe(true);
  await sync(r.api, shop);
  const payment = await payOn(card, shop.certificate, await ticketOf(shop, 100n), 100n);
  await creditBy(shop, card.certificate, payment);
  expect((await shop.summary()).balance).toBe(0n);
  await daysPass(29);
  expect(await claimOf(claim.id)).toMatchObject({ status: 'waiting', refunded: '0' });
  await daysPass(1);
  expect(await balanceOf(card.account)).toBe(5_000n);
  expect(await claimOf(claim.id)).toMatchObject({
    status: 'refunded',
    refunded: '5000',
    value: { amount: '0' },
    entries: [{ kind: 'refund', amount: '5000', payment_no: null }],
  });
  expect((await audit()).refunded).toBe('5000');
  const { data } = (await r.api.get(`/v1/accounts/${card.account}/entries`)).body;
  expect(data[0]).toMatchObject({ kind: 'refund', amount: '5000', reference: `${claim.id}/1` });
  await daysPass(180);
  const closed = await claimOf(claim.id);
  expect(closed).toMatchObject({ status: 'closed', refunded: '5000' });
  expect(closed.timeline.map((s: { step: string; at: string | null }) => [s.step, s.at !== null])).toEqual([
    ['reported', true],
    ['refund', true],
    ['closed', true],
  ]);
  await audit();
});

test('found before the refund: the report is taken back, and the purse works again', async () => {
  const card = await holder();
  const claim = await report(card);
  const twice = await r.api.post('/v1/claims', { purse: card.id, kind: 'lost' }, key());
  expect([twice.status, twice.body.code]).toEqual([409, 'claim_exists']);
  const back = await r.api.make(`/v1/claims/${claim.id}/withdraw`);
  expect(back).toMatchObject({
    status: 'withdrawn',
    timeline: [{ step: 'reported' }, { step: 'withdrawn' }],
  });
  await daysPass(40);
  expect(await claimOf(claim.id)).toMatchObject({ status: 'withdrawn', refunded: '0' });
  await sync(r.api, card);
  await payOffline(card, await newPurse(r.api), 10n);
  // It may be lost again.
  await report(card, 'lost');
});

test('another party’s block stands when the report is taken back', async () => {
  const card = await holder();
  await r.api.post(`/v1/purses/${card.id}/block`);
  const claim = await report(card);
  await r.api.make(`/v1/claims/${claim.id}/withdraw`);
  expect((await r.api.get(`/v1/purses/${card.id}`)).body.blocked).toBe(true);
});

test('refused, with the reason; and the purse stays blocked until the report is taken back', async () => {
  const card = await holder();
  const claim = await report(card);
  const refused = await r.api.make(`/v1/claims/${claim.id}/refuse`, { reason: 'The card was sold.' });
  expect(refused).toMatchObject({ status: 'refused', reason: 'The card was sold.' });
  await daysPass(40);
  expect(await balanceOf(card.account)).toBe(0n);
  expect((await r.api.get(`/v1/purses/${card.id}`)).body.blocked).toBe(true);
  for (const verb of ['refuse', 'settle']) {
    const body = verb === 'refuse' ? { reason: 'x' } : {};
    const again = await r.api.post(`/v1/claims/${claim.id}/${verb}`, body, key());
    expect([again.status, again.body.code]).toEqual([409, 'claim_not_waiting']);
  }
  await r.api.make(`/v1/claims/${claim.id}/withdraw`);
  expect((await r.api.get(`/v1/purses/${card.id}`)).body.blocked).toBe(false);
});

describe('refund and late payment never both pay (I1, I3)', () => {
  const STEPS = ['report', 'payee syncs', 'date', 'purse syncs'] as const;
  type Order = readonly (typeof STEPS)[number][];
  const orders = (left: Order): Order[] =>
    left.length === 0
      ? [[]]
      : left.flatMap((first) => orders(left.filter((s) => s !== first)).map((rest) => [first, ...rest]));

  test.each(orders(STEPS).map((order) => [order.join(', '), order] as const))(
    '%s',
    { timeout: 60_000 },
    async (_name, order) => {
      const [card, shop] = [await holder(), await newPurse(r.api)];
      await payOffline(card, shop, 2_000n);
      let claim = '';
      const play = {
        report: async () => {
          claim = (await report(card)).id;
        },
        'payee syncs': () => sync(r.api, shop),
        date: () => daysPass(15),
        'purse syncs': () => sync(r.api, card),
      };
      for (const step of order) {
        await play[step]();
        await audit();
      }
      await daysPass(15);
      await sync(r.api, shop);
      // The shop keeps its money, the holder has the rest, and nobody else paid.
      expect((await r.api.get(`/v1/purses/${shop.id}`)).body.acknowledged.balance).toBe('2000');
      expect(await balanceOf(card.account)).toBe(3_000n);
      expect(await claimOf(claim)).toMatchObject({
        refunded: '3000',
        covered_by_issuer: '0',
        uncovered: '0',
      });
      await audit();
    },
  );
});

test('the account is empty: the loss account stands for the late payment, until it was none', async () => {
  const [card, giver, shop] = [await holder(), await holder(), await newPurse(r.api)];
  await payOffline(card, shop, 2_000n);
  await payOffline(giver, card, 600n);
  const claim = await report(card);
  await daysPass(15);
  const elsewhere = (await r.api.make('/v1/accounts', { name: 'Elsewhere' })).id;
  await r.api.make('/v1/transfers', { from: card.account, to: elsewhere, amount: '4500' });
  const before = await balanceOf(loss);
  await sync(r.api, shop);
  expect(await claimOf(claim.id)).toMatchObject({
    refunded: '4500',
    covered_by_issuer: '1500',
    entries: [
      { kind: 'refund', amount: '5000' },
      { kind: 'clawback', amount: '500' },
      { kind: 'loss', amount: '1500' },
    ],
    late_payments: [{ amount: '2000', after_report: false }],
  });
  expect(await balanceOf(card.account)).toBe(0n);
  expect(await balanceOf(loss)).toBe(before - 1_500n);
  await audit();
  // What the purse had received goes to who stood for it first.
  await sync(r.api, card);
  expect(await balanceOf(loss)).toBe(before - 900n);
  expect(await claimOf(claim.id)).toMatchObject({ covered_by_issuer: '900', refunded: '4500' });
  await audit();
});

test('a closed claim is final for the account: what turns up then is the issuer’s', async () => {
  const [card, shop] = [await holder(), await newPurse(r.api)];
  await payOffline(card, shop, 2_000n);
  const claim = await report(card);
  await daysPass(15);
  await daysPass(181);
  expect((await claimOf(claim.id)).status).toBe('closed');
  const before = await balanceOf(loss);
  await sync(r.api, shop);
  expect(await balanceOf(card.account)).toBe(5_000n);
  expect(await balanceOf(loss)).toBe(before - 2_000n);
  expect(await claimOf(claim.id)).toMatchObject({ refunded: '5000', covered_by_issuer: '2000' });
  await audit();
});

test('whoever pays with it after the report is accused, with evidence', async () => {
  const [card, shop] = [await holder(), await newPurse(r.api)];
  const claim = await report(card, 'stolen');
  // An hour later the shop shows all it has; what the purse pays it then was paid after the report.
  r.advance(DAY_MS / 24);
  await r.api.make(`/v1/purses/${shop.id}/sync`, await upload(r.api, shop));
  await payOffline(card, shop, 1_200n);
  await r.api.make(`/v1/purses/${shop.id}/sync`, await upload(r.api, shop));
  const { data } = (await r.api.get('/v1/alerts?limit=100')).body;
  const alert = data.find(
    (a: { kind: string; purse: string }) => a.purse === card.id && a.kind === 'late_payment',
  );
  expect(alert).toMatchObject({
    severity: 'suspected',
    evidence: { claim: claim.id, payee: shop.id, amount: '1200', proven_before: { purse: shop.id } },
  });
  expect(alert.evidence.proven_since.entries.length).toBeGreaterThan(0);
  // The refund is of what is left.
  await daysPass(31);
  expect(await balanceOf(card.account)).toBe(3_800n);
  await audit();
});

test('what is on its way is held back, and paid when it can never arrive', async () => {
  const [card, shop] = [await holder(), await newPurse(r.api)];
  const ticket = await ticketOf(shop, 700n);
  await payOn(card, shop.certificate, ticket, 700n);
  await sync(r.api, card);
  const claim = await report(card);
  expect(claim.value).toMatchObject({ amount: '4300', held_back: '700' });
  await daysPass(15);
  expect(await balanceOf(card.account)).toBe(4_300n);
  // The shop uses the ticket for another customer, and shows it.
  const other = await holder();
  await creditBy(shop, other.certificate, await payOn(other, shop.certificate, ticket, 50n));
  await sync(r.api, shop);
  await daysPass(2);
  expect(await balanceOf(card.account)).toBe(5_000n);
  expect((await claimOf(claim.id)).entries.map((e: { kind: string }) => e.kind)).toEqual([
    'refund',
    'refund',
  ]);
  await audit();
});

test('the purse that turns up is believed, stays blocked, and is not paid twice', async () => {
  const card = await holder();
  const claim = await report(card, 'lost');
  await daysPass(31);
  const answer = await r.api.make(`/v1/purses/${card.id}/sync`, await upload(r.api, card));
  expect(await applyGrant(card, answer)).toBe('ok');
  expect((await card.summary()).lifecycle).toBe('blocked');
  await work();
  const after = await claimOf(claim.id);
  expect(after).toMatchObject({ status: 'refunded', refunded: '5000', value: { amount: '0' } });
  expect(after.timeline.map((s: { step: string }) => s.step)).toEqual([
    'reported',
    'refund',
    'found',
    'closed',
  ]);
  const redemption = await r.api.make('/v1/redemptions', {
    account: card.account,
    purse: card.id,
    max_amount: '5000',
  });
  expect(redemption.status).toBe('open');
  const payment = await card.send('pay');
  expect(payment.status).not.toBe('ok');
  for (const verb of ['withdraw', 'settle']) {
    const again = await r.api.post(`/v1/claims/${claim.id}/${verb}`, {}, key());
    expect([again.status, again.body.code]).toEqual([409, 'claim_not_waiting']);
  }
  const again = await r.api.post('/v1/claims', { purse: card.id, kind: 'lost' }, key());
  expect(again.body.code).toBe('claim_exists');
  expect(await balanceOf(card.account)).toBe(5_000n);
  await audit();
});

test('a redemption that a thief brings after the refund is sent back', async () => {
  const card = await holder();
  const redemption = await r.api.make('/v1/redemptions', {
    account: card.account,
    purse: card.id,
    max_amount: '5000',
  });
  const issuer = fromHex(redemption.payee.purse);
  const payment = await payOn(card, issuer, fromHex(redemption.ticket), 5_000n);
  await report(card);
  await daysPass(15);
  const body = { payment: hex(payment), payer: chainOf(card) };
  const answer = await r.api.make(`/v1/redemptions/${redemption.id}/payment`, body);
  expect(answer.status).toBe('cancelled');
  await sync(r.api, card);
  expect(await balanceOf(card.account)).toBe(5_000n);
  await audit();
});

test('before the date: one alone up to the amount of the policy, two above it', async () => {
  const small = await holder();
  const claim = await report(small);
  expect(await r.api.make(`/v1/claims/${claim.id}/settle`)).toMatchObject({
    status: 'refunded',
    proposal: null,
  });
  expect(await balanceOf(small.account)).toBe(5_000n);

  const large = await newPurse(r.api);
  await fundPurse(r.api, large, 20_000n);
  await sync(r.api, large);
  const wanted = await report(large);
  const asked = await r.api.make(`/v1/claims/${wanted.id}/settle`);
  expect(asked).toMatchObject({ status: 'waiting', proposal: expect.stringMatching(/^prp_/) });
  expect((await r.api.make(`/v1/claims/${wanted.id}/settle`)).proposal).toBe(asked.proposal);
  const alone = await r.api.post(
    `/v1/proposals/${asked.proposal}/approve`,
    {},
    { 'idempotency-key': freshKey() },
  );
  expect([alone.status, alone.body.code]).toEqual([403, 'second_person_needed']);
  await r.second.make(`/v1/proposals/${asked.proposal}/approve`);
  expect(await balanceOf(large.account)).toBe(20_000n);
  await audit();
});

describe('by the policy', () => {
  const inForce = async () => (await r.api.get('/v1/policies/claims')).body;
  async function change(more: object): Promise<void> {
    const { version, document } = await inForce();
    const wanted = { from_version: version, document: { ...document, ...more } };
    const { id } = await r.api.make('/v1/policies/claims', wanted);
    await r.second.make(`/v1/proposals/${id}/approve`);
  }

  test('above the cap of the tier the rest waits for the end, and late payments are taken from it first', async () => {
    const { document } = await inForce();
    await change({ caps: { ...document.caps, secure_element: { any: '4000', by_tier: { '0': '2000' } } } });
    const [card, shop] = [await holder(), await newPurse(r.api)];
    await payOffline(card, shop, 2_500n);
    const claim = await report(card);
    expect(claim.value).toMatchObject({ amount: '2000', later: '3000', cap: '2000' });
    await daysPass(15);
    expect(await balanceOf(card.account)).toBe(2_000n);
    await sync(r.api, shop);
    expect(await claimOf(claim.id)).toMatchObject({ refunded: '2000', value: { amount: '0', later: '500' } });
    await daysPass(181);
    expect(await claimOf(claim.id)).toMatchObject({
      status: 'closed',
      refunded: '2500',
      value: { later: '0' },
    });
    expect(await balanceOf(card.account)).toBe(2_500n);
    await audit();
    await change({ caps: document.caps });
  });

  test('what nobody stands for is said, and covered when somebody does', async () => {
    const { document } = await inForce();
    await change({ loss_accounts: {} });
    const [card, shop] = [await holder(), await newPurse(r.api)];
    await payOffline(card, shop, 2_000n);
    const claim = await report(card);
    await daysPass(15);
    await r.api.make('/v1/transfers', { from: card.account, to: loss, amount: '5000' });
    await sync(r.api, shop);
    expect(await claimOf(claim.id)).toMatchObject({
      refunded: '5000',
      covered_by_issuer: '0',
      uncovered: '2000',
    });
    const open = async () =>
      (await r.api.get('/v1/alerts?limit=100')).body.data.filter(
        (a: { kind: string; status: string }) => a.kind === 'refund_uncovered' && a.status === 'open',
      );
    expect(await open()).toMatchObject([{ purse: card.id, evidence: { uncovered: '2000' } }]);
    await audit();
    await change({ loss_accounts: document.loss_accounts });
    await daysPass(2);
    expect(await claimOf(claim.id)).toMatchObject({ covered_by_issuer: '2000', uncovered: '0' });
    expect(await open()).toEqual([]);
    await audit();
  });

  test('a loss account is the institution’s own, and a version is made from the one in force', async () => {
    const { version, document } = await inForce();
    const propose = (from_version: number, loss_accounts: object) =>
      r.api.post('/v1/policies/claims', { from_version, document: { ...document, loss_accounts } }, key());
    for (const account of ['acc_none', 'acc_offline_float']) {
      const answer = await propose(version, { ins_first_issuer: account });
      expect([answer.status, answer.body.code]).toEqual([422, 'policy_invalid']);
    }
    const answer = await propose(version - 1, document.loss_accounts);
    expect([answer.status, answer.body.code]).toEqual([409, 'policy_outdated']);
  });
});

test('whose purse is proven to make money waits for an inquiry, and takes two, however little it is', async () => {
  const [card, shop] = [await holder(), await newPurse(r.api)];
  const twin = await card.clone();
  await payOffline(card, shop, 10n);
  await payOffline(twin, shop, 20n);
  await sync(r.api, card);
  const forked = await r.api.post(`/v1/purses/${card.id}/sync`, await upload(r.api, twin));
  expect(forked.body.code).toBe('journal_fork');
  const claim = await report(card);
  await daysPass(15);
  const held = await claimOf(claim.id);
  expect(held).toMatchObject({ status: 'waiting', refunded: '0' });
  expect(held.timeline.map((s: { step: string; at: string | null }) => [s.step, s.at !== null])).toEqual([
    ['reported', true],
    ['inquiry', false],
    ['refund', false],
    ['closed', false],
  ]);
  const asked = await r.api.make(`/v1/claims/${claim.id}/settle`);
  expect(asked).toMatchObject({ status: 'waiting', proposal: expect.stringMatching(/^prp_/) });
  await r.api.make(`/v1/claims/${claim.id}/refuse`, { reason: 'The purse was copied.' });
  const late = await r.second.post(`/v1/proposals/${asked.proposal}/approve`, {}, key());
  expect([late.status, late.body.code]).toEqual([409, 'claim_not_waiting']);
});

test('behind the figure `refunded` are the purses that were written off, page by page', async () => {
  const { refunded } = await audit();
  let [cursor, sum, pages] = ['', 0n, 0];
  do {
    const { status, body } = await r.api.get(`/v1/audit/terms/refunded?limit=3${cursor}`);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.total).toBe(refunded);
    for (const entry of body.data) {
      expect(entry).toMatchObject({
        purse: expect.stringMatching(/^pur_/),
        reference: expect.stringMatching(/^clm_/),
      });
      sum += BigInt(entry.amount);
    }
    pages += 1;
    cursor = body.has_more ? `&cursor=${body.next_cursor}` : '';
  } while (cursor !== '');
  expect([sum, pages > 1]).toEqual([BigInt(refunded), true]);
});
