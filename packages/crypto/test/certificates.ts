/** A small PKI for tests: a root, an issuer, and one leaf of every kind. */
import { type Epoch, epochOfIso } from '@sokkin/codec';
import {
  ASSURANCE,
  type Certificate,
  type CertificateFields,
  type CryptoPort,
  issueCertificate,
  type KeyPair,
  ROLE,
  SUITE_P256,
} from '@sokkin/crypto';

export const DAY: Record<'from' | 'now' | 'to', Epoch> = {
  from: epochOfIso('2026-01-01'),
  now: epochOfIso('2026-11-22'),
  to: epochOfIso('2030-12-31'),
};

/** Eight bytes, all the same. */
export function ref(byte: number): Uint8Array {
  return new Uint8Array(8).fill(byte);
}

export function fieldsOf(change: Partial<CertificateFields>): CertificateFields {
  return {
    issuerRef: ref(2),
    subjectRef: ref(0x10),
    suite: SUITE_P256,
    publicKey: new Uint8Array(65).fill(4),
    role: ROLE.purse,
    assurance: ASSURANCE.secureElement,
    currency: 0x0392,
    tier: 1,
    effective: DAY.from,
    expiration: DAY.to,
    ...change,
  };
}

export interface Pki {
  keys: { root: KeyPair; issuer: KeyPair; leaf: KeyPair };
  root: Certificate;
  issuer: Certificate;
  purse: Certificate;
}

export async function makePki(crypto: CryptoPort): Promise<Pki> {
  const root = await crypto.generateKey();
  const issuer = await crypto.generateKey();
  const leaf = await crypto.generateKey();
  const authority = { assurance: ASSURANCE.none, tier: 0 };
  return {
    keys: { root, issuer, leaf },
    root: await issueCertificate(
      crypto,
      root.handle,
      fieldsOf({
        ...authority,
        issuerRef: ref(1),
        subjectRef: ref(1),
        publicKey: root.publicKey,
        role: ROLE.root,
      }),
    ),
    issuer: await issueCertificate(
      crypto,
      root.handle,
      fieldsOf({
        ...authority,
        issuerRef: ref(1),
        subjectRef: ref(2),
        publicKey: issuer.publicKey,
        role: ROLE.issuer,
      }),
    ),
    purse: await issueCertificate(crypto, issuer.handle, fieldsOf({ publicKey: leaf.publicKey })),
  };
}
