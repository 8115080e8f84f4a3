/**
 * Random stories with real cards: paid, lost, found, used by thieves, synced in any order, refunded, spent, closed. The audit
 * holds at every step; and in the end, when everybody has synced, what was refunded of a purse is what it still holds, but
 * for what the issuer's loss account stands for: refund and late payment never both pay.
 */
import { fromHex, hex } from '@sokkin/codec';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workOnClaims } from '../src/operations/claims/work.ts';
import {
  chainOf,
  creditBy,
  freshKey,
  fundPurse,
  issueTo,
  newPurse,
  type Purse,
  payOn,
  type Rig,
  rig,
  settleBy,
  sync,
  ticketOf,
  upload,
} from './kit.ts';

const DAY_MS = 86_400_000;

let r: Rig;
let loss: string;
let sink: string;
beforeAll(async () => {
  r = await rig({ claimsSeconds: 0 });
  loss = (await r.api.make('/v1/accounts', { name: 'Losses' })).id;
  sink = (await r.api.make('/v1/accounts', { name: 'Spent' })).id;
  await issueTo(r.api, loss, 1_000_000n);
  const { document } = (await r.api.get('/v1/policies/claims')).body;
  const caps = { ...document.caps, secure_element: { any: '3000', by_tier: {} } };
  const wanted = { ...document, caps, close_days: 20, loss_accounts: { ins_first_issuer: loss } };
  const { id } = await r.api.make('/v1/policies/claims', { from_version: 1, document: wanted });
  await r.second.make(`/v1/proposals/${id}/approve`);
}, 120_000);
afterAll(() => r.close());

const index = fc.nat(2);
const amount = fc.bigInt({ min: 1n, max: 2_000n });
const action = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('pay' as const),
      ...{ from: index, to: index, amount },
      /** 0: the Payment is lost on its way; 1: the Receipt is. */
      lost: fc.nat(3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('sync' as const), purse: index, lost: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('report' as const), purse: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), purse: index }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('days' as const), days: fc.constantFrom(1, 8, 15) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('spend' as const), purse: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redeem' as const), purse: index, amount }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** What a card or the back-end refuses does not matter here: the story goes on. */
const attempt = async (step: () => Promise<unknown>): Promise<void> => {
  try {
    await step();
  } catch (error) {
    if (error instanceof Error && error.message.includes('internal_error')) throw error;
  }
};

const post = (path: string, body: object = {}) => r.api.post(path, body, { 'idempotency-key': freshKey() });
const claimsOf = async (purse: Purse) => {
  const { data } = (await r.api.get('/v1/claims?limit=100')).body;
  return data.filter((c: { purse: string }) => c.purse === purse.id);
};

async function play(purses: readonly Purse[], a: Action): Promise<void> {
  const of = (i: number): Purse => purses[i] as Purse;
  switch (a.kind) {
    case 'pay': {
      const [from, to] = [of(a.from), of(a.to)];
      const payment = await payOn(from, to.certificate, await ticketOf(to, a.amount), a.amount);
      if (a.lost === 0) return;
      const receipt = await creditBy(to, from.certificate, payment);
      if (a.lost > 1) await settleBy(from, to.certificate, receipt);
      return;
    }
    case 'sync':
      if (a.lost) await r.api.make(`/v1/purses/${of(a.purse).id}/sync`, await upload(r.api, of(a.purse)));
      else await sync(r.api, of(a.purse));
      return;
    case 'report':
      await post('/v1/claims', { purse: of(a.purse).id, kind: 'broken' });
      return;
    case 'withdraw':
      for (const { id } of await claimsOf(of(a.purse))) await post(`/v1/claims/${id}/withdraw`);
      return;
    case 'days':
      return daysPass(a.days);
    case 'spend': {
      const from = of(a.purse).account;
      const { balance } = (await r.api.get(`/v1/accounts/${from}`)).body;
      if (balance !== '0') await post('/v1/transfers', { from, to: sink, amount: balance });
      return;
    }
    case 'redeem': {
      const { account, id } = of(a.purse);
      const wish = { account, purse: id, max_amount: a.amount.toString() };
      const { payee, ticket, id: redemption } = await r.api.make('/v1/redemptions', wish);
      const issuer = fromHex(payee.purse);
      const payment = await payOn(of(a.purse), issuer, fromHex(ticket), a.amount);
      const body = { payment: hex(payment), payer: chainOf(of(a.purse)) };
      const answer = await r.api.make(`/v1/redemptions/${redemption}/payment`, body);
      await settleBy(of(a.purse), issuer, fromHex(answer.receipt));
    }
  }
}

async function daysPass(days: number): Promise<void> {
  r.advance(days * DAY_MS);
  const failed: string[] = [];
  await workOnClaims(r.server.backend, (line) => failed.push(line));
  expect(failed).toEqual([]);
}

async function auditHolds(): Promise<void> {
  const { body } = await r.api.get('/v1/audit');
  const broken = body.equations.filter((e: { holds: boolean }) => !e.holds);
  expect(broken, JSON.stringify(body)).toEqual([]);
}

test('random stories of lost purses', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 12, maxLength: 25 }), async (actions) => {
      const purses: Purse[] = [];
      for (let i = 0; i < 3; i++) {
        const purse = await newPurse(r.api);
        await fundPurse(r.api, purse, 5_000n);
        await sync(r.api, purse);
        purses.push(purse);
      }
      for (const a of actions) {
        await attempt(() => play(purses, a));
        await auditHolds();
      }
      for (let round = 0; round < 3; round++) for (const purse of purses) await sync(r.api, purse);
      await daysPass(40);
      await daysPass(40);
      await auditHolds();
      for (const purse of purses) {
        for (const { id } of await claimsOf(purse)) {
          const claim = (await r.api.get(`/v1/claims/${id}`)).body;
          if (claim.status === 'withdrawn') continue;
          expect(claim).toMatchObject({ status: 'closed', uncovered: '0', value: { amount: '0' } });
          const writtenOff = BigInt(claim.refunded) - BigInt(claim.covered_by_issuer);
          expect(writtenOff).toBe(BigInt(claim.value.worth));
          // What is open may yet arrive; all else that the purse was worth is in it.
          const { balance } = await purse.summary();
          const inIt = balance + BigInt(claim.value.waiting_for_it) + BigInt(claim.value.returning);
          expect(writtenOff).toBe(inIt);
        }
      }
      const { data } = (await r.api.get('/v1/alerts?limit=100')).body;
      expect(data.filter((x: { severity: string }) => x.severity === 'proven')).toEqual([]);
    }),
    { numRuns: 6 },
  );
});
