/**
 * An issuer of payment cards as its data preparation sees it: the certificate that a certification authority gave
 * it, its RSA key, its three master keys (Book 2, sections 6 and A1.4).
 *
 * What must hold: private keys are handles of the ports, and only those are ever written down; an issuer that reads
 * back is the one that was written.
 */
import { type Bytes, fromHex, hex, SokkinError } from '@sokkin/codec';
import {
  type CaPublicKey,
  type CertifiedKey,
  type EmvCipher,
  issueIssuerCertificate,
  type Month,
  oddParity,
  type RsaKeyPair,
} from '@sokkin/crypto';
import type { PreparationPorts } from '../ports.ts';
import type { RsaSizes } from './profile.ts';

export interface EmvIssuer {
  /** The public half of the authority's key: what terminals hold. */
  readonly ca: CaPublicKey;
  /** First digits of the PANs that it may use, 3 to 8. */
  readonly identifier: string;
  readonly key: RsaKeyPair;
  readonly certificate: CertifiedKey;
  readonly cipher: EmvCipher;
  readonly masterKeys: IssuerMasterKeys;
  /** Which master keys: the derivation key index that cards tell. */
  readonly keyIndex: number;
}

/** Each raw in a software port, or the handle of an HSM's key. */
export interface IssuerMasterKeys {
  readonly cryptogram: Bytes;
  readonly scriptMac: Bytes;
  readonly scriptEncipher: Bytes;
}

export interface NewEmvIssuer {
  readonly rid: Bytes;
  readonly caIndex: number;
  readonly identifier: string;
  /** Until when the issuer's certificate holds. */
  readonly expiry: Month;
  readonly cipher: EmvCipher;
  readonly keyIndex: number;
  readonly sizes: RsaSizes;
}

const MASTER_KEY_BYTES = 16;
const FIRST_SERIAL: Bytes = Uint8Array.of(0, 0, 1);

/**
 * An authority and an issuer under it, all new: for tests and development, where nobody else is the authority. Its
 * private key is used once, for the issuer's certificate, and let go.
 */
export async function makeEmvIssuer(ports: PreparationPorts, wanted: NewEmvIssuer): Promise<EmvIssuer> {
  const { rsa, symmetric } = ports;
  const { rid, caIndex, identifier, expiry, cipher, keyIndex, sizes } = wanted;
  const [ca, key] = await Promise.all([
    rsa.generateRsaKey(sizes.ca, sizes.exponent),
    rsa.generateRsaKey(sizes.issuer, sizes.exponent),
  ]);
  const certificate = await issueIssuerCertificate(
    rsa,
    { handle: ca.handle, modulusLength: ca.publicKey.modulus.length },
    { issuerIdentifier: identifier, expiry, serial: FIRST_SERIAL },
    key.publicKey,
  );
  const masterKey = (): Bytes => {
    const random = symmetric.randomBytes(MASTER_KEY_BYTES);
    return cipher === 'tdes' ? oddParity(random) : random;
  };
  return {
    ca: { ...ca.publicKey, rid, index: caIndex },
    identifier,
    key,
    certificate,
    cipher,
    masterKeys: { cryptogram: masterKey(), scriptMac: masterKey(), scriptEncipher: masterKey() },
    keyIndex,
  };
}

/** An issuer as JSON: bytes in hexadecimal. It holds handles of keys: where those are the keys, keep it as one. */
export type StoredEmvIssuer = ReturnType<typeof storeEmvIssuer>;

export function storeEmvIssuer(issuer: EmvIssuer) {
  const { ca, key, certificate, masterKeys } = issuer;
  return {
    format: FORMAT,
    ca: { rid: hex(ca.rid), index: ca.index, modulus: hex(ca.modulus), exponent: hex(ca.exponent) },
    identifier: issuer.identifier,
    key: {
      handle: hex(key.handle),
      modulus: hex(key.publicKey.modulus),
      exponent: hex(key.publicKey.exponent),
    },
    certificate: {
      certificate: hex(certificate.certificate),
      remainder: hex(certificate.remainder),
      exponent: hex(certificate.exponent),
    },
    cipher: issuer.cipher,
    masterKeys: {
      cryptogram: hex(masterKeys.cryptogram),
      scriptMac: hex(masterKeys.scriptMac),
      scriptEncipher: hex(masterKeys.scriptEncipher),
    },
    keyIndex: issuer.keyIndex,
  };
}

const FORMAT = 'sokkin-emv-issuer-1' as const;

/** Fails with `bad_issuer` for another format; what `storeEmvIssuer` wrote is trusted. */
export function restoreEmvIssuer(stored: StoredEmvIssuer): EmvIssuer {
  const { ca, key, certificate, masterKeys } = stored;
  if (stored.format !== FORMAT) throw new SokkinError('bad_issuer', `Issuer: its format is not ${FORMAT}`);
  return {
    ca: {
      rid: fromHex(ca.rid),
      index: ca.index,
      modulus: fromHex(ca.modulus),
      exponent: fromHex(ca.exponent),
    },
    identifier: stored.identifier,
    key: {
      handle: fromHex(key.handle),
      publicKey: { modulus: fromHex(key.modulus), exponent: fromHex(key.exponent) },
    },
    certificate: {
      certificate: fromHex(certificate.certificate),
      remainder: fromHex(certificate.remainder),
      exponent: fromHex(certificate.exponent),
    },
    cipher: stored.cipher,
    masterKeys: {
      cryptogram: fromHex(masterKeys.cryptogram),
      scriptMac: fromHex(masterKeys.scriptMac),
      scriptEncipher: fromHex(masterKeys.scriptEncipher),
    },
    keyIndex: stored.keyIndex,
  };
}
