/** What the steps of the machine must hold, one by one; windows.test.ts has the ceilings, statuses.test.ts the refusals. */
import { ASSURANCE, ROLE } from '@sokkin/crypto';
import { blockOf, makeParty, name8, TODAY, ZERO_NONCE } from '@sokkin/testkit';
import { describe, expect, it } from 'vitest';
import {
  burnPinTry,
  cancel,
  changePin,
  checkPin,
  credit,
  isPinBlock,
  parseReceiptBody,
  parseStatementBody,
  pay,
  pinBlock,
  settle,
  statement,
} from '../src/index.ts';
import { alive, asked, credited, done, granted, LIMITS, paid, payRequest, shownPayment } from './lives.ts';

async function tap() {
  const payer = await alive(20, 100n);
  const born = await alive(21);
  const { state: ready, ticket } = asked(born.state, 50n, 1);
  const { state: debited, payment } = paid(payer.state, ticket, born.certificate, 30n);
  return { payer, payee: born, ready, ticket, debited, payment };
}

describe('paying', () => {
  it('I1 debits what is credited, and nothing else', async () => {
    const { payer, ready, debited, payment } = await tap();
    const after = credited(ready, payment, payer.certificate);
    expect(debited.balance).toBe(70n);
    expect(after.state.balance).toBe(30n);
    const settled = done(settle(debited, after.receipt)).state;
    expect(settled.balance).toBe(70n);
    expect(settled.seq).toBe(debited.seq + 1);
  });

  it('I4 gives the same Payment again, also for another amount, when blocked, and when the payee has expired', async () => {
    const { payee, ticket, debited } = await tap();
    const blocked = done(granted(debited, { order: 'block' })).state;
    for (const state of [debited, blocked]) {
      for (const amount of [30n, 1n, 51n]) {
        const again = pay(state, payRequest(ticket, payee.certificate, amount, false, true));
        expect(again.status === 'ok' && again.state === state && again.answer.kind === 'stored').toBe(true);
      }
    }
  });

  it('I3 a cancelled Receipt after a credited one changes nothing', async () => {
    const { payer, ready, debited, payment } = await tap();
    const { state: has, receipt } = credited(ready, payment, payer.certificate);
    const again = parseReceiptBody(done(cancel(has, shownPayment(payment, payer.certificate))).body);
    expect(again.outcome).toBe('credited');
    const settled = done(settle(debited, receipt)).state;
    const lie = done(settle(settled, { ...receipt, outcome: 'cancelled' }));
    expect(lie.state).toBe(settled);
  });

  it('I1 re-credits a cancelled payment once, above the holding limit if need be', async () => {
    const { payer, ready, debited, payment } = await tap();
    const { receipt } = {
      receipt: parseReceiptBody(done(cancel(ready, shownPayment(payment, payer.certificate))).body),
    };
    const tight = done(granted(debited, { limits: { ...LIMITS, holding: 70n } })).state;
    const back = done(settle(tight, receipt)).state;
    expect(back.balance).toBe(100n);
    expect(done(settle(back, receipt)).state).toBe(back);
    expect(done(settle(back, { ...receipt, kind: 'refusal' })).state).toBe(back);
  });

  it('I1 of two payments on one ticket one is credited, and the other comes back', async () => {
    const { payer, payee, ready, ticket, payment } = await tap();
    const other = await alive(22, 100n);
    const second = paid(other.state, ticket, payee.certificate, 30n);
    const has = credited(ready, payment, payer.certificate).state;
    const refused = credited(has, second.payment, other.certificate);
    expect(refused.state).toBe(has);
    expect(refused.receipt).toMatchObject({ kind: 'refusal', outcome: 'cancelled' });
    expect(done(settle(second.state, refused.receipt)).state.balance).toBe(100n);
  });
});

describe('crediting', () => {
  it('fits under the holding limit because the ticket reserved it, even when the limit falls', async () => {
    const { payer, ready, payment } = await tap();
    const lowered = done(granted(ready, { limits: { ...LIMITS, holding: 1n } })).state;
    expect(credited(lowered, payment, payer.certificate).state.balance).toBe(30n);
  });

  it.each([
    ['above the maximum of its ticket', { amount: 51n }, false, false],
    ['of a blocked payer', {}, true, false],
    ['of an expired payer', {}, false, true],
  ])('I2 sends home a payment %s', async (_, change, blocked, expired) => {
    const { payer, ready, payment } = await tap();
    const state = blocked ? done(granted(ready, { blocked: [payer.certificate.subjectRef] })).state : ready;
    const after = done(credit(state, shownPayment({ ...payment, ...change }, payer.certificate, expired)));
    expect(parseReceiptBody(after.body).outcome).toBe('cancelled');
    expect(after.state.balance).toBe(0n);
  });

  it('blocked: cancels what is open, and repeats what it said', async () => {
    const { payer, ready, payment } = await tap();
    const shown = shownPayment(payment, payer.certificate);
    const blocked = done(granted(ready, { order: 'block' })).state;
    expect(parseReceiptBody(done(cancel(blocked, shown)).body).outcome).toBe('cancelled');
    const has = done(granted(credited(ready, payment, payer.certificate).state, { order: 'block' })).state;
    expect(parseReceiptBody(done(credit(has, shown)).body).outcome).toBe('credited');
  });
});

describe('limits', () => {
  it('count each class of payee by itself, and not the own issuer', async () => {
    const payer = await alive(20, 100n);
    const { world } = payer;
    const { ticket } = asked((await alive(21)).state, 50n, 1);
    let state = payer.state;
    for (const [i, assurance] of [ASSURANCE.secureElement, ASSURANCE.tee].entries()) {
      const { certificate } = await makeParty(world.crypto, world.issuer, ROLE.purse, 40 + i, { assurance });
      const to = { ...ticket, purse: certificate.subjectRef };
      state = done(
        granted(paid(state, to, certificate, BigInt(i + 1)).state, {
          ackSeq: state.ackSeq,
          ackHead: headOf(state),
        }),
      ).state;
    }
    expect(state.spent).toEqual([1n, 2n, 0n]);
    expect(state.spentCount).toBe(2);
    const bank = world.issuerPurse.certificate;
    const none = { perPayment: 0n, cumulative: 0n };
    const strict = done(
      granted(state, { limits: { ...LIMITS, count: 0, byClass: [none, none, none] } }),
    ).state;
    expect(strict.spent).toEqual([0n, 0n, 0n]);
    const back = { ...ticket, purse: bank.subjectRef, seq: 77 };
    const closed = done(
      granted(strict, {
        limits: { ...LIMITS, count: 0, byClass: [none, none, none] },
        resolutions: strict.cells.flatMap((c) =>
          c !== undefined && 'payment' in c
            ? [{ paymentNo: c.entry.fields.seq, outcome: 'credited' as const }]
            : [],
        ),
      }),
    ).state;
    const redeemed = paid(closed, back, bank, 50n).state;
    expect([redeemed.spent, redeemed.spentCount]).toEqual([[0n, 0n, 0n], 0]);
  });

  it('still count what a Grant did not see', async () => {
    const payer = await alive(20, 100n);
    const payee = await alive(21);
    const { ticket } = asked(payee.state, 50n, 1);
    const seen = paid(payer.state, ticket, payee.certificate, 10n).state;
    const unseen = paid(seen, { ...ticket, seq: 99 }, payee.certificate, 5n).state;
    const after = done(granted(unseen, { ackSeq: seen.seq, ackHead: seen.head })).state;
    expect([after.spent, after.spentCount]).toEqual([[5n, 0n, 0n], 1]);
  });
});

const headOf = (state: Awaited<ReturnType<typeof alive>>['state']): Uint8Array =>
  state.cells.find((c) => c?.entry.fields.seq === state.ackSeq + 1)?.entry.fields.link ?? state.head;

describe('Grants', () => {
  it('I4 the same Grant again changes nothing, even the one that terminates', async () => {
    for (const order of ['none', 'block', 'terminate'] as const) {
      const { state } = await alive(20);
      const at = { grantNo: state.grantNo + 1, ackSeq: state.seq, ackHead: state.head, order };
      const once = done(granted(state, at)).state;
      const twice = granted(once, at);
      expect(twice.status === 'ok' && twice.state === once, order).toBe(true);
    }
  });

  it('move the date forward only', async () => {
    const { state } = await alive(20);
    const later = done(granted(state, { epoch: TODAY + 10 })).state;
    expect(later.epoch).toBe(TODAY + 10);
    expect(done(granted(later, { epoch: TODAY - 10 })).state.epoch).toBe(TODAY + 10);
  });

  it('I1 settle a payment once, however often they name it', async () => {
    const { debited, payment } = await tap();
    const cancelled = { paymentNo: payment.seq, outcome: 'cancelled' } as const;
    const after = done(granted(debited, { resolutions: [cancelled, cancelled] })).state;
    expect(after.balance).toBe(100n);
    expect(done(granted(after, { resolutions: [cancelled] })).state.balance).toBe(100n);
  });

  it('I3 do not give back what is closed as credited', async () => {
    const { payer, ready, debited, payment } = await tap();
    const closed = done(settle(debited, credited(ready, payment, payer.certificate).receipt)).state;
    const lie = { paymentNo: payment.seq, outcome: 'cancelled' } as const;
    expect(done(granted(closed, { resolutions: [lie] })).state.balance).toBe(70n);
  });

  it('give the PIN its tries back when they say so', async () => {
    const burnt = done(burnPinTry((await alive(20)).state)).state;
    expect(done(granted(burnt)).state.pin?.triesLeft).toBe(2);
    expect(done(granted(burnt, { resetPinTries: true })).state.pin?.triesLeft).toBe(3);
  });

  it('give the tries back once, however many Grants that say so were kept', async () => {
    const { state } = await alive(20);
    const burnt = done(burnPinTry(state)).state;
    const { seq: ackSeq, head: ackHead } = burnt;
    const kept = (old: typeof burnt) => granted(old, { ackSeq, ackHead, resetPinTries: true });
    const first = done(kept(burnt)).state;
    expect(first.pin?.triesLeft).toBe(3);
    const second = done(kept(done(burnPinTry(first)).state)).state;
    expect(second.pin?.triesLeft).toBe(2);
    // One that has seen the journal since is another act.
    expect(done(granted(second, { resetPinTries: true })).state.pin?.triesLeft).toBe(3);
  });

  it('unblock', async () => {
    const blocked = done(granted((await alive(20)).state, { order: 'block' })).state;
    expect(done(granted(blocked, { order: 'activate' })).state.lifecycle).toBe('active');
  });
});

describe('the PIN', () => {
  it('costs a try first and gives all back when it was right', async () => {
    const { state } = await alive(20);
    const burnt = done(burnPinTry({ ...state, spentWithoutPin: 9n })).state;
    expect(burnt.pin?.triesLeft).toBe(2);
    expect(checkPin(burnt, blockOf('9999'))).toBeUndefined();
    expect(checkPin(burnt, new Uint8Array(0))).toBeUndefined();
    expect(checkPin(burnt, blockOf('1234'))).toMatchObject({ spentWithoutPin: 0n, pin: { triesLeft: 3 } });
  });

  it('verified, is not counted as a payment without one', async () => {
    const payer = await alive(20, 100n);
    const payee = await alive(21);
    const { ticket } = asked(payee.state, 50n, 1);
    const strict = done(granted(payer.state, { limits: { ...LIMITS, perPaymentWithoutPin: 0n } })).state;
    expect(pay(strict, payRequest(ticket, payee.certificate, 10n)).status).toBe('pin_required');
    expect(done(pay(strict, payRequest(ticket, payee.certificate, 10n, true))).state.spentWithoutPin).toBe(
      0n,
    );
  });

  it('is 4 to 12 digits in a block of format 2', async () => {
    for (const digits of ['123', '1234567890123', '12a4', '']) expect(pinBlock(digits)).toBeUndefined();
    for (const digits of ['0000', '123456789012']) expect(isPinBlock(blockOf(digits))).toBe(true);
    expect(changePin((await alive(20)).state, blockOf('5678')).pin?.block).toEqual(blockOf('5678'));
  });
});

describe('the Statement', () => {
  it('says where the purse stands, and what is open', async () => {
    const { debited } = await tap();
    const { state, ticket } = asked(debited, 7n, 9);
    const said = parseStatementBody(done(statement(state, ZERO_NONCE)).body);
    expect(said).toMatchObject({
      seq: state.seq,
      link: state.head,
      balance: 70n,
      pending: 30n,
      reserved: 7n,
    });
    expect(said.openTickets).toEqual([ticket.seq]);
    const ended = done(granted(state, { order: 'terminate' })).state;
    expect(statement(ended, name8(1)).status).toBe('ok');
  });
});
