/**
 * Pages of the apps for tests: each is built once in a run, by the worker that needs it first.
 *
 * What must hold: a page is built whole before anybody sees it; who gets one may change it, because it is a copy; a worker that was killed
 * while it built keeps no other waiting.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InlineConfig } from 'vite';
import { isAlive, runFolder } from './run-folder.ts';

const FOLDER = 'SOKKIN_TEST_PAGES';
const LOOK_MS = 50;

/** vitest global setup: where the pages of this run are. */
export default function setup(): () => void {
  const { folder, remove } = runFolder(tmpdir(), 'sokkin-pages');
  process.env[FOLDER] = folder; // Workers inherit it.
  return remove;
}

/** Puts the page into `to`, a folder that is not there yet; `name`: of this page in the run. */
export async function builtPage(name: string, to: string, config: InlineConfig): Promise<void> {
  const folder = process.env[FOLDER];
  if (folder === undefined) return make(config, to);
  const done = join(folder, name);
  while (!existsSync(done)) if (!(await tryToMake(folder, name, config))) await sleep(LOOK_MS);
  cpSync(done, to, { recursive: true });
}

async function make(config: InlineConfig, outDir: string): Promise<void> {
  // Loaded here: it takes longer than a page, and most workers find theirs built.
  const { build } = await import('vite');
  const { NODE_ENV } = process.env;
  // As it is shipped: what a page is made of looks at this, and vitest says `test`.
  process.env.NODE_ENV = 'production';
  try {
    await build({ logLevel: 'error', ...config, build: { ...config.build, outDir, emptyOutDir: true } });
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}

/** False: another worker is at it. */
async function tryToMake(folder: string, name: string, config: InlineConfig): Promise<boolean> {
  const lock = join(folder, `.${name}.lock`);
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
  } catch {
    removeIfLeft(lock);
    return false;
  }
  try {
    const fresh = mkdtempSync(join(folder, `.${name}-`));
    await make(config, fresh);
    if (!existsSync(join(folder, name))) renameSync(fresh, join(folder, name));
  } finally {
    rmSync(lock, { force: true });
  }
  return true;
}

function removeIfLeft(lock: string): void {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    if (pid > 0 && !isAlive(pid)) rmSync(lock, { force: true });
  } catch {
    // It has just been let go.
  }
}
