/** Making keys and certificates of ours. What must hold: the caller holds the lock of `tx.certificates`. */
import type { Bytes, Epoch } from '@sokkin/codec';
import {
  assembleCertificate,
  type Certificate,
  type CryptoPort,
  encodeCertificateBody,
  REFERENCE_LENGTH,
  ROLE,
  type Role,
} from '@sokkin/crypto';
import {
  authoritySubject,
  CENTRAL_BANK,
  type CertificateRow,
  certificateFields,
  type KeyKind,
  type KeyPort,
  type LedgerTx,
} from '@sokkin/issuer';
import { nextKeyId } from './key-ids.ts';
import type { Signer } from './pki.ts';

export const ROOT = 'root';
export const VAULT = 'vault';

export interface CertifyInput {
  readonly keys: KeyPort;
  readonly crypto: CryptoPort;
  readonly currency: number;
  readonly today: Epoch;
  readonly now: Date;
}

/** What the keys of an institution's roles are called. */
export function keyNameOf(role: Role, institution: string): string {
  switch (role) {
    case ROLE.root:
      return ROOT;
    case ROLE.issuer:
      return `issuer/${institution}`;
    case ROLE.authority:
      return `authority/${institution}`;
    case ROLE.issuerPurse:
      return `issuer_purse/${institution}`;
    case ROLE.purse:
      throw new Error('Bug: keys of purses are not ours');
  }
}

export async function makeKey(input: CertifyInput, name: string, kind: KeyKind): Promise<string> {
  const id = nextKeyId(await input.keys.list(), name);
  await input.keys.generate(id, kind, input.now);
  return id;
}

export interface Order {
  readonly institution: string;
  readonly role: Role;
  readonly key: string;
  /** undefined: the root, which signs itself. */
  readonly parent: Signer | undefined;
  /** undefined: a subject that there was not before. */
  readonly subject?: Bytes | undefined;
}

/** Signs the certificate, and writes it down. */
export async function certify(input: CertifyInput, tx: LedgerTx, order: Order): Promise<Signer> {
  const { keys, crypto, currency, today, now } = input;
  const { institution, role, key, parent } = order;
  const reference = order.subject ?? crypto.randomBytes(REFERENCE_LENGTH);
  const subject = authoritySubject(role, reference, await keys.publicKey(key));
  const fields = certificateFields(subject, parent?.certificate, currency, today);
  const certificate = await signCertificate(keys, parent?.key ?? key, fields);
  const generation = generationAfter(await tx.certificates.all(), institution, role);
  await tx.certificates.add({ institution, role, generation, key, bytes: certificate.bytes, createdAt: now });
  return { certificate, key, generation, createdAt: now };
}

const generationAfter = (rows: readonly CertificateRow[], institution: string, role: Role): number =>
  rows.filter((row) => row.institution === institution && row.role === role).length + 1;

export async function makeRoot(input: CertifyInput, tx: LedgerTx): Promise<Signer> {
  const key = await makeKey(input, ROOT, 'signing');
  return certify(input, tx, { institution: CENTRAL_BANK, role: ROLE.root, key, parent: undefined });
}

/** A new CA of this issuer, with its authority and its purse. */
export async function makeLine(
  input: CertifyInput,
  tx: LedgerTx,
  root: Signer,
  institution: string,
): Promise<void> {
  const make = async (role: Role, parent: Signer): Promise<Signer> => {
    const key = await makeKey(input, keyNameOf(role, institution), 'signing');
    return certify(input, tx, { institution, role, key, parent });
  };
  const issuer = await make(ROLE.issuer, root);
  await make(ROLE.authority, issuer);
  await make(ROLE.issuerPurse, issuer);
}

export async function signCertificate(
  keys: KeyPort,
  signer: string,
  fields: Parameters<typeof encodeCertificateBody>[0],
): Promise<Certificate> {
  const body: Bytes = encodeCertificateBody(fields);
  return assembleCertificate(body, await keys.sign(signer, body));
}
