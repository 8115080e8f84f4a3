/**
 * Card verification results, 5 bytes (EMV Book 3, Annex C7.3: the common core definitions): what the card tells
 * its issuer, inside every cryptogram, of this transaction and the one before.
 *
 * What must hold: each bit has one name; reading and writing are inverse, bits without a name stay zero.
 */
import type { Bytes } from '../bytes.ts';
import { fail } from '../errors.ts';

/** Application cryptograms, as coded in the two high bits of the cryptogram information data (Book 3, table 14). */
export const CRYPTOGRAM = { aac: 0, tc: 1, arqc: 2 } as const;
export type CryptogramType = keyof typeof CRYPTOGRAM;
const TYPES: readonly CryptogramType[] = ['aac', 'tc', 'arqc'];

/** By name: byte (0 to 4) and bit mask. */
export const CVR_BITS = {
  cdaPerformed: [0, 0x08],
  ddaPerformed: [0, 0x04],
  issuerAuthenticationNotPerformed: [0, 0x02],
  issuerAuthenticationFailed: [0, 0x01],
  pinVerificationPerformed: [1, 0x08],
  pinVerificationFailed: [1, 0x04],
  pinTryLimitExceeded: [1, 0x02],
  lastOnlineNotCompleted: [1, 0x01],
  lowerCountExceeded: [2, 0x80],
  upperCountExceeded: [2, 0x40],
  lowerAmountExceeded: [2, 0x20],
  upperAmountExceeded: [2, 0x10],
  scriptFailed: [3, 0x08],
  odaFailedBefore: [3, 0x04],
  goOnlineWasSet: [3, 0x02],
  unableToGoOnline: [3, 0x01],
} as const;
export type CvrBit = keyof typeof CVR_BITS;

export interface CardVerificationResults {
  /** In answer to the first GENERATE AC. */
  readonly first: CryptogramType;
  /** In answer to the second; undefined: it was not asked for. */
  readonly second: CryptogramType | undefined;
  /** Low half byte of the PIN try counter. */
  readonly pinTriesLeft: number;
  /** Script commands with secure messaging that were carried out, low half byte. */
  readonly scripts: number;
  readonly bits: ReadonlySet<CvrBit>;
}

const NOT_REQUESTED = 2;
export const CVR_LENGTH = 5;

export function encodeCvr(cvr: CardVerificationResults): Bytes {
  const out = new Uint8Array(CVR_LENGTH);
  const second = cvr.second === undefined ? NOT_REQUESTED : CRYPTOGRAM[cvr.second];
  out[0] = (second << 6) | (CRYPTOGRAM[cvr.first] << 4);
  out[1] = (cvr.pinTriesLeft & 0x0f) << 4;
  out[3] = (cvr.scripts & 0x0f) << 4;
  for (const name of cvr.bits) {
    const [byte, mask] = CVR_BITS[name];
    out[byte] = (out[byte] ?? 0) | mask;
  }
  return out;
}

/** `bad_length` for other than 5 bytes, `bad_value` for a cryptogram type that does not exist. */
export function decodeCvr(bytes: Bytes): CardVerificationResults {
  if (bytes.length !== CVR_LENGTH) fail('bad_length', `CVR: ${bytes.length} bytes, it has 5`);
  const [b0 = 0, b1 = 0, , b3 = 0] = bytes;
  const first = TYPES[(b0 >> 4) & 3] ?? fail('bad_value', 'CVR: the first cryptogram has no known type');
  const code = b0 >> 6;
  const second = code === NOT_REQUESTED ? undefined : (TYPES[code] ?? fail('bad_value', 'CVR: the second'));
  const names = Object.keys(CVR_BITS) as CvrBit[];
  const bits = names.filter((name) => ((bytes[CVR_BITS[name][0]] ?? 0) & CVR_BITS[name][1]) !== 0);
  return { first, second, pinTriesLeft: b1 >> 4, scripts: b3 >> 4, bits: new Set(bits) };
}
