/**
 * The first start: initdb.
 *
 * What must hold here: the folder `cluster` exists only when it is complete and on disk, database and
 * password together. A first start that is killed leaves a `cluster.new-…` that the next one removes.
 *
 * PostgreSQL's user cannot come through a home folder of mode 700, and need not: a process keeps the
 * folder it stands in, whatever lies above it. So we step into the data folder while we are still
 * root, become the user, and call the folder /proc/self/cwd from then on. This needs no privilege, no
 * mount and no capability. (With CAP_DAC_OVERRIDE instead, whoever takes over PostgreSQL could read and
 * write every file of the machine.)
 */
import { randomBytes } from 'node:crypto';
import { chown, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { accountForInitdb, giveTree } from './identity.ts';
import { type RunAs, run } from './run.ts';
import { startError } from './start-error.ts';

export const SUPERUSER = 'sokkin';

/** Files under the data folder that was given to `startEmbeddedPostgres`. */
export function layoutOf(folder: string) {
  return {
    cluster: join(folder, 'cluster'),
    data: join(folder, 'cluster', 'data'),
    password: join(folder, 'cluster', 'password'),
    log: join(folder, 'postgresql.log'),
  };
}

/** How a process that stands in `data` may call it. */
export function ownNameOf(data: string): string {
  return process.platform === 'linux' ? '/proc/self/cwd' : data;
}

/**
 * An eighth of the memory: pages that do not fit are read, checked and written again and again, which with a million accounts costs more
 * than the transfers. PostgreSQL takes what it uses of it, and no more.
 */
export function sharedBuffers(memory: number): string {
  const eighth = Math.floor(memory / 8 / MEBI);
  return `${Math.min(2048, Math.max(192, eighth))}MB`;
}
const MEBI = 2 ** 20;

/** Of the machine, or of what it is confined to. */
function memoryHere(): number {
  const confined = process.constrainedMemory?.() ?? 0;
  return confined > 0 ? Math.min(confined, totalmem()) : totalmem();
}

/** Soft settings, which an operator may change in postgresql.conf. They fit a machine with 2 cores. */
const SETTINGS = {
  shared_buffers: sharedBuffers(memoryHere()),
  max_connections: '50',
  max_wal_size: '4GB',
  min_wal_size: '128MB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
};

export async function createCluster(
  folder: string,
  native: string,
  as: RunAs,
  log: (line: string) => void,
): Promise<void> {
  await removeTorn(folder);
  const { cluster } = layoutOf(folder);
  if (await exists(cluster)) return;
  log(`creating a database in ${folder}`);
  const fresh = join(folder, `cluster.new-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(join(fresh, 'data'), { recursive: true, mode: 0o700 });
    await initdb(folder, fresh, native, as);
    await syncFolder(fresh); // initdb has synced all below data.
    await rename(fresh, cluster);
    await syncFolder(folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

async function initdb(folder: string, fresh: string, native: string, as: RunAs): Promise<void> {
  const data = join(fresh, 'data');
  const account = await accountForInitdb(as);
  if (account === undefined) {
    throw startError(
      'initdb needs an account of /etc/passwd under which nothing runs, and there is none',
      folder,
      '',
    );
  }
  const password = await open(join(fresh, 'password'), 'wx+', 0o600);
  try {
    await password.write(`${randomBytes(24).toString('base64url')}\n`, 0);
    await password.sync();
    // The file is handed over open: the account could not come to its path.
    if (account.as) await password.chown(account.as.uid, account.as.gid);
    if (account.as) await chown(data, account.as.uid, account.as.gid);
    const { status, output } = await run(
      join(native, 'bin', 'initdb'),
      [
        ...['-D', ownNameOf(data), '-U', SUPERUSER, '--pwfile=/dev/stdin', '--auth=scram-sha-256'],
        ...['--encoding=UTF8', '--locale=C', '--data-checksums'],
        ...Object.entries(SETTINGS).map(([name, value]) => `--set=${name}=${value}`),
      ],
      { as: account.as, cwd: data, stdin: password.fd },
    );
    if (status !== 0) throw startError('The database could not be created', folder, output);
    if (as) await password.chown(as.uid, as.gid);
    await giveTree(fresh, as);
  } finally {
    await password.close();
  }
}

/**
 * What a killed first start left. Its initdb may still be at work for a moment, until it writes to us
 * and finds nobody, so that a folder may be not empty again: the next start removes the rest.
 */
async function removeTorn(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('cluster.new-')) continue;
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
