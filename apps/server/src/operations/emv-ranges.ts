/**
 * Ranges of payment cards that other issuers made, and their master keys: made here, or brought by two custodians.
 *
 * What must hold: what cannot be used is refused before it is written; of a key that comes from elsewhere no person has the whole, and it is
 * used only when its check values are those that came with it; the key port keeps it from then on, and gives it to nobody.
 */
import { type Bytes, fromHex, hex, SokkinError, utf8 } from '@sokkin/codec';
import { type EmvCipher, oddParity, xor } from '@sokkin/crypto';
import {
  type EmvMasterKeyRow,
  type EmvRangeRow,
  type LedgerTx,
  MASTER_KEY_PURPOSES,
  type MasterKeyPurpose,
  parseCryptogramProfile,
  parseIssuerRules,
  versionSet,
} from '@sokkin/issuer';
import { record, sameHands } from '../access/audit-log.ts';
import { homeOf, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { nextKeyId } from '../keys/key-ids.ts';
import { sealInVault } from '../keys/vault.ts';
import { Problem } from '../problems.ts';
import { OWN_PANS } from '../vault/vault.ts';

export interface RangeWish {
  readonly institution?: string | undefined;
  readonly name: string;
  readonly prefix: string;
  readonly digits: number;
  /** Names of versions that this program has, or files of others. */
  readonly versions: readonly unknown[];
  readonly rules?: unknown;
}

/** One of each, in hexadecimal. */
export type ByPurpose = Readonly<Record<MasterKeyPurpose, string>>;

const KEY_NAMES: Readonly<Record<MasterKeyPurpose, string>> = {
  cryptogram: 'emv_ac',
  scriptMac: 'emv_smi',
  scriptEncipher: 'emv_smc',
};
const CHECK_BYTES = 3;
/** By which two parties see that they hold one key, as `keyCheckValue` of @sokkin/crypto has them. */
const CHECK_BLOCK: Readonly<Record<EmvCipher, Bytes>> = {
  tdes: new Uint8Array(8),
  aes: new Uint8Array(16).fill(1),
};

export async function addRange(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  wish: RangeWish,
): Promise<EmvRangeRow> {
  const { name, prefix, digits, institution = homeOf(who) } = wish;
  if (!maySee(who, { institution }) || (await tx.institutions.byId(institution)) === undefined)
    throw new Problem('institution_unknown', `There is no institution ${institution}.`, 'institution');
  if (prefix.startsWith(OWN_PANS) || OWN_PANS.startsWith(prefix))
    throw new Problem('emv_range_taken', `Cards that begin with ${OWN_PANS} are our own.`, 'prefix');
  const versions = wish.versions.map((one) => (typeof one === 'string' ? versionNamed(b, one) : one));
  assertUsable(versions, wish.rules);
  const createdAt = b.clock();
  const row: EmvRangeRow = {
    ...{ id: newId(b, 'emr'), institution, name, prefix, digits, versions, createdAt },
    rules: wish.rules,
  };
  if ((await tx.emvRanges.add(row)) === 'taken')
    throw new Problem('emv_range_taken', `There is a range of ${prefix} with ${digits} digits.`, 'prefix');
  record(b, tx, who, 'emv_range.added', row.id, { institution, prefix, digits });
  return row;
}

function versionNamed(b: Backend, name: string): unknown {
  const document = b.vault.versions.get(name);
  if (document !== undefined) return document;
  const known = [...b.vault.versions.keys()].join(', ');
  throw new Problem(
    'emv_range_invalid',
    `There is no cryptogram version "${name}". There are: ${known}.`,
    'versions',
  );
}

function assertUsable(versions: readonly unknown[], rules: unknown): void {
  try {
    versionSet(versions.map(parseCryptogramProfile));
    if (rules !== undefined) parseIssuerRules(rules);
  } catch (error) {
    if (error instanceof SokkinError) throw new Problem('emv_range_invalid', error.message, 'versions');
    throw error;
  }
}

export async function rangePath(tx: LedgerTx, who: Principal, id: string): Promise<EmvRangeRow> {
  const row = await tx.emvRanges.byId(id);
  if (row === undefined || who.party !== undefined || !maySee(who, row))
    throw new Problem('not_found', `There is no range ${id}.`);
  return row;
}

interface KeyPlace {
  readonly range: string;
  readonly keyIndex: number;
}

async function freePlace(tx: LedgerTx, { range, keyIndex }: KeyPlace): Promise<EmvMasterKeyRow | undefined> {
  const before = await tx.emvRanges.key(range, keyIndex);
  if (before !== undefined && before.state !== 'withdrawn')
    throw new Problem('emv_key_exists', `The range ${range} has keys of the index ${keyIndex}.`, 'key_index');
  return before;
}

const newRow = (b: Backend, { range, keyIndex }: KeyPlace, cipher: EmvCipher) => {
  const now = b.clock();
  return { range, keyIndex, cipher, component: undefined, createdAt: now, changedAt: now };
};

/** Made in the key port. */
export async function makeRangeKeys(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  place: KeyPlace & { readonly cipher: EmvCipher },
): Promise<EmvMasterKeyRow> {
  await tx.certificates.lock();
  const { institution } = await rangePath(tx, who, place.range);
  await freePlace(tx, place);
  const keys = await newKeys(b, institution, (id) => b.keys.generate(id, place.cipher, b.clock()));
  const checkValues = await Promise.all(keys.map((id) => checkValueOf(b, id, place.cipher)));
  const row: EmvMasterKeyRow = { ...newRow(b, place, place.cipher), state: 'active', checkValues, keys };
  await tx.emvRanges.putKey(row);
  record(b, tx, who, 'emv_key.made', place.range, { keyIndex: place.keyIndex, keys });
  return row;
}

async function newKeys(
  b: Backend,
  institution: string,
  make: (id: string, purpose: MasterKeyPurpose) => Promise<void>,
): Promise<string[]> {
  const ids: string[] = [];
  for (const purpose of MASTER_KEY_PURPOSES) {
    const id = nextKeyId(await b.keys.list(), `${KEY_NAMES[purpose]}/${institution}`);
    await make(id, purpose);
    ids.push(id);
  }
  return ids;
}

const checkValueOf = async (b: Backend, id: string, cipher: EmvCipher): Promise<string> =>
  hex((await b.keys.encipher(id, CHECK_BLOCK[cipher])).subarray(0, CHECK_BYTES)).toUpperCase();

const contextOf = ({ range, keyIndex }: KeyPlace): Bytes => utf8(`emv component ${range} ${keyIndex}`);

/** The first custodian's half, sealed, and the check values of the keys that it will be half of. */
export async function bringFirst(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  place: KeyPlace & {
    readonly cipher: EmvCipher;
    readonly component: ByPurpose;
    readonly checkValues: ByPurpose;
  },
): Promise<EmvMasterKeyRow> {
  await rangePath(tx, who, place.range);
  await freePlace(tx, place);
  assertLengths(place.cipher, place.component);
  const sealed = await sealInVault(b.keys, utf8(JSON.stringify(place.component)), contextOf(place));
  const checkValues = MASTER_KEY_PURPOSES.map((purpose) => place.checkValues[purpose].toUpperCase());
  const row: EmvMasterKeyRow = {
    ...newRow(b, place, place.cipher),
    ...{ state: 'incomplete', checkValues, keys: [], component: { sealed, by: who.id } },
  };
  await tx.emvRanges.putKey(row);
  record(b, tx, who, 'emv_key.first_component', place.range, { keyIndex: place.keyIndex });
  return row;
}

function assertLengths(cipher: EmvCipher, component: ByPurpose): void {
  const lengths = cipher === 'aes' ? [32, 48, 64] : [32];
  for (const purpose of MASTER_KEY_PURPOSES)
    if (!lengths.includes(component[purpose].length))
      throw new Problem(
        'validation_failed',
        `Components of ${cipher} keys have ${lengths.join(', ')} hexadecimal digits.`,
        'component',
      );
}

/** The second one's half, from another person: the keys are whole in memory for as long as it takes to hand them to the port. */
export async function bringSecond(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  place: KeyPlace & { readonly component: ByPurpose },
): Promise<EmvMasterKeyRow> {
  await tx.certificates.lock();
  const { institution } = await rangePath(tx, who, place.range);
  const row = await tx.emvRanges.key(place.range, place.keyIndex);
  if (row?.state !== 'incomplete' || row.component === undefined)
    throw new Problem('not_found', `No first component of the index ${place.keyIndex} waits for a second.`);
  if (await sameHands(tx, who.id, row.component.by))
    throw new Problem(
      'second_person_needed',
      'The second component comes from another person than the first.',
    );
  const secrets = await joined(b, row, row.component.sealed, place.component);
  const keys = await newKeys(b, institution, async (id, purpose) => {
    await b.keys.admit(id, row.cipher, secrets[purpose], b.clock());
    secrets[purpose].fill(0);
  });
  const next: EmvMasterKeyRow = { ...row, state: 'active', keys, component: undefined, changedAt: b.clock() };
  await tx.emvRanges.putKey(next);
  record(b, tx, who, 'emv_key.second_component', place.range, { keyIndex: place.keyIndex, keys });
  return next;
}

/** Fails before anything reaches the port if they are not the keys that were announced. */
async function joined(
  b: Backend,
  row: EmvMasterKeyRow,
  sealed: Bytes,
  second: ByPurpose,
): Promise<Readonly<Record<MasterKeyPurpose, Bytes>>> {
  const opened = await b.keys.open(sealed, contextOf(row));
  // Written by `bringFirst` alone.
  const first = JSON.parse(new TextDecoder().decode(opened)) as ByPurpose;
  const whole = (purpose: MasterKeyPurpose): Bytes => {
    if (first[purpose].length !== second[purpose].length) throw mismatch();
    const both = xor(fromHex(first[purpose]), fromHex(second[purpose]));
    return row.cipher === 'tdes' ? oddParity(both) : both;
  };
  const secrets = {
    cryptogram: whole('cryptogram'),
    scriptMac: whole('scriptMac'),
    scriptEncipher: whole('scriptEncipher'),
  };
  const found = MASTER_KEY_PURPOSES.map((purpose) => b.vault.checkValue(row.cipher, secrets[purpose]));
  if (found.some((value, i) => value !== row.checkValues[i])) throw mismatch();
  return secrets;
}

const mismatch = (): Problem =>
  new Problem(
    'emv_key_mismatch',
    'The two components do not give the keys whose check values were announced.',
    'component',
  );

/** Cards that tell this index are refused from now on. Asked again, nothing changes. */
export async function withdrawRangeKeys(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  place: KeyPlace,
): Promise<EmvMasterKeyRow> {
  await tx.certificates.lock();
  await rangePath(tx, who, place.range);
  const row = await tx.emvRanges.key(place.range, place.keyIndex);
  if (row === undefined) throw new Problem('not_found', `There are no keys of the index ${place.keyIndex}.`);
  if (row.state === 'withdrawn') return row;
  for (const id of row.keys) await b.keys.retire(id);
  const next: EmvMasterKeyRow = {
    ...row,
    state: 'withdrawn',
    keys: [],
    component: undefined,
    changedAt: b.clock(),
  };
  await tx.emvRanges.putKey(next);
  record(b, tx, who, 'emv_key.withdrawn', place.range, { keyIndex: place.keyIndex, keys: row.keys });
  return next;
}
