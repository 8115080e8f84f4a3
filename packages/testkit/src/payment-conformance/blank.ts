/** A blank card with factory keys: what anybody sees, and that nobody gets in without the keys (section 10). */
import { command, DOMAIN_AID, fromHex, hex, STATUS_OF, SW } from '@sokkin/codec';
import { initializeUpdate, openHost, readInitializeUpdate, type Scp03Keys } from '@sokkin/crypto';
import { type ApduTransport, openDomain } from '@sokkin/terminal';
import { describe, expect, it } from 'vitest';
import { say } from '../card-conformance/commands.ts';
import { playScript } from '../card-conformance/script.ts';
import { selectByName } from './commands.ts';
import type { PaymentLife } from './life.ts';
import { BLANK_DOMAIN } from './scripts-domain.ts';
import { scriptValues } from './values.ts';

export function blankCard(life: PaymentLife): void {
  describe('blank (10)', () => {
    for (const [title, script] of Object.entries(BLANK_DOMAIN)) {
      it(title, () => playScript(life.stage, script, scriptValues(life.bank)));
    }

    it('proves its keys to whoever has them, and to nobody else', async () => {
      const { symmetric } = life.options;
      const wrong = {
        keyOf: async (serial: Uint8Array, no: number) => otherThan(await keysOf(life, serial, no)),
      };
      expect(await openDomain(await life.taps.tap(), { ...wrong, symmetric })).toEqual({
        status: 'wrong_keys',
      });
      const session = await life.channel();
      expect([session.info.diversification.length, session.info.isLocked]).toEqual([10, false]);
    });

    it('believes no host whose proof was changed, nor the right one after it', async () => {
      const { symmetric } = life.options;
      const card = await life.taps.tap();
      await say(card, selectByName(DOMAIN_AID));
      const shown = readInitializeUpdate((await say(card, initializeUpdate(0, new Uint8Array(8)))).data);
      const keys = await keysOf(life, shown.diversification, shown.keyVersion);
      const host = openHost(symmetric, keys, new Uint8Array(8), shown, 0x33);
      if (host.verdict !== 'ok') throw new Error(host.verdict);
      const forged = { ...host.command, data: host.command.data.map((b, i) => (i === 0 ? b ^ 1 : b)) };
      expect([SW.verificationFailed, SW.incorrectSecureMessaging]).toContain((await say(card, forged)).sw);
      expect((await say(card, host.command)).sw, 'the right one comes too late').toBe(
        SW.conditionsNotSatisfied,
      );
    });

    it('gives another challenge every time', async () => {
      const seen = new Set<string>();
      for (let i = 0; i < 3; i++) seen.add(await challengeOf(await life.taps.tap()));
      expect(seen.size).toBe(3);
    });

    it('lists its applications: the payment application is there, and not yet selectable', async () => {
      const session = await life.channel();
      const listed = await session.transmit(
        command(0x80, 0xf2, STATUS_OF.applications, 0x02, fromHex('4f00'), 256),
      );
      if (listed.status !== 'ok') throw new Error(listed.status);
      expect(hex(listed.value)).toMatch(entry(hex(life.bank.profile.control.aid), '03'));
    });
  });
}

/** A template E3 with this AID and lifecycle (10.2). */
export const entry = (aid: string, lifecycle: string): RegExp =>
  new RegExp(`e3..4f..${aid}9f7001${lifecycle}`);

async function keysOf({ rig }: PaymentLife, serial: Uint8Array, version: number): Promise<Scp03Keys> {
  const keys = 'keys' in rig.domain ? rig.domain.keys : await rig.domain.keyOf(serial, version);
  if (keys === undefined) throw new Error('The rig has no keys for its own card');
  return keys;
}

const otherThan = (keys: Scp03Keys): Scp03Keys => ({ ...keys, mac: keys.mac.map((byte) => byte ^ 0xff) });

async function challengeOf(card: ApduTransport): Promise<string> {
  await say(card, selectByName(DOMAIN_AID));
  const { data } = await say(card, initializeUpdate(0, new Uint8Array(8)));
  return hex(readInitializeUpdate(data).cardChallenge);
}
