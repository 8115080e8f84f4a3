/** A shop's terminal with real cards over their APDUs: every way of paying, torn at every exchange, over reloads, and back. */
import {
  type ApduTransport,
  cardLost,
  deliver,
  openTickets,
  pickUp,
  returnReceipt,
  select,
} from '@sokkin/terminal';
import { type FieldCard, fieldCard, grantFor, LARGE_LIMITS, makeActiveCard } from '@sokkin/testkit';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  balanceOf,
  emvOnly,
  isGenerateAc,
  leaving,
  openVirtualShop,
  queued,
  type VirtualShop,
} from '../examples/virtual-shop.ts';
import {
  type Acceptance,
  type AcceptanceEvent,
  type AcceptancePorts,
  createAcceptance,
  memoryStore,
  type SaleResult,
  type Session,
} from '../src/acceptance/index.ts';

let shop: VirtualShop;
let restore: () => void;
let store: ReturnType<typeof memoryStore>;
beforeAll(async () => {
  shop = await openVirtualShop();
  const cards = [shop.own, shop.customer, shop.payment];
  const images = cards.map((card) => card.nvm.snapshot());
  restore = () => {
    for (const [i, card] of cards.entries()) card.nvm.restore(images[i] ?? new Uint8Array(0));
  };
});
beforeEach(() => {
  restore();
  store = memoryStore();
  Object.assign(shop.online, { isUp: true, losesAnswer: false });
  shop.online.asked.length = 0;
  shop.online.taken.length = 0;
});

const terminal = (more: Partial<AcceptancePorts> = {}): Acceptance =>
  createAcceptance({
    reader: shop.field.reader,
    purse: () => shop.own.tap(),
    verifier: shop.verifier,
    config: shop.config,
    online: shop.online,
    store,
    clock: shop.clock,
    random: shop.random,
    ...more,
  });

type Tap = () => Promise<ApduTransport>;
const purse =
  (card: FieldCard): Tap =>
  () =>
    card.tap();
const emv: Tap = async () => emvOnly(await shop.payment.tap());
const torn =
  (tap: Tap, at: Parameters<typeof leaving>[1], when: 'before' | 'after'): Tap =>
  async () =>
    leaving(await tap(), at, when);

interface Played {
  readonly result: SaleResult;
  readonly told: string[];
}
async function play(session: Session, ...taps: readonly Tap[]): Promise<Played> {
  const held = taps.map((tap) => shop.field.hold(tap));
  const events: AcceptanceEvent[] = [];
  for await (const event of session.events) {
    events.push(event);
    const last = events.filter((e) => e.kind === 'waiting').length > taps.length;
    if (event.kind === 'waiting' && last) session.cancel();
  }
  for (const card of held) card.leave();
  const told = events.map((e) =>
    e.kind === 'waiting' ? e.hint : e.kind === 'ended' ? e.result.status : e.kind,
  );
  return { result: await session.result, told };
}
const charge = (amount: bigint, ...taps: readonly Tap[]) =>
  play(terminal().charge({ amount, currency: '392', id: 'sale' }), ...taps);
const balances = async () => [
  await balanceOf(shop.own),
  await balanceOf(shop.customer),
  await balanceOf(shop.payment),
];
const ticketsOut = async (): Promise<number> => {
  const own = await shop.own.tap();
  await select(own);
  const found = await openTickets(own);
  return found.status === 'ok' ? found.value.length : -1;
};

describe('each way of paying', () => {
  test('a purse: credited at once, the payer knows, the journal waits', async () => {
    const { result, told } = await charge(700n, purse(shop.customer));
    expect(told).toEqual(['present', 'card_seen', 'keep_still', 'remove_card', 'approved']);
    expect(result).toMatchObject({ way: 'purse', paid: 'now', receipt: { amount: 700n, currency: '392' } });
    expect(await balances()).toEqual([700n, 9_300n, 200_000n]);
    expect([await queued(store), await ticketsOut()]).toEqual([['journal'], 0]);
  });

  test('an EMV card offline: its TC waits, and the ticket is withdrawn', async () => {
    const { result } = await charge(1_200n, emv);
    expect(result).toMatchObject({ way: 'emv_offline', receipt: { from: '**** 0000', signature: false } });
    expect(await balances()).toEqual([0n, 10_000n, 198_800n]);
    const [item] = await store.queue();
    if (item?.kind !== 'tc') throw new Error(`${item?.kind} is queued`);
    expect(shop.bank.judge(item.record).verdict).toBe('genuine');
    expect(await ticketsOut()).toBe(0);
  });

  const pin: AcceptancePorts['pin'] = async () => ({ block: new Uint8Array(8) });
  const online = (more: Partial<AcceptancePorts> = { pin }) =>
    play(terminal(more).charge({ amount: 31_000n, currency: '392', id: 'sale' }), emv);

  test('an EMV card online', async () => {
    const { result, told } = await online();
    expect(told.slice(2)).toEqual(['keep_still', 'enter_pin', 'remove_card', 'asking_issuer', 'approved']);
    expect(result).toMatchObject({ way: 'emv_online', receipt: { approval: 'A00001' } });
    expect(await queued(store)).toEqual([]);
  });

  test('online, and the answer is lost: declined, and taken back', async () => {
    shop.online.losesAnswer = true;
    expect((await online()).result).toMatchObject({ status: 'declined', reason: 'issuer_unreachable' });
    expect(shop.online.asked).toEqual(['sale']);
    expect(await queued(store)).toEqual(['reversal']);
  });

  test('online, without a PIN pad; or without a network', async () => {
    expect((await online({})).result).toMatchObject({ status: 'declined', reason: 'pin_needed' });
    shop.online.isUp = false;
    store = memoryStore();
    expect((await online()).result).toMatchObject({ status: 'declined', reason: 'declined_by_card' });
  });

  test('a purse that wants its PIN', async () => {
    const limits = { ...LARGE_LIMITS, perPaymentWithoutPin: 100n };
    const { nvm } = await makeActiveCard(shop.world, 810, { balance: 5_000n, limits });
    const card = fieldCard(nvm, shop.verifier.crypto);
    const wished: (number | undefined)[] = [];
    const digits = ['9999', '1234'];
    const port: AcceptancePorts['pin'] = async ({ triesLeft }) => {
      wished.push(triesLeft);
      return { digits: digits.shift() ?? '' };
    };
    const played = play(terminal({ pin: port }).charge({ amount: 700n, currency: '392' }), purse(card));
    expect((await played).result).toMatchObject({ status: 'approved', way: 'purse' });
    expect([wished[0], wished.length, await balanceOf(card)]).toEqual([undefined, 2, 4_300n]);
    expect(wished[1]).toBeGreaterThan(0);
  });

  test('a purse that holds too little, and no EMV behind it', async () => {
    const { result } = await charge(20_000n, purse(shop.customer));
    expect(result).toMatchObject({ status: 'declined', reason: 'insufficient_balance', mayComeBack: false });
    expect([await ticketsOut(), await queued(store)]).toEqual([0, []]);
  });

  test('more than any way takes', async () => {
    const { result } = await play(
      terminal({ policy: { order: ['emv'] } }).charge({ amount: 100_000n, currency: '392' }),
    );
    expect(result).toMatchObject({ status: 'declined', reason: 'amount_not_allowed' });
  });
});

describe('torn', () => {
  // SELECT, PAY, SETTLE; then the tap is over.
  test.each([0, 1, 2, 3])(
    'a purse at exchange %i: the next tap gives the right answer, and it is debited once',
    async (at) => {
      for (const when of ['before', 'after'] as const) {
        restore();
        store = memoryStore();
        const { result } = await charge(700n, torn(purse(shop.customer), at, when), purse(shop.customer));
        expect(result, when).toMatchObject({ status: 'approved', way: 'purse' });
        expect((await balances()).slice(0, 2)).toEqual([700n, 9_300n]);
      }
    },
  );

  test.each(Array.from({ length: 12 }, (_, at) => at))('an EMV card at exchange %i', async (at) => {
    for (const when of ['before', 'after'] as const) {
      restore();
      store = memoryStore();
      const { result } = await charge(1_200n, torn(emv, at, when), emv);
      expect(result, when).toMatchObject({ status: 'approved', way: 'emv_offline' });
      expect([await balanceOf(shop.payment), await queued(store)]).toEqual([198_800n, ['tc']]);
    }
  });

  test('a card with both, over its EMV approval: its purse does not pay as well', async () => {
    const policy = { order: ['emv', 'purse'] as const };
    const tap = purse(shop.payment);
    const first = play(
      terminal({ policy }).charge({ amount: 1_200n, currency: '392', id: 'sale' }),
      torn(tap, isGenerateAc, 'after'),
    );
    expect((await first).told.at(-1)).toBe('cancelled');
    // The same sale with the purse first: the torn language leads.
    const record = await store.sale('sale');
    if (record === undefined) throw new Error('the sale is gone');
    await store.write({ sales: [{ ...record, state: 'open' }] });
    expect((await charge(1_200n, tap)).result).toMatchObject({ way: 'emv_offline', paid: 'before' });
    expect(await balanceOf(shop.payment)).toBe(198_800n);
  });

  test('given up, and the money comes home: to the payer, not to the shop', async () => {
    const { result } = await charge(700n, torn(purse(shop.customer), 1, 'after'));
    expect(result).toMatchObject({ status: 'cancelled', mayComeBack: true });
    expect((await balances()).slice(0, 2)).toEqual([0n, 9_300n]);
    const open = await pickUp(await shop.customer.tap(), shop.verifier);
    if (open.status !== 'ok' || open.value[0] === undefined) throw new Error('nothing is open');
    const word = await deliver(await shop.own.tap(), shop.verifier, { payment: open.value[0] });
    if (word.status !== 'ok') throw new Error(word.status);
    await returnReceipt(await shop.customer.tap(), shop.verifier, word.value.receipt);
    expect((await balances()).slice(0, 2)).toEqual([0n, 10_000n]);
  });

  test('another purse pays in its place: the shop is credited once', async () => {
    const { result } = await charge(700n, torn(purse(shop.customer), 1, 'after'), purse(shop.payment));
    expect(result).toMatchObject({ status: 'approved', way: 'purse' });
    expect(await balances()).toEqual([700n, 9_300n, 199_300n]);
  });

  test('an approval that turns up when its sale is over is unwanted, and the new sale is paid', async () => {
    const t = terminal();
    const first = await play(
      t.charge({ amount: 1_200n, currency: '392', id: 'old' }),
      torn(emv, isGenerateAc, 'after'),
    );
    expect(first.result.status).toBe('cancelled');
    const second = await play(t.charge({ amount: 500n, currency: '392', id: 'new' }), emv);
    expect(second.result).toMatchObject({ status: 'approved', way: 'emv_offline' });
    expect((await store.queue()).map(({ kind, sale }) => `${kind} ${sale}`).sort()).toEqual([
      'tc new',
      'unwanted old',
    ]);
  });
});

describe('over a reload', () => {
  /** Runs a sale up to its first tap and leaves it there, as a page that is closed. */
  async function leftAt(tap: Tap): Promise<void> {
    const session = terminal().charge({ amount: 700n, currency: '392', id: 'sale' });
    const held = shop.field.hold(tap);
    for await (const event of session.events)
      if (event.kind === 'waiting' && event.hint === 'tap_again') break;
    const kept = await store.sale('sale');
    held.leave();
    session.cancel();
    await session.result;
    if (kept !== undefined) await store.write({ sales: [kept] });
  }

  test('the same sale goes on, and finds what the purse has paid', async () => {
    await leftAt(torn(purse(shop.customer), 1, 'after'));
    // Its ticket was withdrawn meanwhile, so the money goes back first, and then the sale is paid.
    const { result, told } = await charge(700n, purse(shop.customer), purse(shop.customer));
    expect(told[0]).toBe('tap_again');
    expect(result).toMatchObject({ status: 'approved', way: 'purse' });
    expect((await balances()).slice(0, 2)).toEqual([700n, 9_300n]);
  });

  test('the own purse was not there to be credited: kept, and resumed', async () => {
    let isThere = true;
    const t = terminal({
      purse: async () => {
        if (!isThere) throw cardLost();
        return shop.own.tap();
      },
    });
    const tap: Tap = async () => {
      isThere = false;
      return shop.customer.tap();
    };
    const { result } = await play(t.charge({ amount: 700n, currency: '392', id: 'sale' }), tap);
    expect(result.status).toBe('kept');
    isThere = true;
    expect((await terminal().resume()).map(({ state }) => state)).toEqual(['approved']);
    expect((await balances()).slice(0, 2)).toEqual([700n, 9_300n]);
    // Asked for again, it is the same sale, and nobody pays twice.
    expect((await charge(700n)).result).toMatchObject({ status: 'approved', paid: 'before' });
  });

  test('the issuer was asked, and the power went: taken back', async () => {
    const record = await store.sale('none');
    expect(record).toBeUndefined();
    const asked = new Map([[0x9f26, new Uint8Array(8)]]);
    const common = {
      kind: 'sale',
      amount: 700n,
      at: 1,
      refunded: 0n,
      ticketIsOut: false,
      isTorn: false,
    } as const;
    await store.write({ sales: [{ ...common, id: 'sale', state: 'asking', asked }] });
    expect(await terminal().resume()).toMatchObject([{ state: 'declined', reason: 'issuer_unreachable' }]);
    expect(await queued(store)).toEqual(['reversal']);
  });

  test('what was waiting for a card is cancelled, unless it is gone on with', async () => {
    const common = {
      kind: 'sale',
      amount: 700n,
      refunded: 0n,
      ticketIsOut: false,
      isTorn: false,
      state: 'open',
    } as const;
    await store.write({
      sales: [
        { ...common, id: 'a', at: 1 },
        { ...common, id: 'b', at: 2 },
      ],
    });
    expect((await terminal().resume(['b'])).map(({ id, state }) => `${id} ${state}`)).toEqual([
      'a cancelled',
    ]);
  });
});

describe('refunds', () => {
  async function sold(): Promise<Acceptance> {
    const t = terminal();
    await play(t.charge({ amount: 700n, currency: '392', id: 'sale' }), purse(shop.customer));
    return t;
  }

  test('in parts, to the same purse, and never more than was paid', async () => {
    const t = await sold();
    const first = await play(
      await t.refund({ sale: 'sale', amount: 200n }),
      purse(shop.payment),
      purse(shop.customer),
    );
    expect(first.told).toContain('same_card');
    expect(first.result).toMatchObject({ status: 'approved', receipt: { kind: 'refund', amount: 200n } });
    await expect(t.refund({ sale: 'sale', amount: 501n })).rejects.toMatchObject({ code: 'not_refundable' });
    const rest = await play(await t.refund({ sale: 'sale' }), purse(shop.customer));
    expect(rest.result).toMatchObject({ status: 'approved', receipt: { amount: 500n } });
    await expect(t.refund({ sale: 'sale' })).rejects.toMatchObject({ code: 'not_refundable' });
    expect((await balances()).slice(0, 2)).toEqual([0n, 10_000n]);
    expect(await t.totals(0, Number.MAX_SAFE_INTEGER)).toMatchObject({
      refunds: { count: 2, amount: 700n },
      net: 0n,
    });
  });

  test.each([0, 1, 2, 3, 4, 5])('torn at exchange %i of the payer: paid back once', async (at) => {
    for (const when of ['before', 'after'] as const) {
      restore();
      store = memoryStore();
      const t = await sold();
      const tap = torn(purse(shop.customer), at, when);
      const { result } = await play(await t.refund({ sale: 'sale', id: 'back' }), tap, purse(shop.customer));
      expect(result, when).toMatchObject({ status: 'approved' });
      expect((await balances()).slice(0, 2)).toEqual([0n, 10_000n]);
    }
  });

  test('of an EMV sale: a message to the issuer, without the card', async () => {
    const t = terminal();
    await play(t.charge({ amount: 1_200n, currency: '392', id: 'sale' }), emv);
    const { result } = await play(await t.refund({ sale: 'sale', amount: 200n, id: 'back' }));
    expect(result).toMatchObject({ status: 'approved', way: 'emv_offline', receipt: { kind: 'refund' } });
    expect(await queued(store)).toEqual(['refund', 'tc']);
  });

  test('one that was torn and given up: its share is spoken for, and it is gone on with', async () => {
    const t = await sold();
    const early = torn(purse(shop.customer), 3, 'after');
    const given = await play(await t.refund({ sale: 'sale', amount: 400n, id: 'back' }), early);
    expect(given.result).toEqual({ status: 'cancelled', sale: 'back', mayComeBack: true });
    await expect(t.refund({ sale: 'sale', amount: 301n })).rejects.toMatchObject({ code: 'not_refundable' });
    const rest = await play(await t.refund({ sale: 'sale' }), purse(shop.customer));
    expect(rest.result).toMatchObject({ status: 'approved', receipt: { amount: 300n } });
    const again = await play(await t.refund({ sale: 'sale', id: 'back' }), purse(shop.customer));
    expect(again.result).toMatchObject({ status: 'approved', receipt: { amount: 400n } });
    expect((await balances()).slice(0, 2)).toEqual([0n, 10_000n]);
    await expect(t.refund({ sale: 'sale' })).rejects.toMatchObject({ code: 'not_refundable' });
  });

  test('of what was never sold', async () => {
    await expect(terminal().refund({ sale: 'nothing' })).rejects.toMatchObject({ code: 'unknown_sale' });
  });
});

describe('the queue', () => {
  test('tells count, value and age, and is sent when the network is back', async () => {
    const t = terminal();
    shop.online.isUp = false;
    await play(t.charge({ amount: 1_200n, currency: '392', id: 'a' }), emv);
    await play(t.charge({ amount: 300n, currency: '392', id: 'b' }), emv);
    const waiting = { count: 2, value: 1_500n, since: shop.clock() };
    expect(await t.queue()).toEqual(waiting);
    expect(await t.flush()).toMatchObject({ ...waiting, sent: 0 });
    shop.online.isUp = true;
    expect(await t.flush()).toEqual({ count: 0, value: 0n, since: undefined, sent: 2, refused: [] });
    expect(shop.online.taken.map(({ id }) => id)).toEqual(['tc:a', 'tc:b']);
  });

  test('asked to send twice at once, it sends each item once', async () => {
    const t = terminal();
    await play(t.charge({ amount: 1_200n, currency: '392', id: 'a' }), emv);
    expect((await Promise.all([t.flush(), t.flush()])).map(({ sent }) => sent)).toEqual([1, 0]);
    expect(shop.online.taken.map(({ id }) => id)).toEqual(['tc:a']);
  });

  test('journals of the own purse go up with its sync', async () => {
    const { world } = shop;
    let synced = 0;
    const never = () => Promise.reject(new Error('not part of this'));
    const backend: NonNullable<AcceptancePorts['backend']> = {
      ...{ provision: never, fund: never, fundingReceipt: never, redeem: never, redemptionPayment: never },
      challenge: async () => new Uint8Array(16),
      async sync(_purse, { statement, receipts }) {
        synced += receipts.length;
        const { parseStatement, OBJECT } = await import('@sokkin/purse');
        const { decodeTlvs } = await import('@sokkin/codec');
        const { fields } = parseStatement(statement);
        const objects = decodeTlvs(await grantFor(world, fields));
        const grant = objects.find((o) => o.tag === OBJECT.grant)?.value ?? new Uint8Array(0);
        const none = { payments: [], receipts: [] };
        return { acknowledgedSeq: fields.seq, grant, authority: world.authority.certificate, ...none };
      },
    };
    const t = terminal({ backend });
    await play(t.charge({ amount: 700n, currency: '392' }), purse(shop.customer));
    expect(await t.flush()).toMatchObject({ count: 0, sent: 1 });
    expect(synced).toBe(1);
  });
});

describe('what is asked for wrongly', () => {
  test.each([
    [{ amount: 0n, currency: '392' }, 'An amount is 1'],
    [{ amount: 1_000_000_000_000n, currency: '392' }, 'An amount is 1'],
    [{ amount: 1n, currency: '840' }, 'for the currency 392'],
    [{ amount: 1n, currency: '392', id: 'a b' }, 'visible ASCII'],
  ])('%o', (request, text) => {
    expect(() => terminal().charge(request)).toThrow(text);
  });

  test('two sales at once; the same id for another amount', async () => {
    const t = terminal();
    const running = t.charge({ amount: 1n, currency: '392', id: 'sale' });
    expect(() => t.charge({ amount: 1n, currency: '392' })).toThrow('A sale is under way');
    running.cancel();
    expect((await running.result).status).toBe('cancelled');
    await expect(t.charge({ amount: 2n, currency: '392', id: 'sale' }).result).rejects.toMatchObject({
      code: 'bad_charge',
    });
  });
});
