/**
 * Ceremony, rotation and renewal: the life of the back-end's own keys (docs/keys.md).
 *
 * What must hold: one act at a time, in the key port and in the table of certificates; an act that is cut off leaves at
 * most keys that nobody uses. Purses that are out there never notice: a replaced authority or issuer's purse is believed
 * by its new certificate, and a replaced CA goes on through its authority and purse.
 */
import { ROLE, type Role } from '@sokkin/crypto';
import { CENTRAL_BANK, type CertificateRow, type KeyInfo, type LedgerTx } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { mayAct, maySee, type Principal } from '../access/principal.ts';
import { type Backend, dayOf } from '../backend.ts';
import { IDENTITY_INDEX } from '../identity/reference-index.ts';
import { IDENTITY } from '../identity/sealing.ts';
import { type CertifyInput, certify, keyNameOf, makeKey, makeLine, ROOT, VAULT } from '../keys/certify.ts';
import { daysToReplace } from '../keys/expiry.ts';
import { parseKeyId } from '../keys/key-ids.ts';
import { currentLine, type IssuerLine, type Pki, pkiOf, type Signer } from '../keys/pki.ts';
import { Problem } from '../problems.ts';
import { PAN_INDEXING, PAN_SEALING } from '../vault/pan-keys.ts';

export type RenewableRole = 'authority' | 'issuer_purse';
export type KeyAct =
  | { readonly kind: 'ceremony'; readonly institution: string }
  | { readonly kind: 'rotate'; readonly name: string }
  | { readonly kind: 'renew'; readonly institution: string; readonly role: RenewableRole }
  | { readonly kind: 'destroy'; readonly id: string };

/** Every privileged act on keys goes through here, and into the log. Gives the ids of the keys it is about. */
export async function actOnKeys(b: Backend, tx: LedgerTx, who: Principal, act: KeyAct): Promise<string[]> {
  await tx.certificates.lock();
  const keys = await perform(b, tx, who, act);
  record(b, tx, who, ACTION[act.kind], subjectOf(act), { keys });
  return keys;
}

const ACTION: Readonly<Record<KeyAct['kind'], string>> = {
  ceremony: 'key.ceremony_held',
  rotate: 'key.rotated',
  renew: 'certificate.renewed',
  destroy: 'key.destroyed',
};

function subjectOf(act: KeyAct): string {
  switch (act.kind) {
    case 'ceremony':
      return act.institution;
    case 'rotate':
      return act.name;
    case 'renew':
      return `${act.role}/${act.institution}`;
    case 'destroy':
      return act.id;
  }
}

async function perform(b: Backend, tx: LedgerTx, who: Principal, act: KeyAct): Promise<string[]> {
  switch (act.kind) {
    case 'ceremony':
      return holdCeremony(b, tx, who, act.institution);
    case 'rotate':
      return rotate(b, tx, who, act.name);
    case 'renew':
      return [await renew(b, tx, who, act)];
    case 'destroy':
      return [await destroyKey(b, who, act.id)];
  }
}

const inputOf = ({ keys, crypto, currency, clock }: Backend): CertifyInput => {
  const now = clock();
  return { keys, crypto, currency, now, today: dayOf(now) };
};

/** As the database has it, not as this server last saw it. */
async function pkiIn(tx: LedgerTx): Promise<Pki> {
  const pki = pkiOf(await tx.certificates.all());
  if (pki === undefined) throw new Error('Bug: the first ceremony leaves certificates');
  return pki;
}

async function rootOf(tx: LedgerTx): Promise<Signer> {
  const { root, rootKey } = await pkiIn(tx);
  const row = (await tx.certificates.all()).find(({ role }) => role === ROLE.root);
  if (row === undefined) throw new Error('Bug: the first ceremony leaves a root');
  return { certificate: root, key: rootKey, generation: row.generation, createdAt: row.createdAt };
}

async function holdCeremony(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  institution: string,
): Promise<string[]> {
  const row = await tx.institutions.byId(institution);
  // Who is an issuer is the central bank's word.
  if (row === undefined || !maySee(who, { institution }))
    throw new Problem('not_found', `There is no institution ${institution}.`);
  assertCentralBank(who);
  if (row.kind !== 'issuer')
    throw new Problem(
      'key_not_rotatable',
      `${institution} is no issuer: issuers alone certify purses.`,
      'institution',
    );
  if (currentLine(await pkiIn(tx), institution) !== undefined)
    throw new Problem(
      'issuer_has_keys',
      `${institution} has its keys: rotate them to get others.`,
      'institution',
    );
  await makeLine(inputOf(b), tx, await rootOf(tx), institution);
  return keysOf(tx, institution);
}

function assertCentralBank(who: Principal): void {
  if (mayAct(who, { institution: CENTRAL_BANK })) return;
  throw new Problem('forbidden', 'The root certifies issuers, and it is the central bank’s.');
}

/** Of the line that is current. */
async function keysOf(tx: LedgerTx, institution: string): Promise<string[]> {
  const line = lineIn(await pkiIn(tx), institution);
  return [line.issuer.key, line.authority.key, line.issuerPurse.key];
}

function lineIn(pki: Pki, institution: string): IssuerLine {
  const line = currentLine(pki, institution);
  if (line !== undefined) return line;
  throw new Problem('not_found', `The institution ${institution} has no keys.`);
}

const ROLE_OF_PREFIX: ReadonlyMap<string, Role> = new Map([
  ['issuer', ROLE.issuer],
  ['authority', ROLE.authority],
  ['issuer_purse', ROLE.issuerPurse],
]);

/** Keys without certificates: what they made goes under the new one beside all else. */
const ROTATED_AS: ReadonlyMap<string, 'sealing' | 'mac'> = new Map([
  [VAULT, 'sealing'],
  [IDENTITY, 'sealing'],
  [IDENTITY_INDEX, 'mac'],
  [PAN_SEALING, 'sealing'],
  [PAN_INDEXING, 'mac'],
]);

/** Replaces the newest key of this name. */
async function rotate(b: Backend, tx: LedgerTx, who: Principal, name: string): Promise<string[]> {
  const [prefix = '', institution = CENTRAL_BANK] = name.split('/');
  const role = ROLE_OF_PREFIX.get(prefix);
  const isKnown = (await b.keys.list()).some(({ id }) => parseKeyId(id)?.name === name);
  if (!isKnown || !maySee(who, { institution })) throw new Problem('not_found', `There is no key ${name}.`);
  if (name === ROOT)
    throw new Problem(
      'key_not_rotatable',
      'Every purse holds the root’s certificate: another root is another system.',
      'key',
    );
  if (!mayAct(who, { institution }))
    throw new Problem('forbidden', `The key ${name} is another institution's.`);
  const kind = ROTATED_AS.get(name);
  if (kind !== undefined) return [await makeKey(inputOf(b), name, kind)];
  if (role === undefined) throw new Problem('key_not_rotatable', `A key ${name} cannot be replaced.`, 'key');
  const line = lineIn(await pkiIn(tx), institution);
  return role === ROLE.issuer ? replaceLine(b, tx, line) : [await replaceLeaf(b, tx, line, role)];
}

/**
 * A new CA with a new authority and purse. The old CA's last act: its own authority and purse are certified for as long as
 * any purse that it has certified.
 */
async function replaceLine(b: Backend, tx: LedgerTx, old: IssuerLine): Promise<string[]> {
  for (const role of [ROLE.authority, ROLE.issuerPurse]) await renewLeaf(b, tx, old, role);
  await makeLine(inputOf(b), tx, await rootOf(tx), old.institution);
  return keysOf(tx, old.institution);
}

const leafOf = (line: IssuerLine, role: Role): Signer =>
  role === ROLE.authority ? line.authority : line.issuerPurse;

/** The issuer's purse keeps its id, and its journal goes on under the new key; an authority is a new one. */
async function replaceLeaf(b: Backend, tx: LedgerTx, line: IssuerLine, role: Role): Promise<string> {
  const { institution, issuer: parent } = line;
  const key = await makeKey(inputOf(b), keyNameOf(role, institution), 'signing');
  const subject = role === ROLE.issuerPurse ? line.issuerPurse.certificate.subjectRef : undefined;
  await certify(inputOf(b), tx, { institution, role, key, parent, subject });
  return key;
}

async function renewLeaf(b: Backend, tx: LedgerTx, line: IssuerLine, role: Role): Promise<string> {
  const { institution, issuer: parent } = line;
  const { key, certificate } = leafOf(line, role);
  await certify(inputOf(b), tx, { institution, role, key, parent, subject: certificate.subjectRef });
  return key;
}

/** The same key, certified from today on. */
async function renew(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { institution, role }: { readonly institution: string; readonly role: RenewableRole },
): Promise<string> {
  if (!maySee(who, { institution }))
    throw new Problem('not_found', `The institution ${institution} has no keys.`);
  const line = lineIn(await pkiIn(tx), institution);
  if (!mayAct(who, { institution }))
    throw new Problem('forbidden', `The keys of ${institution} are another institution's.`);
  return renewLeaf(b, tx, line, role === 'authority' ? ROLE.authority : ROLE.issuerPurse);
}

/** For good: what was sealed with it, in old copies of the database too, is lost. */
async function destroyKey(b: Backend, who: Principal, id: string): Promise<string> {
  const key = (await b.keys.list()).find((k) => k.id === id);
  const institution = institutionOf(id);
  if (key === undefined || !maySee(who, { institution }))
    throw new Problem('not_found', `There is no key ${id}.`);
  if (!mayAct(who, { institution }))
    throw new Problem('forbidden', `The key ${id} is another institution's.`);
  if (key.state === 'active')
    throw new Problem('key_in_use', `The key ${id} is not retired: rotate it, and wait a minute.`, 'id');
  await b.keys.destroy(id);
  return id;
}

export const institutionOf = (id: string): string => parseKeyId(id)?.name.split('/')[1] ?? CENTRAL_BANK;

export interface ListedKey {
  readonly info: KeyInfo;
  readonly institution: string;
  /** The newest certificate of this key. */
  readonly certificate: CertificateRow | undefined;
  /** New things are made with it. */
  readonly isInUse: boolean;
  /** Of a key without a certificate that is replaced by the calendar. */
  readonly daysToReplace: number | undefined;
}

/** Oldest first. */
export async function listKeys(b: Backend, who: Principal): Promise<ListedKey[]> {
  const rows = await b.store.read((tx) => tx.certificates.all());
  const pki = pkiOf(rows);
  const used = new Set(pki === undefined ? [] : [pki.rootKey, ...pki.lines.flatMap(keysOfLine)]);
  const listed = await b.keys.list();
  return listed
    .map((info) => ({
      info,
      daysToReplace: daysToReplace(listed, info, b.clock()),
      institution: institutionOf(info.id),
      certificate: rows.findLast((row) => row.key === info.id),
      isInUse: info.state === 'active' && (info.kind !== 'signing' || used.has(info.id)),
    }))
    .filter(({ institution }) => maySee(who, { institution }));
}

const keysOfLine = ({ isCurrent, issuer, authority, issuerPurse }: IssuerLine): string[] =>
  [authority.key, issuerPurse.key].concat(isCurrent ? [issuer.key] : []);
