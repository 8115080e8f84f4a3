/**
 * Files of keys in the data folder.
 *
 * What must hold: a file is there whole or not at all; one that cannot be read, or that others may read, is never
 * taken for one that is missing; no message quotes what is in it.
 */
import { open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import type { z } from 'zod';

/** undefined if there is no such file. */
export async function readKeyFile<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new SokkinError('keys_unreadable', `The key file ${path} cannot be read: ${cause.message}`, {
      cause,
    });
  });
  if (text === undefined) return undefined;
  const content = parse(path, text, schema);
  await assertPrivate(path);
  return content;
}

/** Returns when it is on the disk. */
export async function writeKeyFile(path: string, content: object): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

export const damagedKeys = (path: string, cause?: unknown): SokkinError =>
  new SokkinError(
    'keys_damaged',
    `The key file ${path} is damaged: restore it from its copy.`,
    cause === undefined ? {} : { cause },
  );

function parse<T>(path: string, text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    // The cause may quote key material, so it stays out of the message.
    throw damagedKeys(
      path,
      cause instanceof SyntaxError ? undefined : new Error('the file has not the expected fields'),
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
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
