/** Single commands of a payment card, where a test is about one and not about a transaction. */
import { type Bytes, type CommandApdu, command, decodeTlv, hex, SW } from '@sokkin/codec';
import type { ApduTransport } from '@sokkin/terminal';
import { say } from '../card-conformance/commands.ts';
import type { PaymentLife } from './life.ts';

export const selectByName = (name: Bytes): CommandApdu => command(0x00, 0xa4, 0x04, 0x00, name, 256);

/** The status word of SELECT for the payment application, in a tap of its own. */
export async function selection({ bank, taps }: PaymentLife): Promise<number> {
  return (await say(await taps.tap(), selectByName(bank.profile.control.aid))).sw;
}

/** What GET DATA of the payment application says (11.2), as a number. */
export async function datum(life: PaymentLife, tag: number): Promise<number> {
  const card: ApduTransport = await life.taps.tap();
  await say(card, selectByName(life.bank.profile.control.aid));
  const { sw, data } = await say(card, command(0x80, 0xca, tag >> 8, tag & 0xff, undefined, 256));
  if (sw !== SW.ok) throw new Error(`GET DATA was answered with ${sw.toString(16)}`);
  return Number.parseInt(hex(decodeTlv(data).value), 16);
}

export const DATUM = { atc: 0x9f36, lastOnlineAtc: 0x9f13, pinTries: 0x9f17 } as const;
