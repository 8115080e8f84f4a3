/** Bytes of all kinds, at every application of the card: each has an answer, and no value moves by them (3.5). */
import { ascii, DOMAIN_AID, hex } from '@sokkin/codec';
import { beforeAll, describe, expect, it } from 'vitest';
import { say } from '../card-conformance/commands.ts';
import { seeded } from '../checker/random.ts';
import { selectByName } from './commands.ts';
import type { PaymentLife } from './life.ts';

const COMMANDS = 150;
/** Commands that mean something to one of the applications, and are played elsewhere. */
const MEANT = new Set([0x82, 0x84, 0x88, 0xa4, 0xa8, 0xae, 0xb2, 0xc0, 0xca, 0xd0, 0x20, 0x50]);

export function anyBytes(life: PaymentLife): void {
  describe('bytes of all kinds (3.5)', () => {
    beforeAll(() => life.meetBank());

    it.each([
      ['the payment application', () => life.bank.profile.control.aid],
      ['2PAY.SYS.DDF01', () => ascii('2PAY.SYS.DDF01')],
      ['1PAY.SYS.DDF01', () => ascii('1PAY.SYS.DDF01')],
      ['the security domain', () => DOMAIN_AID],
    ])('at %s', async (title, name) => {
      const random = seeded(title.length);
      const before = await life.taps.stands();
      const card = await life.taps.tap();
      await say(card, selectByName(name()));
      for (let n = 0; n < COMMANDS; n++) {
        const bytes = Uint8Array.from({ length: 4 + random.below(60) }, () => random.below(256));
        // A class FF is the reader's own (PC/SC part 3).
        if (bytes[0] === 0xff || MEANT.has(bytes[1] ?? 0)) continue;
        const answer = hex(await card.transmit(bytes));
        expect(answer, hex(bytes)).toMatch(/(9000|6[1-9a-f]..)$/);
      }
      expect(await life.taps.stands()).toEqual(before);
      await life.paid({ amount: 1n, request: 'tc' }, 'approved');
    });
  });
}
