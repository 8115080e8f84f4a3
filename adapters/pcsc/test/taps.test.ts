/** All taps of a purse over a real pcscd, whole and torn (issue 3: "all taps of the purse issue also run over pcscd"). */

import { concat, fromHex, hex } from '@sokkin/codec';
import {
  type ApduTransport,
  type CarriedTicket,
  cancelPayment,
  collect,
  deliver,
  fetchTicket,
  fund,
  type Kept,
  payDirect,
  pickUp,
  provision,
  redeem,
  returnReceipt,
  syncPurse,
} from '@sokkin/terminal';
import { type FieldCard, type Tear, transportConformance } from '@sokkin/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  blankFieldCard,
  fakeApi,
  makeScene,
  must,
  reference,
  type Scene,
  standing,
} from '../../../packages/terminal/test/scene.ts';
import { attachVirtualCard, CONTACTLESS_ATR, openPcsc, type PcscService } from '../src/index.ts';
import { type FieldReader, fieldReader } from './field-reader.ts';
import { type House, openHouse } from './house.ts';

const opened = await openHouse();
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';

describe.skipIf(skipped !== '')(`over pcscd${skipped}`, () => {
  const house = opened as House;
  let pcsc: PcscService;
  let scene: Scene;
  /** alice's card, and bob's. */
  let payer: FieldReader;
  let payee: FieldReader;
  let restore: () => void;

  beforeAll(async () => {
    pcsc = openPcsc();
    scene = await makeScene(true);
    restore = scene.snapshot();
    payer = fieldReader(house, pcsc, 0, scene.alice);
    payee = fieldReader(house, pcsc, 1, scene.bob);
  });
  beforeEach(() => restore());
  afterAll(async () => {
    pcsc.close();
    await house.close();
  });

  /** One tap: the card is let go of afterwards, and with it its memory. */
  async function over<T>(
    reader: FieldReader,
    run: (t: ApduTransport) => Promise<T>,
    tear?: Tear,
  ): Promise<T> {
    const transport = await reader.tap(tear);
    try {
      return await run(transport);
    } finally {
      await transport.close();
    }
  }
  const ticketOfBob = (maxAmount = 700n): Promise<CarriedTicket> =>
    over(payee, async (t) =>
      must(await fetchTicket(t, scene.verifier, { maxAmount, reference: reference(1) })),
    );
  const collected = async (amount = 700n) => {
    const ticket = await ticketOfBob();
    return over(payer, async (t) => must(await collect(t, scene.verifier, { ticket, amount }))).then(
      (c) => c.payment,
    );
  };

  it('takes extended length, as the ATR says', async () => {
    await over(payer, async (t) => expect(t.extended).toBe(true));
  });

  // More than pcsc-mini's own room, and a whole journal.
  it.each([265, 30_000])('an answer of %i bytes comes whole', async (length) => {
    const answer = concat(
      Uint8Array.from({ length: length - 2 }, (_, i) => i % 251),
      fromHex('9000'),
    );
    await payer.pull();
    const card = { transmit: async () => answer, reset: () => undefined };
    const attached = await attachVirtualCard({ card, dial: () => house.dial(0) });
    const transport = await pcsc.tap({ reader: house.slots[0] ?? '', waitMs: 10_000 });
    expect(hex(await transport.transmit(fromHex('80ca0000000000')))).toBe(hex(answer));
    await transport.close();
    await attached.detach();
  });

  it('collect, deliver with the next ticket, receipt back', async () => {
    const payment = await collected();
    const nextTicket = { maxAmount: 50n, reference: reference(2) };
    const done = await over(payee, async (t) =>
      must(await deliver(t, scene.verifier, { payment, nextTicket })),
    );
    expect([done.receipt.fields.outcome, done.next?.status]).toEqual(['credited', 'ok']);
    await over(payer, async (t) => must(await returnReceipt(t, scene.verifier, done.receipt)));
    expect(await standing(scene.alice)).toEqual({ balance: 9_300n, pending: 0n });
    expect((await standing(scene.bob)).balance).toBe(10_700n);
  });

  it('collect with the PIN; a wrong one', async () => {
    const ticket = await ticketOfBob();
    const request = { ticket, amount: 700n, pin: '9999' };
    const wrong = await over(payer, (t) => collect(t, scene.verifier, request));
    expect(wrong).toEqual({ status: 'pin_wrong', triesLeft: 2 });
    const right = await over(payer, (t) => collect(t, scene.verifier, { ...request, pin: '1234' }));
    expect(must(right).paid).toBe('now');
  });

  it('payDirect: both cards in readers; one in a reader and one in process', async () => {
    const request = (n: number) => ({ amount: 100n, reference: reference(n) });
    const both = await over(payee, (to) =>
      over(payer, async (from) => must(await payDirect(from, to, scene.verifier, request(3)))),
    );
    expect(both.settled.status).toBe('ok');
    const fromReader = await over(payer, async (from) =>
      must(await payDirect(from, await scene.bob.tap(), scene.verifier, request(4))),
    );
    expect(fromReader.receipt.fields.outcome).toBe('credited');
    const toReader = await over(payee, async (to) =>
      must(await payDirect(await scene.alice.tap(), to, scene.verifier, request(5))),
    );
    expect(toReader.receipt.fields.outcome).toBe('credited');
    expect(await standing(scene.alice)).toEqual({ balance: 9_700n, pending: 0n });
  });

  it('pickUp, cancel, receipt back', async () => {
    const payment = await collected();
    const found = await over(payer, async (t) => must(await pickUp(t, scene.verifier)));
    expect(found.map((p) => p.fields.amount)).toEqual([700n]);
    const word = await over(payee, async (t) => must(await cancelPayment(t, scene.verifier, payment)));
    expect(word.fields.outcome).toBe('cancelled');
    await over(payer, async (t) => must(await returnReceipt(t, scene.verifier, word)));
    expect(await standing(scene.alice)).toEqual({ balance: 10_000n, pending: 0n });
  });

  it('sync, with a payment that waited; fund; redeem', async () => {
    const payment = await collected();
    const api = fakeApi(scene);
    api.deliveries.payments = [payment];
    const synced = await over(payee, async (t) => must(await syncPurse(t, scene.verifier, api)));
    expect(synced.received.map((r) => r.fields.outcome)).toEqual(['credited']);
    const funding = { account: 'acc_1', amount: 500n, reference: reference(6), key: 'f' };
    await over(payee, async (t) => must(await fund(t, scene.verifier, api, funding)));
    const redemption = { account: 'acc_1', amount: 200n, pin: '1234', key: 'r' };
    const redeemed = await over(payee, async (t) => must(await redeem(t, scene.verifier, api, redemption)));
    expect(redeemed.settled.status).toBe('ok');
    expect((await standing(scene.bob)).balance).toBe(11_000n);
  });

  it('provision: a blank card in a reader becomes somebody’s', async () => {
    const blank = await blankFieldCard(true);
    await payer.change(blank);
    const { world } = scene;
    const wish = {
      account: 'acc_1',
      assurance: 'secure_element' as const,
      pin: '1234',
      root: world.root.certificate,
    };
    await over(payer, async (t) => must(await provision(t, world.crypto, fakeApi(scene), wish)));
    expect((await standing(blank)).balance).toBe(0n);
    await payer.change(scene.alice);
  });

  const TEARS: readonly Tear[] = [
    { when: 'before', exchange: 1 },
    { when: 'during', exchange: 1, bytes: 60, mode: 'scrambled' },
    { when: 'during', exchange: 1, bytes: 700, mode: 'prefix' },
    { when: 'after', exchange: 1 },
  ];

  it.each(TEARS)(
    'torn out of the reader $when exchange $exchange, $bytes bytes: tapping again pays once',
    async (tear) => {
      const ticket = await ticketOfBob();
      const request = { ticket, amount: 700n };
      const lost = over(payer, (t) => collect(t, scene.verifier, request), tear);
      await expect(lost).rejects.toMatchObject({ code: 'card_lost' });
      const { payment } = await over(payer, async (t) =>
        must(await collect(t, scene.verifier, { ...request, again: true })),
      );
      expect(await standing(scene.alice)).toEqual({ balance: 9_300n, pending: 700n });
      const credit = over(payee, (t) => deliver(t, scene.verifier, { payment }), tear);
      await expect(credit).rejects.toMatchObject({ code: 'card_lost' });
      await over(payee, async (t) => must(await deliver(t, scene.verifier, { payment })));
      expect((await standing(scene.bob)).balance).toBe(10_700n);
    },
  );

  it('payDirect, the payer’s card torn out while it pays', async () => {
    const kept: Kept[] = [];
    const request = () => ({
      amount: 300n,
      reference: reference(7),
      ticket: kept.flatMap((k) => (k.kind === 'ticket' ? [k.ticket] : []))[0],
      again: kept.length > 0,
      keep: async (k: Kept) => {
        kept.push(k);
      },
    });
    const pay = (tear?: Tear) =>
      over(payee, (to) => over(payer, (from) => payDirect(from, to, scene.verifier, request()), tear));
    await expect(pay({ when: 'after', exchange: 1 })).rejects.toMatchObject({ code: 'card_lost' });
    expect(must(await pay()).settled.status).toBe('ok');
    expect(await standing(scene.alice)).toEqual({ balance: 9_700n, pending: 0n });
  });

  it('says no_card, and reader_failed, in words', async () => {
    await payer.pull();
    const reader = house.slots[0];
    await expect(pcsc.tap({ reader, waitMs: 0 })).rejects.toMatchObject({ code: 'no_card' });
    await expect(pcsc.tap({ reader: 'nonesuch', waitMs: 0 })).rejects.toMatchObject({
      code: 'reader_failed',
    });
    await expect(pcsc.tap({ reader: 'Virtual', waitMs: 0 })).rejects.toMatchObject({ code: 'reader_failed' });
  });

  it('a contactless card: its ATR is the reader’s, its historical bytes say extended length', async () => {
    await payer.pull();
    const contactless = fieldReader(house, pcsc, 0, scene.alice, CONTACTLESS_ATR);
    const ticket = await ticketOfBob();
    const transport = await contactless.tap();
    expect([hex(transport.atr), transport.extended]).toEqual([hex(CONTACTLESS_ATR), true]);
    must(await collect(transport, scene.verifier, { ticket, amount: 700n, pin: '1234' }));
    await transport.close();
    await contactless.pull();
    expect((await standing(scene.alice)).balance).toBe(9_300n);
  });

  it.each([
    ['T=0, as the contacts of many bank cards', '3b600000'],
    ['T=1 without a word on extended length', '3be000008131204535'],
  ])('%s: short APDUs, chained and fetched', async (_, atr) => {
    await payer.pull();
    const other = fieldReader(house, pcsc, 0, scene.alice, fromHex(atr));
    const ticket = await ticketOfBob();
    await over(other, async (t) => {
      expect(t.extended).toBe(false);
      must(await collect(t, scene.verifier, { ticket, amount: 700n, pin: '1234' }));
      expect(must(await syncPurse(t, scene.verifier, fakeApi(scene))).entriesSent).toBeGreaterThan(0);
    });
    await other.pull();
    expect((await standing(scene.alice)).balance).toBe(9_300n);
  });

  const conforming = (card: () => FieldCard) => async () => {
    await payer.change(card());
    const transport = await payer.tap();
    return { transport, remove: () => payer.pull(), dispose: () => transport.close() };
  };
  transportConformance(
    'pcscd',
    conforming(() => scene.alice),
  );
});
