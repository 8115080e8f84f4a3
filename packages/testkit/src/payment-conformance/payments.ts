/** Payments as they go: offline from the purse, online by the bank, declined, and without a way to it (11.3, 11.4). */
import { dolLength, equal, fromHex, hex } from '@sokkin/codec';
import { object, parseEntry, parseStatement } from '@sokkin/purse';
import { type ApduTransport, journalOf } from '@sokkin/terminal';
import { beforeAll, describe, expect, it } from 'vitest';
import { apdu, say, sole } from '../card-conformance/commands.ts';
import { must } from '../card-conformance/tapping.ts';
import type { GivenCryptogram } from '../emv-terminal/types.ts';
import { PAYMENT_PIN } from '../payment-card/bank.ts';
import { altering } from './between.ts';
import { DATUM, datum } from './commands.ts';
import type { Ended, PaymentLife } from './life.ts';

type Completed = Ended<'approved'> | Ended<'declined'>;

/** What the bank reads in the last cryptogram of a payment; it must be the card's. */
export function readByBank({ bank }: PaymentLife, { message }: Completed) {
  const found = bank.judge(message);
  if (found.verdict !== 'genuine') throw new Error(`The bank finds the cryptogram ${found.verdict}`);
  return found;
}

const signed = (given: GivenCryptogram | undefined) => [given?.type, given?.cda];

export function payments(life: PaymentLife): void {
  describe('payments (11.3)', () => {
    beforeAll(() => life.meetBank());

    it.each([
      ['contact', 'cda'],
      ['contact', 'dda'],
      ['contactless', 'cda'],
      ['contactless', 'dda'],
    ] as const)('offline: %s, %s', async (at, oda) => {
      const before = await life.balance();
      const setup = { interface: at, oda: new Set([oda]) };
      const end = await life.paid({ amount: 700n, request: 'tc', setup }, 'approved');
      expect(end).toMatchObject({
        how: 'offline',
        oda: { method: oda, verdict: 'authentic' },
        first: { type: 'tc', cda: oda === 'cda' ? 'authentic' : undefined },
        selected: { aid: life.bank.profile.control.aid },
      });
      expect(hex(end.elements.get(0x5a) ?? fromHex(''))).toBe(life.bank.order.pan);
      expect(await life.balance()).toBe(before - 700n);
      expect(readByBank(life, end).iad.debited ?? true).toBe(true);
    });

    it('an approval stands in the journal, open, with its cryptogram', async () => {
      const end = await life.paid({ amount: 41n, request: 'tc' }, 'approved');
      const { atc, cryptogram = fromHex('') } = end.first;
      const found = await life.approval(atc);
      expect(found).toMatchObject({ amount: 41n });
      expect(hex(found?.cryptogram ?? fromHex(''))).toBe(hex(cryptogram));
      const card = await life.taps.purse();
      const { data } = await say(card, apdu('statement', object('nonce', new Uint8Array(16))));
      const { fields } = parseStatement(sole('statement', data));
      const journal = must(await journalOf(card, fields)).map((body) => parseEntry(body).fields);
      expect(journal.filter((f) => 'atc' in f && equal(f.cryptogram, cryptogram))).toHaveLength(1);
    });

    it('what is asked to be declined, or is no purchase, or more than there is, is not approved offline', async () => {
      const before = await life.balance();
      const end = await life.paid({ amount: 5n, request: 'aac' }, 'declined');
      expect(end.first).toMatchObject({ type: 'aac', cda: undefined });
      for (const [amount, type] of [
        [5n, 0x01],
        [5n, 0x20],
        [before + 1n, 0x00],
      ] as const) {
        const declined = await life.paid({ amount, type, request: 'tc', pin: PAYMENT_PIN }, 'declined');
        expect(declined.first.type).toBe('arqc');
      }
      const cashback = await life.paid({ amount: 5n, other: 2n, type: 0x09, request: 'tc' }, 'declined');
      expect(cashback.first.type).toBe('arqc');
      const offlineOnly = { amount: before + 1n, request: 'tc', setup: { terminalType: 0x23 } } as const;
      expect((await life.paid(offlineOnly, 'declined')).first.type).toBe('aac');
      expect(await life.balance()).toBe(before);
    });

    it('online: both ends believe each other, and the balance stays', async () => {
      const before = await life.balance();
      const { online, seen } = life.bank.line();
      const end = await life.paid({ amount: 900n, request: 'arqc', online }, 'approved');
      expect([end.how, seen]).toEqual(['online', ['genuine']]);
      expect([signed(end.first), signed(end.second)]).toEqual([
        ['arqc', 'authentic'],
        ['tc', 'authentic'],
      ]);
      const { iad, cvr } = readByBank(life, end);
      expect([iad.debited ?? false, cvr?.bits.has('issuerAuthenticationFailed')]).toEqual([false, false]);
      expect(await life.balance()).toBe(before);
      expect(await datum(life, DATUM.lastOnlineAtc)).toBe(await datum(life, DATUM.atc));
    });

    it('online: the bank says no, and the card says so', async () => {
      const { online } = life.bank.line({ responseCode: '05' });
      const end = await life.paid({ amount: 900n, request: 'arqc', online }, 'declined');
      expect(end.second?.type).toBe('aac');
      readByBank(life, end);
    });

    it('online: the terminal says yes, and the bank did not', async () => {
      const { online } = life.bank.line({ approves: false });
      const end = await life.paid({ amount: 900n, request: 'arqc', online }, 'declined');
      expect(end.second?.type).toBe('aac');
    });

    it('online: somebody else says yes; the next time the bank hears of it', async () => {
      const before = await life.balance();
      const forged = life.bank.line({ forged: true });
      const end = await life.paid({ amount: 900n, request: 'arqc', online: forged.online }, 'declined');
      expect(end.second?.type).toBe('aac');
      expect(readByBank(life, end).cvr?.bits.has('issuerAuthenticationFailed')).toBe(true);
      const next = await life.paid({ amount: 1n, request: 'aac' }, 'declined');
      expect(readByBank(life, next).cvr?.bits.has('issuerAuthenticationFailed')).toBe(true);
      await life.meetBank();
      const after = await life.paid({ amount: 1n, request: 'aac' }, 'declined');
      expect(readByBank(life, after).cvr?.bits.has('issuerAuthenticationFailed')).toBe(false);
      expect(await life.balance()).toBe(before);
    });

    it('no way to the bank: the purse pays if the terminal lets it', async () => {
      const before = await life.balance();
      const no = await life.paid({ amount: 300n, request: 'arqc', whenUnable: 'aac' }, 'declined');
      expect([no.second?.type, await life.balance()]).toEqual(['aac', before]);
      const yes = await life.paid({ amount: 300n, request: 'arqc', whenUnable: 'tc' }, 'approved');
      expect(signed(yes.second)).toEqual(['tc', 'authentic']);
      expect(readByBank(life, yes)).toMatchObject({ iad: { debited: true } });
      expect(await life.balance()).toBe(before - 300n);
      expect(await life.approval(yes.first.atc)).toMatchObject({ amount: 300n });
    });

    it('the amount is that of the first cryptogram, whatever is said with the second', async () => {
      const before = await life.balance();
      const { cdol2 } = life.bank.profile.lists;
      const at = cdol2.findIndex(({ tag }) => tag === AMOUNT);
      if (at < 0) return;
      const units = FIRST_DATA + dolLength(cdol2.slice(0, at + 1)) - 1;
      const between = (card: ApduTransport) =>
        altering(card, (command) => command.map((byte, i) => (i === units ? 0x99 : byte)));
      await life.pay({ amount: 30n, request: 'arqc', whenUnable: 'tc', between });
      expect(await life.balance()).toBe(before - 30n);
    });
  });
}

const AMOUNT = 0x9f02;
/** Where the data of a short command begins. */
const FIRST_DATA = 5;
