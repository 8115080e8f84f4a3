/**
 * Answer to reset (ISO/IEC 7816-3, 8.2): what a card says of itself before the first command, and what ours says.
 *
 * What must hold: bytes that are no ATR are refused; a card is believed to take extended length only if its
 * historical bytes say so (ISO/IEC 7816-4, 12.1.1.9), because one that does not may fall silent over it.
 */
import { type Bytes, concat, fromHex, Reader, SokkinError } from '@sokkin/codec';

export interface Atr {
  /** T values that are offered, in order; none written means T=0. */
  readonly protocols: readonly number[];
  readonly historical: Bytes;
}

/**
 * What a Sokkin card answers at the contacts: the basic ATR for T=1 of EMV Book 1, 8.3 (a terminal that keeps to
 * EMV rejects any other), with five historical bytes.
 *
 *     3B        direct convention
 *     E5        TB1, TC1, TD1 follow; 5 historical bytes
 *     00 00 81  no VPP; no extra guard time; T=1, TD2 follows
 *     31        TA3, TB3 follow, for T=1
 *     FE 45     blocks of 254 bytes, so that a PAY takes 3 and not 20; waiting times BWI 4, CWI 5, the most EMV takes
 *     80        what follows is compact TLV
 *     73 C0 01 C0   selected by name, whole or cut off; bytes as data units; takes chaining and extended length
 *     xx        check byte: all from T0 on XOR to 0
 */
export const CARD_ATR: Bytes = fromHex('3be500008131fe458073c001c01c');

/**
 * The same card with the basic ATR for T=0 (Book 1, 8.3), for programs that speak nothing else. No check byte: there
 * is none where only T=0 is offered.
 */
export const CARD_ATR_T0: Bytes = fromHex('3b6500008073c001c0');

/**
 * What a reader says of a card of ISO/IEC 14443-4, which has no ATR, in place of one (PC/SC part 3, 3.1.3.2.3.1):
 * from the historical bytes of its ATS.
 *
 *     3B        direct convention
 *     8n        TD1 follows; n historical bytes
 *     80        T=0, TD2 follows
 *     01        T=1, nothing follows
 *     ..        the historical bytes
 *     xx        check byte
 *
 * Throws SokkinError 'bad_atr' if there are more than 15.
 */
export function contactlessAtr(historical: Bytes): Bytes {
  if (historical.length > 15) throw badAtr('it holds at most 15 historical bytes');
  const checked = concat(Uint8Array.of(0x80 | historical.length, 0x80, 0x01), historical);
  return concat(Uint8Array.of(0x3b), checked, Uint8Array.of(checkByte(checked)));
}

export function parseAtr(bytes: Bytes): Atr {
  const r = new Reader(bytes, 'ATR');
  const convention = r.u8();
  if (convention !== 0x3b && convention !== 0x3f) throw badAtr('it begins with no convention');
  const t0 = r.u8();
  const protocols: number[] = [];
  for (let y = t0 >> 4; ; ) {
    // TA, TB, TC say how fast and how long: the reader's business.
    r.take([1, 2, 4].filter((bit) => (y & bit) !== 0).length);
    if ((y & 8) === 0) break;
    const td = r.u8();
    protocols.push(td & 0x0f);
    y = td >> 4;
  }
  const historical = r.take(t0 & 0x0f).slice();
  if (protocols.some((t) => t !== 0)) {
    r.u8();
    if (checkByte(bytes.subarray(1)) !== 0) throw badAtr('its check byte is wrong');
  }
  r.end();
  return { protocols: protocols.length === 0 ? [0] : [...new Set(protocols)], historical };
}

const checkByte = (bytes: Bytes): number => bytes.reduce((sum, b) => sum ^ b, 0);
const badAtr = (why: string) => new SokkinError('bad_atr', `These bytes are no answer to reset: ${why}.`);

/** A Sokkin card on a contactless reader: the same historical bytes, so extended length is known there, too. */
export const CONTACTLESS_ATR: Bytes = contactlessAtr(parseAtr(CARD_ATR).historical);

const COMPACT_TLV = 0x80;
const COMPACT_TLV_THEN_STATUS = 0x00;
const STATUS_LENGTH = 3;
/** Card capabilities with all three software function tables; the third has extended length at bit 7. */
const CAPABILITIES = 0x73;
const EXTENDED_LENGTH = 0x40;

/** Whether the historical bytes say that the card takes extended Lc and Le. */
export function takesExtendedLength({ historical }: Atr): boolean {
  const [category] = historical;
  if (category !== COMPACT_TLV && category !== COMPACT_TLV_THEN_STATUS) return false;
  const end = category === COMPACT_TLV ? historical.length : historical.length - STATUS_LENGTH;
  for (let at = 1; at < end; ) {
    const head = historical[at] ?? 0;
    if (head === CAPABILITIES) return ((historical[at + 3] ?? 0) & EXTENDED_LENGTH) !== 0;
    at += 1 + (head & 0x0f);
  }
  return false;
}
