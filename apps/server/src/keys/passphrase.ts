/**
 * The passphrase of the key file.
 *
 * A sandbox makes one for itself and puts it beside the key file, which keeps the keys out of a stray copy of the key file
 * alone, and no more. What must hold: a live back-end never does; one that is lost is never replaced by a new one.
 */
import { randomBytes } from 'node:crypto';
import { access, link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import { type FileKeyConfig, readSecret } from './key-config.ts';

export const PASSPHRASE_FILE = 'key-passphrase';

export interface PassphraseInput {
  readonly dataFolder: string;
  readonly config: FileKeyConfig;
  /** Whether there is a key file that only its old passphrase opens. */
  readonly isLocked: boolean;
  readonly log: (line: string) => void;
}

export async function passphraseOf({ dataFolder, config, isLocked, log }: PassphraseInput): Promise<string> {
  if (config.passphrase !== undefined) return config.passphrase;
  if (config.isLive) {
    throw new SokkinError(
      'key_passphrase_missing',
      'SOKKIN_KEY_PASSPHRASE_FILE is missing: a live back-end needs the passphrase of its key file, in a file or in SOKKIN_KEY_PASSPHRASE.',
    );
  }
  const path = join(dataFolder, PASSPHRASE_FILE);
  if (await isThere(path)) return readSecret(path, path);
  if (isLocked) {
    throw new SokkinError(
      'key_passphrase_missing',
      `The key file is encrypted, and ${path} is missing: restore it, or give the passphrase in SOKKIN_KEY_PASSPHRASE_FILE.`,
    );
  }
  if (await make(path))
    log(`Made ${path}, which opens the key file: keep a copy of each, in different places`);
  return readSecret(path, path);
}

export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** False: another program was first. */
async function make(path: string): Promise<boolean> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(32).toString('base64url')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}
