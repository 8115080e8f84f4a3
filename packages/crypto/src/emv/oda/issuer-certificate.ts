/**
 * The issuer public key certificate (Book 2, sections 5.1 and 5.3, 6.1 and 6.3; tag 90, with 92 and 9F32
 * beside it): the certification authority issues it, the terminal recovers the issuer's key from it.
 *
 * What must hold: the verdict is that of the first of the book's checks that fails; only `authentic` has a key.
 */
import { assert, type Bytes, concat, type Epoch, encodeCn, encodeN, hex } from '@sokkin/codec';
import { sha1 } from '../../hash.ts';
import type { RsaPublicKey } from '../../ports.ts';
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

/** A certification authority's public key, as terminals hold it (section 11.2). */
export interface CaPublicKey extends RsaPublicKey {
  /** Registered application provider identifier, 5 bytes. */
  readonly rid: Bytes;
  /** Tag 8F. */
  readonly index: number;
}

/** The checksum that comes with a CA key (section 11.2.2): SHA-1 over RID, index, modulus and exponent. */
export function caKeyChecksum(key: CaPublicKey): Bytes {
  return sha1(key.rid, Uint8Array.of(key.index), key.modulus, key.exponent);
}

export interface IssuerCertificateFields {
  /** The first 3 to 8 digits of the PANs that this issuer may use. */
  readonly issuerIdentifier: string;
  readonly expiry: Month;
  /** 3 bytes, unique under this CA key. */
  readonly serial: Bytes;
}

/** Format, identifier, expiry, serial number. */
const BEFORE_KEY = 1 + 4 + 2 + 3;

/** Signs an issuer's key under the CA's. */
export async function issueIssuerCertificate(
  rsa: RsaSigner,
  ca: { readonly handle: Bytes; readonly modulusLength: number },
  fields: IssuerCertificateFields,
  key: RsaPublicKey,
): Promise<CertifiedKey> {
  assert(/^\d{3,8}$/.test(fields.issuerIdentifier), 'an issuer identifier has 3 to 8 digits');
  assert(fields.serial.length === 3, 'a serial number has 3 bytes');
  assert(key.modulus.length <= ca.modulusLength, 'an issuer key is no longer than its CA key');
  const room = recoverableLength(ca.modulusLength) - BEFORE_KEY - KEY_FIELDS;
  const part = encodeKeyPart(key, room);
  const data = concat(
    Uint8Array.of(SIGNED_FORMAT.issuerCertificate),
    encodeCn(fields.issuerIdentifier, 4),
    encodeN(fields.expiry, 2),
    fields.serial,
    part.fields,
  );
  const certificate = await sign(rsa, ca.handle, data, part.remainder, key.exponent);
  return { certificate, remainder: part.remainder, exponent: key.exponent };
}

/** What the terminal knows when it checks a certificate. */
export interface CertificateContext {
  /** The digits of the PAN that the card showed (tag 5A). */
  readonly pan: string;
  readonly today: Epoch;
  /** Whether the scheme has revoked this serial number under this CA key (section 5.1.2). Default: none is. */
  readonly isRevoked?: (ca: CaPublicKey, serial: Bytes) => boolean;
}

export type IssuerVerdict =
  | {
      readonly verdict:
        | RecoveryFailure
        | 'unknown-hash'
        | 'bad-hash'
        | 'wrong-issuer'
        | 'expired'
        | 'revoked'
        | 'unknown-algorithm'
        | 'bad-key';
    }
  | { readonly verdict: 'authentic'; readonly key: RsaPublicKey; readonly fields: IssuerCertificateFields };

/** The checks of section 5.3 (6.3 is the same), in its order. */
export function recoverIssuerKey(
  rsa: RsaVerifier,
  ca: CaPublicKey,
  certified: CertifiedKey,
  context: CertificateContext,
): IssuerVerdict {
  const recovery = recover(rsa, ca, certified.certificate, SIGNED_FORMAT.issuerCertificate);
  if (recovery.verdict !== 'recovered') return recovery;
  const { data, hash } = recovery;
  if (data.length < BEFORE_KEY + KEY_FIELDS) return { verdict: 'bad-length' };
  const keyFields = data.subarray(BEFORE_KEY);
  if (hashAlgorithmOf(keyFields) !== HASH_SHA1) return { verdict: 'unknown-hash' };
  if (!isHashed(hash, data, certified.remainder, certified.exponent)) return { verdict: 'bad-hash' };
  const issuerIdentifier = hex(data.subarray(1, 5)).replace(/f+$/, '');
  if (!isIssuerOf(issuerIdentifier, context.pan)) return { verdict: 'wrong-issuer' };
  const expiry = hex(data.subarray(5, 7));
  const lastDay = lastDayOf(expiry);
  if (lastDay === undefined || context.today > lastDay) return { verdict: 'expired' };
  const serial = data.slice(7, 10);
  if (context.isRevoked?.(ca, serial) === true) return { verdict: 'revoked' };
  if (keyAlgorithmOf(keyFields) !== ALGORITHM_RSA) return { verdict: 'unknown-algorithm' };
  const key = decodeKeyPart(keyFields, certified.remainder, certified.exponent);
  if (key === undefined || key.modulus.length > ca.modulus.length) return { verdict: 'bad-key' };
  return { verdict: 'authentic', key, fields: { issuerIdentifier, expiry, serial } };
}

function isIssuerOf(identifier: string, pan: string): boolean {
  return /^\d{3,8}$/.test(identifier) && pan.startsWith(identifier);
}
