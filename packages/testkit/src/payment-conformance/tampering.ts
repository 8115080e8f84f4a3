/**
 * One bit turned on the way from the card (11.4; Book 2, sections 5 and 6): in certificates, in what they cover, in
 * signatures, and in what stands in clear beside them.
 *
 * What must hold: the terminal finds it and approves nothing. Where the certificates do not hold, the product's own
 * action codes decline it offline; where a signature does not, the terminal itself does.
 */
import { decodeFlags, TVR_FLAGS } from '@sokkin/codec';
import type { ApduTransport } from '@sokkin/terminal';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EmvOutcome } from '../emv-terminal/types.ts';
import { EmvViolation } from '../emv-terminal/violation.ts';
import { INS, turning } from './between.ts';
import type { Payment, PaymentLife } from './life.ts';

/** Elements by which a terminal knows the card, and where they come from. */
const STATIC = [
  ["the issuer's certificate", 0x90],
  ["the exponent of the issuer's key", 0x9f32],
  ["the card's certificate", 0x9f46],
  ["the exponent of the card's key", 0x9f47],
  ["the number of the authority's key", 0x8f],
  ['the account number', 0x5a],
  ['the expiry date', 0x5f24],
  ["the holder's verification methods", 0x8e],
  ['what the terminal decides by', 0x9f0d],
  ['the list of data for cryptograms', 0x8c],
  ['track 2', 0x57],
  ['the interchange profile', 0x82],
] as const;

/** What the signature over a cryptogram covers, and the signature (Book 2, 6.6). */
const DYNAMIC = [
  ['the signature', 0x9f4b],
  ['the kind of the cryptogram', 0x9f27],
  ['the counter', 0x9f36],
  ["the issuer's data", 0x9f10],
] as const;

export function tampering(life: PaymentLife): void {
  /** One payment with that element changed; undefined: the terminal ended it, because the card broke the books. */
  async function changed(
    tag: number,
    payment: Omit<Payment, 'amount'>,
    ins?: number,
  ): Promise<EmvOutcome | undefined> {
    const way: { turned?: () => boolean } = {};
    const between = (card: ApduTransport) => {
      const made = turning(card, tag, ins);
      way.turned = made.turned;
      return made;
    };
    try {
      return await life.pay({ amount: 10n, ...payment, between });
    } catch (error) {
      if (error instanceof EmvViolation) return undefined;
      throw error;
    } finally {
      expect(way.turned?.(), 'the element went by').toBe(true);
    }
  }

  describe('one bit turned on the way', () => {
    beforeAll(() => life.meetBank());

    it.each(STATIC)('%s', async (_, tag) => {
      for (const method of ['cda', 'dda'] as const) {
        const end = await changed(tag, { request: 'aac', setup: { oda: new Set([method]) } });
        if (end === undefined || !('oda' in end)) continue;
        expect(end.oda.verdict).not.toBe('authentic');
        const failure = `${method}Failed` as const;
        expect(end.tvr.has(failure)).toBe(true);
        const declines = end.elements.get(0x9f0d) ?? new Uint8Array(5);
        expect(decodeFlags(TVR_FLAGS, declines).has(failure)).toBe(true);
        expect(end.ended).toBe('declined');
      }
    });

    it('the signature of DDA', async () => {
      const payment = { request: 'aac', setup: { oda: new Set(['dda'] as const) } } as const;
      const end = await changed(0x9f4b, payment, INS.internalAuthenticate);
      expect(end).toMatchObject({ ended: 'declined', oda: { method: 'dda' } });
      expect(end !== undefined && 'tvr' in end && end.tvr.has('ddaFailed')).toBe(true);
    });

    it.each(DYNAMIC)('%s of CDA, where a bank was asked for', async (_, tag) => {
      const before = await life.balance();
      const { online, seen } = life.bank.line();
      const end = await changed(tag, { request: 'arqc', online }, INS.generateAc);
      expect(end === undefined || end.ended === 'declined').toBe(true);
      expect(seen, 'what the bank heard').toEqual([]);
      expect(await life.balance()).toBe(before);
    });

    it.each(DYNAMIC)('%s of CDA, where the purse paid: the shop is not', async (_, tag) => {
      const before = await life.balance();
      const end = await changed(tag, { request: 'tc' }, INS.generateAc);
      expect(end === undefined || end.ended === 'declined').toBe(true);
      expect(await life.balance()).toBe(before - 10n);
    });
  });
}
