/**
 * One transaction of the terminal: its data by tags, its verdicts, its way to the card.
 *
 * What must hold: commands have short length (Book 1, 9.4; Book 3, 6.3); an answer that is no response APDU is the
 * card's violation; data of the card never takes the place of the terminal's.
 */
import {
  type Bytes,
  buildDolData,
  type CommandApdu,
  type DolEntry,
  emvElement,
  encodeFlags,
  encodeN,
  hex,
  isoOfEpoch,
  type ResponseApdu,
  TSI_FLAGS,
  type TsiFlag,
  TVR_FLAGS,
  type TvrFlag,
  u8,
} from '@sokkin/codec';
import { type ApduTransport, send } from '@sokkin/terminal';
import type { EmvPurchase, TerminalSetup } from './types.ts';
import { violated } from './violation.ts';

export interface Session {
  readonly transport: ApduTransport;
  readonly setup: TerminalSetup;
  readonly purchase: EmvPurchase;
  readonly tvr: Set<TvrFlag>;
  readonly tsi: Set<TsiFlag>;
  /** The terminal's data elements. */
  readonly own: Map<number, Bytes>;
  /** The card's. */
  readonly card: Map<number, Bytes>;
}

export function openSession(transport: ApduTransport, setup: TerminalSetup, purchase: EmvPurchase): Session {
  const { country = '392', currency = '392', exponent = 0, terminalType = 0x22 } = setup;
  const own = new Map<number, Bytes>([
    [0x9f02, encodeN(purchase.amount.toString(), 6)],
    [0x9f03, encodeN((purchase.other ?? 0n).toString(), 6)],
    [0x9f1a, encodeN(country, 2)],
    [0x5f2a, encodeN(currency, 2)],
    [0x5f36, encodeN(String(exponent), 1)],
    [0x9a, encodeN(isoOfEpoch(setup.today).slice(2).replaceAll('-', ''), 3)],
    [0x9c, u8(purchase.type ?? 0)],
    [0x9f35, u8(terminalType)],
    [0x9f37, setup.randomBytes(4)],
    // Terminal transaction qualifiers (Book A, 5.7): EMV mode, with and without the issuer, signature and PIN.
    [0x9f66, Uint8Array.of(0x36, 0, 0x40, 0)],
    ...(purchase.data ?? []),
  ]);
  const short = { extended: false, transmit: (c: Bytes) => transport.transmit(c) };
  return { transport: short, setup, purchase, tvr: new Set(), tsi: new Set(), own, card: new Map() };
}

/** An element as lists ask for it (Book 3, 5.4): the terminal's own first. */
export function lookUp(session: Session, tag: number): Bytes | undefined {
  if (tag === 0x95) return encodeFlags(TVR_FLAGS, session.tvr);
  if (tag === 0x9b) return encodeFlags(TSI_FLAGS, session.tsi);
  return session.own.get(tag) ?? session.card.get(tag);
}

export const dolData = (session: Session, list: readonly DolEntry[]): Bytes =>
  buildDolData(list, (tag) => lookUp(session, tag));

/** One command; GET RESPONSE and a corrected Le are the transport's business (Book 1, 9.3). */
export async function ask(session: Session, c: CommandApdu): Promise<ResponseApdu> {
  const answer = await send(session.transport, c);
  return answer === 'garbled' ? violated('Book 1, 9.4.2', 'the answer is no response APDU') : answer;
}

/** Takes an element of the card: once, in its length and format (Book 3, 7.5 and 10.2, Annex A). */
export function take(session: Session, tag: number, value: Bytes, section: string): void {
  const name = tag.toString(16).toUpperCase();
  if (session.card.has(tag)) violated(section, `${name} came twice`);
  const known = emvElement(tag);
  if (known !== undefined) {
    if (known.source !== 'card') violated(section, `${name} (${known.name}) is not the card's to give`);
    if (value.length < known.min || value.length > known.max)
      violated(section, `${name} (${known.name}) has ${value.length} bytes`);
    if (known.format === 'n' && !/^\d*$/.test(hex(value))) violated(section, `${name} is no number`);
    if (known.format === 'cn' && !/^\d+f*$/.test(hex(value))) violated(section, `${name} is no number`);
  }
  session.card.set(tag, value);
}
