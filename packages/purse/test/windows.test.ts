/** I6: a purse is bounded on all sides, and whatever it has begun it can finish, at every ceiling. */
import { name8 } from '@sokkin/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assertPurse,
  cancel,
  credit,
  issueTicket,
  mayApprove,
  type Payment,
  type PurseState,
  pay,
  SEQ_MAX,
  type Step,
  settle,
  type Ticket,
  voidTicket,
} from '../src/index.ts';
import {
  aged,
  alive,
  approvalRequest,
  approved,
  approving,
  asked,
  credited,
  done,
  granted,
  lifeEvents,
  lived,
  PROFILE,
  paid,
  payRequest,
  resolved,
  shownPayment,
} from './lives.ts';

const foreign = (ticket: Ticket, seq: number): Ticket => ({ ...ticket, seq });

describe('I6 sequence numbers', () => {
  it('lets everything that was opened near the ceiling be closed, and then be synced', async () => {
    const payer = await alive(20, 100n);
    const payee = await alive(21);
    const { ticket } = asked(payee.state, 50n, 1);
    for (let left = 0; left <= 14; left++) {
      let state = aged(payer.state, SEQ_MAX - left);
      const open: Payment[] = [];
      for (const no of [901, 902]) {
        const step = pay(state, payRequest(foreign(ticket, no), payee.certificate, 10n));
        if (step.status !== 'ok') {
          expect(step.status).toBe('sequence_exhausted');
          continue;
        }
        const next = paid(state, foreign(ticket, no), payee.certificate, 10n);
        open.push(next.payment);
        state = next.state;
      }
      const issued = issueTicket(state, { maxAmount: 5n, reference: name8(5) });
      if (issued.status === 'ok') {
        state = done(issued).state;
        state = done(voidTicket(state, state.seq)).state;
      } else expect(issued.status).toBe('sequence_exhausted');
      for (const p of open)
        state = done(granted(state, { resolutions: [{ paymentNo: p.seq, outcome: 'cancelled' }] })).state;
      expect(state.balance).toBe(100n);
      expect(state.seq).toBeLessThanOrEqual(SEQ_MAX);
    }
  });

  it('takes the Grant that settles its last payment with its last number', async () => {
    const payer = await alive(20, 100n);
    const payee = await alive(21);
    const { ticket } = asked(payee.state, 50n, 1);
    const one = paid(aged(payer.state, SEQ_MAX - 6), ticket, payee.certificate, 10n);
    let { state } = one;
    while (granted(state).status === 'ok') state = done(granted(state)).state;
    expect(granted(state).status).toBe('sequence_exhausted');
    const settled = done(
      granted(state, { resolutions: [{ paymentNo: one.payment.seq, outcome: 'cancelled' }] }),
    );
    expect(settled.state.seq).toBe(SEQ_MAX);
    expect(settled.state.balance).toBe(100n);
  });
});

describe('I6 sequence numbers of approvals', () => {
  it('lets whatever was approved near the ceiling be settled, one by one or at once', async () => {
    const { state: start } = await alive(20, 100n);
    for (let left = 0; left <= 14; left++) {
      for (const atOnce of [false, true]) {
        let state = aged(start, SEQ_MAX - left);
        const open: number[] = [];
        for (let i = 0; i < PROFILE.outgoing; i++) {
          const step = approving(state, approvalRequest(10n), i);
          if (step.status === 'ok') {
            state = done(step).state;
            open.push(state.seq);
          } else expect(step.status).toBe('sequence_exhausted');
        }
        // Grants that settle nothing must not use up the numbers of those that will.
        while (granted(state).status === 'ok') state = done(granted(state)).state;
        expect(granted(state).status).toBe('sequence_exhausted');
        const grants = atOnce ? [open] : open.map((no) => [no]);
        for (const numbers of grants) {
          if (numbers.length > 0) state = done(resolved(state, 'cancelled', ...numbers)).state;
        }
        expect(state.balance).toBe(100n);
      }
    }
  });
});

describe('I6 the journal', () => {
  it('is full with a clear status, and then still credits, settles, voids, and takes a Grant that makes room', async () => {
    const { state: start, certificate } = await alive(20, 100n);
    const payee = await alive(21, 100n);
    const { ticket } = asked(payee.state, 50n, 1);
    const mine = asked(start, 30n, 100);
    const incoming = paid(payee.state, mine.ticket, certificate, 30n).payment;
    let state = paid(mine.state, ticket, payee.certificate, 10n).state;
    const paymentNo = state.seq;
    for (let i = 0; ; i++) {
      const step = issueTicket(state, { maxAmount: 1n, reference: name8(i) });
      if (step.status !== 'ok') {
        expect(step.status).toBe('journal_full');
        break;
      }
      state = done(step).state;
      state = done(voidTicket(state, state.seq)).state;
    }
    expect(pay(state, payRequest(foreign(ticket, 903), payee.certificate, 1n)).status).toBe('journal_full');
    const received = credited(state, incoming, payee.certificate);
    expect(received.receipt.outcome).toBe('credited');
    const after = done(granted(received.state, { resolutions: [{ paymentNo, outcome: 'cancelled' }] })).state;
    expect(after.balance).toBe(130n);
    expect(issueTicket(after, { maxAmount: 1n, reference: name8(7) }).status).toBe('ok');
  });

  it('is never full after Grants that acknowledge all of it, in the least profile that is valid (property)', async () => {
    const payee = await alive(21);
    const { ticket } = asked(payee.state, 50n, 1);
    const shapes = [1, 2, 3].flatMap((tickets) =>
      [1, 2, 3].flatMap((outgoing) => [0, 1, 4].map((history) => ({ tickets, outgoing, history }))),
    );
    for (const shape of shapes) {
      const cells = 2 * shape.outgoing + 3 * shape.tickets + shape.history + 3;
      const { state: start } = await alive(20, 100n, { ...shape, cells, pinTries: 3 });
      fc.assert(
        fc.property(lifeEvents, (events) => {
          let state = lived(start, events, { ticket, certificate: payee.certificate });
          const take = (step: Step): boolean => {
            if (step.status === 'ok') state = done(step).state;
            return step.status === 'ok';
          };
          expect(take(granted(state))).toBe(true);
          expect(take(granted(state))).toBe(true);
          assertPurse(state);
          const issued = issueTicket(state, { maxAmount: 1n, reference: name8(9999) }).status;
          expect(['ok', 'ticket_window_full'], JSON.stringify(shape)).toContain(issued);
          const spent = pay(state, payRequest(foreign(ticket, 99), payee.certificate, 1n)).status;
          expect(['ok', 'outgoing_window_full'], JSON.stringify(shape)).toContain(spent);
          const approvable = mayApprove(state, approvalRequest(1n));
          expect(['ok', 'outgoing_window_full'], JSON.stringify(shape)).toContain(approvable);
        }),
        { numRuns: 90 },
      );
    }
  });

  it('keeps no cell to close an approval, and closes it in a full journal all the same', async () => {
    let { state, approvalNo } = approved((await alive(20, 100n, { ...PROFILE, outgoing: 3 })).state, 10n);
    for (let i = 0; ; i++) {
      const step = issueTicket(state, { maxAmount: 1n, reference: name8(i) });
      if (step.status !== 'ok') break;
      state = done(step).state;
      state = done(voidTicket(state, state.seq)).state;
    }
    const free = (s: PurseState) => s.cells.filter((c) => c === undefined).length;
    // A ticket or payment wants a cell for its closing, an approval does not.
    state = approved(state, 1n).state;
    expect(mayApprove(state, approvalRequest(1n))).toBe('journal_full');
    expect(free(state)).toBe(1);
    const after = done(resolved(state, 'cancelled', approvalNo)).state;
    expect(free(after)).toBeGreaterThan(1);
  });

  it('refuses a Grant that acknowledges so little that the next one would have no room', async () => {
    let { state } = await alive(20, 100n);
    const { seq, head } = state;
    for (let i = 0; ; i++) {
      const step = issueTicket(state, { maxAmount: 1n, reference: name8(i) });
      if (step.status !== 'ok') break;
      state = done(step).state;
      state = done(voidTicket(state, state.seq)).state;
    }
    let grants = 0;
    for (; grants < 20; grants++) {
      const step = granted(state, { ackSeq: seq, ackHead: head });
      if (step.status !== 'ok') {
        expect(step.status).toBe('journal_full');
        break;
      }
      state = done(step).state;
    }
    expect(grants).toBeLessThan(20);
    done(granted(state));
  });
});

describe('I6 the window of tickets', () => {
  it('pushes out the oldest closed ticket and never an open one', async () => {
    const payer = await alive(20, 100n);
    const payee = await alive(21);
    const first = asked(payee.state, 5n, 1);
    const second = asked(first.state, 5n, 2);
    const closed = done(voidTicket(second.state, second.ticket.seq)).state;
    const third = asked(closed, 5n, 3);
    expect(issueTicket(third.state, { maxAmount: 5n, reference: name8(4) }).status).toBe(
      'ticket_window_full',
    );
    const { payment } = paid(payer.state, first.ticket, payee.certificate, 5n);
    expect(credited(third.state, payment, payer.certificate).receipt.outcome).toBe('credited');
    const late = paid(payer.state, second.ticket, payee.certificate, 5n).payment;
    expect(credit(third.state, shownPayment(late, payer.certificate)).status).toBe('ticket_unknown');
    expect(cancel(third.state, shownPayment(late, payer.certificate)).status).toBe('ticket_unknown');
  });

  it('gives the same ticket for the same reference while it is remembered (I4)', async () => {
    const one = asked((await alive(21)).state, 5n, 1);
    const again = issueTicket(one.state, { maxAmount: 5n, reference: name8(1) });
    expect(again.status === 'ok' && again.state === one.state).toBe(true);
  });
});

describe('the window of outgoing payments', () => {
  it('I6 opens again with a receipt', async () => {
    const payer = await alive(20, 100n);
    const payee = await alive(21);
    const { state: ready, ticket } = asked(payee.state, 50n, 1);
    const first = paid(payer.state, ticket, payee.certificate, 10n);
    let state: PurseState = first.state;
    for (let i = 1; i < PROFILE.outgoing; i++)
      state = paid(state, foreign(ticket, 900 + i), payee.certificate, 1n).state;
    const next = payRequest(foreign(ticket, 990), payee.certificate, 1n);
    expect(pay(state, next).status).toBe('outgoing_window_full');
    const { receipt } = credited(ready, first.payment, payer.certificate);
    expect(pay(done(settle(state, receipt)).state, next).status).toBe('ok');
  });

  it('I6 holds payments and approvals together, and opens again with a Grant', async () => {
    const payer = await alive(20, 100n);
    const payee = await alive(21);
    const { ticket } = asked(payee.state, 50n, 1);
    const first = approved(payer.state, 10n);
    let { state } = first;
    for (let i = 1; i < PROFILE.outgoing; i++)
      state = paid(state, foreign(ticket, 900 + i), payee.certificate, 1n).state;
    const next = payRequest(foreign(ticket, 990), payee.certificate, 1n);
    expect(pay(state, next).status).toBe('outgoing_window_full');
    expect(mayApprove(state, approvalRequest(1n))).toBe('outgoing_window_full');
    const opened = done(resolved(state, 'credited', first.approvalNo)).state;
    expect(pay(opened, next).status).toBe('ok');
    expect(mayApprove(opened, approvalRequest(1n))).toBe('ok');
  });
});
