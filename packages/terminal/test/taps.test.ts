/** The taps when nothing tears: costs, refusals in words, hostile answers, the mailbox. */
import { command, decodeResponse, encodeResponse, fromHex, hex } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import { faultyLink, LINK_FAULTS } from '@sokkin/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type ApduTransport,
  type CarriedPayment,
  type CarriedReceipt,
  type CarriedTicket,
  cancelPayment,
  collect,
  decodeCarried,
  decodeMailbox,
  deliver,
  due,
  EMPTY_MAILBOX,
  encodeCarried,
  encodeMailbox,
  type Failure,
  fetchTicket,
  gatherFigures,
  isCardLost,
  keepPayment,
  keepReceipt,
  keepTicket,
  type Mailbox,
  meterListener,
  newMeter,
  type Outcome,
  overheard,
  payDirect,
  receiptTaken,
  returnReceipt,
  select,
  send,
  shopFate,
  tell,
  ticketFor,
} from '../src/index.ts';
import { makeScene, must, reference, type Scene, standing } from './scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await makeScene(true);
});

const ticketOfBob = async (maxAmount: bigint, n = 1): Promise<CarriedTicket> =>
  must(await fetchTicket(await scene.bob.tap(), scene.verifier, { maxAmount, reference: reference(n) }));
const collected = async (amount: bigint, n = 1): Promise<CarriedPayment> => {
  const ticket = await ticketOfBob(amount, n);
  return must(await collect(await scene.alice.tap(), scene.verifier, { ticket, amount })).payment;
};
const failed = <T>(outcome: Outcome<T>): Failure => {
  if (outcome.status === 'ok') throw new Error('Expected a refusal');
  return outcome;
};

describe('what a tap costs', () => {
  it.each([
    [true, 2, 2],
    [false, 3, 3],
  ])('collect and deliver (extended: %s)', async (extended, forCollect, forDeliver) => {
    scene = await makeScene(extended);
    const ticket = await ticketOfBob(500n);
    const [m1, m2] = [newMeter(), newMeter()];
    const payer = overheard(await scene.alice.tap(), meterListener(m1));
    const { payment } = must(await collect(payer, scene.verifier, { ticket, amount: 500n }));
    const payee = overheard(await scene.bob.tap(), meterListener(m2));
    must(await deliver(payee, scene.verifier, { payment }));
    expect([m1.exchanges, m2.exchanges]).toEqual([forCollect, forDeliver]);
    expect(m1.bytesSent + m1.bytesReceived).toBeLessThan(800);
  });
});

describe('what people are told', () => {
  it('the card is full, with the figures', async () => {
    const bob = await scene.bob.tap();
    const wish = { maxAmount: 995_000n, reference: reference(1) };
    const failure = failed(await fetchTicket(bob, scene.verifier, wish));
    const figures = await gatherFigures(bob);
    expect(
      tell(failure, { attempted: 'receive', purse: "the payee's card", amount: 995_000n, figures }),
    ).toBe("The payee's card is full: it may hold 990,000 more, you tried 995,000. Nothing was paid.");
  });

  it('not enough money, with the figures', async () => {
    const ticket = await ticketOfBob(20_000n);
    const alice = await scene.alice.tap();
    const failure = failed(await collect(alice, scene.verifier, { ticket, amount: 20_000n }));
    const figures = await gatherFigures(alice);
    expect(tell(failure, { attempted: 'pay', purse: 'alice', amount: 20_000n, figures })).toBe(
      'Alice holds 10,000, you tried 20,000. Nothing was paid.',
    );
  });

  it('a wrong PIN', async () => {
    const ticket = await ticketOfBob(100n);
    const request = { ticket, amount: 100n, pin: '9999' };
    const failure = failed(await collect(await scene.alice.tap(), scene.verifier, request));
    expect(tell(failure, { attempted: 'pay', purse: 'alice' })).toBe(
      'The PIN is wrong: 2 tries are left. Nothing was paid.',
    );
  });

  it('what became of a payment in a shop', () => {
    expect(shopFate('open', 1_250n)).toMatch(/^Paid in a shop, not cleared yet: 1,250 is kept for the shop/);
    expect(shopFate('credited', 1_250n)).toBe('Paid in a shop: the shop has its 1,250.');
    expect(shopFate('cancelled', 1_250n, { decimals: 2 })).toContain('12.50, and it is back');
  });

  it('too much on its way', async () => {
    const alice = await scene.alice.tap();
    must(await select(alice));
    const figures = await gatherFigures(alice);
    expect(tell({ status: 'outgoing_window_full' }, { attempted: 'pay', purse: 'alice', figures })).toBe(
      'Alice has as much on its way as it can keep track of (0 payments wait for receipts): hand in receipts, or sync it. Nothing was paid.',
    );
  });

  it('another payment was made on this ticket before', async () => {
    const ticket = await ticketOfBob(500n);
    const first = { ticket, amount: 300n };
    must(await collect(await scene.alice.tap(), scene.verifier, first));
    const again = must(await collect(await scene.alice.tap(), scene.verifier, { ...first, amount: 400n }));
    expect(again.paid).toBe('before');
    expect(again.payment.fields.amount).toBe(300n);
    const known = must(await collect(await scene.alice.tap(), scene.verifier, { ...first, again: true }));
    expect(known.paid).toBe('before');
    expect(await standing(scene.alice)).toEqual({ balance: 9_700n, pending: 300n });
  });
});

describe('the wrong card', () => {
  it('is told apart before anything is sent to it', async () => {
    const payment = await collected(100n);
    const { alice, verifier } = scene;
    expect((await deliver(await alice.tap(), verifier, { payment })).status).toBe('not_for_this_purse');
    const ticket = await ticketOfBob(100n, 2);
    expect((await collect(await scene.bob.tap(), verifier, { ticket, amount: 1n })).status).toBe('own_purse');
  });

  it('no purse at all', async () => {
    const other: ApduTransport = { extended: true, transmit: async () => fromHex('6a82') };
    const failure = failed(await select(other));
    expect(failure).toEqual({ status: 'card_error', sw: 0x6a82 });
    expect(tell(failure, { attempted: 'other', purse: 'the card' })).toContain('no such application');
  });
});

describe('a purse that lies', () => {
  const lying = (inner: ApduTransport, change: (data: Uint8Array) => Uint8Array): ApduTransport => ({
    extended: true,
    async transmit(c) {
      const { data, sw } = decodeResponse(await inner.transmit(c));
      return encodeResponse({ data: c[1] === 0xa4 ? data : change(data), sw });
    },
  });

  it('is not believed, whatever byte it changes', async () => {
    const ticket = await ticketOfBob(500n);
    const { verifier, alice } = scene;
    const length = must(await collect(await alice.tap(), verifier, { ticket, amount: 5n })).payment.message
      .length;
    for (let i = 0; i < length + 3; i++) {
      const liar = lying(await alice.tap(), (data) => data.map((b, j) => (i === j ? b ^ 1 : b)));
      const outcome = await collect(liar, verifier, { ticket, amount: 5n });
      expect(outcome.status, `byte ${i}`).toBe('untrusted_answer');
    }
  });

  it('cannot pass another payment off as this one', async () => {
    const { verifier, alice, bob } = scene;
    const [one, two] = [await collected(100n, 1), await collected(100n, 2)];
    const receipt = must(await deliver(await bob.tap(), verifier, { payment: one })).receipt;
    const other = lying(await bob.tap(), () => fromHex(`c381aa${hex(receipt.message)}`));
    expect((await deliver(other, verifier, { payment: two })).status).toBe('untrusted_answer');
    expect((await standing(alice)).pending).toBe(200n);
  });

  it('cannot hold the terminal up', async () => {
    const endless: ApduTransport = { extended: false, transmit: async () => fromHex('6100') };
    expect(await send(endless, command(0x80, 0x10, 0, 0))).toBe('garbled');
    let n = 0;
    const flood: ApduTransport = {
      extended: false,
      transmit: async () => {
        n++;
        return new Uint8Array([...new Uint8Array(256), 0x61, 0x00]);
      },
    };
    expect(await send(flood, command(0x80, 0x10, 0, 0))).toBe('garbled');
    expect(n).toBeLessThan(300);
    const empty: ApduTransport = { extended: false, transmit: async () => new Uint8Array(0) };
    expect(await send(empty, command(0x80, 0x10, 0, 0))).toBe('garbled');
  });

  it('is asked once more when it names another Le', async () => {
    const asked: string[] = [];
    const t: ApduTransport = {
      extended: false,
      transmit: async (c) => {
        asked.push(hex(c));
        return fromHex(asked.length === 1 ? '6c02' : 'abcd9000');
      },
    };
    const answer = await send(t, command(0x80, 0xca, 0, 0, new Uint8Array(0), 256));
    expect(answer).toEqual({ data: fromHex('abcd'), sw: 0x9000 });
    expect(asked).toEqual(['80ca000000', '80ca000002']);
  });
});

describe('the mailbox', () => {
  it('keeps a payment until its receipt, and the receipt until its payer', async () => {
    const { verifier, alice, bob, aliceId, bobId } = scene;
    const ticket = await ticketOfBob(500n);
    let box: Mailbox = keepTicket(keepTicket(EMPTY_MAILBOX, ticket), ticket);
    expect(ticketFor(box, bobId, 500n)?.fields.seq).toBe(ticket.fields.seq);
    expect(ticketFor(box, bobId, 501n)).toBeUndefined();
    const { payment } = must(await collect(await alice.tap(), verifier, { ticket, amount: 500n }));
    box = keepPayment(keepPayment(box, payment), payment);
    expect([box.tickets.length, due(box, bobId).payments.length]).toEqual([0, 1]);
    const { receipt } = must(await deliver(await bob.tap(), verifier, { payment }));
    box = keepReceipt(keepReceipt(box, receipt), receipt);
    expect([box.payments.length, due(box, aliceId).receipts.length]).toEqual([0, 1]);
    // A late copy of the payment does not come back in.
    expect(keepPayment(box, payment).payments).toEqual([]);
    must(await returnReceipt(await alice.tap(), verifier, receipt));
    expect(receiptTaken(box, receipt)).toEqual(EMPTY_MAILBOX);
  });

  it('is written and read without loss', async () => {
    const payment = await collected(100n);
    const ticket = await ticketOfBob(70n, 2);
    const receipt = must(await cancelPayment(await scene.bob.tap(), scene.verifier, payment));
    const box = { tickets: [ticket], payments: [payment], receipts: [receipt] };
    expect(decodeMailbox(encodeMailbox(box))).toEqual(box);
    expect(decodeCarried('payment', encodeCarried('payment', payment))).toEqual(payment);
    expect(() => decodeMailbox(fromHex('c101ff'))).toThrow();
  });
});

describe('a link that drops, duplicates, reorders and delays', () => {
  it.each(Array.from({ length: 12 }, (_, i) => i))('loses nothing (seed %i)', async (seed) => {
    const { verifier, alice, bob } = scene;
    const link = faultyLink({ seed, rate: 0.2 });
    const tap = async <T>(card: typeof alice, run: (t: ApduTransport) => Promise<Outcome<T>>): Promise<T> => {
      for (let tries = 0; tries < 200; tries++) {
        try {
          const outcome = await run(link.tap(await card.tap()));
          // A command of another tap in between can upset this one: the next tap starts clean.
          if (outcome.status === 'ok') return outcome.value;
        } catch (error) {
          if (!isCardLost(error)) throw error;
        }
      }
      throw new Error(`seed ${seed}: no way through`);
    };
    for (let n = 1; n <= 5; n++) {
      const wish = { maxAmount: 100n, reference: reference(n) };
      const ticket = await tap(bob, (t) => fetchTicket(t, verifier, wish));
      const { payment } = await tap(alice, (t) => collect(t, verifier, { ticket, amount: 100n }));
      const receipt: CarriedReceipt = (await tap(bob, (t) => deliver(t, verifier, { payment }))).receipt;
      await tap(alice, (t) => returnReceipt(t, verifier, receipt));
    }
    expect(await standing(alice)).toEqual({ balance: 9_500n, pending: 0n });
    expect((await standing(bob)).balance).toBe(10_500n);
    expect(LINK_FAULTS.length).toBe(5);
  });
});

it('phone to phone in one tap', async () => {
  const { verifier, alice, bob } = scene;
  const request = { amount: 250n, reference: reference(9) };
  const done = must(await payDirect(await alice.tap(), await bob.tap(), verifier, request));
  expect(done.settled.status).toBe('ok');
  expect(hex(sha256(done.payment.message.subarray(0, 69)))).toBe(hex(done.receipt.fields.paymentHash));
});
