/**
 * Links: how acquirers connect to the ISO 8583 host.
 *
 * What must hold: an institution makes and closes its own; a dialect is checked whole before anything is written, and kept whole; a key that we
 * made is shown once; in a live back-end a link has a certificate or a key, so that nobody else can speak for the acquirer.
 */
import { readFile } from 'node:fs/promises';
import { type Bytes, type IsoProfile, parseIsoProfile, SokkinError } from '@sokkin/codec';
import type { AcquirerLink, AcquirerLinkDoor, AcquirerLinkSettings, LedgerTx } from '@sokkin/issuer';
import { type IsoMacAlgorithm, isIsoMacKeyLength, isoKeyCheck, nodeSymmetric } from '@sokkin/node';
import { record } from '../access/audit-log.ts';
import { actingInstitution } from '../access/owned.ts';
import { mayAct, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { sealLinkKey } from '../keys/link-keys.ts';
import { Problem } from '../problems.ts';

export interface LinkOrder {
  readonly institution: string | undefined;
  readonly name: string;
  /** A shipped dialect's name, or the whole document of one. */
  /** A shipped dialect's name, or the whole document of one. */
  readonly profile: unknown;
  /** Without `key`: one is made. */
  readonly mac: { readonly algorithm: IsoMacAlgorithm; readonly key: Bytes | undefined } | undefined;
  readonly door: AcquirerLinkDoor;
  readonly settings: AcquirerLinkSettings;
}

export interface MadeLink {
  readonly link: AcquirerLink;
  /** A key that was made here: shown now, and never again. */
  readonly shown: Bytes | undefined;
  /** By which both ends see that they have the same key. */
  readonly check: Bytes | undefined;
}

/** The dialects that are shipped. */
export const SHIPPED_PROFILES = [
  '1987-ascii',
  '1987-bcd',
  '1987-binary-ebcdic',
  '1993-ascii',
  '1993-bcd',
  'example-acquirer',
] as const;
const MOST_LINKS = 50;
const MAC_FIELDS = [64, 128] as const;

export async function addLink(b: Backend, tx: LedgerTx, who: Principal, order: LinkOrder): Promise<MadeLink> {
  const { id: institution, kind } = await actingInstitution(tx, who, order.institution);
  if (kind === 'central_bank')
    throw new Problem('not_an_acquirer', 'A central bank has no shops.', 'institution');
  const document = await documentOf(order.profile);
  const profile = readDialect(document);
  if (order.mac !== undefined) assertHasCode(profile);
  assertProtected(b, order);
  if ((await tx.acquirerLinks.count(institution)) >= MOST_LINKS)
    throw new Problem('too_many_links', `An institution has ${MOST_LINKS} links at most.`);
  const id = newId(b, 'acq');
  const { mac, shown, check } = await keyFor(b, id, order.mac);
  const { name, door, settings } = order;
  const taken = await tx.acquirerLinks.add(
    { id, institution, name, profile: document, mac, door, settings },
    b.clock(),
  );
  if (taken === 'name') throw new Problem('name_taken', 'There is a link of this name.', 'name');
  if (taken === 'door') throw doorTaken(door);
  record(b, tx, who, 'acquirer_link.added', id, { institution, profile: profile.name, door: door.by });
  return { link: await linkPath(tx, who, id, 'see'), shown, check };
}

/** What is another's is not there. */
export async function linkPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: 'see' | 'act',
): Promise<AcquirerLink> {
  const link = await tx.acquirerLinks.byId(id);
  const may = to === 'see' ? maySee : mayAct;
  if (link === undefined || who.party !== undefined || !may(who, link))
    throw new Problem('not_found', `There is no link ${id}.`);
  return link;
}

/** Its connections end within two seconds. Closing again changes nothing. */
export async function closeLink(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<AcquirerLink> {
  await linkPath(tx, who, id, 'act');
  if (await tx.acquirerLinks.close(id, b.clock())) record(b, tx, who, 'acquirer_link.closed', id);
  return linkPath(tx, who, id, 'act');
}

async function shippedProfile(name: string): Promise<Readonly<Record<string, unknown>>> {
  if (!SHIPPED_PROFILES.some((shipped) => shipped === name))
    throw new Problem(
      'profile_invalid',
      `There is no dialect "${name}". Shipped: ${SHIPPED_PROFILES.join(', ')}; or give the whole document of your own.`,
      'profile',
    );
  const text = await readFile(
    new URL(import.meta.resolve(`@sokkin/codec/profiles/iso8583-${name}.json`)),
    'utf8',
  );
  return JSON.parse(text);
}

/** One that is shipped. */
export const dialectNamed = async (name: string): Promise<IsoProfile> =>
  readDialect(await shippedProfile(name));

async function documentOf(profile: unknown): Promise<Readonly<Record<string, unknown>>> {
  if (typeof profile === 'string') return shippedProfile(profile);
  if (typeof profile === 'object' && profile !== null && !Array.isArray(profile)) return { ...profile };
  throw new Problem('profile_invalid', 'The profile is neither a name nor a document.', 'profile');
}

export function readDialect(document: unknown): IsoProfile {
  try {
    return parseIsoProfile(document);
  } catch (error) {
    if (error instanceof SokkinError) throw new Problem('profile_invalid', error.message, 'profile');
    throw error;
  }
}

function assertHasCode(profile: IsoProfile): void {
  const hasFields = MAC_FIELDS.every((field) => {
    const format = profile.fields[field];
    return format?.kind === 'b' && format.prefix === undefined && format.most === 8;
  });
  if (!hasFields)
    throw new Problem(
      'profile_invalid',
      'Messages with a code need the fields 64 and 128 as "b 8".',
      'profile',
    );
}

function assertProtected({ mode }: Backend, { mac, door }: LinkOrder): void {
  if (mode === 'live' && mac === undefined && door.by !== 'certificate' && door.by !== 'https')
    throw new Problem(
      'link_unprotected',
      'Give the link a MAC key, or the certificate of its client.',
      'mac',
    );
}

function doorTaken(door: AcquirerLinkDoor): Problem {
  switch (door.by) {
    case 'port':
      return new Problem('link_taken', `Another link has port ${door.port}.`, 'port');
    case 'certificate':
      return new Problem('link_taken', 'Another link has this certificate.', 'certificate');
    case 'main':
      return new Problem('link_taken', 'Another link has the main port without a certificate.', 'port');
    case 'https':
      return new Problem('link_taken', 'Another link has this id.');
  }
}

const KEY_BYTES: Readonly<Record<IsoMacAlgorithm, number>> = { 'retail-00': 16, 'retail-80': 16, cmac: 32 };

async function keyFor(b: Backend, id: string, order: LinkOrder['mac']) {
  if (order === undefined) return { mac: undefined, shown: undefined, check: undefined };
  const { algorithm, key: given } = order;
  if (given !== undefined && !isIsoMacKeyLength(algorithm, given.length))
    throw new Problem(
      'validation_failed',
      `A key of ${algorithm} has ${KEY_BYTES[algorithm]} octets.`,
      'mac.key',
    );
  const key = given ?? b.crypto.randomBytes(KEY_BYTES[algorithm]);
  return {
    mac: { algorithm, sealed: await sealLinkKey(b.keys, id, key), generation: 0 },
    shown: given === undefined ? key : undefined,
    check: isoKeyCheck(nodeSymmetric(), { algorithm, key }),
  };
}
