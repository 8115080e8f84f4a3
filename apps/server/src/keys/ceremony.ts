/**
 * Key ceremony: what makes a new back-end an issuer.
 *
 * What must hold: it happens once, whatever is cut off in between: keys first, then all certificates in one
 * transaction. Keys and certificates that do not belong together stop the start.
 */
import { type Bytes, type Epoch, equal, SokkinError } from '@sokkin/codec';
import {
  assembleCertificate,
  type Certificate,
  type CryptoPort,
  encodeCertificateBody,
  parseCertificate,
  REFERENCE_LENGTH,
  ROLE,
  type Role,
} from '@sokkin/crypto';
import {
  authoritySubject,
  certificateFields,
  type KeyName,
  type KeyPort,
  type LedgerStore,
  type LedgerTx,
  SYSTEM_ACCOUNTS,
} from '@sokkin/issuer';
import { createKeys, KEYS_FILE, openKeys } from './file-keys.ts';

export interface Pki {
  readonly root: Certificate;
  readonly issuer: Certificate;
  readonly authority: Certificate;
  readonly issuerPurse: Certificate;
}

const ROLE_OF: Readonly<Record<KeyName, Role>> = {
  root: ROLE.root,
  issuer: ROLE.issuer,
  authority: ROLE.authority,
  issuerPurse: ROLE.issuerPurse,
};

export interface CeremonyInput {
  readonly store: LedgerStore;
  readonly crypto: CryptoPort;
  readonly dataFolder: string;
  readonly currency: number;
  readonly today: Epoch;
  readonly now: Date;
  readonly log: (line: string) => void;
}

export async function openPki(input: CeremonyInput): Promise<{ readonly keys: KeyPort; readonly pki: Pki }> {
  const { store, crypto, dataFolder, log } = input;
  const before = await store.read(readPki);
  const existing = await openKeys(dataFolder, crypto);
  if (existing === undefined && before !== undefined) {
    throw new SokkinError(
      'keys_missing',
      `The database has certificates, but ${dataFolder}/${KEYS_FILE} is missing: restore it from its copy.`,
    );
  }
  if (existing === undefined) log(`Key ceremony: making the issuer's keys in ${dataFolder}/${KEYS_FILE}`);
  const keys = existing ?? (await createKeys(dataFolder, crypto));
  const pki = before ?? (await issuePki(input, keys));
  for (const name of ['root', 'issuer', 'authority', 'issuerPurse'] as const) {
    if (!equal(pki[name].publicKey, keys.publicKey(name))) {
      throw new SokkinError(
        'keys_mismatch',
        `The keys in ${dataFolder}/${KEYS_FILE} are not those of this database's certificates.`,
      );
    }
    await proveKey(crypto, keys, name, pki[name]);
  }
  return { keys, pki };
}

/** A private half that does not fit would sign Grants and Payments that nobody believes. */
async function proveKey(
  crypto: CryptoPort,
  keys: KeyPort,
  name: KeyName,
  certificate: Certificate,
): Promise<void> {
  const message = crypto.randomBytes(32);
  if (await crypto.verify(certificate.publicKey, message, await keys.sign(name, message))) return;
  throw new SokkinError('keys_damaged', `The key "${name}" is damaged: restore the key file from its copy.`);
}

async function readPki(tx: LedgerTx): Promise<Pki | undefined> {
  const read = async (name: KeyName) => {
    const bytes = await tx.control.certificate(ROLE_OF[name]);
    return bytes && parseCertificate(bytes);
  };
  const [root, issuer] = [await read('root'), await read('issuer')];
  const [authority, issuerPurse] = [await read('authority'), await read('issuerPurse')];
  if (!root || !issuer || !authority || !issuerPurse) return undefined;
  return { root, issuer, authority, issuerPurse };
}

async function issuePki(input: CeremonyInput, keys: KeyPort): Promise<Pki> {
  const { store, crypto, currency, today, now } = input;
  const certify = async (name: KeyName, parent: Certificate | undefined, signer: KeyName) => {
    const subject = authoritySubject(
      ROLE_OF[name],
      crypto.randomBytes(REFERENCE_LENGTH),
      keys.publicKey(name),
    );
    return signCertificate(keys, signer, certificateFields(subject, parent, currency, today));
  };
  const root = await certify('root', undefined, 'root');
  const issuer = await certify('issuer', root, 'root');
  const authority = await certify('authority', issuer, 'issuer');
  const issuerPurse = await certify('issuerPurse', issuer, 'issuer');
  const pki: Pki = { root, issuer, authority, issuerPurse };
  return store.write(async (tx) => {
    // Another program may have held its ceremony on this database meanwhile.
    const first = await readPki(tx);
    if (first !== undefined) return first;
    for (const name of ['root', 'issuer', 'authority', 'issuerPurse'] as const) {
      await tx.control.addCertificate(ROLE_OF[name], pki[name].bytes);
    }
    for (const account of Object.values(SYSTEM_ACCOUNTS)) await tx.accounts.add(account, now);
    return pki;
  });
}

export async function signCertificate(
  keys: KeyPort,
  signer: KeyName,
  fields: Parameters<typeof encodeCertificateBody>[0],
): Promise<Certificate> {
  const body: Bytes = encodeCertificateBody(fields);
  return assembleCertificate(body, await keys.sign(signer, body));
}
