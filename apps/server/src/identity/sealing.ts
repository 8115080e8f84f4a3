/**
 * How identities lie in their store: each record under a data key of its own, which the key `identity` of the key port seals.
 *
 *     record    nonce 12 | AES-256-GCM ciphertext | tag 16, authenticated with institution and party
 *     data key  an envelope of the key port (keys/envelope.ts), with the party as its context
 *
 * What must hold: a record opens as that of its own party alone; whose data key is destroyed is gone, also for who has the
 * key `identity`; a reference is found by its keyed hash, which nobody makes without a key `identity_index` (reference-index.ts).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type Bytes, concat, SokkinError, utf8 } from '@sokkin/codec';
import type { KeyPort, LedgerStore } from '@sokkin/issuer';
import { z } from 'zod';
import { keyId, newestActive } from '../keys/key-ids.ts';
import { IDENTITY_INDEX } from './reference-index.ts';

export const IDENTITY = 'identity';
const DATA_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const line = z.string().min(1).max(200);
export const personSchema = z.strictObject({
  name: line,
  birth_date: z.iso.date().optional(),
  address: z.string().min(1).max(500).optional(),
  email: line.optional(),
  phone: line.optional(),
});
export type Person = z.infer<typeof personSchema>;

const recordSchema = z.strictObject({
  /** The institution's own word for them. */
  reference: z.string(),
  person: personSchema.optional(),
  /** What they call their accounts. */
  accounts: z.record(z.string(), z.string()),
});
export type IdentityRecord = z.infer<typeof recordSchema>;

export interface Owner {
  readonly party: string;
  readonly institution: string;
}
export interface SealedRecord {
  readonly dataKey: Bytes;
  readonly sealedBy: string;
  readonly record: Bytes;
}

/** At a start: one program makes them, under the lock of the ceremonies. */
export async function makeIdentityKeys(store: LedgerStore, keys: KeyPort, now: Date): Promise<void> {
  const isThere = async () => {
    const listed = await keys.list();
    return newestActive(listed, IDENTITY) !== undefined && newestActive(listed, IDENTITY_INDEX) !== undefined;
  };
  if (await isThere()) return;
  await store.write(async (tx) => {
    await tx.certificates.lock();
    const listed = await keys.list();
    if (newestActive(listed, IDENTITY) === undefined) await keys.generate(keyId(IDENTITY, 1), 'sealing', now);
    if (newestActive(listed, IDENTITY_INDEX) === undefined)
      await keys.generate(keyId(IDENTITY_INDEX, 1), 'mac', now);
  });
}

/** The key that new data keys are sealed with. */
export async function identityKeyOf(keys: KeyPort): Promise<string> {
  const key = newestActive(await keys.list(), IDENTITY);
  if (key === undefined) throw new Error('Bug: a start makes a key for identities');
  return key;
}

const contextOf = ({ party }: Owner): Bytes => utf8(`identity ${party}`);
const associated = ({ party, institution }: Owner): Bytes => utf8(`identity 1 ${institution} ${party}`);

export async function sealRecord(keys: KeyPort, owner: Owner, record: IdentityRecord): Promise<SealedRecord> {
  const plainKey = new Uint8Array(randomBytes(DATA_KEY_BYTES));
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  const cipher = createCipheriv('aes-256-gcm', plainKey, nonce);
  cipher.setAAD(associated(owner));
  const text = Buffer.concat([cipher.update(JSON.stringify(record), 'utf8'), cipher.final()]);
  const sealedBy = await identityKeyOf(keys);
  const dataKey = await keys.seal(sealedBy, plainKey, contextOf(owner));
  plainKey.fill(0);
  return { dataKey, sealedBy, record: concat(nonce, text, cipher.getAuthTag()) };
}

export async function openRecord(
  keys: KeyPort,
  owner: Owner,
  { dataKey, record }: Pick<SealedRecord, 'dataKey' | 'record'>,
): Promise<IdentityRecord> {
  const plainKey = await keys.open(dataKey, contextOf(owner));
  if (record.length < NONCE_BYTES + TAG_BYTES || plainKey.length !== DATA_KEY_BYTES) throw damaged(owner);
  const decipher = createDecipheriv('aes-256-gcm', plainKey, record.subarray(0, NONCE_BYTES));
  decipher.setAAD(associated(owner));
  decipher.setAuthTag(record.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(record.subarray(NONCE_BYTES, -TAG_BYTES));
    return recordSchema.parse(JSON.parse(Buffer.concat([text, decipher.final()]).toString('utf8')));
  } catch {
    // The cause may quote the record.
    throw damaged(owner);
  } finally {
    plainKey.fill(0);
  }
}

/** The same data key, under the newest key. */
export async function sealKeyAnew(
  keys: KeyPort,
  owner: Owner,
  dataKey: Bytes,
): Promise<Pick<SealedRecord, 'dataKey' | 'sealedBy'>> {
  const sealedBy = await identityKeyOf(keys);
  const plainKey = await keys.open(dataKey, contextOf(owner));
  const sealed = await keys.seal(sealedBy, plainKey, contextOf(owner));
  plainKey.fill(0);
  return { dataKey: sealed, sealedBy };
}

const damaged = ({ party }: Owner): SokkinError =>
  new SokkinError(
    'sealed_damaged',
    `The identity of ${party} is damaged, or is another's: restore it from a copy.`,
  );
