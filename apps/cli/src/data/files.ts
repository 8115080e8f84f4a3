/**
 * Small files that are whole or not there: written beside, synced, renamed.
 *
 * What must hold: after `writeWhole` returned, a power cut leaves the new content; before, the old one or none.
 */
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SokkinError } from '@sokkin/codec';

let serial = 0;

export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}.${serial++}.new`;
  try {
    await makeFolder(dirname(path));
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await unlink(unfinished).catch(() => undefined);
    throw new SokkinError('file_failed', `${path} could not be written: ${reasonOf(cause)}.`, { cause });
  }
}

/** Throws if nothing can be written there: asked before work of hours, whose results are to go there. */
export async function assertWritable(folder: string): Promise<void> {
  const probe = join(folder, `.${process.pid}.${serial++}.new`);
  try {
    await makeFolder(folder);
    await (await open(probe, 'wx', 0o600)).close();
    await unlink(probe);
  } catch (cause) {
    throw new SokkinError('file_failed', `Nothing can be written in ${folder}: ${reasonOf(cause)}.`, {
      cause,
    });
  }
}

/** With the folders above it. Not by Node's `recursive`, which goes round for ever where the system says ENOENT, as below /proc. */
async function makeFolder(folder: string): Promise<void> {
  const made = await tryFolder(folder);
  if (made === undefined) return;
  if (codeOf(made) !== 'ENOENT' || dirname(folder) === folder) throw made;
  await makeFolder(dirname(folder));
  const again = await tryFolder(folder);
  if (again !== undefined) throw again;
}

/** undefined: it is there. */
async function tryFolder(folder: string): Promise<unknown> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    return codeOf(error) === 'EEXIST' ? undefined : error;
  }
  return undefined;
}

/** A JSON object on every line; for what may be too much to hold in memory. */
export async function writeLines(path: string, values: AsyncIterable<object>): Promise<void> {
  const handle = await open(path, 'w', 0o600).catch((cause: unknown) => {
    throw new SokkinError('file_failed', `${path} could not be written: ${reasonOf(cause)}.`, { cause });
  });
  try {
    for await (const value of values) await handle.write(`${JSON.stringify(value)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** undefined if there is no such file. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return undefined;
    throw new SokkinError('file_failed', `${path} could not be read: ${reasonOf(cause)}.`, { cause });
  }
}

/** Reads a JSON object; `file_damaged` with the file's name if it is none. */
export async function readJson(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const bytes = await readIfThere(path);
  return bytes === undefined ? undefined : jsonObject(bytes, path);
}

export function jsonObject(bytes: Uint8Array, path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
    throw new Error('it holds no JSON object');
  } catch (cause) {
    throw damaged(path, cause);
  }
}

export const damaged = (path: string, cause: unknown): SokkinError =>
  new SokkinError('file_damaged', `${path} is damaged: ${reasonOf(cause)}. It was not changed.`, { cause });

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
