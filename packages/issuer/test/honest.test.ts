/**
 * Honest purses, messages lost at every step, syncs in any order: the audit holds at any moment, nobody is
 * accused, and in the end all money is in balances.
 */
import { assert } from '@sokkin/codec';
import { CARD_PROFILE, census, encodePayment, headAfter, type Payment } from '@sokkin/purse';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BackOffice, HonestPurse, type Upload } from './world.ts';

const PURSES = 3;
/** Small windows, so that they fill. */
const SMALL = { ...CARD_PROFILE, cells: 24, tickets: 4, outgoing: 5 };

type Action =
  | { kind: 'fund'; to: number; amount: bigint; lost: number }
  | { kind: 'pay'; from: number; to: number; amount: bigint; lost: number; how: 'credit' | 'cancel' }
  | { kind: 'void'; purse: number; nth: number }
  | { kind: 'bring'; nth: number; how: 'credit' | 'cancel' }
  | { kind: 'sync'; purse: number; lost: boolean; again: boolean }
  | { kind: 'redeem'; from: number; amount: bigint; lost: number }
  | { kind: 'shop'; from: number; amount: bigint }
  | { kind: 'decide'; nth: number; outcome: 'credited' | 'cancelled' };

const index = fc.nat(PURSES - 1);
const amount = fc.bigInt({ min: 1n, max: 9_000n });
/** How many of the messages arrive. */
const lost = fc.nat(3);
const how = fc.constantFrom('credit' as const, 'credit' as const, 'cancel' as const);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fund' as const), to: index, amount, lost }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('pay' as const), from: index, to: index, amount, lost, how }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('void' as const), purse: index, nth: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('bring' as const), nth: fc.nat(20), how }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('sync' as const),
      purse: index,
      lost: fc.boolean(),
      again: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redeem' as const), from: index, amount, lost }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('shop' as const), from: index, amount }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      nth: fc.nat(9),
      outcome: fc.constantFrom('credited' as const, 'cancelled' as const),
    }),
  },
);

interface Sent {
  readonly payment: Payment;
  readonly payer: HonestPurse | undefined;
  readonly payee: HonestPurse;
}

class Play {
  readonly office = new BackOffice();
  readonly purses = Array.from({ length: PURSES }, (_, i) => new HonestPurse(10 + i, SMALL));
  readonly #sent: Sent[] = [];
  #uploads: Upload[] = [];

  constructor() {
    this.office.issue(1_000_000n);
    for (const p of this.purses) {
      this.office.enrol(p);
      this.sync(p, false);
    }
  }

  #purse(i: number): HonestPurse {
    const purse = this.purses[i];
    assert(purse !== undefined, 'an index of a purse');
    return purse;
  }

  #arrive({ payment, payer, payee }: Sent, how: 'credit' | 'cancel', receiptArrives: boolean): void {
    const certificate = payer?.certificate ?? this.office.issuerCertificate;
    const receipt = payee.take(payment, headAfter(encodePayment(payment)), certificate, how);
    if (receipt !== undefined && receiptArrives) payer?.settle(receipt);
  }

  sync(purse: HonestPurse, grantLost: boolean): void {
    const upload = purse.upload();
    const { body, issued } = this.office.sync(upload);
    this.#uploads.push(upload);
    if (!grantLost) expect(['ok', 'journal_full']).toContain(purse.grant(body, issued));
  }

  run(a: Action): void {
    switch (a.kind) {
      case 'fund': {
        const to = this.#purse(a.to);
        const ticket = to.ticket(a.amount);
        if (ticket === undefined) return;
        const sent = { payment: this.office.fund(ticket, a.amount), payer: undefined, payee: to };
        this.#sent.push(sent);
        if (a.lost > 0) this.#arrive(sent, 'credit', false);
        return;
      }
      case 'pay': {
        const [from, to] = [this.#purse(a.from), this.#purse(a.to)];
        const ticket = to.ticket(a.amount);
        if (ticket === undefined || a.lost === 0) return;
        const payment = from.pay(ticket, to.certificate, a.amount);
        if (payment === undefined) return;
        const sent = { payment, payer: from, payee: to };
        this.#sent.push(sent);
        if (a.lost > 1) this.#arrive(sent, a.how, a.lost > 2);
        return;
      }
      case 'bring': {
        const sent = this.#sent[a.nth % Math.max(this.#sent.length, 1)];
        if (sent !== undefined) this.#arrive(sent, a.how, true);
        return;
      }
      case 'void': {
        const purse = this.#purse(a.purse);
        const open = this.office.views.get([...this.office.views.keys()][a.purse] ?? '')?.openTickets.keys();
        const no = [...(open ?? [])][a.nth];
        if (no !== undefined) purse.void(no);
        return;
      }
      case 'sync':
        this.sync(this.#purse(a.purse), a.lost);
        return;
      case 'redeem': {
        const from = this.#purse(a.from);
        const ticket = this.office.issuerTicket(a.amount);
        const payment = from.pay(ticket, this.office.issuerCertificate, a.amount);
        if (payment === undefined || a.lost === 0) return;
        const receipt = this.office.redeem(payment, headAfter(encodePayment(payment)));
        if (receipt !== undefined && a.lost > 1) from.settle(receipt);
        return;
      }
      case 'shop':
        this.#purse(a.from).approve(a.amount);
        return;
      case 'decide': {
        const approvals = [...this.office.approvals.values()];
        const approval = approvals[a.nth % Math.max(approvals.length, 1)];
        if (approval !== undefined) this.office.decide(approval, a.outcome);
        return;
      }
    }
  }

  /** Every Payment reaches its payee, no shop presents a TC any more, and everybody syncs until nothing changes. */
  home(order: readonly number[]): void {
    for (const sent of this.#sent) this.#arrive(sent, 'credit', false);
    for (let round = 0; round < 3; round++) {
      for (const i of order) {
        this.sync(this.#purse(i), false);
        for (const sent of this.#sent) this.#arrive(sent, 'credit', false);
        for (const a of this.office.approvals.values()) this.office.decide(a, 'cancelled');
      }
    }
  }
}

test('I1, I2 the audit holds at any moment, and all money comes home, in whatever order purses sync', () => {
  fc.assert(
    fc.property(
      fc.array(action, { minLength: 10, maxLength: 60 }),
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      (actions, order) => {
        const play = new Play();
        for (const a of actions) {
          play.run(a);
          const audit = play.office.audit();
          expect(audit.equations.filter((e) => !e.holds)).toEqual([]);
        }
        play.home(order);
        const audit = play.office.audit();
        expect(audit.holds).toBe(true);
        const held = play.purses.reduce((sum, p) => sum + p.state.balance, 0n);
        // What was paid to the issuer and never handed in is still on its way there.
        const onTheWay = audit.inFlight;
        expect(held + play.office.online + onTheWay).toBe(play.office.issued);
        expect([...play.office.approvals.values()].filter((a) => a.state === 'open')).toEqual([]);
        for (const p of play.purses) expect(census(p.state).openApprovals).toBe(0);
        const stuck = play.purses.flatMap((p) =>
          p.state.cells.flatMap((c) =>
            c !== undefined && 'payment' in c && c.payment === 'open' ? [c] : [],
          ),
        );
        for (const cell of stuck) {
          expect(cell.entry.type === 'payment' && cell.entry.fields.payee).toEqual(
            play.office.issuerCertificate.subjectRef,
          );
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('the outcomes do not depend on the order of syncs', () => {
  fc.assert(
    fc.property(
      fc.array(action, { minLength: 10, maxLength: 40 }),
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      (actions, one, other) => {
        const outcomes = [one, other].map((order) => {
          const play = new Play();
          for (const a of actions) play.run(a);
          play.home(order);
          const payments = [...play.office.payments.values()].map((p) => [p.payer, p.no, p.state].join(' '));
          const approvals = [...play.office.approvals.values()].map((a) =>
            [a.purse, a.approvalNo, a.state].join(' '),
          );
          const balances = play.purses.map((p) => p.state.balance);
          return { balances, payments: payments.sort(), approvals: approvals.sort() };
        });
        expect(outcomes[0]).toEqual(outcomes[1]);
      },
    ),
    { numRuns: 100 },
  );
});
