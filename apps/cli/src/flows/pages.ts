/**
 * The pages that a back-end serves beside its API. In a checkout they are built when their sources changed; elsewhere SOKKIN_PAGES names the
 * folder of built ones.
 *
 * What must hold: a start never fails because of them: it says what is wrong, and goes on without.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from '../io/context.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const BUILDER = join(ROOT, 'scripts', 'pages.mjs');
const BUNDLER = join(ROOT, 'node_modules', 'vite', 'package.json');
const PATIENCE_MS = 120_000;

/** The folder; undefined: there are none. */
export async function ensurePages({ env, say, style }: Context): Promise<string | undefined> {
  if (env.SOKKIN_PAGES) return env.SOKKIN_PAGES;
  if (!existsSync(BUILDER) || !existsSync(BUNDLER)) return undefined;
  try {
    const how = { cwd: ROOT, timeout: PATIENCE_MS };
    const { stdout } = await promisify(execFile)(process.execPath, [BUILDER], how);
    return stdout.trim().split('\n').at(-1);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n').at(-2) ?? error.message) : String(error);
    say(style.bad(`  The pages could not be built, and are not served: ${why}`));
    return undefined;
  }
}
