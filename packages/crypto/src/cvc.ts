/**
 * Card-verifiable certificates: who holds a key, what it may do, and until when, in one short APDU.
 *
 * ISO/IEC 7816-8 and BSI TR-03110-3, Annex C, in one fixed shape: these data objects, in this order,
 * none optional, every length minimal.
 *
 *     7F21 certificate
 *       7F4E body                               the signature covers this object: tag, length and value
 *         5F29 01  profile identifier           00
 *         42   08  issuerRef (CAR)
 *         7F49     public key
 *           06       key OID of the suite
 *           86       public point
 *         5F20 08  subjectRef (CHR)
 *         7F4C     holder authorisation
 *           06 05    2.999.392.1
 *           53 06    role, assurance, currency (2, BCD), tier, flags (00)
 *         5F25 06  effective date               YYMMDD, a digit a byte
 *         5F24 06  expiration date
 *       5F37     signature                      by the issuer's key, under the same suite
 *
 * What must hold:
 * - One certificate has one encoding: whatever parses encodes again to the very same bytes.
 * - No certificate is longer than 218 bytes, so that it fits one short APDU beside what carries it.
 * - A certificate that breaks a rule here can be neither parsed nor issued (`bad_certificate`).
 * - Parsing proves nothing. Whether to believe a certificate is chain.ts's question; whether its point
 *   is on the curve is the CryptoPort's, which answers false for every signature by a point that is not.
 */
import {
  type Bytes,
  concat,
  decodeDate,
  decodeTlv,
  type Epoch,
  encodeDate,
  equal,
  fromHex,
  hex,
  isoOfEpoch,
  Reader,
  SokkinError,
  type Tlv,
  tlv,
} from '@sokkin/codec';
import type { CryptoPort } from './ports.ts';
import { suiteById, suiteByOid } from './suites.ts';

/** The exact length of a P-256 certificate, which is the longest there is today. */
export const MAX_CERTIFICATE_LENGTH = 218;

/** Somewhat more than any certificate, so that the error can name the field that is too long. */
const READ_LIMIT = 256;

/** Bytes of an issuerRef or subjectRef. They are opaque: equal or not, nothing more. */
export const REFERENCE_LENGTH = 8;

export const ROLE = {
  /** Certifies issuers, and itself. */
  root: 0x01,
  /** Certifies authorities and purses. */
  issuer: 0x02,
  /** Signs Grants. */
  authority: 0x03,
  /** Holds money: a card, a phone, a shop's terminal. */
  purse: 0x10,
  /** Puts money into circulation and takes it back. */
  issuerPurse: 0x11,
} as const;
export type Role = (typeof ROLE)[keyof typeof ROLE];

/** Where a purse keeps its key and its count. */
export const ASSURANCE = { none: 0x00, secureElement: 0x01, tee: 0x02, software: 0x03 } as const;
export type Assurance = (typeof ASSURANCE)[keyof typeof ASSURANCE];

export interface Certificate {
  /** Certification authority reference: the subjectRef of the certificate whose key signed this one. */
  readonly issuerRef: Bytes;
  /** Certificate holder reference; a purse's name in every message. */
  readonly subjectRef: Bytes;
  readonly suite: number;
  readonly publicKey: Bytes;
  readonly role: Role;
  readonly assurance: Assurance;
  /** ISO 4217 numeric code, read as binary-coded decimal: yen is 0x0392. */
  readonly currency: number;
  /** 0 to 255; what a tier may hold and pay is the issuer's policy. */
  readonly tier: number;
  readonly effective: Epoch;
  /** The last day on which the certificate is valid. */
  readonly expiration: Epoch;
  /** The whole object 7F21. */
  readonly bytes: Bytes;
  /** The whole object 7F4E: what the signature covers. */
  readonly body: Bytes;
  readonly signature: Bytes;
}

export type CertificateFields = Omit<Certificate, 'bytes' | 'body' | 'signature'>;

/** Data objects: ISO/IEC 7816-6 and 7816-8, names after BSI TR-03110-3, Annex C and D.2. */
const TAG = {
  certificate: 0x7f21,
  body: 0x7f4e,
  profile: 0x5f29,
  issuerRef: 0x42,
  publicKey: 0x7f49,
  objectIdentifier: 0x06,
  publicPoint: 0x86,
  subjectRef: 0x5f20,
  authorisation: 0x7f4c,
  discretionaryData: 0x53,
  effective: 0x5f25,
  expiration: 0x5f24,
  signature: 0x5f37,
} as const;

const PROFILE = Uint8Array.of(0x00);

/**
 * 2.999.392.1 in DER (X.690, 8.19): 2*40+999 = 1079 is 88 37, 392 is 83 08. The arc 2.999 is set aside
 * for examples (X.660); a scheme that deploys Sokkin puts its own arc here.
 */
const AUTHORISATION_OID = fromHex('8837830801');

const ROLES: ReadonlySet<number> = new Set(Object.values(ROLE));
const ASSURANCES: ReadonlySet<number> = new Set(Object.values(ASSURANCE));

/** A purse holds money and certifies nobody; every other role signs for others and holds none. */
export function isPurseRole(role: Role): boolean {
  return role === ROLE.purse || role === ROLE.issuerPurse;
}

/** The object 7F4E that the issuer signs. */
export function encodeCertificateBody(fields: CertificateFields): Bytes {
  return naming(() => {
    checkFields(fields);
    const { currency } = fields;
    return tlv(
      TAG.body,
      tlv(TAG.profile, PROFILE),
      tlv(TAG.issuerRef, fields.issuerRef),
      tlv(
        TAG.publicKey,
        tlv(TAG.objectIdentifier, suiteById(fields.suite).keyOid),
        tlv(TAG.publicPoint, fields.publicKey),
      ),
      tlv(TAG.subjectRef, fields.subjectRef),
      tlv(
        TAG.authorisation,
        tlv(TAG.objectIdentifier, AUTHORISATION_OID),
        tlv(
          TAG.discretionaryData,
          Uint8Array.of(fields.role, fields.assurance, currency >> 8, currency & 0xff, fields.tier, 0x00),
        ),
      ),
      tlv(TAG.effective, encodeDate(fields.effective)),
      tlv(TAG.expiration, encodeDate(fields.expiration)),
    );
  });
}

/** Body and signature as one certificate; for keys whose signature is made elsewhere (an HSM ceremony). */
export function assembleCertificate(body: Bytes, signature: Bytes): Certificate {
  return parseCertificate(tlv(TAG.certificate, concat(body, tlv(TAG.signature, signature))));
}

/** Signs and assembles. It does not ask whether the issuer may: checkLink does. */
export async function issueCertificate(
  crypto: CryptoPort,
  issuerKeyHandle: Bytes,
  fields: CertificateFields,
): Promise<Certificate> {
  const body = encodeCertificateBody(fields);
  return assembleCertificate(body, await crypto.sign(issuerKeyHandle, body));
}

/** Reads a certificate strictly; SokkinError `bad_certificate`, whose message names the field. */
export function parseCertificate(bytes: Bytes): Certificate {
  return naming(() => {
    // A copy of our own: a verified certificate must not change with its caller's buffer.
    const certificate = read(new Uint8Array(bytes));
    const signature = tlv(TAG.signature, certificate.signature);
    const canonical = tlv(TAG.certificate, encodeCertificateBody(certificate), signature);
    if (!equal(canonical, bytes)) throw bad('encoding', 'is not the one encoding of what it says');
    return certificate;
  });
}

function read(bytes: Bytes): Certificate {
  const root = decodeTlv(bytes, { maxLength: READ_LIMIT, maxDepth: 4 });
  if (root.tag !== TAG.certificate) throw bad('certificate', 'does not start with tag 7F21');

  const certificate = new Members(root, 'certificate');
  const bodyNode = certificate.next(TAG.body, 'body');
  const signature = certificate.next(TAG.signature, 'signature').value;
  certificate.done();

  const body = new Members(bodyNode, 'body');
  const profile = body.next(TAG.profile, 'profile identifier').value;
  if (!equal(profile, PROFILE)) throw bad('profile identifier', `is ${hex(profile)}, not 00`);
  const issuerRef = body.next(TAG.issuerRef, 'issuerRef').value;

  const key = new Members(body.next(TAG.publicKey, 'public key'), 'public key');
  const keyOid = key.next(TAG.objectIdentifier, 'key OID').value;
  const suite = naming(() => suiteByOid(keyOid), 'key OID');
  const publicKey = key.next(TAG.publicPoint, 'public point').value;
  key.done();

  const subjectRef = body.next(TAG.subjectRef, 'subjectRef').value;

  const authorisation = new Members(body.next(TAG.authorisation, 'authorisation'), 'authorisation');
  const oid = authorisation.next(TAG.objectIdentifier, 'authorisation OID').value;
  if (!equal(oid, AUTHORISATION_OID)) throw bad('authorisation OID', `is ${hex(oid)}`);
  const rights = readRights(authorisation.next(TAG.discretionaryData, 'authorisation data').value);
  authorisation.done();

  const effective = readDate(body.next(TAG.effective, 'effective date').value, 'effective date');
  const expiration = readDate(body.next(TAG.expiration, 'expiration date').value, 'expiration date');
  body.done();

  if (signature.length !== suite.signatureLength) throw bad('signature', `is ${signature.length} bytes long`);
  const covered = bytes.subarray(bodyNode.start, bodyNode.end);
  const names = { issuerRef, subjectRef, suite: suite.id, publicKey };
  return { ...names, ...rights, effective, expiration, bytes, body: covered, signature };
}

function readRights(data: Bytes): Pick<Certificate, 'role' | 'assurance' | 'currency' | 'tier'> {
  if (data.length !== 6) throw bad('authorisation data', `is ${data.length} bytes long, not 6`);
  const reader = new Reader(data, 'authorisation data');
  const role = reader.u8();
  const assurance = reader.u8();
  const currency = reader.u16();
  const tier = reader.u8();
  const flags = reader.u8();
  if (!isRole(role)) throw bad('role', `${role} is unknown`);
  if (!isAssurance(assurance)) throw bad('assurance', `${assurance} is unknown`);
  if (flags !== 0) throw bad('flags', 'must be zero');
  return { role, assurance, currency, tier };
}

function readDate(value: Bytes, field: string): Epoch {
  return naming(() => decodeDate(value), field);
}

/** The rules that parsing and issuing share. */
function checkFields(fields: CertificateFields): void {
  const { issuerRef, subjectRef, publicKey, role, assurance, currency, tier, effective, expiration } = fields;
  if (issuerRef.length !== REFERENCE_LENGTH)
    throw bad('issuerRef', `is ${issuerRef.length} bytes long, not 8`);
  if (subjectRef.length !== REFERENCE_LENGTH)
    throw bad('subjectRef', `is ${subjectRef.length} bytes long, not 8`);
  if (equal(issuerRef, subjectRef) !== (role === ROLE.root)) {
    throw bad('issuerRef', 'must name the subject itself in a root, and in nothing else');
  }

  const suite = naming(() => suiteById(fields.suite), 'suite');
  if (publicKey.length !== suite.publicKeyLength)
    throw bad('public point', `is ${publicKey.length} bytes long`);
  if (publicKey[0] !== 0x04) throw bad('public point', 'is not uncompressed');

  if (!isRole(role)) throw bad('role', `${role} is unknown`);
  if (!isAssurance(assurance)) throw bad('assurance', `${assurance} is unknown`);
  if (isPurseRole(role) !== (assurance !== ASSURANCE.none)) {
    throw bad('assurance', 'must be stated by a purse, and by nothing else');
  }
  if (!isCurrency(currency)) throw bad('currency', 'is no ISO 4217 number in binary-coded decimal');
  if (!Number.isInteger(tier) || tier < 0 || tier > 0xff) throw bad('tier', `${tier} is not one byte`);
  if (effective > expiration) throw bad('expiration date', 'lies before the effective date');
}

function isRole(value: number): value is Role {
  return ROLES.has(value);
}

function isAssurance(value: number): value is Assurance {
  return ASSURANCES.has(value);
}

/** 001 to 999, a decimal digit a nibble. */
function isCurrency(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 0x0999 && /^[0-9]+$/.test(value.toString(16));
}

/** The children of a constructed object, taken in order; the object must hold these and no more. */
class Members {
  readonly #nodes: readonly Tlv[];
  #at = 0;

  constructor(
    parent: Tlv,
    readonly field: string,
  ) {
    this.#nodes = parent.children ?? [];
  }

  next(tag: number, field: string): Tlv {
    const node = this.#nodes[this.#at];
    const wanted = tag.toString(16).toUpperCase();
    if (node === undefined) throw bad(field, `(tag ${wanted}) is missing`);
    if (node.tag !== tag) throw bad(field, `(tag ${wanted}) is not where it must be`);
    this.#at += 1;
    return node;
  }

  done(): void {
    if (this.#at !== this.#nodes.length) throw bad(this.field, 'holds an object too many');
  }
}

function bad(field: string, why: string, cause?: unknown): SokkinError {
  return new SokkinError(
    'bad_certificate',
    `Certificate: ${field} ${why}`,
    cause === undefined ? {} : { cause },
  );
}

/** Runs `step`, and turns what codec and suites complain of into `bad_certificate` with its cause. */
function naming<T>(step: () => T, field = 'encoding'): T {
  try {
    return step();
  } catch (cause) {
    if (!(cause instanceof SokkinError) || cause.code === 'bad_certificate') throw cause;
    throw bad(field, `is wrong: ${cause.message}`, cause);
  }
}

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  [ROLE.root]: 'root authority',
  [ROLE.issuer]: 'issuer',
  [ROLE.authority]: 'grant authority',
  [ROLE.purse]: 'purse',
  [ROLE.issuerPurse]: "issuer's purse",
};

const ASSURANCE_WORDS: Readonly<Record<Assurance, string>> = {
  [ASSURANCE.none]: '',
  [ASSURANCE.secureElement]: ' in a secure element',
  [ASSURANCE.tee]: ' in a trusted execution environment',
  [ASSURANCE.software]: ' in software',
};

/** One line for a person: "purse 0a.. in software, tier 1, currency 392, valid 2026-01-01 to 2030-12-31". */
export function describeCertificate(certificate: CertificateFields): string {
  const { role, assurance, subjectRef, tier, currency, effective, expiration } = certificate;
  const holder = `${ROLE_WORDS[role]} ${hex(subjectRef)}${ASSURANCE_WORDS[assurance]}`;
  const rank = isPurseRole(role) ? `, tier ${tier}` : '';
  const code = currency.toString(16).padStart(3, '0');
  return `${holder}${rank}, currency ${code}, valid ${isoOfEpoch(effective)} to ${isoOfEpoch(expiration)}`;
}
