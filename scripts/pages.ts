/**
 * Builds the apps that have pages: `npm run pages`. `sokkin start` runs it, too, so that a change of their sources is seen at the next start.
 *
 * What must hold: an app whose sources are as they were at its last build is not built again; the last line of the output is the folder.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, '.cache', 'pages');
/** Of which any app may be made. */
const SHARED = ['packages', 'adapters/web', 'scripts', 'package-lock.json'];
const NOT_SOURCES = new Set(['node_modules', 'test', 'vectors']);

async function stampOf(app: string): Promise<string> {
  const hash = createHash('sha256');
  for (const place of [`apps/${app}`, ...SHARED]) await take(join(ROOT, place), hash);
  return hash.digest('hex');
}

/** Names, sizes and times of change: enough to know whether somebody has edited. */
async function take(path: string, hash: ReturnType<typeof createHash>): Promise<void> {
  const found = await stat(path);
  if (!found.isDirectory()) {
    hash.update(`${path} ${found.size} ${found.mtimeMs}\n`);
    return;
  }
  for (const name of (await readdir(path)).sort())
    if (!NOT_SOURCES.has(name)) await take(join(path, name), hash);
}

async function ensure(app: string): Promise<void> {
  const stampFile = join(ROOT, '.cache', `pages-${app}.stamp`);
  const stamp = await stampOf(app);
  const before = await readFile(stampFile, 'utf8').catch(() => '');
  if (before === stamp && existsSync(join(FOLDER, app, 'index.html'))) return;
  await build({
    configFile: join(ROOT, 'apps', app, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: join(FOLDER, app), emptyOutDir: true },
  });
  await writeFile(stampFile, stamp);
}

await mkdir(FOLDER, { recursive: true });
const apps = await readdir(join(ROOT, 'apps'));
for (const app of apps) if (existsSync(join(ROOT, 'apps', app, 'vite.config.ts'))) await ensure(app);
console.log(FOLDER);
