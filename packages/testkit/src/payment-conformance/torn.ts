/**
 * The card leaves over a cryptogram (11.5; Book C-2, 5.7): after it was made, or in the middle of it.
 *
 * What must hold: debited once and recoverable, or not at all; a terminal that comes again learns which.
 */
import { hex, SW } from '@sokkin/codec';
import { isCardLost } from '@sokkin/terminal';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TornTransaction } from '../emv-terminal/types.ts';
import { counting, INS, losing } from './between.ts';
import { DATUM, datum } from './commands.ts';
import type { Ended, PaymentLife } from './life.ts';
import { readByBank } from './payments.ts';

/** As many as find power cut before and after the one write that counts. */
const CUTS = 6;

export function tornPayments(life: PaymentLife): void {
  const comeAgain = async (torn: TornTransaction) => life.pay({ amount: 3n, request: 'tc', torn });

  describe('torn (11.5)', () => {
    beforeAll(() => life.meetBank());

    it.each(['cda', 'dda'] as const)(
      'an answer that was lost comes again, and is debited once: %s',
      async (oda) => {
        const before = await life.balance();
        const setup = { oda: new Set([oda]) };
        const lost = await life.paid(
          { amount: 77n, request: 'tc', setup, between: (card) => losing(card, INS.generateAc) },
          'torn',
        );
        expect(await life.balance()).toBe(before - 77n);
        for (let time = 0; time < 2; time++) {
          const again = await life.paid({ amount: 5n, request: 'tc', setup, torn: lost.torn }, 'approved');
          expect(again).toMatchObject({ recovered: true, first: { type: 'tc' } });
          expect(readByBank(life, again).iad.debited ?? true).toBe(true);
          expect(await life.approval(again.first.atc)).toMatchObject({ amount: 77n });
        }
        expect(await life.balance()).toBe(before - 77n);
      },
    );

    it('shows the approval for its own data only, and not after another cryptogram', async () => {
      const { torn } = await life.paid(
        { amount: 78n, request: 'tc', between: (card) => losing(card, INS.generateAc) },
        'torn',
      );
      const other = { ...torn, drdolData: torn.drdolData.map((b, i) => (i === 0 ? b ^ 1 : b)) };
      const refused = { ended: 'refused', command: 'RECOVER AC', sw: SW.conditionsNotSatisfied };
      expect(await comeAgain(other)).toEqual(refused);
      expect((await comeAgain(torn)).ended).toBe('approved');
      await life.paid({ amount: 1n, request: 'tc' }, 'approved');
      expect(await comeAgain(torn)).toEqual(refused);
    });

    it('an ARQC that was lost is not shown again: nobody waits for its answer', async () => {
      const before = await life.balance();
      const { torn } = await life.paid(
        { amount: 79n, request: 'arqc', between: (card) => losing(card, INS.generateAc) },
        'torn',
      );
      expect(await comeAgain(torn)).toMatchObject({ ended: 'refused', command: 'RECOVER AC' });
      expect(await life.balance()).toBe(before);
    });

    it('power gone in the middle of GENERATE AC: debited once and recoverable, or not at all', async () => {
      const { tapTorn } = life.taps;
      if (tapTorn === undefined) return;
      for (let cut = 0; cut < CUTS; cut++) {
        const before = await life.balance();
        const card = await tapTorn(await exchangeOf(life, INS.generateAc));
        const lost = (await life.pay({ amount: 90n, request: 'tc' }, card)) as Ended<'torn'>;
        expect(lost.ended).toBe('torn');
        const after = await life.balance();
        const again = await comeAgain(lost.torn);
        if (after === before) expect(again).toMatchObject({ ended: 'refused', command: 'RECOVER AC' });
        else expect([again.ended, after]).toEqual(['approved', before - 90n]);
        expect(await life.balance()).toBe(after);
        await life.meetBank();
      }
    });

    it('power gone in the middle of GET PROCESSING OPTIONS: the counter never comes back', async () => {
      const { tapTorn } = life.taps;
      if (tapTorn === undefined) return;
      const before = await datum(life, DATUM.atc);
      const card = await tapTorn(await exchangeOf(life, INS.processingOptions));
      await expect(life.pay({ amount: 90n, request: 'tc' }, card)).rejects.toSatisfy(isCardLost);
      const after = await datum(life, DATUM.atc);
      expect(after).toBeGreaterThanOrEqual(before);
      const end = await life.paid({ amount: 1n, request: 'aac' }, 'declined');
      expect(Number.parseInt(hex(end.first.atc), 16)).toBeGreaterThan(after);
    });
  });
}

/** At which exchange of a payment that comes to its end the card sees this command first. */
async function exchangeOf(life: PaymentLife, ins: number): Promise<number> {
  const counted = counting(await life.taps.tap(), ins);
  await life.pay({ amount: 1n, request: 'aac' }, counted);
  return counted.at();
}
