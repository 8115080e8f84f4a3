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
  type Epoch,
  encodeDate,
  equal,
  fromHex,
  hex,
  isoOfEpoch,
  Reader,
  SokkinError,
  Writer,
} from '@sokkin/codec';
import type { CryptoPort } from './ports.ts';
import { SUITE_P256, suiteById } from './suites.ts';

/** The exact length of a P-256 certificate, which is the longest there is today. */
export const MAX_CERTIFICATE_LENGTH = 218;

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

const ROLES: ReadonlySet<number> = new Set(Object.values(ROLE));
const ASSURANCES: ReadonlySet<number> = new Set(Object.values(ASSURANCE));

/** A purse holds money and certifies nobody; every other role signs for others and holds none. */
export function isPurseRole(role: Role): boolean {
  return role === ROLE.purse || role === ROLE.issuerPurse;
}

/**
 * The one form, as parts in order: what is always the same, and what varies (by name and length). Writing
 * and reading both walk this list, so they cannot disagree.
 */
type Slot = 'issuerRef' | 'publicKey' | 'subjectRef' | 'rights' | 'effective' | 'expiration' | 'signature';
type Part =
  /** `lengthAt`: from here on the bytes are the length of a template, which is wrong if anything inside is. */
  | { readonly names: string; readonly fixed: Bytes; readonly lengthAt?: number }
  | { readonly names: string; readonly slot: Slot; readonly length: number };

const fixed = (names: string, digits: string): Part => ({ names, fixed: fromHex(digits) });
const template = (names: string, tag: string, length: string): Part => ({
  names,
  fixed: fromHex(tag + length),
  lengthAt: tag.length / 2,
});
const slot = (names: string, name: Slot, length: number): Part => ({ names, slot: name, length });

const BODY: readonly Part[] = [
  template('body', '7f4e', '818f'),
  fixed('profile identifier', '5f290100'),
  fixed('issuerRef', '4208'),
  slot('issuerRef', 'issuerRef', REFERENCE_LENGTH),
  template('public key', '7f49', '4f'),
  // The key OID of suite 01: id-TA-ECDSA-SHA-256. Another suite will bring another form.
  fixed('key OID', '060a04007f00070202020203'),
  fixed('public point', '8641'),
  slot('public point', 'publicKey', 65),
  fixed('subjectRef', '5f2008'),
  slot('subjectRef', 'subjectRef', REFERENCE_LENGTH),
  template('authorisation', '7f4c', '0f'),
  // 2.999.392.1 in DER (X.690, 8.19): 2*40+999 = 1079 is 88 37, 392 is 83 08. The arc 2.999 is set aside
  // for examples (X.660); a scheme that deploys Sokkin puts its own arc here.
  fixed('authorisation OID', '06058837830801'),
  fixed('authorisation data', '5306'),
  slot('authorisation data', 'rights', 6),
  fixed('effective date', '5f2506'),
  slot('effective date', 'effective', 6),
  fixed('expiration date', '5f2406'),
  slot('expiration date', 'expiration', 6),
];
const CERTIFICATE: readonly Part[] = [
  template('certificate', '7f21', '81d6'),
  ...BODY,
  fixed('signature', '5f3740'),
  slot('signature', 'signature', 64),
];
const BODY_START = 4;
const BODY_LENGTH = 147;

function writeParts(parts: readonly Part[], slots: Readonly<Record<Slot, Bytes>>): Bytes {
  const w = new Writer();
  for (const part of parts) w.bytes('fixed' in part ? part.fixed : slots[part.slot]);
  return w.finish();
}

function readParts(parts: readonly Part[], bytes: Bytes): Record<Slot, Bytes> {
  const slots: Partial<Record<Slot, Bytes>> = {};
  let at = 0;
  let wrongLength: SokkinError | undefined;
  for (const part of parts) {
    const end = at + ('fixed' in part ? part.fixed.length : part.length);
    if (end > bytes.length) throw bad(part.names, `is cut off at byte ${bytes.length}`);
    const found = bytes.subarray(at, end);
    if (!('fixed' in part)) {
      slots[part.slot] = found;
    } else if (!equal(found, part.fixed)) {
      const fault = bad(part.names, `is ${hex(found)}, not ${hex(part.fixed)}`);
      const tagIsRight = equal(
        found.subarray(0, part.lengthAt ?? 0),
        part.fixed.subarray(0, part.lengthAt ?? 0),
      );
      const sameForm =
        part.lengthAt !== undefined &&
        (found[part.lengthAt] ?? 0) >> 7 === (part.fixed[part.lengthAt] ?? 0) >> 7;
      if (!tagIsRight || !sameForm) throw fault;
      // Something inside has a wrong length too; naming that helps more.
      wrongLength ??= fault;
    }
    at = end;
  }
  if (at !== bytes.length) throw bad('certificate', `is followed by ${bytes.length - at} bytes`);
  if (wrongLength !== undefined) throw wrongLength;
  return slots as Record<Slot, Bytes>;
}

/** The object 7F4E that the issuer signs. */
export function encodeCertificateBody(fields: CertificateFields): Bytes {
  return naming(() => {
    checkFields(fields);
    const { issuerRef, publicKey, subjectRef, currency, role, assurance, tier } = fields;
    return writeParts(BODY, {
      issuerRef,
      publicKey,
      subjectRef,
      rights: Uint8Array.of(role, assurance, currency >> 8, currency & 0xff, tier, 0x00),
      effective: encodeDate(fields.effective),
      expiration: encodeDate(fields.expiration),
      signature: new Uint8Array(0),
    });
  });
}

/** Body and signature as one certificate; for keys whose signature is made elsewhere (an HSM ceremony). */
export function assembleCertificate(body: Bytes, signature: Bytes): Certificate {
  return parseCertificate(concat(fromHex('7f2181d6'), body, fromHex('5f3740'), signature));
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
    const own = bytes.slice();
    const slots = readParts(CERTIFICATE, own);
    const { role, assurance, currency, tier } = readRights(slots.rights);
    const certificate: Certificate = {
      issuerRef: slots.issuerRef,
      subjectRef: slots.subjectRef,
      suite: SUITE_P256,
      publicKey: slots.publicKey,
      role,
      assurance,
      currency,
      tier,
      effective: readDate(slots.effective, 'effective date'),
      expiration: readDate(slots.expiration, 'expiration date'),
      bytes: own,
      body: own.subarray(BODY_START, BODY_START + BODY_LENGTH),
      signature: slots.signature,
    };
    checkFields(certificate);
    return certificate;
  });
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
  if (!Number.isInteger(value) || value <= 0 || value > 0x0999) return false;
  return (value & 0x0f) <= 9 && (value & 0xf0) <= 0x90;
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
