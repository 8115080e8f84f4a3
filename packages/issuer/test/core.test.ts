/** Ledger, verdicts, the issuer's purse, Grants and policy, as tables. */
import { fromHex } from '@sokkin/codec';
import { CLASSES, MAX_BLOCKED, MAX_RESOLUTIONS, type Payment, parseReceiptBody } from '@sokkin/purse';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  audit,
  bornView,
  composeGrant,
  type IssuerPurse,
  type KnownTicket,
  limitsFor,
  matchReceipt,
  move,
  PROFILES,
  post,
  resolutionsFrom,
  shadowBalance,
  takePayment,
  termOf,
  verdictOf,
  writePayment,
  writeTicket,
} from '../src/index.ts';
import { idOf } from './world.ts';

const H1 = fromHex('11'.repeat(32));
const H2 = fromHex('22'.repeat(32));

describe('ledger', () => {
  const accounts = new Map([
    ['cb', { id: 'cb', kind: 'central_bank' as const, balance: 0n, held: 0n }],
    ['a', { id: 'a', kind: 'online' as const, balance: 5n, held: 0n }],
    ['b', { id: 'b', kind: 'online' as const, balance: 0n, held: 0n }],
    ['h', { id: 'h', kind: 'online' as const, balance: 5n, held: 3n }],
  ]);
  test.each([
    ['cb', 'a', 9n, 'ok'],
    ['a', 'b', 5n, 'ok'],
    ['a', 'b', 6n, 'insufficient_funds'],
    ['b', 'cb', 1n, 'insufficient_funds'],
    ['h', 'b', 2n, 'ok'],
    ['h', 'b', 3n, 'insufficient_funds'],
    ['a', 'h', 1n, 'ok'],
    ['a', 'x', 1n, 'account_unknown'],
    ['cb', 'a', 2n ** 63n, 'balance_too_large'],
  ])('%s -> %s %s: %s', (from, to, amount, status) => {
    const result = post(accounts, move('funding', 'r', from, to, amount));
    expect(result.status).toBe(status);
    if (result.status === 'ok') {
      const sum = [...result.balances].reduce(
        (s, [id, balance]) => s + balance - (accounts.get(id)?.balance ?? 0n),
        0n,
      );
      expect(sum).toBe(0n);
    }
  });
  test('a transfer out of balance, or of nothing, is a bug', () => {
    const postings = [{ account: 'a', amount: 1n }];
    expect(() => post(accounts, { kind: 'funding', reference: 'r', postings })).toThrow(/^Bug/);
    expect(() => move('funding', 'r', 'a', 'b', 0n)).toThrow(/^Bug/);
    expect(() => move('funding', 'r', 'a', 'a', 1n)).toThrow(/^Bug/);
  });
});

describe('verdicts', () => {
  const open: KnownTicket = { state: 'open', by: undefined };
  const creditedBy = (by: Uint8Array): KnownTicket => ({ state: 'credited', by });
  test.each([
    ['the payee has not synced that far', 4, undefined, 'not_yet_known'],
    ['the ticket is open', 9, open, 'waiting'],
    ['credited with this payment', 9, creditedBy(H1), 'credited'],
    ['credited with another payment', 9, creditedBy(H2), 'cancelled'],
    ['cancelled with this payment', 9, { state: 'cancelled', by: H1 } as const, 'cancelled'],
    ['withdrawn', 9, { state: 'cancelled', by: undefined } as const, 'cancelled'],
    ['the number is no ticket', 5, undefined, 'never_issued'],
  ])('%s', (_says, seq, ticket, verdict) => {
    expect(verdictOf({ ticketNo: 5, hash: H1 }, { seq, ticket })).toBe(verdict);
  });

  test('settlements: final ones only, oldest first, as many as fit', () => {
    const many = Array.from({ length: 50 }, (_, i) => ({
      paymentNo: 50 - i,
      verdict:
        (['credited', 'cancelled', 'never_issued', 'waiting', 'not_yet_known'] as const)[i % 5] ?? 'waiting',
    }));
    const settled = resolutionsFrom(many);
    expect(settled).toHaveLength(30);
    expect(settled.map((s) => s.paymentNo)).toEqual(
      [...settled.map((s) => s.paymentNo)].sort((a, b) => a - b),
    );
    const more = [...many, ...many.map((m) => ({ ...m, paymentNo: m.paymentNo + 100 }))];
    expect(resolutionsFrom(more)).toHaveLength(MAX_RESOLUTIONS);
  });

  test('a Receipt against the payer’s journal', () => {
    const receipt = { paymentHash: H1, amount: 5n };
    expect(matchReceipt(receipt, { seq: 3, paymentNo: 4 }, undefined)).toBe('ahead');
    expect(matchReceipt(receipt, { seq: 4, paymentNo: 4 }, undefined)).toBe('contradicts');
    expect(matchReceipt(receipt, { seq: 4, paymentNo: 4 }, { hash: H2, amount: 5n })).toBe('contradicts');
    expect(matchReceipt(receipt, { seq: 4, paymentNo: 4 }, { hash: H1, amount: 6n })).toBe('contradicts');
    expect(matchReceipt(receipt, { seq: 4, paymentNo: 4 }, { hash: H1, amount: 5n })).toBe('agrees');
    expect(shadowBalance({ balance: 10n, creditedAhead: 25n, waiting: 5n })).toBe(-10n);
  });
});

describe('the issuer’s purse', () => {
  const start: IssuerPurse = { purse: idOf(2), currency: 0x392, seq: 0, head: new Uint8Array(32) };
  const opened = writeTicket(start, 100n, new Uint8Array(8));
  const paid = (amount: bigint, more: Partial<Payment> = {}): Payment => ({
    purse: idOf(10),
    seq: 7,
    link: H1,
    currency: 0x392,
    amount,
    payee: idOf(2),
    ticketNo: 1,
    ...more,
  });
  const open = { state: 'open', by: undefined, maxAmount: 100n } as const;
  test('its numbers rise and its entries are chained', () => {
    const next = writePayment(opened.purse, idOf(10), 3, 5n);
    expect([opened.seq, next.seq]).toEqual([1, 2]);
    expect(next.body.slice(15, 47)).toEqual(opened.hash);
  });
  test.each([
    ['fits', paid(100n), true, 'credited'],
    ['is above the ticket', paid(101n), true, 'cancelled'],
    ['is in another currency', paid(1n, { currency: 0x978 }), true, 'cancelled'],
    ['is not acceptable', paid(1n), false, 'cancelled'],
  ])('a payment that %s', (_says, payment, acceptable, outcome) => {
    const answer = takePayment(opened.purse, open, { payment, hash: H1 }, acceptable);
    expect(answer).toMatchObject({ kind: 'receipt', outcome, written: { seq: 2 } });
  });
  test('a used ticket: the same payment again, another one never', () => {
    const used = { state: 'credited', by: H1, maxAmount: 100n } as const;
    expect(takePayment(opened.purse, used, { payment: paid(1n), hash: H1 }, true)).toEqual({ kind: 'again' });
    const refused = takePayment(opened.purse, used, { payment: paid(1n), hash: H2 }, true);
    expect(refused.kind).toBe('refusal');
    if (refused.kind === 'refusal') {
      expect(parseReceiptBody(refused.body)).toMatchObject({ kind: 'refusal', outcome: 'cancelled', seq: 1 });
    }
  });
});

describe('Grants and policy', () => {
  const view = { ...bornView(idOf(10), 0x392, H1), seq: 9, head: H2 };
  const grantFor = (lifecycle: (typeof view)['lifecycle'], isBlocked: boolean) =>
    composeGrant({
      authority: idOf(3),
      view: { ...view, lifecycle, grantNo: 4 },
      issuedGrantNo: 6,
      nonce: new Uint8Array(16),
      epoch: 20_000,
      limits: limitsFor('software'),
      resolutions: [],
      blocked: Array.from({ length: 40 }, (_, i) => idOf(i)),
      isBlocked,
    });
  test.each([
    ['personalised', false, 'activate'],
    ['personalised', true, 'block'],
    ['active', false, 'none'],
    ['active', true, 'block'],
    ['blocked', false, 'activate'],
    ['terminated', false, 'none'],
    ['terminated', true, 'none'],
  ] as const)('%s, blocked by the operator: %s -> %s', (lifecycle, isBlocked, order) => {
    const grant = grantFor(lifecycle, isBlocked);
    expect(grant).toMatchObject({ order, grantNo: 7, ackSeq: 9, ackHead: H2 });
    expect(grant.blocked).toHaveLength(MAX_BLOCKED);
  });
  test('what is protected less is limited more', () => {
    const { secure_element, tee, software } = PROFILES.normal.basic;
    for (const [less, more] of [
      [software, tee],
      [tee, secure_element],
    ] as const) {
      expect(less.holding).toBeLessThanOrEqual(more.holding);
      CLASSES.forEach((_, i) => {
        const [a, b] = [less.byClass[i], more.byClass[i]];
        expect(
          (a?.perPayment ?? 1n) <= (b?.perPayment ?? 0n) && (a?.cumulative ?? 1n) <= (b?.cumulative ?? 0n),
        ).toBe(true);
      });
    }
  });
});

describe('audit', () => {
  test('each payment is in one term, and the terms are a * (d - r - c)', () => {
    const SIGN = {
      settled: 0,
      cancelled: 0,
      waiting: 1,
      returning: 1,
      credited_ahead: -1,
      counterfeit: -1,
    } as const;
    for (const debit of ['absent', 'open', 'credited', 'cancelled'] as const) {
      for (const credit of ['credited', 'never', 'no_word'] as const) {
        for (const payerCovers of [true, false]) {
          const term = termOf({ debit, payerCovers, credit });
          const [d, r, c] = [debit !== 'absent', debit === 'cancelled', credit === 'credited'].map(Number);
          expect(term === undefined ? 0 : SIGN[term], `${debit} ${credit} ${payerCovers}`).toBe(
            (d ?? 0) - (r ?? 0) - (c ?? 0),
          );
        }
      }
    }
  });
  test('a yen that is off by one anywhere is seen', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });
    fc.assert(
      fc.property(
        fc.record({
          online: amount,
          offline: amount,
          waiting: amount,
          returning: amount,
          ahead: amount,
          approvals: amount,
          cleared: amount,
          refunded: amount,
          redeemed: amount,
        }),
        (x) => {
          const float = x.offline + x.waiting + x.returning - x.ahead + x.approvals - x.cleared - x.refunded;
          const totals = {
            issued: x.online + float + x.redeemed,
            redeemed: x.redeemed,
            online: x.online,
            float,
            offline: x.offline,
            waiting: x.waiting,
            returning: x.returning,
            creditedAhead: x.ahead,
            counterfeit: 0n,
            unmet: 0n,
            approvals: x.approvals,
            clearedAhead: x.cleared,
            clearedDenied: 0n,
            refunded: x.refunded,
            ledgerSum: 0n,
          };
          expect(audit(totals).holds).toBe(true);
          for (const name of Object.keys(totals) as (keyof typeof totals)[]) {
            expect(audit({ ...totals, [name]: totals[name] + 1n }).holds, name).toBe(false);
          }
        },
      ),
    );
  });
});
