/** Another passphrase for the key file. What must hold: the keys stay what they are; the old passphrase opens nothing more. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import type { Config } from '../config/table.ts';
import { assertPassphrase, keyConfigOf, readSecret } from './key-config.ts';
import { KEYS_FILE, openKeyFile } from './open-keys.ts';
import { isThere, PASSPHRASE_FILE } from './passphrase.ts';

/** `file`: its first line is the new passphrase; what it is called in sentences is `source`. */
export async function changePassphrase(config: Config, file: string, source: string): Promise<void> {
  const keyConfig = keyConfigOf(config);
  const { dataFolder } = config;
  const path = join(dataFolder, KEYS_FILE);
  if (keyConfig.kind !== 'file')
    throw new SokkinError('keys_elsewhere', 'The keys are in an HSM: its own tools change its PIN.');
  if (!(await isThere(path))) throw new SokkinError('keys_missing', `There is no key file ${path}.`);
  const passphrase = readSecret(source, file);
  assertPassphrase(passphrase, source);
  const keys = await openKeyFile({
    dataFolder,
    config: keyConfig,
    crypto: nodeCrypto(),
    log: () => undefined,
  });
  await keys.changePassphrase(passphrase);
  await keys.close();
  // The sandbox's own opens nothing more.
  await rm(join(dataFolder, PASSPHRASE_FILE), { force: true });
}
