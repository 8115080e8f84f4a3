/**
 * Data groupings: how personalisation data travels into a card (EMV Card Personalization Specification 1.1,
 * section 2; GlobalPlatform Card Specification 2.3, 11.11: STORE DATA with data groupings).
 *
 * A grouping is its identifier (DGI, 2 bytes), its length (1 byte, or FF and 2), its value. Groupings stand one
 * after the other in the data of STORE DATA commands, and may be cut anywhere between two commands.
 *
 * What must hold: what is written reads back; identifiers 8000 to 8FFF carry secrets, which travel encrypted
 * under the data encryption key of the channel and are padded to whole blocks (80, then zeros).
 */
import { type Bytes, concat, fromHex, u8, u16 } from '../bytes.ts';
import { assert, fail } from '../errors.ts';

export interface DataGrouping {
  /** Data grouping identifier. */
  readonly dgi: number;
  readonly value: Bytes;
}

/**
 * The groupings of the payment application. Records have SFI and record number for their identifier, 0101 to
 * 1EFF; those of the Card Personalization Specification keep their numbers; 3001 and 3002 are Sokkin's.
 */
export const DGI = {
  /** What stands in the FCI's proprietary template (tag A5). */
  fci: 0x9102,
  /** Interchange profile (82) and file locator (94), as objects. */
  processingOptions: 0x9104,
  /** How the application behaves (`ApplicationControl`). */
  control: 0x3001,
  /** Limits of card risk management, which issuer scripts may change (`RiskLimits`). */
  risk: 0x3002,
  /** Master keys of the card, one length each: cryptograms, script integrity, script confidentiality. */
  masterKeys: 0x8000,
  /** Check values of those, 3 bytes each. */
  masterKeyChecks: 0x9000,
  /** A limited-use key and its number, instead of the first master key (`LimitedUseKey`). */
  limitedUseKey: 0x8001,
  /** Format 2 PIN block. */
  pin: 0x8010,
  /** The card's RSA key by the Chinese remainder theorem: q^-1 mod p, d mod (q-1), d mod (p-1), q, p. */
  rsaCoefficient: 0x8201,
  rsaExponentQ: 0x8202,
  rsaExponentP: 0x8203,
  rsaPrimeQ: 0x8204,
  rsaPrimeP: 0x8205,
  /** Of the purse application: the nonce of GENERATE KEY, answered with the enrolment; the data of STORE DATA. */
  purseKey: 0x7001,
  purseIdentity: 0x7002,
} as const;

/** The name under which the security domain finds the payment application while it has none yet: F0 'SOKKIN' 02. */
export const EMV_MODULE_AID: Bytes = fromHex('f0534f4b4b494e02');

export const isSecretGrouping = (dgi: number): boolean => (dgi & 0xf000) === 0x8000;

const LONG = 0xff;
const MOST_VALUE = 0xffff;

export function encodeGrouping({ dgi, value }: DataGrouping): Bytes {
  assert(dgi > 0 && dgi <= 0xffff, () => `data grouping identifier ${dgi}`);
  assert(value.length <= MOST_VALUE, () => `data grouping of ${value.length} bytes`);
  const length = value.length < LONG ? u8(value.length) : concat(u8(LONG), u16(value.length));
  return concat(u16(dgi), length, value);
}

/** The grouping at the head of `bytes` and where it ends; undefined if it is not whole yet. */
export function readGrouping(bytes: Bytes): { grouping: DataGrouping; end: number } | undefined {
  const [hi, lo, short, l1, l2] = bytes;
  if (hi === undefined || lo === undefined || short === undefined) return undefined;
  const isLong = short === LONG;
  if (isLong && (l1 === undefined || l2 === undefined)) return undefined;
  const length = isLong ? ((l1 ?? 0) << 8) | (l2 ?? 0) : short;
  const start = isLong ? 5 : 3;
  const end = start + length;
  if (bytes.length < end) return undefined;
  return { grouping: { dgi: (hi << 8) | lo, value: bytes.subarray(start, end) }, end };
}

/** All groupings in `bytes`; `truncated` if the last is not whole. */
export function decodeGroupings(bytes: Bytes): DataGrouping[] {
  const found: DataGrouping[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const read = readGrouping(rest) ?? fail('truncated', 'Data groupings: the last one is not whole');
    found.push(read.grouping);
    rest = rest.subarray(read.end);
  }
  return found;
}
