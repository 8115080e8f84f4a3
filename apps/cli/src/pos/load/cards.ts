/**
 * Payment cards in memory: each makes real cryptograms, under a key that its issuer can derive too.
 *
 * What must hold: a card's counter goes up with each cryptogram and never back; what stands under the cryptogram is what the profile
 * of the issuer's cryptogram version covers, and the issuer's own code takes it (test).
 */
import { type Bytes, buildDolData, concat, encodeCn, encodeN, fromHex, u16 } from '@sokkin/codec';
import {
  applicationCryptogram,
  cryptogramSessionKey,
  iccMasterKey,
  type SymmetricPort,
} from '@sokkin/crypto';
import type { CryptogramProfile } from '@sokkin/issuer';
import type { ReadCard } from '@sokkin/terminal';

export interface LoadIssuer {
  readonly port: SymmetricPort;
  /** With a common session key and issuer data of a fixed shape, as `cvn18` has them. */
  readonly profile: CryptogramProfile;
  readonly keyIndex: number;
  /** Issuer master key for cryptograms. */
  readonly masterKey: Bytes;
}

/** Digits of a card's number: a prefix, a number, and the check digit (ISO/IEC 7812-1, Annex B). */
export function panOf(prefix: string, number: number, digits: number): string {
  const body = prefix + number.toString().padStart(digits - prefix.length - 1, '0');
  return body + luhn(body);
}

function luhn(body: string): string {
  const sum = [...body].reverse().reduce((total, c, i) => {
    const digit = Number(c) * (i % 2 === 0 ? 2 : 1);
    return total + (digit > 9 ? digit - 9 : digit);
  }, 0);
  return String((10 - (sum % 10)) % 10);
}

const SEQUENCE = '01';
const EXPIRY = '311231';
/** Of the results: an ARQC in the first GENERATE AC, no second one, nothing wrong. */
const ARQC_RESULTS = 0xa0;

export class LoadCard {
  readonly pan: string;
  readonly #issuer: LoadIssuer;
  readonly #key: Bytes;
  readonly #iad: Bytes;
  #atc: number;

  constructor(issuer: LoadIssuer, pan: string, firstAtc: number) {
    this.pan = pan;
    this.#issuer = issuer;
    const { port, profile, masterKey } = issuer;
    this.#key = iccMasterKey(
      port,
      profile.masterKey,
      masterKey,
      { pan, sequence: SEQUENCE },
      profile.keyLength,
    );
    this.#iad = issuerData(issuer);
    this.#atc = firstAtc - 1;
  }

  /** The counter of the next cryptogram. */
  get nextAtc(): number {
    return this.#atc + 1;
  }

  /** What a terminal reads of it in a contactless payment online. */
  tap(amount: bigint, date: string): ReadCard {
    const { port, profile } = this.#issuer;
    this.#atc += 1;
    const atc = u16(this.#atc);
    const data = new Map<number, Bytes>([
      [0x5a, encodeCn(this.pan)],
      [0x5f24, fromHex(EXPIRY)],
      [0x5f34, fromHex(SEQUENCE)],
      [0x82, fromHex('3900')],
      [0x95, fromHex('0000008000')],
      [0x9a, fromHex(date)],
      [0x9c, fromHex('00')],
      [0x5f2a, fromHex('0392')],
      [0x9f02, encodeN(amount.toString(), 6)],
      [0x9f03, new Uint8Array(6)],
      [0x9f10, this.#iad],
      [0x9f1a, fromHex('0392')],
      [0x9f27, fromHex('80')],
      [0x9f36, atc],
      [0x9f37, port.randomBytes(4)],
    ]);
    const covered = concat(
      ...profile.data.map((part) =>
        'tag' in part
          ? buildDolData([part], (tag) => data.get(tag))
          : this.#iad.subarray(
              part.iadFrom,
              part.length === undefined ? undefined : part.iadFrom + part.length,
            ),
      ),
    );
    const session =
      profile.sessionKey === 'none' ? this.#key : cryptogramSessionKey(port, profile.cipher, this.#key, atc);
    data.set(0x9f26, applicationCryptogram(port, profile.cipher, session, covered, profile.padding));
    return { entry: 'contactlessChip', data };
  }
}

/** Its fixed bytes, the index of the keys, and results without a fault. */
function issuerData({ profile, keyIndex }: LoadIssuer): Bytes {
  const { iad } = profile;
  const bytes = new Uint8Array(iad.least);
  for (const [at, value] of iad.fixed) bytes[at] = value;
  if (iad.keyIndex !== undefined) bytes[iad.keyIndex] = keyIndex;
  if (iad.cvr !== undefined) bytes[iad.cvr.at + (profile.cvr?.types ?? 0)] = ARQC_RESULTS;
  return bytes;
}
