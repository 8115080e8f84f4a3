/** A phone that carries the block list, offline: whom it neither pays nor takes from, and who is not touched by it. */
import { concat } from '@sokkin/codec';
import {
  encodeBlockList,
  type HeldBlockList,
  LIST_DAYS,
  listAge,
  referencesOf,
  takeBlockList,
  verifyBlockList,
} from '@sokkin/purse';
import { beforeEach, describe, expect, it } from 'vitest';
import { TODAY } from '../../testkit/src/world.ts';
import {
  collect,
  deliver,
  fetchTicket,
  fund,
  openTickets,
  payDirect,
  redeem,
  select,
  type Verifier,
} from '../src/index.ts';
import { crypto, fakeApi, makeScene, must, reference, type Scene, standing } from './scene.ts';

let scene: Scene;
let bobsTicket: Awaited<ReturnType<typeof ticketOf>>;
beforeEach(async () => {
  scene = await makeScene(true);
  bobsTicket = await ticketOf();
});
const ticketOf = async () =>
  must(
    await fetchTicket(await scene.bob.tap(), scene.verifier, { maxAmount: 1_000n, reference: reference(1) }),
  );

/** As it came over the network: signed by the issuer's authority, verified, taken. */
async function heldWith(
  ids: readonly Uint8Array[],
  issuers: readonly Uint8Array[] = [],
): Promise<HeldBlockList> {
  const { authority, issuer } = scene.world;
  const body = encodeBlockList({
    ...{ authority: authority.certificate.subjectRef, number: 1, base: 0, epoch: TODAY, issuers },
    ...{ removed: new BigUint64Array(0), added: referencesOf(ids) },
  });
  const message = concat(body, await crypto.sign(authority.key.handle, body));
  const chain = { issuer: issuer.certificate, leaf: authority.certificate };
  const verified = await verifyBlockList(crypto, scene.verifier.trust, chain, message);
  if (verified.status !== 'ok') throw new Error(verified.status);
  const taken = takeBlockList(undefined, verified.value.fields);
  if (taken.status !== 'taken') throw new Error(taken.status);
  return taken.held;
}
const carrying = async (...ids: Uint8Array[]): Promise<Verifier> => ({
  ...scene.verifier,
  blockList: await heldWith(ids),
});

describe('a listed payer', () => {
  it('is refused by a phone that has the list, and nothing is debited', async () => {
    const verifier = await carrying(scene.aliceId);
    const request = { ticket: bobsTicket, amount: 500n };
    expect(await collect(await scene.alice.tap(), verifier, request)).toEqual({
      status: 'counterparty_blocked',
    });
    const direct = { amount: 500n, reference: reference(2) };
    const refused = await payDirect(await scene.alice.tap(), await scene.bob.tap(), verifier, direct);
    expect(refused).toEqual({ status: 'counterparty_blocked', by: 'payee' });
    expect(await standing(scene.alice)).toEqual({ balance: 10_000n, pending: 0n });
  });

  it('leaves no ticket of the payee behind', async () => {
    const verifier = await carrying(scene.aliceId);
    const direct = { amount: 500n, reference: reference(2) };
    await payDirect(await scene.alice.tap(), await scene.bob.tap(), verifier, direct);
    const bob = await scene.bob.tap();
    must(await select(bob));
    // The one that was there before.
    expect(must(await openTickets(bob)).map((t) => t.ticketNo)).toEqual([bobsTicket.fields.seq]);
  });

  it('is accepted by a phone that has no list, or one without it', async () => {
    const direct = { amount: 500n, reference: reference(2) };
    const without = await payDirect(await scene.alice.tap(), await scene.bob.tap(), scene.verifier, direct);
    expect(without.status).toBe('ok');
    const other = await carrying(new Uint8Array(8).fill(7));
    expect((await collect(await scene.alice.tap(), other, { ticket: bobsTicket, amount: 500n })).status).toBe(
      'ok',
    );
  });

  it('what was taken before the list came is delivered: the purse of the payee decides', async () => {
    const request = { ticket: bobsTicket, amount: 500n };
    const { payment } = must(await collect(await scene.alice.tap(), scene.verifier, request));
    const verifier = await carrying(scene.aliceId);
    const delivered = must(await deliver(await scene.bob.tap(), verifier, { payment }));
    expect(delivered.receipt.fields.outcome).toBe('credited');
  });

  it('I2: still pays its money home', async () => {
    const verifier = await carrying(scene.aliceId);
    const wish = { account: 'acc_1', amount: 400n, key: 'k1' };
    const done = must(await redeem(await scene.alice.tap(), verifier, fakeApi(scene), wish));
    expect(done.receipt.fields.outcome).toBe('credited');
  });
});

describe('a listed payee', () => {
  it('is not paid: the card is not asked', async () => {
    const verifier = await carrying(scene.bobId);
    const request = { ticket: bobsTicket, amount: 500n };
    expect(await collect(await scene.alice.tap(), verifier, request)).toEqual({
      status: 'counterparty_blocked',
    });
    const direct = { amount: 500n, reference: reference(2) };
    const refused = await payDirect(await scene.alice.tap(), await scene.bob.tap(), verifier, direct);
    expect(refused).toEqual({ status: 'counterparty_blocked', by: 'payer' });
    expect(await standing(scene.alice)).toEqual({ balance: 10_000n, pending: 0n });
  });
});

describe('a list that is too old', () => {
  const later = (days: number, more: Partial<Verifier>): Verifier => ({
    ...scene.verifier,
    trust: { ...scene.verifier.trust, epoch: (scene.verifier.trust.epoch ?? 0) + days },
    ...more,
  });
  const direct = { amount: 500n, reference: reference(2) };

  it('is a status of its own for a device that must have a newer one, and no purse is asked', async () => {
    const blockList = await heldWith([]);
    const request = { ticket: bobsTicket, amount: 500n };
    for (const [verifier, days] of [
      [later(8, { blockList, mostListDays: 7 }), 8],
      [later(0, { blockList: undefined, mostListDays: 7 }), undefined],
    ] as const) {
      const refused = { status: 'block_list_outdated', days };
      expect(await collect(await scene.alice.tap(), verifier, request)).toEqual(refused);
      expect(await payDirect(await scene.alice.tap(), await scene.bob.tap(), verifier, direct)).toEqual(
        refused,
      );
    }
    expect(await standing(scene.alice)).toEqual({ balance: 10_000n, pending: 0n });
    const young = later(7, { blockList, mostListDays: 7 });
    expect((await payDirect(await scene.alice.tap(), await scene.bob.tap(), young, direct)).status).toBe(
      'ok',
    );
  });

  it('is told apart from a good one by who only says so', async () => {
    const held = await heldWith([]);
    expect(listAge(undefined, TODAY)).toEqual({ state: 'none', days: undefined });
    expect(listAge(held, TODAY + LIST_DAYS)).toEqual({ state: 'current', days: LIST_DAYS });
    expect(listAge(held, TODAY + LIST_DAYS + 1)).toEqual({ state: 'outdated', days: LIST_DAYS + 1 });
    // A clock that is behind makes no list old.
    expect(listAge(held, TODAY - 3)).toEqual({ state: 'current', days: 0 });
  });
});

describe('a revoked issuer', () => {
  it('takes all of its purses with it', async () => {
    const issuer = scene.world.issuer.certificate.subjectRef;
    const verifier = { ...scene.verifier, blockList: await heldWith([], [issuer]) };
    const request = { ticket: bobsTicket, amount: 500n };
    expect(await collect(await scene.alice.tap(), verifier, request)).toEqual({
      status: 'counterparty_blocked',
    });
    expect((await fund(await scene.alice.tap(), verifier, fakeApi(scene), fundingWish)).status).toBe('ok');
  });
  const fundingWish = { account: 'acc_1', amount: 10n, reference: reference(9), key: 'k2' };
});
