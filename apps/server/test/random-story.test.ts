/**
 * Random stories with real cards over the real server: messages lost at every step, syncs in any order. The
 * audit holds at every step, its SQL gives every payment the term that `termOf` gives it, nobody is accused, and
 * in the end all money is in balances, or approved in shops. (packages/issuer/test/honest.test.ts plays thousands, without SQL.)
 */
import { concat, fromHex, hex } from '@sokkin/codec';
import { type PaymentItem, type PaymentTerm, termOf, verdictOf } from '@sokkin/issuer';
import { object } from '@sokkin/purse';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPool } from '../src/store/pool.ts';
import {
  chainOf,
  creditBy,
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

let r: Rig;
beforeAll(async () => {
  r = await rig();
});
afterAll(() => r.close());

const index = fc.nat(2);
const amount = fc.bigInt({ min: 1n, max: 2_000n });
const lost = fc.nat(3);
/** `stray`: a second payer pays on the same ticket, too late. */
const fate = fc.constantFrom('credit' as const, 'credit' as const, 'cancel' as const, 'stray' as const);
const action = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fund' as const), to: index, amount, lost }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('pay' as const), from: index, to: index, amount, lost, fate }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('sync' as const), purse: index, lost: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redeem' as const), from: index, amount, lost }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('shop' as const), from: index, amount }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** What a refused step throws does not matter here: the story goes on. */
const attempt = async (step: () => Promise<unknown>): Promise<void> => {
  try {
    await step();
  } catch (error) {
    // A card that refuses says so by name; a server that fails must not hide here.
    if (error instanceof Error && error.message.includes('internal_error')) throw error;
  }
};

async function play(account: string, purses: readonly Purse[], a: Action): Promise<void> {
  const of = (i: number): Purse => purses[i] as Purse;
  switch (a.kind) {
    case 'fund': {
      const ticket = await ticketOf(of(a.to), a.amount);
      const body = { account, ticket: hex(ticket), payee: chainOf(of(a.to)), amount: a.amount.toString() };
      const funding = await r.api.make('/v1/fundings', body);
      if (a.lost === 0) return;
      const receipt = await creditBy(of(a.to), fromHex(funding.payer.purse), fromHex(funding.payment));
      if (a.lost > 1) await r.api.make(`/v1/fundings/${funding.id}/receipt`, { receipt: hex(receipt) });
      return;
    }
    case 'pay': {
      const [from, to] = [of(a.from), of(a.to)];
      const ticket = await ticketOf(to, a.amount);
      const payment = await payOn(from, to.certificate, ticket, a.amount);
      if (a.fate === 'stray') {
        const other = purses.find((p) => p !== from && p !== to);
        if (other !== undefined) {
          const first = await payOn(other, to.certificate, ticket, a.amount);
          await settleBy(other, to.certificate, await creditBy(to, other.certificate, first));
        }
      }
      if (a.lost === 0) return;
      if (a.lost === 1) {
        const handed = { payment: hex(payment), purse: hex(from.certificate) };
        await sync(r.api, from, { payments: [handed] });
        return;
      }
      const data = concat(object('purse', from.certificate), object('payment', payment));
      const receipt = await to.ok(a.fate === 'cancel' ? 'cancel' : 'credit', data);
      if (a.lost > 2) await settleBy(from, to.certificate, receipt);
      return;
    }
    case 'sync': {
      if (a.lost) await r.api.make(`/v1/purses/${of(a.purse).id}/sync`, await upload(r.api, of(a.purse)));
      else await takeAll(of(a.purse));
      return;
    }
    case 'shop':
      await of(a.from).approve(a.amount);
      return;
    case 'redeem': {
      const from = of(a.from);
      const max_amount = a.amount.toString();
      const redemption = await r.api.make('/v1/redemptions', { account, purse: from.id, max_amount });
      const issuer = fromHex(redemption.payee.purse);
      const payment = await payOn(from, issuer, fromHex(redemption.ticket), a.amount);
      if (a.lost === 0) return;
      const body = { payment: hex(payment), payer: chainOf(from) };
      const answer = await r.api.make(`/v1/redemptions/${redemption.id}/payment`, body);
      if (a.lost > 1) await settleBy(from, issuer, fromHex(answer.receipt));
      return;
    }
  }
}

/** A sync, and all that it delivers. */
async function takeAll(purse: Purse): Promise<void> {
  const { deliveries } = await sync(r.api, purse);
  for (const d of deliveries.payments) await creditBy(purse, fromHex(d.payer.purse), fromHex(d.payment));
  for (const d of deliveries.receipts) await settleBy(purse, fromHex(d.payee.purse), fromHex(d.receipt));
}

async function auditHolds() {
  const { body } = await r.api.get('/v1/audit');
  expect(
    body.equations.filter((e: { holds: boolean }) => !e.holds),
    JSON.stringify(body),
  ).toEqual([]);
  return body;
}

/** Every payment's term, by the rows and `termOf`, summed. */
async function termsByRows(): Promise<Record<PaymentTerm | 'approvals', bigint>> {
  const sums = {
    settled: 0n,
    cancelled: 0n,
    waiting: 0n,
    returning: 0n,
    credited_ahead: 0n,
    counterfeit: 0n,
    approvals: 0n,
  };
  const pool = openPool(r.databaseUrl);
  const rows = async (table: string) => (await pool.query(`SELECT * FROM ${table}`)).rows;
  const [journals, tickets] = [await rows('journals'), await rows('tickets')];
  const [payments, receipts] = [await rows('payments'), await rows('receipts')];
  const approvals = await rows('approvals');
  await pool.end();
  for (const x of approvals) if (x.state === 'open') sums.approvals += x.amount;
  const seqOf = (purse: string): bigint => journals.find((j) => j.purse === purse)?.seq ?? 0n;
  const credited = receipts.filter((x) => x.outcome === 'credited');
  const sameHash = (a: Uint8Array, b: Uint8Array) => hex(a) === hex(b);
  const add = (item: PaymentItem, value: bigint) => {
    const term = termOf(item);
    if (term !== undefined) sums[term] += value;
  };
  for (const p of payments) {
    const ticket = tickets.find((t) => t.payee === p.payee && t.ticket_no === p.ticket_no);
    const known = ticket && { state: ticket.state, by: ticket.consumed_by ?? undefined };
    const payment = { ticketNo: Number(p.ticket_no), hash: p.hash };
    const verdict = verdictOf(payment, { seq: Number(seqOf(p.payee)), ticket: known });
    const never = verdict === 'cancelled' || verdict === 'never_issued';
    const isCredited = credited.some((x) => x.payee === p.payee && sameHash(x.payment_hash, p.hash));
    const credit = isCredited ? 'credited' : never ? 'never' : 'no_word';
    add({ debit: p.state, payerCovers: true, credit }, p.amount);
  }
  for (const x of credited) {
    if (payments.some((p) => p.payer === x.payer && sameHash(p.hash, x.payment_hash))) continue;
    add({ debit: 'absent', payerCovers: seqOf(x.payer) >= x.payment_no, credit: 'credited' }, x.amount);
  }
  return sums;
}

test('random stories', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 15, maxLength: 30 }), async (actions) => {
      const account = (await r.api.make('/v1/accounts', { name: 'Story' })).id;
      await issueTo(r.api, account, 100_000n);
      const purses = [await newPurse(r.api), await newPurse(r.api), await newPurse(r.api)];
      for (const a of actions) {
        await attempt(() => play(account, purses, a));
        const { equations } = await auditHolds();
        const { terms } = equations[1];
        const byRows = await termsByRows();
        expect(terms).toMatchObject({
          waiting: byRows.waiting.toString(),
          returning: byRows.returning.toString(),
          credited_ahead: (-byRows.credited_ahead).toString(),
          counterfeit: '0',
          approvals: byRows.approvals.toString(),
        });
      }
      // Everybody hands in the Payments that are still open, and syncs until nothing changes.
      for (let round = 0; round < 3; round++) {
        for (const purse of purses) {
          const open = (await r.api.get(`/v1/purses/${purse.id}`)).body.open_payments;
          const payments = [];
          for (const { payment_no } of open) {
            const number = new Uint8Array(4);
            new DataView(number.buffer).setUint32(0, payment_no);
            const reply = await purse.send('reissue', Uint8Array.of(0xca, 4, ...number));
            if (reply.status === 'ok')
              payments.push({ payment: hex(reply.value), purse: hex(purse.certificate) });
          }
          const handed = await sync(r.api, purse, { payments });
          for (const d of handed.deliveries.payments) {
            await creditBy(purse, fromHex(d.payer.purse), fromHex(d.payment));
          }
        }
      }
      for (const purse of purses) await sync(r.api, purse);
      for (const purse of purses) expect((await purse.summary()).openPayments).toBe(0);
      // No shop has presented a TC: that is all that is left on its way.
      const { inFlight, approvals } = await auditHolds();
      expect(inFlight).toBe(approvals);
      const { data } = (await r.api.get('/v1/alerts?limit=100')).body;
      expect(data.filter((x: { severity: string }) => x.severity === 'proven')).toEqual([]);
      expect(data.filter((x: { status: string }) => x.status === 'open')).toEqual([]);
    }),
    { numRuns: 5 },
  );
});
