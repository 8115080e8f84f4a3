/**
 * The back-end's keys in a file (key-file.ts): whoever reads it can issue money.
 *
 * What must hold: keys are made once and never overwritten; a file that cannot be read stops the start, because
 * new keys would orphan every certificate ever issued.
 */
import { join } from 'node:path';
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import type { KeyName, KeyPort } from '@sokkin/issuer';
import { z } from 'zod';
import { readKeyFile, writeKeyFile } from './key-file.ts';

export const KEYS_FILE = 'keys.json';
const NAMES: readonly KeyName[] = ['root', 'issuer', 'authority', 'issuerPurse'];

const keySchema = z.strictObject({
  private: z.string().regex(/^[0-9a-f]{64}$/),
  public: z.string().regex(/^04[0-9a-f]{128}$/),
});
const fileSchema = z.strictObject({
  warning: z.string(),
  version: z.literal(1),
  keys: z.strictObject({ root: keySchema, issuer: keySchema, authority: keySchema, issuerPurse: keySchema }),
});
type KeyFile = z.infer<typeof fileSchema>;

/** The keys of the folder; undefined if it has none yet. */
export async function openKeys(folder: string, crypto: CryptoPort): Promise<KeyPort | undefined> {
  const file = await readKeyFile(join(folder, KEYS_FILE), fileSchema);
  return file && portOver(file, crypto);
}

/** Makes the keys of a new back-end. */
export async function createKeys(folder: string, crypto: CryptoPort): Promise<KeyPort> {
  const make = async () => {
    const { handle, publicKey } = await crypto.generateKey();
    return { private: hex(handle), public: hex(publicKey) };
  };
  const file: KeyFile = {
    warning: 'These keys issue money. Keep this file secret, and keep a copy: without it, no purse can sync.',
    version: 1,
    keys: { root: await make(), issuer: await make(), authority: await make(), issuerPurse: await make() },
  };
  await writeKeyFile(join(folder, KEYS_FILE), file);
  return portOver(file, crypto);
}

function portOver(file: KeyFile, crypto: CryptoPort): KeyPort {
  const keys = new Map<KeyName, { readonly handle: Bytes; readonly publicKey: Bytes }>(
    NAMES.map((name) => [
      name,
      { handle: fromHex(file.keys[name].private), publicKey: fromHex(file.keys[name].public) },
    ]),
  );
  const keyOf = (name: KeyName) => {
    const key = keys.get(name);
    if (key === undefined) throw new Error(`Bug: there is no key ${name}`);
    return key;
  };
  return {
    publicKey: (name) => keyOf(name).publicKey,
    sign: async (name, message) => crypto.sign(keyOf(name).handle, message),
  };
}
