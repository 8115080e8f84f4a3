/** Approvals in a card's memory and over its APDUs. The payment applet will make them; here the machine does. */
import { hex } from '@sokkin/codec';
import {
  approve,
  INS,
  isApproval,
  type Outcome,
  type PurseState,
  parseHistory,
  parseOpenApprovals,
  READOUT,
} from '@sokkin/purse';
import {
  makeActiveCard,
  makeWorld,
  name8,
  only,
  readStatement,
  readSummary,
  say,
  selectPurse,
  symbolicCrypto,
  sync,
  YEN,
} from '@sokkin/testkit';
import { describe, expect, it } from 'vitest';
import {
  type Card,
  decodeState,
  encodeCell,
  encodeHead,
  IDENTITY_CELLS,
  type MemoryNvm,
  openCard,
  openStore,
} from '../src/index.ts';
import { SMALL } from './people.ts';

const CRYPTOGRAM = name8(0xcafe);

async function reopened(nvm: MemoryNvm): Promise<PurseState> {
  const store = await openStore(nvm);
  if (store === undefined) throw new Error('the card was finished');
  return store.state;
}

/** A card with 900 that has approved 300. */
async function approvedCard() {
  const world = await makeWorld(symbolicCrypto());
  const { nvm } = await makeActiveCard(world, 10, { profile: SMALL, balance: 900n });
  const store = await openStore(nvm);
  if (store === undefined) throw new Error('the card was finished');
  const request = { currency: YEN, amount: 300n, holderVerified: false, atc: 7, cryptogram: CRYPTOGRAM };
  const step = approve(store.state, request);
  if (step.status !== 'ok') throw new Error(step.status);
  await store.commit(step.state);
  const card = await openCard({ nvm, crypto: world.crypto });
  await selectPurse(card);
  return { world, nvm, card, approvalNo: step.state.seq };
}

const read = async (card: Card, tag: number) =>
  only(await say(card, INS.getData, undefined, { p1: tag >> 8, p2: tag & 0xff }));

describe('an approval on a card', () => {
  it('can be read by anybody, and stands in the Statement', async () => {
    const { card, approvalNo } = await approvedCard();
    expect(parseOpenApprovals(await read(card, READOUT.approvals))).toEqual([
      { approvalNo, atc: 7, amount: 300n, cryptogram: CRYPTOGRAM },
    ]);
    expect(parseHistory(await read(card, READOUT.history))[0]).toMatchObject({
      kind: 'shop',
      counterparty: new Uint8Array(8),
      state: 'open',
    });
    expect(await readSummary(card)).toMatchObject({ balance: 600n, pending: 300n, openPayments: 0 });
    expect(await readStatement(card)).toMatchObject({ balance: 600n, pending: 300n });
  });

  it.each([
    ['credited', 600n],
    ['cancelled', 900n],
  ] as const)('I2 survives power off, open and %s', async (outcome: Outcome, balance) => {
    const { world, nvm, card, approvalNo } = await approvedCard();
    const stateOf = (state: PurseState) => state.cells.filter(isApproval).map((c) => c.approval);
    expect(stateOf(await reopened(nvm))).toEqual(['open']);
    const answer = await sync(world, card, { resolutions: [{ paymentNo: approvalNo, outcome }] });
    expect(answer.sw).toBe(0x9000);
    const after = await reopened(nvm);
    expect([stateOf(after), after.balance]).toEqual([[outcome], balance]);
    expect(await read(card, READOUT.approvals)).toHaveLength(0);
  });

  it.each([0x05, 0x31])('is said to be damaged with the state byte %i', async (status) => {
    const { nvm, approvalNo } = await approvedCard();
    const state = await reopened(nvm);
    const head = encodeHead({ purse: state, sections: {}, files: new Uint8Array(0) });
    const place = hex(head).lastIndexOf(`01${approvalNo.toString(16).padStart(8, '0')}`);
    head[place / 2] = status;
    const cellAt = (index: number) => {
      const { root, issuer, purse } = state.identity ?? {};
      const cell = state.cells[index - IDENTITY_CELLS];
      return [root, issuer, purse][index]?.bytes ?? (cell && encodeCell(cell));
    };
    expect(() => decodeState(head, cellAt)).toThrow(/unknown approval state/);
  });
});
