/**
 * Key files of version 1, which were not encrypted: they are taken up once.
 *
 * What must hold: what was in the old file is on the disk, encrypted, before the old file is touched; then its content is
 * overwritten. (A disk that writes elsewhere than it was told to, as flash does, may keep the old blocks: such keys are
 * to be rotated.)
 */
import { link, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import { FIRST_ISSUER } from '@sokkin/issuer';
import { z } from 'zod';
import { readKeyFile, syncFolder } from './key-file.ts';
import { keyId } from './key-ids.ts';
import type { StoredKey } from './software-keys.ts';

const keySchema = z.strictObject({
  private: z.string().regex(/^[0-9a-f]{64}$/),
  public: z.string().regex(/^04[0-9a-f]{128}$/),
});
const fileSchema = z.strictObject({
  warning: z.string(),
  version: z.literal(1),
  keys: z.strictObject({ root: keySchema, issuer: keySchema, authority: keySchema, issuerPurse: keySchema }),
});

const NAMES = {
  root: 'root',
  issuer: `issuer/${FIRST_ISSUER}`,
  authority: `authority/${FIRST_ISSUER}`,
  issuerPurse: `issuer_purse/${FIRST_ISSUER}`,
} as const;

/** Of a file that is known to be of version 1. */
export async function readVersion1(path: string): Promise<readonly StoredKey[]> {
  const file = await readKeyFile(path, fileSchema);
  if (file === undefined) throw new SokkinError('keys_missing', `The key file ${path} is gone.`);
  const createdAt = (await stat(path)).mtime.toISOString();
  return (['root', 'issuer', 'authority', 'issuerPurse'] as const).map((name) => ({
    id: keyId(NAMES[name], 1),
    kind: 'signing',
    state: 'active',
    createdAt,
    secret: file.keys[name].private,
    public: file.keys[name].public,
  }));
}

/** Whether the file says that it is of version 1; false if it is not there, or is no JSON at all. */
export async function isVersion1(path: string): Promise<boolean> {
  const anything = z.unknown();
  const content = await readKeyFile(path, anything).catch(() => undefined);
  return typeof content === 'object' && content !== null && 'version' in content && content.version === 1;
}

/** A second name for the old file, under which it is found and erased once the new one has its place. */
export const asideOf = (path: string): string => `${path}.version-1`;

export async function keepAside(path: string): Promise<void> {
  await link(path, asideOf(path)).catch((error: unknown) => {
    // Left by a take-up that was cut off.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
}

/** Overwrites a file, and removes it. */
export async function erase(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    const { size } = await handle.stat();
    await handle.write(new Uint8Array(size), 0, size, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rm(path);
  await syncFolder(dirname(path));
}
