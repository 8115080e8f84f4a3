/**
 * The back-end's keys in a file.
 *
 * PLAIN FOR NOW: whoever reads this file can issue money. It has mode 0600 and is meant for development and
 * pilots without money; issue 4 puts an encrypted file and PKCS#11 behind the same KeyPort.
 *
 * What must hold: the file is there whole or not at all; keys are made once and never overwritten; a file that
 * cannot be read stops the start, because new keys would orphan every certificate ever issued.
 */
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, fromHex, hex, SokkinError } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import type { KeyName, KeyPort } from '@sokkin/issuer';
import { z } from 'zod';

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
  const path = join(folder, KEYS_FILE);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new SokkinError('keys_unreadable', `The key file ${path} cannot be read: ${cause.message}`, {
      cause,
    });
  });
  if (text === undefined) return undefined;
  const file = parse(path, text);
  await assertPrivate(path);
  return portOver(file, crypto);
}

/** Makes the keys of a new back-end. */
export async function createKeys(folder: string, crypto: CryptoPort): Promise<KeyPort> {
  const path = join(folder, KEYS_FILE);
  const make = async () => {
    const { handle, publicKey } = await crypto.generateKey();
    return { private: hex(handle), public: hex(publicKey) };
  };
  const file: KeyFile = {
    warning: 'These keys issue money. Keep this file secret, and keep a copy: without it, no purse can sync.',
    version: 1,
    keys: { root: await make(), issuer: await make(), authority: await make(), issuerPurse: await make() },
  };
  const temporary = `${path}.${process.pid}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncFolder(folder);
  return portOver(file, crypto);
}

function parse(path: string, text: string): KeyFile {
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    // The cause may quote key material, so it stays out of the message.
    throw new SokkinError(
      'keys_damaged',
      `The key file ${path} is damaged: restore it from its copy.`,
      cause instanceof SyntaxError ? {} : { cause: new Error('the file has not the expected fields') },
    );
  }
}

async function assertPrivate(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new SokkinError('keys_exposed', `Others may read the key file ${path}: run chmod 600 on it.`);
  }
}

/** A rename is durable when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
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
