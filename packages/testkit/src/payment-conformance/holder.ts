/** The holder's PIN, plain and enciphered: one PIN with the purse's, and one counter of tries (11.2, 11.6). */
import { hex } from '@sokkin/codec';
import { type ApduTransport, verifyPin } from '@sokkin/terminal';
import { beforeAll, describe, expect, it } from 'vitest';
import { LARGE_LIMITS } from '../parties.ts';
import { PAYMENT_PIN } from '../payment-card/bank.ts';
import { grant } from '../payment-card/birth.ts';
import { INS, repeating } from './between.ts';
import { DATUM, datum } from './commands.ts';
import type { PaymentLife } from './life.ts';

/** Above what the product lets through without a PIN (its X), and above the purse's limit here. */
const LARGE = 12_000n;
const WRONG_PIN = '999999';

export function holder(life: PaymentLife): void {
  describe('the holder (11.2)', () => {
    beforeAll(async () => {
      await grant(await life.taps.tap(), life.world, {
        limits: { ...LARGE_LIMITS, perPaymentWithoutPin: 5_000n },
      });
      await life.meetBank();
    });

    it.each([
      ['enciphered', 'offlinePinEnciphered', '04'],
      ['plain', 'offlinePinPlain', '01'],
    ] as const)('a PIN, %s, lifts the limit of the purse', async (_, method, code) => {
      const before = await life.balance();
      const setup = { methods: new Set([method]), interface: 'contact' } as const;
      const end = await life.paid({ amount: LARGE, request: 'tc', pin: PAYMENT_PIN, setup }, 'approved');
      expect(end).toMatchObject({ how: 'offline', holder: { method, result: 'successful' } });
      expect(Number.parseInt(hex(end.holder.results.subarray(0, 1)), 16) & 0x3f).toBe(
        Number.parseInt(code, 16),
      );
      expect(await life.balance()).toBe(before - LARGE);
    });

    it('without it the card asks its issuer', async () => {
      const before = await life.balance();
      const { online, seen } = life.bank.line();
      const end = await life.paid({ amount: LARGE, request: 'tc', online }, 'approved');
      expect([end.how, seen, end.tvr.has('pinNotEntered')]).toEqual(['online', ['genuine'], true]);
      expect(await life.balance()).toBe(before);
    });

    it('a wrong one burns a try, at whichever application; a right one gives them back', async () => {
      const tries = async () => [await datum(life, DATUM.pinTries), (await life.taps.stands()).pinTriesLeft];
      const wrong = await life.paid({ amount: LARGE, request: 'arqc', pin: WRONG_PIN }, 'declined');
      expect(wrong.tvr.has('cvmFailed')).toBe(true);
      // The list of the product asks in both ways, one after the other.
      expect(await tries()).toEqual([1, 1]);
      expect((await verifyPin(await life.taps.purse(), PAYMENT_PIN)).status).toBe('ok');
      expect(await tries()).toEqual([3, 3]);
      expect((await verifyPin(await life.taps.purse(), WRONG_PIN)).status).not.toBe('ok');
      expect(await tries()).toEqual([2, 2]);
      const setup = { methods: new Set(['offlinePinEnciphered'] as const) };
      await life.paid({ amount: LARGE, request: 'tc', pin: PAYMENT_PIN, setup }, 'approved');
      expect(await tries()).toEqual([3, 3]);
    });

    it('a PIN that was overheard, enciphered, is worth nothing a second time', async () => {
      const again: Uint8Array[] = [];
      const between = (card: ApduTransport) => repeating(card, INS.verify, again);
      const setup = { methods: new Set(['offlinePinEnciphered'] as const) };
      const end = await life.paid(
        { amount: LARGE, request: 'tc', pin: PAYMENT_PIN, setup, between },
        'declined',
      );
      expect([again.map(hex), end.first.type]).toEqual([['63c2'], 'arqc']);
      expect((await verifyPin(await life.taps.purse(), PAYMENT_PIN)).status).toBe('ok');
    });

    it('blocked for one it is blocked for both, until the issuer gives the tries back', async () => {
      for (let n = 0; n < 3; n++) await verifyPin(await life.taps.purse(), WRONG_PIN);
      const blocked = await life.paid({ amount: LARGE, request: 'arqc', pin: PAYMENT_PIN }, 'declined');
      expect([blocked.tvr.has('pinTryLimitExceeded'), blocked.holder.result]).toEqual([true, 'failed']);
      const { online } = life.bank.line({ actions: [{ action: 'unblockPin' }] });
      const end = await life.paid({ amount: 1n, request: 'arqc', online }, 'approved');
      expect(end.scripts).toEqual([0x9000]);
      expect((await verifyPin(await life.taps.purse(), PAYMENT_PIN)).status).toBe('ok');
    });
  });
}
