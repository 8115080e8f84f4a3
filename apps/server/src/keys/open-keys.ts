/** Opens the keys where the configuration says they are. What must hold: nothing is made here but a passphrase. */
import { join } from 'node:path';
import type { CryptoPort } from '@sokkin/crypto';
import type { KeyPort } from '@sokkin/issuer';
import { SCRYPT_COST } from './encrypted-file.ts';
import type { FileKeyConfig, KeyConfig } from './key-config.ts';
import { isThere, passphraseOf } from './passphrase.ts';
import { openPkcs11Keys } from './pkcs11/pkcs11-keys.ts';
import { makeSoftwareKeys, openSoftwareKeys, type SoftwareKeys } from './software-keys.ts';
import { asideOf, erase, isVersion1, keepAside, readVersion1 } from './version1.ts';

export const KEYS_FILE = 'keys.json';

export interface OpenKeysInput {
  readonly dataFolder: string;
  readonly config: KeyConfig;
  readonly crypto: CryptoPort;
  readonly log: (line: string) => void;
}

export async function openKeys(input: OpenKeysInput): Promise<KeyPort> {
  const { config } = input;
  return config.kind === 'pkcs11' ? openPkcs11Keys(config) : openKeyFile({ ...input, config });
}

/** Where the keys are, for a sentence. */
export const placeOf = (dataFolder: string, config: KeyConfig): string =>
  config.kind === 'pkcs11' ? `the token "${config.token}"` : join(dataFolder, KEYS_FILE);

export interface OpenKeyFileInput extends OpenKeysInput {
  readonly config: FileKeyConfig;
}

export async function openKeyFile(input: OpenKeyFileInput): Promise<SoftwareKeys> {
  const { dataFolder, config, crypto, log } = input;
  const path = join(dataFolder, KEYS_FILE);
  const old = (await isVersion1(path)) ? await readVersion1(path) : undefined;
  const isLocked = old === undefined && (await isThere(path));
  const passphrase = await passphraseOf({ dataFolder, config, isLocked, log });
  const scryptCost = config.scryptCost ?? SCRYPT_COST;
  const file = { path, crypto, passphrase, scryptCost };
  if (old === undefined) {
    const keys = await openSoftwareKeys(file);
    // The last step of a take-up that was cut off.
    if (isLocked && (await isThere(asideOf(path)))) await erase(asideOf(path));
    return keys;
  }
  await keepAside(path);
  const keys = await makeSoftwareKeys(file, old);
  await erase(asideOf(path));
  log(`The keys in ${path} were not encrypted: now they are, and the old file is overwritten`);
  return keys;
}
