/** The database that a configuration names, for a program beside the server. What must hold: a server that runs goes on running. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import type { Config } from '../config.ts';
import { DATABASE, startEmbeddedPostgres } from '../postgres/embedded.ts';
import { embeddedExists, runningUrl } from '../postgres/running.ts';

type Where = Pick<Config, 'databaseUrl' | 'dataFolder'>;

/** A database that is there. */
export async function withDatabase<T>(where: Where, work: (url: string) => Promise<T>): Promise<T> {
  if (where.databaseUrl !== undefined) return work(where.databaseUrl);
  const folder = join(where.dataFolder, 'postgres');
  if (!(await embeddedExists(folder)))
    throw new SokkinError(
      'backup_nothing',
      `There is no database in ${where.dataFolder}: set SOKKIN_DATA or DATABASE_URL.`,
    );
  try {
    return await started(folder, work);
  } catch (error) {
    if (!(error instanceof SokkinError) || error.code !== 'data_folder_in_use') throw error;
    return work(await runningUrl(folder, DATABASE));
  }
}

/** A database that may be made for it. */
export async function withNewDatabase<T>(where: Where, work: (url: string) => Promise<T>): Promise<T> {
  if (where.databaseUrl !== undefined) return work(where.databaseUrl);
  await mkdir(where.dataFolder, { recursive: true, mode: 0o700 });
  return started(join(where.dataFolder, 'postgres'), work);
}

async function started<T>(folder: string, work: (url: string) => Promise<T>): Promise<T> {
  const postgres = await startEmbeddedPostgres({ folder });
  try {
    return await work(postgres.url);
  } finally {
    await postgres.stop();
  }
}
