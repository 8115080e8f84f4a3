/**
 * The ICC public key certificate (Book 2, sections 6.1 and 6.4; tag 9F46, with 9F48 and 9F47 beside it): the
 * issuer signs the card's key together with the static data that the terminal will have read.
 *
 * What must hold: as for the issuer's certificate; and the static data is covered, so that a changed record
 * is `bad-hash`. Section 7.1's PIN encipherment key has the same form, without static data.
 */
import { assert, type Bytes, concat, encodeCn, encodeN, hex } from '@sokkin/codec';
import type { RsaPublicKey } from '../../ports.ts';
import type { CertificateContext } from './issuer-certificate.ts';
import {
  type CertifiedKey,
  decodeKeyPart,
  encodeKeyPart,
  hashAlgorithmOf,
  KEY_FIELDS,
  keyAlgorithmOf,
  lastDayOf,
  type Month,
} from './key-part.ts';
import {
  ALGORITHM_RSA,
  HASH_SHA1,
  isHashed,
  type RecoveryFailure,
  type RsaSigner,
  type RsaVerifier,
  recover,
  recoverableLength,
  SIGNED_FORMAT,
  sign,
} from './recoverable.ts';

export interface IccCertificateFields {
  readonly pan: string;
  readonly expiry: Month;
  /** 3 bytes, unique under this issuer key. */
  readonly serial: Bytes;
}

/** Format, PAN, expiry, serial number. */
const BEFORE_KEY = 1 + 10 + 2 + 3;

/** Signs a card's key, with its static data (`staticDataToAuthenticate`), under the issuer's. */
export async function issueIccCertificate(
  rsa: RsaSigner,
  issuer: { readonly handle: Bytes; readonly modulusLength: number },
  fields: IccCertificateFields,
  key: RsaPublicKey,
  staticData: Bytes,
): Promise<CertifiedKey> {
  assert(fields.serial.length === 3, 'a serial number has 3 bytes');
  assert(key.modulus.length <= issuer.modulusLength, 'a card key is no longer than its issuer key');
  const room = recoverableLength(issuer.modulusLength) - BEFORE_KEY - KEY_FIELDS;
  const part = encodeKeyPart(key, room);
  const data = concat(
    Uint8Array.of(SIGNED_FORMAT.iccCertificate),
    encodeCn(fields.pan, 10),
    encodeN(fields.expiry, 2),
    fields.serial,
    part.fields,
  );
  const certificate = await sign(rsa, issuer.handle, data, part.remainder, key.exponent, staticData);
  return { certificate, remainder: part.remainder, exponent: key.exponent };
}

export type IccVerdict =
  | {
      readonly verdict:
        | RecoveryFailure
        | 'unknown-hash'
        | 'bad-hash'
        | 'wrong-pan'
        | 'expired'
        | 'unknown-algorithm'
        | 'bad-key';
    }
  | { readonly verdict: 'authentic'; readonly key: RsaPublicKey; readonly fields: IccCertificateFields };

/** The checks of section 6.4, in its order, under an issuer key that `recoverIssuerKey` found authentic. */
export function recoverIccKey(
  rsa: RsaVerifier,
  issuerKey: RsaPublicKey,
  certified: CertifiedKey,
  staticData: Bytes,
  context: Pick<CertificateContext, 'pan' | 'today'>,
): IccVerdict {
  const recovery = recover(rsa, issuerKey, certified.certificate, SIGNED_FORMAT.iccCertificate);
  if (recovery.verdict !== 'recovered') return recovery;
  const { data, hash } = recovery;
  if (data.length < BEFORE_KEY + KEY_FIELDS) return { verdict: 'bad-length' };
  const keyFields = data.subarray(BEFORE_KEY);
  if (hashAlgorithmOf(keyFields) !== HASH_SHA1) return { verdict: 'unknown-hash' };
  if (!isHashed(hash, data, certified.remainder, certified.exponent, staticData)) {
    return { verdict: 'bad-hash' };
  }
  const pan = hex(data.subarray(1, 11)).replace(/f+$/, '');
  if (pan !== context.pan) return { verdict: 'wrong-pan' };
  const expiry = hex(data.subarray(11, 13));
  const lastDay = lastDayOf(expiry);
  if (lastDay === undefined || context.today > lastDay) return { verdict: 'expired' };
  if (keyAlgorithmOf(keyFields) !== ALGORITHM_RSA) return { verdict: 'unknown-algorithm' };
  const key = decodeKeyPart(keyFields, certified.remainder, certified.exponent);
  if (key === undefined || key.modulus.length > issuerKey.modulus.length) return { verdict: 'bad-key' };
  return { verdict: 'authentic', key, fields: { pan, expiry, serial: data.slice(13, 16) } };
}
