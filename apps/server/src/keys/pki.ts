/**
 * Whose certificates there are: one root, and for each issuer a line of CA, authority and issuer's purse.
 *
 * An issuer that gets a new CA gets a whole new line. The old one goes on to serve the purses that it certified: a purse
 * takes Grants of an authority of its own issuer alone, and pays its own issuer's purse beyond its limits.
 *
 * What must hold: every certificate that was ever issued has its line; of a line, the newest certificate is used. A CA has
 * one certificate for ever: a purse holds it, and believes no authority that outlives it.
 */
import { type Bytes, equal, hex } from '@sokkin/codec';
import { type Certificate, parseCertificate, ROLE } from '@sokkin/crypto';
import type { CertificateRow } from '@sokkin/issuer';

/** A certificate of ours, with the key behind it. */
export interface Signer {
  readonly certificate: Certificate;
  /** In the KeyPort. */
  readonly key: string;
  readonly generation: number;
  readonly createdAt: Date;
}

export interface IssuerLine {
  readonly institution: string;
  /** The one that certifies new purses. */
  readonly isCurrent: boolean;
  readonly issuer: Signer;
  readonly authority: Signer;
  readonly issuerPurse: Signer;
  /** Of the issuer's purse, newest first: what it signed before is shown with them. */
  readonly formerPurses: readonly Signer[];
}

export interface Pki {
  readonly root: Certificate;
  readonly rootKey: string;
  readonly lines: readonly IssuerLine[];
}

/** Builds it from all rows, oldest first; undefined before the first ceremony. */
export function pkiOf(rows: readonly CertificateRow[]): Pki | undefined {
  const signers = rows.map((row) => ({ row, signer: signerOf(row) }));
  const root = signers.find(({ row }) => row.role === ROLE.root)?.signer;
  if (root === undefined) return undefined;
  const issuers = signers.filter(({ row }) => row.role === ROLE.issuer);
  const lines: IssuerLine[] = [];
  for (const {
    row: { institution },
    signer: issuer,
  } of issuers) {
    const { subjectRef } = issuer.certificate;
    const under = (role: number) =>
      signers
        .filter(({ row, signer }) => row.role === role && equal(signer.certificate.issuerRef, subjectRef))
        .map(({ signer }) => signer)
        .reverse();
    const [[authority], [issuerPurse, ...formerPurses]] = [under(ROLE.authority), under(ROLE.issuerPurse)];
    if (authority === undefined || issuerPurse === undefined)
      throw new Error(`Bug: the issuer ${hex(subjectRef)} has no authority, or no purse`);
    const last = issuers.findLast(({ row }) => row.institution === institution);
    lines.push({
      institution,
      isCurrent: last?.signer === issuer,
      issuer,
      authority,
      issuerPurse,
      formerPurses,
    });
  }
  return { root: root.certificate, rootKey: root.key, lines };
}

const signerOf = ({ bytes, key, generation, createdAt }: CertificateRow): Signer => ({
  certificate: parseCertificate(bytes),
  key,
  generation,
  createdAt,
});

/** The line that certifies new purses of this institution. */
export const currentLine = (pki: Pki, institution: string): IssuerLine | undefined =>
  pki.lines.find((line) => line.isCurrent && line.institution === institution);

/** The line whose CA signed this certificate. */
export const lineOf = (pki: Pki, { issuerRef }: Pick<Certificate, 'issuerRef'>): IssuerLine | undefined =>
  pki.lines.find((line) => equal(line.issuer.certificate.subjectRef, issuerRef));

/** The line of an issuer's purse. */
export const lineOfIssuerPurse = (pki: Pki, purse: Bytes): IssuerLine | undefined =>
  pki.lines.find((line) => equal(line.issuerPurse.certificate.subjectRef, purse));

export const issuersOf = (pki: Pki): Certificate[] => pki.lines.map((line) => line.issuer.certificate);
