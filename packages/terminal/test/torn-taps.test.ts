/**
 * Every tap, torn at every exchange (before, during, after; the card's write cut at several bytes), on readers
 * with short and extended length: tapping again ends in the right balances, and nothing is paid twice (I2, I4).
 */
import type { FieldCard, Tear } from '@sokkin/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ApduTransport,
  type CarriedTicket,
  cancelPayment,
  collect,
  deliver,
  fetchTicket,
  fund,
  type Kept,
  meterListener,
  newMeter,
  overheard,
  type PaidDirect,
  payDirect,
  pickUp,
  provision,
  redeem,
  returnReceipt,
  syncPurse,
} from '../src/index.ts';
import { blankFieldCard, fakeApi, makeScene, must, reference, type Scene, standing } from './scene.ts';

const CUTS = [0, 1, 60, 400, 700];

function tears(exchange: number): Tear[] {
  return [
    { when: 'before', exchange },
    ...CUTS.map((bytes): Tear => ({ when: 'during', exchange, bytes, mode: 'scrambled', seed: bytes })),
    { when: 'after', exchange },
  ];
}

/** One tap by a card: `run` with a card that may be torn, `check` after the tap that healed it. */
interface Trial<T> {
  readonly scene: Scene;
  readonly card: FieldCard;
  run(transport: ApduTransport, again: boolean): Promise<T>;
  check(result: T): Promise<void>;
  /** Puts the world outside the cards back, too. */
  reset?(): void;
}

async function tornEverywhere<T>({ scene, card, run, check, reset }: Trial<T>): Promise<void> {
  const restore = scene.snapshot();
  const own = card.nvm.snapshot();
  const meter = newMeter();
  await check(await run(overheard(await card.tap(), meterListener(meter)), false));
  expect(meter.exchanges).toBeGreaterThan(1);
  for (let exchange = 0; exchange < meter.exchanges; exchange++) {
    for (const tear of tears(exchange)) {
      restore();
      card.nvm.restore(own);
      reset?.();
      const torn = await run(await card.tap(tear), false).then(
        (value) => ({ value }),
        (error: { code?: string }) => ({ code: error.code }),
      );
      // A tap whose main work was done before the tear tells so itself; every other says card_lost.
      if ('code' in torn) expect(torn.code, JSON.stringify(tear)).toBe('card_lost');
      await check(await run(await card.tap(), true));
    }
  }
  restore();
}

describe.each([true, false])('extended length: %s', (extended) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await makeScene(extended);
  });
  const ticket = async (): Promise<CarriedTicket> =>
    must(
      await fetchTicket(await scene.bob.tap(), scene.verifier, {
        maxAmount: 5_000n,
        reference: reference(1),
      }),
    );

  it('collect', async () => {
    const restore = scene.snapshot();
    const t = await ticket();
    const { verifier, alice } = scene;
    await tornEverywhere({
      scene,
      card: alice,
      run: async (transport, again) =>
        must(await collect(transport, verifier, { ticket: t, amount: 700n, pin: '1234', again })),
      check: async ({ payment }) => {
        expect(payment.fields.amount).toBe(700n);
        expect(await standing(alice)).toEqual({ balance: 9_300n, pending: 700n });
      },
    });
    restore();
  });

  it('deliver, with the next ticket', async () => {
    const restore = scene.snapshot();
    const { verifier, bob, alice } = scene;
    const { payment } = must(
      await collect(await alice.tap(), verifier, { ticket: await ticket(), amount: 700n }),
    );
    const nextTicket = { maxAmount: 1_000n, reference: reference(2) };
    await tornEverywhere({
      scene,
      card: bob,
      run: async (transport) => must(await deliver(transport, verifier, { payment, nextTicket })),
      check: async ({ receipt, next }) => {
        expect(receipt.fields.outcome).toBe('credited');
        expect(next?.status).toBe('ok');
        expect((await standing(bob)).balance).toBe(10_700n);
      },
    });
    restore();
  });

  it.each(['payer', 'payee'] as const)('payDirect, torn at the %s', async (side) => {
    const restore = scene.snapshot();
    const { verifier, alice, bob } = scene;
    let kept: Kept[] = [];
    const request = () => ({
      amount: 300n,
      reference: reference(3),
      ticket: kept.flatMap((k) => (k.kind === 'ticket' ? [k.ticket] : []))[0],
      again: kept.length > 0,
      keep: async (k: Kept) => {
        kept.push(k);
      },
    });
    const other = side === 'payer' ? bob : alice;
    let done: PaidDirect | undefined;
    await tornEverywhere({
      scene,
      card: side === 'payer' ? alice : bob,
      reset: () => {
        kept = [];
        done = undefined;
      },
      run: async (transport) => {
        // Torn over its last step, the payment itself was done and said so: only the receipt is still to be handed in.
        if (done !== undefined) {
          const payer = side === 'payer' ? transport : await other.tap();
          must(await returnReceipt(payer, verifier, done.receipt));
          return { ...done, settled: { status: 'ok', value: undefined } as const };
        }
        const [payer, payee] =
          side === 'payer' ? [transport, await other.tap()] : [await other.tap(), transport];
        done = must(await payDirect(payer, payee, verifier, request()));
        return done;
      },
      check: async ({ receipt, settled }) => {
        expect(receipt.fields.outcome).toBe('credited');
        expect(settled.status).toBe('ok');
        expect(await standing(alice)).toEqual({ balance: 9_700n, pending: 0n });
        expect((await standing(bob)).balance).toBe(10_300n);
      },
    });
    restore();
  });

  it('returnReceipt, pickUp, cancel', async () => {
    const restore = scene.snapshot();
    const { verifier, alice, bob } = scene;
    const { payment } = must(
      await collect(await alice.tap(), verifier, { ticket: await ticket(), amount: 700n }),
    );
    await tornEverywhere({
      scene,
      card: alice,
      run: async (transport) => must(await pickUp(transport, verifier)),
      check: async (found) => expect(found.map((p) => p.fields.amount)).toEqual([700n]),
    });
    await tornEverywhere({
      scene,
      card: bob,
      run: async (transport) => must(await cancelPayment(transport, verifier, payment)),
      check: async (receipt) => {
        expect(receipt.fields.outcome).toBe('cancelled');
        expect((await standing(bob)).balance).toBe(10_000n);
      },
    });
    const receipt = must(await cancelPayment(await bob.tap(), verifier, payment));
    await tornEverywhere({
      scene,
      card: alice,
      run: async (transport) => must(await returnReceipt(transport, verifier, receipt)),
      check: async () => expect(await standing(alice)).toEqual({ balance: 10_000n, pending: 0n }),
    });
    restore();
  });

  it('sync, handing over what waited', async () => {
    const restore = scene.snapshot();
    const { verifier, alice, bob } = scene;
    const { payment } = must(
      await collect(await alice.tap(), verifier, { ticket: await ticket(), amount: 700n }),
    );
    const api = fakeApi(scene);
    await tornEverywhere({
      scene,
      card: bob,
      reset: () => {
        api.deliveries.payments = [payment];
      },
      run: async (transport, again) => {
        // The real back-end hands a payment over until a journal proves it credited.
        if (again || api.deliveries.payments.length === 0) api.deliveries.payments = [payment];
        return must(await syncPurse(transport, verifier, api));
      },
      check: async ({ received, refused }) => {
        expect(received.map((r) => r.fields.outcome)).toEqual(['credited']);
        expect(refused).toEqual([]);
        expect((await standing(bob)).balance).toBe(10_700n);
      },
    });
    restore();
  });

  it('fund and redeem', async () => {
    const { verifier, alice } = scene;
    let api = fakeApi(scene);
    const fresh = () => {
      api = fakeApi(scene);
    };
    const funding = { account: 'acc_1', amount: 500n, reference: reference(4), key: 'f' };
    await tornEverywhere({
      scene,
      card: alice,
      reset: fresh,
      run: async (transport) => must(await fund(transport, verifier, api, funding)),
      check: async () => expect((await standing(alice)).balance).toBe(10_500n),
    });
    fresh();
    await tornEverywhere({
      scene,
      card: alice,
      reset: fresh,
      run: async (transport, again) =>
        must(
          await redeem(transport, verifier, api, {
            account: 'a',
            amount: 500n,
            pin: '1234',
            key: 'r',
            again,
          }),
        ),
      check: async ({ settled }) => {
        expect(settled.status).toBe('ok');
        expect(await standing(alice)).toEqual({ balance: 9_500n, pending: 0n });
      },
    });
  });

  it('provision', async () => {
    const api = fakeApi(scene);
    const card = await blankFieldCard(extended);
    const { world } = scene;
    await tornEverywhere({
      scene,
      card,
      run: async (transport) =>
        must(
          await provision(transport, world.crypto, api, {
            account: 'acc_1',
            assurance: 'secure_element',
            pin: '1234',
            root: world.root.certificate,
          }),
        ),
      check: async () => expect((await standing(card)).balance).toBe(0n),
    });
  });
});
