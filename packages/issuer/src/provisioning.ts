/**
 * Who gets which certificate (docs/spec/protocol.md, section 3).
 *
 * What must hold: a certificate is for a key whose holder proved to have it, over our nonce; it never outlives
 * the one above it; one key gets one certificate.
 */
import type { Bytes, Epoch } from '@sokkin/codec';
import {
  ASSURANCE,
  type Assurance,
  type Certificate,
  type CertificateFields,
  ROLE,
  type Role,
  SUITE_P256,
} from '@sokkin/crypto';
import { ASSURANCE_CODE, type PurseAssurance } from './policy.ts';

export const DAYS_PER_YEAR = 365;
/** Years of validity by role. */
export const VALIDITY_YEARS: Readonly<Record<Role, number>> = {
  [ROLE.root]: 20,
  [ROLE.issuer]: 10,
  [ROLE.authority]: 5,
  [ROLE.purse]: 5,
  [ROLE.issuerPurse]: 5,
};

export interface Subject {
  readonly subjectRef: Bytes;
  readonly publicKey: Bytes;
  readonly role: Role;
  readonly assurance: Assurance;
  readonly tier: number;
}

/** The certificate of a subject under `parent`; its own parent if it is the root. */
export function certificateFields(
  subject: Subject,
  parent: Pick<Certificate, 'subjectRef' | 'expiration'> | undefined,
  currency: number,
  today: Epoch,
): CertificateFields {
  const wanted = today + VALIDITY_YEARS[subject.role] * DAYS_PER_YEAR;
  return {
    issuerRef: parent?.subjectRef ?? subject.subjectRef,
    ...subject,
    suite: SUITE_P256,
    currency,
    effective: today,
    expiration: parent === undefined ? wanted : Math.min(wanted, parent.expiration),
  };
}

export function purseSubject(
  subjectRef: Bytes,
  publicKey: Bytes,
  assurance: PurseAssurance,
  tier: number,
): Subject {
  return { subjectRef, publicKey, role: ROLE.purse, assurance: ASSURANCE_CODE[assurance], tier };
}

/** The certificate authorities and the issuer's purse, whose keys the back-end keeps. */
export const authoritySubject = (role: Role, subjectRef: Bytes, publicKey: Bytes): Subject => ({
  subjectRef,
  publicKey,
  role,
  // The issuer's purse is kept as well as a secure element keeps a card's: that is for its KeyPort to make true.
  assurance: role === ROLE.issuerPurse ? ASSURANCE.secureElement : ASSURANCE.none,
  tier: 0,
});
