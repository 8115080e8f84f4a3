/**
 * Who takes part in the vectors: fixed names, identifiers, keys and certificates.
 *
 * What must hold: everything follows from the names alone. The private key of NAME is
 * SHA-256("sokkin vector key: NAME"), read as a scalar; such keys protect nothing and must never be used.
 */
import { type Bytes, epochOfIso, fromHex, hex } from '@sokkin/codec';
import {
  ASSURANCE,
  type Assurance,
  assembleCertificate,
  type Certificate,
  type CertificateFields,
  type CryptoPort,
  encodeCertificateBody,
  ROLE,
  type Role,
  SUITE_P256,
  sha256,
} from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import { publicKeyOf, signRfc6979 } from './rfc6979.ts';

export const YEN = 0x0392;
export const EURO = 0x0978;

const utf8 = new TextEncoder();
export const keyOf = (name: string): Bytes => sha256(utf8.encode(`sokkin vector key: ${name}`));

const platform = nodeCrypto();
const signatures = new Map<string, Bytes>();

/** Signs as RFC 6979 says. */
export function sign(scalar: Bytes, body: Bytes): Bytes {
  const name = `${hex(scalar)}/${hex(body)}`;
  const known = signatures.get(name) ?? signRfc6979(scalar, body);
  signatures.set(name, known);
  return known.slice();
}

/** What a card of the vectors is built with: its key is fixed, and its signatures are deterministic. */
export const cryptoOf = (scalar: Bytes): CryptoPort => ({
  randomBytes: () => {
    throw new Error('nothing in a purse draws random bytes');
  },
  generateKey: () => ({ handle: scalar, publicKey: publicKeyOf(scalar) }),
  sign,
  verify: (publicKey, message, signature) => platform.verify(publicKey, message, signature),
});

export interface Person {
  readonly name: string;
  readonly scalar: Bytes;
  readonly certificate: Certificate;
  /** Absent for the root. */
  readonly issuer: Person | undefined;
}

const LIFETIMES: Readonly<Record<Role, string>> = {
  [ROLE.root]: '2045-12-31',
  [ROLE.issuer]: '2035-12-31',
  [ROLE.authority]: '2030-12-31',
  [ROLE.purse]: '2030-12-31',
  [ROLE.issuerPurse]: '2030-12-31',
};

/** Certifies a key of the vectors; `changes` make the hostile ones. */
export function certify(
  name: string,
  id: string,
  role: Role,
  assurance: Assurance,
  issuer: Person | undefined,
  changes: Partial<CertificateFields> = {},
): Person {
  const scalar = keyOf(name);
  const subjectRef = fromHex(id);
  const fields: CertificateFields = {
    issuerRef: issuer?.certificate.subjectRef ?? subjectRef,
    subjectRef,
    suite: SUITE_P256,
    publicKey: publicKeyOf(scalar),
    role,
    assurance,
    currency: YEN,
    tier: role === ROLE.purse ? 1 : 0,
    effective: epochOfIso('2026-01-01'),
    expiration: epochOfIso(LIFETIMES[role]),
    ...changes,
  };
  const body = encodeCertificateBody(fields);
  const certificate = assembleCertificate(body, sign(issuer?.scalar ?? scalar, body));
  return { name, scalar, certificate, issuer };
}

const { none, secureElement, tee, software } = ASSURANCE;

export const root = certify('root', 'a000000000000001', ROLE.root, none, undefined);
export const issuer = certify('issuer', 'b000000000000001', ROLE.issuer, none, root);
export const otherIssuer = certify('other issuer', 'b000000000000002', ROLE.issuer, none, root);
export const authority = certify('authority', 'c000000000000001', ROLE.authority, none, issuer);
export const otherAuthority = certify(
  'other authority',
  'c000000000000002',
  ROLE.authority,
  none,
  otherIssuer,
);
export const issuerPurse = certify(
  'issuer purse',
  'd000000000000001',
  ROLE.issuerPurse,
  secureElement,
  issuer,
);
export const otherIssuerPurse = certify(
  'other issuer purse',
  'd000000000000002',
  ROLE.issuerPurse,
  secureElement,
  otherIssuer,
);
export const payerCard = certify('payer card', 'e000000000000001', ROLE.purse, secureElement, issuer);
export const payeeCard = certify('payee card', 'e000000000000002', ROLE.purse, secureElement, issuer);
export const secondPayerCard = certify(
  'second payer card',
  'e000000000000003',
  ROLE.purse,
  secureElement,
  issuer,
);
export const payerPhone = certify('payer phone', 'f000000000000001', ROLE.purse, tee, issuer);
/** Of another issuer, so that its certificate must be shown too. */
export const payeePhone = certify('payee phone', 'f000000000000002', ROLE.purse, software, otherIssuer);

export const authorityOf = (person: Person): Person =>
  person.issuer === otherIssuer ? otherAuthority : authority;
export const issuerPurseOf = (person: Person): Person =>
  person.issuer === otherIssuer ? otherIssuerPurse : issuerPurse;

export const everybody: readonly Person[] = [
  root,
  issuer,
  otherIssuer,
  authority,
  otherAuthority,
  issuerPurse,
  otherIssuerPurse,
  payerCard,
  payeeCard,
  secondPayerCard,
  payerPhone,
  payeePhone,
];
