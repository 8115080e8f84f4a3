/** Born and loaded through the security domain, once, by whoever has its keys; and then a card of its issuer's (10). */
import { command, DGI, encodeInstallForPersonalization, fromHex, hex, SW } from '@sokkin/codec';
import { PURSE_AID } from '@sokkin/purse';
import { type DomainSession, isCardLost, verifyPin } from '@sokkin/terminal';
import { describe, expect, it } from 'vitest';
import { say } from '../card-conformance/commands.ts';
import { playScript } from '../card-conformance/script.ts';
import { PIN } from '../parties.ts';
import { PAYMENT_PIN } from '../payment-card/bank.ts';
import { activate, channelTo, enrol, identify, loadPayment } from '../payment-card/birth.ts';
import { entry } from './blank.ts';
import { selectByName, selection } from './commands.ts';
import type { PaymentLife } from './life.ts';
import { LOCKED } from './scripts-domain.ts';
import { PAYMENT } from './scripts-payment.ts';
import { scriptValues } from './values.ts';

/** What the purse holds at first, in minor units. */
export const FUNDED = 100_000n;
const PURSE_NO = 700;
const MOST_LOADING = 60;

export function personalisation(life: PaymentLife): void {
  const { crypto } = life.options;
  const aid = () => life.bank.profile.control.aid;

  describe('personalisation (10.4, 10.5)', () => {
    it('bears the purse, whose key stays the same', async () => {
      const first = await enrol(await life.channel(), crypto, life.world, PURSE_NO);
      life.certificate = await enrol(await life.channel(), crypto, life.world, PURSE_NO);
      expect(hex(life.certificate.publicKey)).toBe(hex(first.publicKey));
      await identify(await life.channel(), life.world, life.certificate);
      await refusesInstall(await life.channel(), PURSE_AID);
    });

    it('is active and funded', async () => {
      await activate(await life.taps.tap(), life.world, FUNDED);
      expect(await life.taps.stands()).toMatchObject({ lifecycle: 'active', balance: FUNDED });
      expect((await verifyPin(await life.taps.purse(), PIN)).status).toBe('ok');
    });

    it('locked, it takes nothing', async () => {
      const session = await life.channel();
      for (const state of ['secured', 'locked'] as const) {
        expect((await session.setStatus(state)).status).toBe('ok');
      }
      await refusesInstall(session, aid());
      expect((await session.setStatus('secured')).status).toBe('ok');
    });

    it('takes no payment application that is not whole, and keeps nothing of it', async () => {
      const { groupings } = life.bank;
      for (const wrong of [
        groupings.filter(({ dgi }) => dgi !== DGI.control),
        groupings.map((g) =>
          g.dgi === DGI.masterKeyChecks ? { ...g, value: g.value.map((b) => b ^ 1) } : g,
        ),
      ]) {
        const session = await life.channel();
        expect(await session.personalise(aid(), wrong)).toEqual({ status: 'refused', sw: SW.wrongData });
        expect(await selection(life)).toBe(SW.fileNotFound);
      }
    });

    it('is not there when power went in the middle of its loading', async () => {
      const { tapTorn } = life.taps;
      if (tapTorn === undefined) return;
      for (const exchange of [8, 12, 16]) {
        const torn = await channelTo(await tapTorn(exchange), life.options.symmetric, life.rig.domain);
        await expect(loadPayment(torn, life.bank)).rejects.toSatisfy(isCardLost);
        expect(await selection(life)).toBe(SW.fileNotFound);
      }
    });

    it('takes it whole, in blocks, and with it its PIN', async () => {
      const session = await life.channel();
      let blocks = 0;
      const loaded = await session.personalise(aid(), life.bank.groupings, (p) => {
        blocks = p.blocks;
      });
      expect(loaded.status).toBe('ok');
      expect(blocks).toBeLessThan(MOST_LOADING);
      const purse = await life.taps.purse();
      expect((await verifyPin(purse, PAYMENT_PIN)).status).toBe('ok');
      expect((await life.taps.stands()).balance).toBe(FUNDED);
    });

    it('is not personalised again', async () => {
      await refusesInstall(await life.channel(), aid());
      await refusesInstall(await life.channel(), PURSE_AID);
      expect(
        (await (await life.channel()).personalise(fromHex('f000000099'), life.bank.groupings)).status,
      ).toBe('refused');
    });

    it('shows the records that were loaded, byte for byte', async () => {
      const card = await life.taps.tap();
      expect((await say(card, selectByName(aid()))).sw).toBe(SW.ok);
      for (const { dgi, value } of life.bank.groupings) {
        const [sfi, record] = [dgi >> 8, dgi & 0xff];
        if (sfi > 30) continue;
        const read = await say(card, command(0x00, 0xb2, record, (sfi << 3) | 4, undefined, 256));
        expect([hex(read.data), read.sw], `file ${sfi}, record ${record}`).toEqual([hex(value), SW.ok]);
      }
    });
  });

  describe('lifecycle of the card (10.6)', () => {
    it('is secured for good', async () => {
      const session = await life.channel();
      expect((await session.setStatus('secured')).status).toBe('ok');
      expect(await session.setStatus('initialized')).toEqual({
        status: 'refused',
        sw: SW.conditionsNotSatisfied,
      });
      expect(await cardStatus(session)).toMatch(entry('a000000151000000', '0f'));
    });

    it('is locked, and unlocked again as it was', async () => {
      expect((await (await life.channel()).setStatus('locked')).status).toBe('ok');
      for (const script of Object.values(LOCKED)) {
        await playScript(life.stage, script, scriptValues(life.bank));
      }
      const session = await life.channel();
      expect(session.info.isLocked).toBe(true);
      await refusesInstall(session, aid());
      expect((await session.setStatus('secured')).status).toBe('ok');
      expect((await life.taps.stands()).balance).toBe(FUNDED);
    });
  });

  describe('bytes (11.1, 11.2)', () => {
    for (const [title, script] of Object.entries(PAYMENT)) {
      it(title, () => playScript(life.stage, script, scriptValues(life.bank)));
    }
    it('by none of which value moved', async () => {
      expect(await life.taps.stands()).toMatchObject({ balance: FUNDED, pinTriesLeft: 3 });
    });
  });
}

async function refusesInstall(session: DomainSession, aid: Uint8Array): Promise<void> {
  const install = command(0x80, 0xe6, 0x20, 0x00, encodeInstallForPersonalization(aid), 256);
  expect(await session.transmit(install)).toEqual({ status: 'refused', sw: SW.conditionsNotSatisfied });
}

async function cardStatus(session: DomainSession): Promise<string> {
  const listed = await session.transmit(command(0x80, 0xf2, 0x80, 0x02, fromHex('4f00'), 256));
  if (listed.status !== 'ok') throw new Error(listed.status);
  return hex(listed.value);
}
