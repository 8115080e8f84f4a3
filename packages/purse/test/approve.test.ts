/** Offline EMV approvals: one balance with the payments, the same limits, and no way to lose or double a yen. */
import { MAX_AMOUNT } from '@sokkin/codec';
import { ZERO_NONCE } from '@sokkin/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ApprovalRequest,
  blankPurse,
  census,
  encodeHistory,
  encodeOpenApprovals,
  encodeOpenPayments,
  encodeSummary,
  isApproval,
  issueTicket,
  journalAfter,
  type Limits,
  mayApprove,
  type PurseState,
  parseEntry,
  parseHistory,
  parseOpenApprovals,
  parseStatementBody,
  parseSummary,
  type Refusal,
  reissue,
  SEQ_MAX,
  settle,
  statement,
  voidTicket,
} from '../src/index.ts';
import {
  aged,
  alive,
  approvalRequest,
  approved,
  approving,
  asked,
  done,
  granted,
  LIMITS,
  lifeEvents,
  lived,
  openOutgoing,
  PROFILE,
  paid,
  paymentHash,
  personalised,
  resolved,
} from './lives.ts';

const approvals = (state: PurseState) => state.cells.filter(isApproval);

describe('approving', () => {
  it('I1 debits the one balance, and is in flight from then on', async () => {
    const { state } = approved((await alive(20, 100n)).state, 30n);
    expect(state.balance).toBe(70n);
    expect(census(state)).toMatchObject({ pending: 30n, openApprovals: 1, openPayments: 0 });
    expect(parseStatementBody(done(statement(state, ZERO_NONCE)).body)).toMatchObject({
      balance: 70n,
      pending: 30n,
      reserved: 0n,
    });
    expect(parseEntry(journalAfter(state, state.seq - 1)[0] ?? new Uint8Array(0))).toMatchObject({
      type: 'approval',
      fields: { seq: state.seq, amount: 30n, atc: state.seq },
    });
  });

  it('counts as paid to software, and without a PIN unless the holder was verified', async () => {
    const once = approved((await alive(20, 100n)).state, 30n).state;
    const twice = approved(once, 5n, { holderVerified: true }).state;
    expect([twice.spent, twice.spentCount, twice.spentWithoutPin]).toEqual([[0n, 0n, 35n], 2, 30n]);
  });

  it('still counts after a Grant that did not see it, and not after one that did', async () => {
    const { state: start } = await alive(20, 100n);
    const seen = approved(start, 10n).state;
    const unseen = approved(seen, 5n).state;
    const after = done(granted(unseen, { ackSeq: seen.seq, ackHead: seen.head })).state;
    expect([after.spent, after.spentCount]).toEqual([[0n, 0n, 5n], 1]);
    expect(done(granted(after)).state.spent).toEqual([0n, 0n, 0n]);
  });

  it('spends what payments left, and leaves what payments may spend', async () => {
    const payer = await alive(20, 100n);
    const payee = await alive(21);
    const { ticket } = asked(payee.state, 90n, 1);
    const after = paid(payer.state, ticket, payee.certificate, 60n).state;
    expect(mayApprove(after, approvalRequest(40n))).toBe('ok');
    expect(mayApprove(after, approvalRequest(41n))).toBe('insufficient_balance');
  });
});

describe('settling an approval', () => {
  it('I1 a Grant gives a cancelled one back once, above the holding limit if need be', async () => {
    const { state, approvalNo } = approved((await alive(20, 100n)).state, 30n);
    const tight = done(granted(state, { limits: { ...LIMITS, holding: 70n } })).state;
    const back = done(resolved(tight, 'cancelled', approvalNo, approvalNo)).state;
    expect(back.balance).toBe(100n);
    expect(census(back)).toMatchObject({ pending: 0n, openApprovals: 0 });
    expect(done(resolved(back, 'cancelled', approvalNo)).state.balance).toBe(100n);
  });

  it('I3 a cleared one is never given back', async () => {
    const { state, approvalNo } = approved((await alive(20, 100n)).state, 30n);
    const cleared = done(resolved(state, 'credited', approvalNo)).state;
    expect(done(resolved(cleared, 'cancelled', approvalNo)).state.balance).toBe(70n);
  });

  it('I4 the same Grant again changes nothing', async () => {
    const { state, approvalNo } = approved((await alive(20, 100n)).state, 30n);
    const grant = {
      grantNo: state.grantNo + 1,
      ackSeq: state.seq,
      ackHead: state.head,
      resolutions: [{ paymentNo: approvalNo, outcome: 'cancelled' as const }],
    };
    const once = done(granted(state, grant)).state;
    const twice = granted(once, grant);
    expect(twice.status === 'ok' && twice.state === once).toBe(true);
  });

  it('I5 nothing but a Grant settles it: no Receipt does, and it cannot be shown as a Payment', async () => {
    const payer = await alive(20, 100n);
    const { state, approvalNo } = approved(payer.state, 30n);
    const payee = await alive(21);
    const { ticket } = asked(payee.state, 90n, 1);
    const { payment } = paid(state, ticket, payee.certificate, 1n);
    const { currency, ticketNo, purse } = payment;
    const lie = {
      kind: 'receipt' as const,
      outcome: 'cancelled' as const,
      purse: payee.certificate.subjectRef,
      seq: 9,
      link: new Uint8Array(32),
      currency,
      amount: 30n,
      payer: purse,
      paymentNo: approvalNo,
      paymentHash: paymentHash(payment),
      ticketNo,
    };
    expect(settle(state, lie).status).toBe('payment_unknown');
    expect(reissue(state, approvalNo)).toBeUndefined();
  });

  it('I2 stays while it is open, whatever is acknowledged, also in a purse that is blocked meanwhile', async () => {
    const { state, approvalNo } = approved((await alive(20, 100n)).state, 30n);
    let later = done(granted(state, { order: 'block' })).state;
    for (let i = 0; i < 3; i++) later = done(granted(later)).state;
    expect(approvals(later).map((c) => [c.entry.fields.seq, c.approval])).toEqual([[approvalNo, 'open']]);
    const back = done(resolved(later, 'cancelled', approvalNo)).state;
    expect([back.balance, approvals(back)]).toEqual([100n, []]);
  });

  it('leaves it in the history for as long as payments', async () => {
    const { state, approvalNo } = approved((await alive(20, 100n, { ...PROFILE, history: 1 })).state, 30n);
    const closed = done(resolved(state, 'credited', approvalNo)).state;
    expect(approvals(done(granted(closed)).state)).toHaveLength(1);
    const newer = approved(closed, 1n);
    const gone = done(resolved(newer.state, 'credited', newer.approvalNo)).state;
    expect(approvals(gone).map((c) => c.entry.fields.seq)).toEqual([newer.approvalNo]);
  });
});

describe('what can be read', () => {
  it('open approvals by themselves, all in the history, and in the summary as value on its way', async () => {
    const one = approved((await alive(20, 100n, { ...PROFILE, history: 2 })).state, 30n);
    const two = approved(one.state, 7n);
    const state = done(resolved(two.state, 'cancelled', one.approvalNo)).state;
    expect(parseOpenApprovals(encodeOpenApprovals(state))).toEqual([
      {
        approvalNo: two.approvalNo,
        atc: two.approvalNo,
        amount: 7n,
        cryptogram: approvals(state).find((c) => c.approval === 'open')?.entry.fields.cryptogram,
      },
    ]);
    expect(encodeOpenPayments(state)).toHaveLength(0);
    expect(parseSummary(encodeSummary(state))).toMatchObject({ balance: 93n, pending: 7n, openPayments: 0 });
    const counterparty = new Uint8Array(8);
    expect(parseHistory(encodeHistory(state)).slice(0, 2)).toEqual([
      { kind: 'shop', seq: two.approvalNo, counterparty, amount: 7n, state: 'open' },
      { kind: 'shop', seq: one.approvalNo, counterparty, amount: 30n, state: 'cancelled' },
    ]);
  });
});

describe('any life (property)', () => {
  it('I1, I2, I6 value leaves only when it is credited, and nothing open is forgotten', async () => {
    const { state: start } = await alive(20, 100n);
    const payee = await alive(21);
    const { ticket } = asked(payee.state, 50n, 1);
    const value = (s: PurseState) => s.balance + census(s).pending;
    fc.assert(
      fc.property(lifeEvents, (events) => {
        lived(start, events, { ticket, certificate: payee.certificate }, (before, event, after) => {
          const left = event === 'credited' && after !== before ? 1n : 0n;
          expect(value(after)).toBe(value(before) - left);
          const closed = (event === 'credited' || event === 'cancelled') && after !== before ? 1 : 0;
          const still = new Set(openOutgoing(after).map((c) => c.entry.fields.seq));
          const forgotten = openOutgoing(before).filter((c) => !still.has(c.entry.fields.seq));
          expect(forgotten).toHaveLength(closed);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('I4 to ask changes nothing, and the answer is what approving then does', async () => {
    const { state: start } = await alive(20, 100n);
    const payee = await alive(21);
    const { ticket } = asked(payee.state, 50n, 1);
    fc.assert(
      fc.property(lifeEvents, fc.bigInt(-1n, 120n), fc.boolean(), (events, amount, holderVerified) => {
        const state = lived(start, events, { ticket, certificate: payee.certificate });
        const request = approvalRequest(amount, { holderVerified });
        const verdict = mayApprove(state, request);
        expect(mayApprove(state, request)).toBe(verdict);
        expect(approving(state, request).status).toBe(verdict);
      }),
    );
  });
});

const limited = (limits: Partial<Limits>) => (state: PurseState) =>
  done(granted(state, { limits: { ...LIMITS, ...limits } })).state;
const ordered = (order: 'block' | 'terminate') => (state: PurseState) =>
  done(granted(state, { order })).state;
const rows = (perPayment: bigint, cumulative: bigint): Limits['byClass'] => {
  const wide = { perPayment: 1000n, cumulative: 1000n };
  return [wide, wide, { perPayment, cumulative }];
};

function fullJournal(start: PurseState): PurseState {
  let state = start;
  for (let i = 0; mayApprove(state, approvalRequest(1n)) === 'ok'; i++) {
    const step = issueTicket(state, { maxAmount: 1n, reference: Uint8Array.of(0, 0, 0, 0, 0, 0, 9, i) });
    // An approval needs one cell less than a ticket: the last one takes it.
    state = step.status === 'ok' ? done(step).state : approved(state, 1n).state;
    if (step.status === 'ok') state = done(voidTicket(state, state.seq)).state;
  }
  return state;
}

/** From a purse with 100 that approves 10: what is changed, and what it then says. */
const REFUSED: readonly (readonly [
  Refusal,
  string,
  ((state: PurseState) => PurseState) | undefined,
  Partial<ApprovalRequest>,
])[] = [
  ['wrong_lifecycle', 'a blank purse', () => blankPurse(PROFILE), {}],
  ['wrong_lifecycle', 'a blocked purse', ordered('block'), {}],
  ['wrong_lifecycle', 'a terminated purse', ordered('terminate'), {}],
  ['wrong_currency', 'the terminal is of another currency', undefined, { currency: 0x0978 }],
  ['bad_amount', 'nothing', undefined, { amount: 0n }],
  ['bad_amount', 'less than nothing', undefined, { amount: -1n }],
  ['bad_amount', 'above the largest amount', undefined, { amount: MAX_AMOUNT + 1n }],
  ['over_payment_limit', 'one above the limit for software', limited({ byClass: rows(9n, 1000n) }), {}],
  [
    'over_cumulative_limit',
    'one above the sum for software',
    (s) => ({ ...limited({ byClass: rows(50n, 19n) })(s), spent: [0n, 0n, 10n] }),
    {},
  ],
  [
    'over_count_limit',
    'one too many since the sync',
    (s) => ({ ...limited({ count: 3 })(s), spentCount: 3 }),
    {},
  ],
  ['pin_required', 'one above the tap limit', limited({ perPaymentWithoutPin: 9n }), {}],
  [
    'pin_required',
    'one above the sum without PIN',
    (s) => ({ ...limited({ cumulativeWithoutPin: 19n })(s), spentWithoutPin: 10n }),
    {},
  ],
  ['insufficient_balance', 'one more than the balance', (s) => ({ ...s, balance: 9n }), {}],
  [
    'outgoing_window_full',
    'as many are open as the profile has room for',
    (s) => approved(approved(s, 1n).state, 1n).state,
    {},
  ],
  ['journal_full', 'tickets were issued and voided without a sync', fullJournal, {}],
  ['sequence_exhausted', 'it could not be settled any more', (s) => aged(s, SEQ_MAX - 3), {}],
];

describe('every refusal of mayApprove, from the nearest state that would say ok', () => {
  it.each(REFUSED)('%s: %s', async (status, _when, change, more) => {
    const { state } = await alive(20, 100n);
    const request = { ...approvalRequest(10n), ...more };
    const changed = change === undefined ? state : change(state);
    expect(mayApprove(changed, request)).toBe(status);
    expect(approving(changed, request).status).toBe(status);
    expect(mayApprove(state, approvalRequest(10n))).toBe('ok');
  });

  it('wrong_lifecycle: a purse that is not yet active', async () => {
    expect(mayApprove((await personalised(20)).state, approvalRequest(1n))).toBe('wrong_lifecycle');
  });

  it('with the holder verified, the limits without PIN do not bind', async () => {
    const { state } = await alive(20, 100n);
    const strict = limited({ perPaymentWithoutPin: 0n, cumulativeWithoutPin: 0n })(state);
    expect(mayApprove(strict, approvalRequest(10n))).toBe('pin_required');
    expect(mayApprove(strict, approvalRequest(10n, { holderVerified: true }))).toBe('ok');
  });

  it('other classes are counted apart: what was paid to secure elements does not bind', async () => {
    const { state } = await alive(20, 100n);
    expect(mayApprove({ ...state, spent: [1000n, 1000n, 0n] }, approvalRequest(10n))).toBe('ok');
  });

  it('in the order of PAY: the limit is named before the PIN, the PIN before the balance', async () => {
    const { state } = await alive(20, 100n);
    const strict = limited({ perPaymentWithoutPin: 9n, byClass: rows(50n, 1000n) })({
      ...state,
      balance: 1n,
    });
    expect(mayApprove(strict, approvalRequest(51n))).toBe('over_payment_limit');
    expect(mayApprove(strict, approvalRequest(10n))).toBe('pin_required');
    expect(mayApprove(strict, approvalRequest(9n))).toBe('insufficient_balance');
  });
});
