/**
 * The suite that holds our payment card in process, over pcscd; and the strict terminal at the card's contacts and
 * without them.
 */

import { hex } from '@sokkin/codec';
import {
  blankPaymentCard,
  FACTORY_KEYS,
  type PaymentCardUnderTest,
  paymentCardConformance,
  payWithEmv,
} from '@sokkin/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { CARD_ATR, CONTACTLESS_ATR, openPcsc } from '../src/index.ts';
import { fieldReader } from './field-reader.ts';
import { type House, openHouse } from './house.ts';
import { crypto, emv, livingPaymentCard, profile } from './payment-card.ts';

const opened = await openHouse();
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';

describe.skipIf(skipped !== '')(`over pcscd${skipped}`, () => {
  const house = opened as House;
  afterAll(() => house.close());

  async function onReader(): Promise<PaymentCardUnderTest> {
    const pcsc = openPcsc();
    const reader = fieldReader(house, pcsc, 0, await blankPaymentCard(crypto, emv));
    let tears = 0;
    return {
      domain: { keys: FACTORY_KEYS },
      tap: () => reader.tap(),
      tapTorn: (exchange) => reader.tap({ when: 'during', exchange, bytes: (tears++ * 1_000) % 1_700 }),
      async dispose() {
        await reader.pull().finally(() => pcsc.close());
      },
    };
  }
  paymentCardConformance('our engine in a reader', onReader, { crypto, ...emv, profile });

  describe('the strict terminal', () => {
    it.each([
      ['contact', CARD_ATR],
      ['contactless', CONTACTLESS_ATR],
    ] as const)('pays: %s', async (at, atr) => {
      const { card, bank } = await livingPaymentCard(10_000n);
      const pcsc = openPcsc();
      const reader = fieldReader(house, pcsc, 1, card, atr);
      try {
        const tap = await reader.tap();
        expect(hex(tap.atr)).toBe(hex(atr));
        const { online, seen } = bank.line();
        const terminal = bank.terminal({ interface: at });
        expect(await payWithEmv(tap, terminal, { amount: 700n, request: 'tc' })).toMatchObject({
          ended: 'approved',
          how: 'offline',
          first: { type: 'tc', cda: 'authentic' },
        });
        await tap.close();
        const again = await reader.tap();
        expect(await payWithEmv(again, terminal, { amount: 900n, request: 'arqc', online })).toMatchObject({
          ended: 'approved',
          how: 'online',
        });
        expect(seen).toEqual(['genuine']);
        await again.close();
      } finally {
        await reader.pull().finally(() => pcsc.close());
      }
    });
  });
});
