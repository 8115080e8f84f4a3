/** What the issuer orders its card to do (11.6), and how far the card goes without it (11.3). */
import { hex, SW } from '@sokkin/codec';
import type { ScriptAction } from '@sokkin/issuer';
import { openApprovals, verifyPin } from '@sokkin/terminal';
import { beforeAll, describe, expect, it } from 'vitest';
import { playScript } from '../card-conformance/script.ts';
import { must } from '../card-conformance/tapping.ts';
import { PAYMENT_PIN } from '../payment-card/bank.ts';
import { grant } from '../payment-card/birth.ts';
import { heedless } from './between.ts';
import { selection } from './commands.ts';
import type { PaymentLife } from './life.ts';
import { readByBank } from './payments.ts';
import { CARD_BLOCKED } from './scripts-payment.ts';
import { scriptValues } from './values.ts';

const limit = (tag: number, value: number): ScriptAction => ({
  action: 'putData',
  tag,
  value: Uint8Array.of(value),
});
const LOWER = 0x9f14;
const UPPER = 0x9f23;

export function issuerOrders(life: PaymentLife): void {
  /** An online approval that brings these orders; the status words of the commands. */
  async function ordered(...actions: ScriptAction[]): Promise<readonly number[]> {
    const { online } = life.bank.line({ actions });
    return (await life.paid({ amount: 1n, request: 'arqc', online }, 'approved')).scripts;
  }

  describe('the issuer (11.6)', () => {
    beforeAll(() => life.meetBank());

    it('changes the PIN, for the purse, too', async () => {
      expect(await ordered({ action: 'changePin', pin: '13579' })).toEqual([SW.ok]);
      expect((await verifyPin(await life.taps.purse(), PAYMENT_PIN)).status).not.toBe('ok');
      expect((await verifyPin(await life.taps.purse(), '13579')).status).toBe('ok');
      expect(await ordered({ action: 'changePin', pin: PAYMENT_PIN })).toEqual([SW.ok]);
    });

    it('is heard before the last cryptogram, too, and is told how many orders came', async () => {
      const { online } = life.bank.line({ template: 0x71, actions: [{ action: 'unblockPin' }] });
      const end = await life.paid({ amount: 1n, request: 'arqc', online }, 'approved');
      expect(end.scripts).toEqual([SW.ok]);
      expect(readByBank(life, end).verdict).toBe('genuine');
    });

    it('lowers the limits: above the lower the card asks, above the upper it declines', async () => {
      expect(await ordered(limit(LOWER, 1), limit(UPPER, 2))).toEqual([SW.ok, SW.ok]);
      await life.meetBank();
      await life.paid({ amount: 1n, request: 'tc' }, 'approved');
      const asks = await life.paid({ amount: 1n, request: 'tc', whenUnable: 'tc' }, 'approved');
      expect([asks.first.type, asks.second?.type]).toEqual(['arqc', 'tc']);
      const before = await life.balance();
      const above = await life.paid({ amount: 1n, request: 'tc', whenUnable: 'tc' }, 'declined');
      expect([above.first.type, above.second?.type, await life.balance()]).toEqual(['arqc', 'aac', before]);
      const offline = await life.paid(
        { amount: 1n, request: 'tc', setup: { terminalType: 0x23 } },
        'declined',
      );
      expect(offline.first.type).toBe('aac');
      expect(await ordered(limit(LOWER, 10), limit(UPPER, 20))).toEqual([SW.ok, SW.ok]);
      await life.paid({ amount: 1n, request: 'tc' }, 'approved');
    });

    it('an order for what is no limit is refused, and the bank hears of it', async () => {
      const [word] = await ordered(limit(0x9f36, 0));
      expect(word).toBe(SW.referencedDataNotFound);
      const next = await life.paid({ amount: 1n, request: 'aac' }, 'declined');
      expect(readByBank(life, next).cvr?.bits.has('scriptFailed')).toBe(true);
      await life.meetBank();
    });

    it('orders of another transaction are worth nothing', async () => {
      const asked = await life.paid({ amount: 1n, request: 'arqc' }, 'declined');
      const old = life.bank.script(readByBank(life, asked), [{ action: 'blockApplication' }]);
      const card = await life.taps.tap();
      await life.pay({ amount: 1n, request: 'aac' }, card);
      const [answer] = await Promise.all(old.map((c) => card.transmit(c)));
      expect(hex(answer ?? new Uint8Array(0))).toBe('6988');
      expect(await selection(life)).toBe(SW.ok);
    });

    it('blocks the application, which then declines everything, and unblocks it', async () => {
      expect(await ordered({ action: 'blockApplication' })).toEqual([SW.ok]);
      expect(await selection(life)).toBe(SW.fileDeactivated);
      expect(await life.pay({ amount: 1n, request: 'tc' })).toEqual({
        ended: 'no-application',
        sw: SW.fileDeactivated,
      });
      const card = await life.taps.tap();
      const end = await life.pay({ amount: 1n, request: 'tc', between: heedless }, card);
      if (end.ended !== 'declined') throw new Error(`A blocked application ended ${end.ended}`);
      expect(end.first.type).toBe('aac');
      for (const order of life.bank.script(readByBank(life, end), [{ action: 'unblockApplication' }])) {
        expect(hex(await card.transmit(order))).toBe('9000');
      }
      await life.paid({ amount: 1n, request: 'tc' }, 'approved');
    });
  });

  describe('the back-end (protocol.md 6.10)', () => {
    it('closes approvals that the shop was paid for, and brings others back', async () => {
      const unpaid = await life.paid({ amount: 55n, request: 'tc' }, 'approved');
      const before = await life.balance();
      const wanted = await life.approval(unpaid.first.atc);
      const open = must(await openApprovals(await life.taps.purse()));
      const resolutions = open.map(({ approvalNo }) => ({
        paymentNo: approvalNo,
        outcome: approvalNo === wanted?.approvalNo ? ('cancelled' as const) : ('credited' as const),
      }));
      await grant(await life.taps.tap(), life.world, { resolutions });
      expect(must(await openApprovals(await life.taps.purse()))).toEqual([]);
      expect(await life.balance()).toBe(before + 55n);
    });
  });
}

/** Nothing can be paid with the card after this; what it holds comes home all the same. */
export function lastOrders(life: PaymentLife): void {
  describe('the end (11.1)', () => {
    it('blocks the card for payments', async () => {
      const { online } = life.bank.line({ actions: [{ action: 'blockCard' }] });
      const end = await life.paid({ amount: 1n, request: 'arqc', online }, 'approved');
      expect(end.scripts).toEqual([SW.ok]);
    });
    for (const [title, script] of Object.entries(CARD_BLOCKED)) {
      it(title, () => playScript(life.stage, script, scriptValues(life.bank)));
    }
    it('the purse goes on', async () => {
      const { lifecycle, balance } = await life.taps.stands();
      expect([lifecycle, balance > 0n]).toEqual(['active', true]);
      await grant(await life.taps.tap(), life.world);
    });
  });
}
