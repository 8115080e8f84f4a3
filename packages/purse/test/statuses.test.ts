/** Every refusal that the machine and its verifier can give is given here, from the nearest state that would say ok. */
import { ASSURANCE, type Certificate, ROLE } from '@sokkin/crypto';
import { blockOf, makeParty, name8, symbolicCrypto, TODAY, YEN, ZERO_NONCE } from '@sokkin/testkit';
import { describe, expect, it } from 'vitest';
import {
  blankPurse,
  burnPinTry,
  cancel,
  credit,
  encodeTicket,
  GENESIS_LINK,
  installKey,
  issueTicket,
  type Limits,
  type PurseState,
  pay,
  personalise,
  type Refusal,
  SEQ_MAX,
  STATUS,
  settle,
  statement,
  type Ticket,
  type Trust,
  verifyTicket,
  voidTicket,
} from '../src/index.ts';
import {
  aged,
  alive,
  asked,
  credited,
  done,
  granted,
  LIMITS,
  type Life,
  PROFILE,
  paid,
  payRequest,
  personalised,
  shownPayment,
} from './lives.ts';

type Given = Refusal | 'ok';
interface Case {
  readonly status: Refusal;
  readonly when: string;
  readonly run: () => Promise<Given>;
}

/** A payer with 100 and a payee with an open ticket of at most 50. */
async function pair(): Promise<{ payer: Life; payee: Life; ticket: Ticket }> {
  const payer = await alive(20, 100n);
  const born = await alive(21);
  const { state, ticket } = asked(born.state, 50n, 1);
  return { payer, payee: { ...born, state }, ticket };
}

const limited = (state: PurseState, limits: Partial<Limits>): PurseState =>
  done(granted(state, { limits: { ...LIMITS, ...limits } })).state;

/** PAY 10 by a payer whose state was changed first. */
async function payAfter(
  change: (state: PurseState, all: Awaited<ReturnType<typeof pair>>) => PurseState,
  amount = 10n,
): Promise<Given> {
  const all = await pair();
  const state = change(all.payer.state, all);
  return pay(state, payRequest(all.ticket, all.payee.certificate, amount)).status;
}

const inOrder = (order: 'block' | 'terminate') => (state: PurseState) =>
  done(granted(state, { order })).state;
const row = (perPayment: bigint, cumulative: bigint) => ({ perPayment, cumulative });
const someRow = row(1000n, 1000n);

const CASES: readonly Case[] = [
  {
    status: 'wrong_lifecycle',
    when: 'a purse that is not yet active issues a ticket',
    run: async () =>
      issueTicket((await personalised(20)).state, { maxAmount: 1n, reference: name8(1) }).status,
  },
  { status: 'wrong_lifecycle', when: 'a blocked purse pays', run: () => payAfter(inOrder('block')) },
  { status: 'wrong_lifecycle', when: 'a terminated purse pays', run: () => payAfter(inOrder('terminate')) },
  {
    status: 'wrong_lifecycle',
    when: 'a blocked purse credits',
    run: async () => {
      const { payer, payee, ticket } = await pair();
      const { payment } = paid(payer.state, ticket, payee.certificate, 10n);
      return credit(inOrder('block')(payee.state), shownPayment(payment, payer.certificate)).status;
    },
  },
  {
    status: 'wrong_lifecycle',
    when: 'a terminated purse cancels',
    run: async () => {
      const { payer, payee, ticket } = await pair();
      const { payment } = paid(payer.state, ticket, payee.certificate, 10n);
      return cancel(inOrder('terminate')(payee.state), shownPayment(payment, payer.certificate)).status;
    },
  },
  {
    status: 'wrong_lifecycle',
    when: 'a terminated purse settles',
    run: async () => {
      const { payer, payee, ticket } = await pair();
      const after = paid(payer.state, ticket, payee.certificate, 10n);
      const { receipt } = credited(payee.state, after.payment, payer.certificate);
      return settle(inOrder('terminate')(after.state), receipt).status;
    },
  },
  {
    status: 'wrong_lifecycle',
    when: 'a terminated purse takes another Grant',
    run: async () => granted(inOrder('terminate')((await alive(20)).state)).status,
  },
  {
    status: 'wrong_lifecycle',
    when: 'a terminated purse voids',
    run: async () => voidTicket(inOrder('terminate')((await pair()).payee.state), 1).status,
  },
  {
    status: 'wrong_lifecycle',
    when: 'a blank purse states where it stands',
    run: async () => statement(blankPurse(PROFILE), ZERO_NONCE).status,
  },
  {
    status: 'wrong_lifecycle',
    when: 'a blank purse checks a PIN',
    run: async () => burnPinTry(blankPurse(PROFILE)).status,
  },
  {
    status: 'insufficient_balance',
    when: 'the amount is one more than the balance',
    run: () => payAfter((s) => ({ ...s, balance: 9n })),
  },
  {
    status: 'over_payment_limit',
    when: 'the amount is one more than the class of the payee allows',
    run: () => payAfter((s) => limited(s, { byClass: [row(9n, 1000n), someRow, someRow] })),
  },
  {
    status: 'over_cumulative_limit',
    when: 'the sum since the sync would be one more than the class allows',
    run: () =>
      payAfter((s) => ({
        ...limited(s, { byClass: [row(50n, 19n), someRow, someRow] }),
        spent: [10n, 0n, 0n],
      })),
  },
  {
    status: 'over_count_limit',
    when: 'it would be one payment too many since the sync',
    run: () => payAfter((s) => ({ ...limited(s, { count: 3 }), spentCount: 3 })),
  },
  {
    status: 'over_ticket_maximum',
    when: 'the amount is above the ticket',
    run: () => payAfter((s) => s, 51n),
  },
  {
    status: 'over_holding_limit',
    when: 'balance, open tickets and the new one are one above the limit',
    run: async () => {
      const { state } = asked((await alive(20, 100n)).state, 400n, 1);
      return issueTicket(state, { maxAmount: 501n, reference: name8(2) }).status;
    },
  },
  {
    status: 'ticket_window_full',
    when: 'all remembered tickets are open',
    run: async () => {
      const one = asked((await alive(20)).state, 1n, 1);
      const two = asked(one.state, 1n, 2);
      return issueTicket(two.state, { maxAmount: 1n, reference: name8(3) }).status;
    },
  },
  {
    status: 'outgoing_window_full',
    when: 'as many payments are open as the profile has room for',
    run: () =>
      payAfter((s, { payee, ticket }) => {
        const one = paid(s, { ...ticket, seq: 901 }, payee.certificate, 1n);
        return paid(one.state, { ...ticket, seq: 902 }, payee.certificate, 1n).state;
      }),
  },
  {
    status: 'journal_full',
    when: 'tickets were issued and voided without a sync',
    run: async () => {
      let { state } = await alive(20);
      for (let i = 1; i <= 20; i++) {
        const step = issueTicket(state, { maxAmount: 1n, reference: name8(i) });
        if (step.status !== 'ok') return step.status;
        const no = step.state.seq;
        state = done(voidTicket(done(step).state, no)).state;
      }
      return 'ok';
    },
  },
  {
    status: 'sequence_exhausted',
    when: 'a payment could be made but not closed within the sequence numbers',
    run: () => payAfter((s) => aged(s, SEQ_MAX - 3)),
  },
  {
    status: 'ticket_unknown',
    when: 'the ticket was never issued',
    run: async () => {
      const { payer, payee, ticket } = await pair();
      const { payment } = paid(payer.state, { ...ticket, seq: 4711 }, payee.certificate, 1n);
      return credit(payee.state, shownPayment(payment, payer.certificate)).status;
    },
  },
  {
    status: 'ticket_unknown',
    when: 'it is to be voided',
    run: async () => voidTicket((await pair()).payee.state, 4711).status,
  },
  {
    status: 'ticket_spent',
    when: 'the payment on this ticket was cancelled',
    run: async () => {
      const { payer, payee, ticket } = await pair();
      const after = paid(payer.state, ticket, payee.certificate, 10n);
      const { receipt } = credited(
        done(voidTicket(payee.state, ticket.seq)).state,
        after.payment,
        payer.certificate,
      );
      const back = done(settle(after.state, receipt)).state;
      return pay(back, payRequest(ticket, payee.certificate, 10n)).status;
    },
  },
  {
    status: 'ticket_spent',
    when: 'a credited ticket is voided',
    run: async () => {
      const { payer, payee, ticket } = await pair();
      const { payment } = paid(payer.state, ticket, payee.certificate, 10n);
      return voidTicket(credited(payee.state, payment, payer.certificate).state, ticket.seq).status;
    },
  },
  {
    status: 'payment_unknown',
    when: 'a Receipt names a number that is no payment',
    run: () => settleChanged((receipt) => ({ ...receipt, paymentNo: 4711 })),
  },
  {
    status: 'payment_unknown',
    when: 'a Receipt names another payment hash under the same number',
    run: () => settleChanged((receipt) => ({ ...receipt, paymentHash: new Uint8Array(32) })),
  },
  {
    status: 'own_purse',
    when: 'a purse is to pay itself',
    run: async () => {
      const { state, certificate } = await alive(20, 100n);
      const own = asked(state, 10n, 1);
      return pay(own.state, payRequest(own.ticket, certificate, 10n)).status;
    },
  },
  {
    status: 'wrong_currency',
    when: 'the ticket is in another currency',
    run: async () => {
      const { payer, payee, ticket } = await pair();
      return pay(payer.state, payRequest({ ...ticket, currency: 0x0978 }, payee.certificate, 10n)).status;
    },
  },
  {
    status: 'wrong_currency',
    when: 'the payment is in another currency',
    run: async () => {
      const { payer, payee, ticket } = await pair();
      const { payment } = paid(payer.state, ticket, payee.certificate, 10n);
      return credit(payee.state, shownPayment({ ...payment, currency: 0x0978 }, payer.certificate)).status;
    },
  },
  {
    status: 'not_for_this_purse',
    when: 'the payment is for another payee',
    run: async () => {
      const { payer, payee, ticket } = await pair();
      const { payment } = paid(payer.state, ticket, payee.certificate, 10n);
      return credit((await alive(22)).state, shownPayment(payment, payer.certificate)).status;
    },
  },
  {
    status: 'not_for_this_purse',
    when: 'the Receipt is for another payer',
    run: () => settleChanged((receipt) => ({ ...receipt, payer: name8(99) })),
  },
  {
    status: 'not_for_this_purse',
    when: 'the Receipt is signed by somebody who was not paid',
    run: () => settleChanged((receipt) => ({ ...receipt, purse: name8(99) })),
  },
  {
    status: 'not_for_this_purse',
    when: 'the Grant is for another purse',
    run: async () => granted((await alive(20)).state, { purse: name8(99) }).status,
  },
  {
    status: 'counterparty_blocked',
    when: 'the payee is on the block list',
    run: () =>
      payAfter((s, { payee }) => done(granted(s, { blocked: [payee.certificate.subjectRef] })).state),
  },
  {
    status: 'counterparty_blocked',
    when: "the payee's issuer is on the block list",
    run: () => payAfter((s, { payee }) => done(granted(s, { blocked: [payee.certificate.issuerRef] })).state),
  },
  {
    status: 'reference_reused',
    when: 'the same reference asks for another maximum',
    run: async () => issueTicket((await pair()).payee.state, { maxAmount: 51n, reference: name8(1) }).status,
  },
  { status: 'bad_amount', when: 'nothing is paid', run: () => payAfter((s) => s, 0n) },
  {
    status: 'bad_amount',
    when: 'a ticket for nothing',
    run: async () => issueTicket((await alive(20)).state, { maxAmount: 0n, reference: name8(1) }).status,
  },
  {
    status: 'bad_amount',
    when: 'a ticket above the largest amount',
    run: async () =>
      issueTicket((await alive(20)).state, { maxAmount: 10n ** 15n + 1n, reference: name8(1) }).status,
  },
  {
    status: 'grant_stale',
    when: 'the Grant has an old number',
    run: async () => {
      const { state } = await alive(20);
      return granted(state, { grantNo: state.grantNo }).status;
    },
  },
  {
    status: 'grant_stale',
    when: 'the Grant acknowledges less than one before',
    run: async () => {
      const { state } = await alive(20);
      return granted(state, { ackSeq: state.ackSeq - 1 }).status;
    },
  },
  {
    status: 'grant_mismatch',
    when: 'the Grant acknowledges another history',
    run: async () => granted((await alive(20)).state, { ackHead: new Uint8Array(32) }).status,
  },
  {
    status: 'grant_mismatch',
    when: 'the Grant acknowledges what is not written yet',
    run: async () => {
      const { state } = await alive(20);
      return granted(state, { ackSeq: state.seq + 1 }).status;
    },
  },
  {
    status: 'already_personalised',
    when: 'a key is generated again',
    run: async () => {
      const { state } = await alive(20);
      return installKey(state, { handle: name8(1), publicKey: new Uint8Array(65) }).status;
    },
  },
  { status: 'already_personalised', when: 'it is personalised again', run: () => personaliseAs({}, true) },
  {
    status: 'key_missing',
    when: 'it is personalised before it has a key',
    run: async () => {
      const { state } = await personalised(20);
      if (state.identity === undefined) return 'ok';
      return personalise(blankPurse(PROFILE), { identity: state.identity, pinBlock: blockOf('1234') }).status;
    },
  },
  {
    status: 'certificate_wrong_role',
    when: 'it is personalised as an authority',
    run: () => personaliseAs({ role: ROLE.authority }),
  },
  {
    status: 'certificate_other_key',
    when: 'the certificate is for another key',
    run: () => personaliseAs({ publicKey: new Uint8Array(65).fill(4) }),
  },
  {
    status: 'malformed',
    when: 'the first PIN has a digit that is none',
    run: () => personaliseAs({}, false, new Uint8Array(8).fill(0x2a)),
  },
  {
    status: 'pin_required',
    when: 'the amount is one above the limit of a tap',
    run: () => payAfter((s) => limited(s, { perPaymentWithoutPin: 9n })),
  },
  {
    status: 'pin_required',
    when: 'the sum since the last PIN would be one too much',
    run: () => payAfter((s) => ({ ...limited(s, { cumulativeWithoutPin: 19n }), spentWithoutPin: 10n })),
  },
  {
    status: 'pin_blocked',
    when: 'no tries are left',
    run: async () => {
      let { state } = await alive(20);
      for (let i = 0; i < PROFILE.pinTries; i++) state = done(burnPinTry(state)).state;
      return burnPinTry(state).status;
    },
  },
  { status: 'bad_signature', when: 'a ticket has another signature', run: () => verified({ spoil: true }) },
  { status: 'malformed', when: 'a ticket is cut short', run: () => verified({ cut: true }) },
  {
    status: 'certificate_wrong_issuer',
    when: 'the chain is another',
    run: () => verified({ leaf: { issuerRef: name8(77) } }),
  },
  {
    status: 'certificate_wrong_issuer',
    when: 'the ticket is signed by another',
    run: () => verified({ signer: name8(78) }),
  },
  {
    status: 'certificate_wrong_role',
    when: 'an authority issues a ticket',
    run: () => verified({ leaf: { role: ROLE.authority, assurance: ASSURANCE.none } }),
  },
  {
    status: 'certificate_wrong_currency',
    when: 'the payee is of another currency',
    run: () => verified({ leaf: { currency: 0x0978 } }),
  },
  {
    status: 'certificate_wrong_suite',
    when: 'the certificate is of another suite',
    run: () => verified({ suite: 2 }),
  },
  {
    status: 'certificate_expired',
    when: 'the payee expired yesterday',
    run: async () => {
      const { payer, payee, ticket } = await pair();
      return pay(payer.state, payRequest(ticket, payee.certificate, 10n, false, true)).status;
    },
  },
  {
    status: 'certificate_outside_issuer_validity',
    when: 'it outlives its issuer',
    run: () => verified({ leaf: { expiration: 24001 } }),
  },
  {
    status: 'certificate_bad_signature',
    when: 'the issuer never signed it',
    run: () => verified({ forged: true }),
  },
];

/** What the card around the machine answers, and where that is tested. */
const ELSEWHERE: Partial<Record<Refusal, string>> = {
  certificate_malformed:
    'packages/card/test/hostile.test.ts: only bytes can be malformed, and the engine parses them',
  not_found: 'packages/card/test/hostile.test.ts: GET DATA of a tag that is not there',
};

describe('every refusal, from the nearest state that would say ok', () => {
  it.each(CASES.map((c) => [`${c.status}: ${c.when}`, c] as const))('%s', async (_, { status, run }) => {
    expect(await run()).toBe(status);
  });

  it('and none is left out', () => {
    const given = new Set<string>(['ok', ...CASES.map((c) => c.status), ...Object.keys(ELSEWHERE)]);
    expect(Object.keys(STATUS).filter((name) => !given.has(name))).toEqual([]);
  });

  it('says ok when nothing is changed', async () => {
    expect(await payAfter((s) => s)).toBe('ok');
    expect(await verified({})).toBe('ok');
    expect(await settleChanged((r) => r)).toBe('ok');
  });
});

async function settleChanged(
  change: (receipt: ReturnType<typeof credited>['receipt']) => ReturnType<typeof credited>['receipt'],
): Promise<Given> {
  const { payer, payee, ticket } = await pair();
  const after = paid(payer.state, ticket, payee.certificate, 10n);
  const { receipt } = credited(payee.state, after.payment, payer.certificate);
  return settle(after.state, change(receipt)).status;
}

async function personaliseAs(
  change: Partial<Certificate>,
  again = false,
  pinBlock = blockOf('1234'),
): Promise<Given> {
  const { state } = await personalised(20);
  if (state.identity === undefined || state.key === undefined) return 'ok';
  const blank = done(installKey(blankPurse(PROFILE), state.key)).state;
  const identity = { ...state.identity, purse: { ...state.identity.purse, ...change } };
  return personalise(again ? state : blank, { identity, pinBlock }).status;
}

/** A ticket of a payee with these oddities, verified by a purse of the same root. */
async function verified(odd: {
  leaf?: Parameters<typeof makeParty>[4];
  suite?: number;
  forged?: boolean;
  spoil?: boolean;
  cut?: boolean;
  signer?: Uint8Array;
}): Promise<Given> {
  const { world, state } = await alive(20);
  const { crypto } = world;
  const other = await makeParty(symbolicCrypto(5), undefined, ROLE.root, 9);
  const payee = await makeParty(
    crypto,
    odd.forged ? { ...world.issuer, key: other.key } : world.issuer,
    ROLE.purse,
    30,
    odd.leaf,
  );
  const leaf = odd.suite === undefined ? payee.certificate : { ...payee.certificate, suite: odd.suite };
  const fields = {
    purse: odd.signer ?? leaf.subjectRef,
    seq: 2,
    link: GENESIS_LINK,
    currency: YEN,
    maxAmount: 5n,
    reference: name8(1),
  };
  const body = encodeTicket(fields);
  const signature = await crypto.sign(payee.key.handle, body);
  if (odd.spoil) signature[5] = (signature[5] ?? 0) ^ 1;
  const message = new Uint8Array([...body, ...signature]).slice(odd.cut ? 1 : 0);
  if (state.identity === undefined) return 'ok';
  const trust: Trust = { root: state.identity.root, knownIssuers: [state.identity.issuer], epoch: TODAY };
  return (await verifyTicket(crypto, trust, { issuer: state.identity.issuer, leaf }, message)).status;
}
