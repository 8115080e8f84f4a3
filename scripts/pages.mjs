/**
 * Builds the apps that have pages: `npm run pages`. `sokkin start` runs it, too, so that a change of their sources is seen at the next start.
 *
 * What must hold: the last line of the output is a folder that holds every app whole, and is never changed again: what its sources are is
 * its name, so that any number of programs may build and serve at once. The newest three are kept.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, '.cache', 'pages');
const KEPT = 3;
const HOUR_MS = 3_600_000;
/** Of which any app may be made. */
const SHARED = [
  ...['packages', 'adapters/web', 'package-lock.json'],
  ...['scripts/offline-plugin.ts', 'scripts/shared-worker-plugin.ts'],
];
const NOT_SOURCES = new Set(['node_modules', 'test', 'vectors']);

/** Names, sizes and times of change: enough to know whether somebody has edited. */
async function take(path, hash) {
  const found = await stat(path);
  if (!found.isDirectory()) {
    hash.update(`${path} ${found.size} ${found.mtimeMs}\n`);
    return;
  }
  for (const name of (await readdir(path)).sort())
    if (!NOT_SOURCES.has(name)) await take(join(path, name), hash);
}

async function nameOf(apps) {
  const hash = createHash('sha256');
  for (const place of [...apps.map((app) => `apps/${app}`), ...SHARED]) await take(join(ROOT, place), hash);
  return hash.digest('hex').slice(0, 16);
}

async function build(apps, folder) {
  // Loaded here: it takes longer than all else, and is seldom needed.
  const vite = await import('vite');
  const fresh = join(FOLDER, `.new-${randomBytes(6).toString('hex')}`);
  for (const app of apps)
    await vite.build({
      configFile: join(ROOT, 'apps', app, 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: join(fresh, app) },
    });
  // Another program may have been faster: then its folder is as good.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
}

async function removeOld() {
  const found = await Promise.all(
    (await readdir(FOLDER)).map(async (name) => ({ name, at: (await stat(join(FOLDER, name))).mtimeMs })),
  );
  const isBeingBuilt = ({ name, at }) => name.startsWith('.') && at > Date.now() - HOUR_MS;
  const old = found
    .filter((one) => !isBeingBuilt(one))
    .sort((a, b) => b.at - a.at)
    .slice(KEPT);
  for (const { name } of old) await rm(join(FOLDER, name), { recursive: true, force: true });
}

await mkdir(FOLDER, { recursive: true });
const apps = (await readdir(join(ROOT, 'apps'))).filter((app) =>
  existsSync(join(ROOT, 'apps', app, 'vite.config.ts')),
);
const folder = join(FOLDER, await nameOf(apps));
if (!existsSync(folder)) await build(apps, folder);
const now = new Date();
await utimes(folder, now, now);
await removeOld();
console.log(folder);
