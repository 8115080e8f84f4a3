/** Torn transactions: an approval is given and debited, or neither; and its answer can be had again. */
import { hex } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import { everyTear, readSummary, selectPurse, TEAR_MODES } from '@sokkin/testkit';
import { describe, expect, test } from 'vitest';
import { cardOver, type Nvm, openStore } from '../../src/index.ts';
import {
  answerOf,
  begin,
  emvPorts,
  expectedCryptogram,
  firstAc,
  handCard,
  openHandCard,
  processingOptions,
  recover,
  selectPayment,
  send,
} from './hand-card.ts';

const balanceIn = async (nvm: Nvm): Promise<bigint> => {
  const card = await openHandCard(nvm);
  await selectPurse(card);
  return (await readSummary(card)).balance;
};

describe('RECOVER AC', () => {
  test('gives the very answer again and debits nothing', async () => {
    for (const signed of [false, true]) {
      const hand = await handCard();
      await begin(hand.card);
      const first = await firstAc(hand.card, 'tc', { amount: 400n }, signed);
      // The terminal never saw it; the holder taps again.
      const card = await openHandCard(hand.nvm);
      await begin(card);
      const again = await recover(card, { amount: 400n });
      expect(hex(again.data)).toBe(hex(first.data));
      expect(answerOf(again).atc).toBe(1);
      expect(hex((await recover(card, { amount: 400n })).data)).toBe(hex(first.data));
      expect(await balanceIn(hand.nvm)).toBe(9_600n);
    }
  });

  test('only for that transaction, and only before a new cryptogram', async () => {
    const hand = await handCard();
    await begin(hand.card);
    expect((await recover(hand.card)).sw).toBe(0x6985);
    await firstAc(hand.card, 'tc', { amount: 400n });
    await begin(hand.card);
    expect((await recover(hand.card, { amount: 401n })).sw).toBe(0x6985);
    expect((await send(hand.card, 0x80, 0xd0, 0, 0, new Uint8Array(3))).sw).toBe(0x6700);
    await firstAc(hand.card, 'arqc');
    expect((await recover(hand.card, { amount: 400n })).sw).toBe(0x6985);
  });

  test('after an approval that was never written the transaction is made anew', async () => {
    const hand = await handCard();
    await begin(hand.card);
    await begin(hand.card);
    expect((await recover(hand.card)).sw).toBe(0x6985);
    expect(answerOf(await firstAc(hand.card, 'tc')).type).toBe('tc');
  });
});

describe('I1 I4 a transaction cut off at every byte', () => {
  test.each(TEAR_MODES)('%s: debited and recoverable, or neither; the ATC never comes back', async (mode) => {
    const hand = await handCard({ balance: 1_000n });
    const sale = { amount: 250n };
    let [before, after] = [0, 0];
    const run = async (nvm: Nvm) => {
      const store = await openStore(nvm);
      if (store === undefined) throw new Error('no card');
      const card = cardOver(store, { crypto: nodeCrypto(), emv: emvPorts() });
      await selectPayment(card);
      await processingOptions(card);
      await firstAc(card, 'tc', sale);
    };
    await everyTear(hand.nvm, run, {
      mode,
      seed: 7,
      async after({ cutAfter, total }) {
        if (cutAfter % 13 !== 0 && total - cutAfter > 60) return;
        const balance = await balanceIn(hand.nvm);
        const card = await openHandCard(hand.nvm);
        await begin(card);
        const again = await recover(card, sale);
        if (balance === 1_000n) {
          before++;
          expect(again.sw).toBe(0x6985);
          const fresh = answerOf(await firstAc(card, 'tc', sale));
          // 1 if the cut came before the counter was stored, 2 if after: nothing was ever made with the first.
          expect([1, 2]).toContain(fresh.atc);
        } else {
          after++;
          const answer = answerOf(again);
          expect(answer.type).toBe('tc');
          expect(hex(answer.cryptogram ?? again.data)).toBe(hex(expectedCryptogram(answer, sale)));
          const next = await begin(card).then(() => firstAc(card, 'arqc', sale));
          expect(answerOf(next).atc).toBeGreaterThan(answer.atc);
        }
        expect(await balanceIn(hand.nvm)).toBe(750n);
      },
    });
    expect([before > 20, after > 3]).toEqual([true, true]);
  });
});
