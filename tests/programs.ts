/**
 * Programs of the project as tests start them. Through tsx, starting one costs 1.4 s of CPU, nearly all of it for loading a thousand
 * modules, and tests start hundreds; so the run's set-up makes one file of each (programs-global.ts), which costs 0.3 s.
 *
 * What must hold: without that set-up, and for a program that it does not know, the sources are run as they are.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

export const ROOT = join(import.meta.dirname, '..');
/** The folder of those that are made. */
export const PROGRAMS = 'SOKKIN_TEST_PROGRAMS';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** What Node is given to run this file, which has a path of its own in the project. */
export function program(file: string): string[] {
  const folder = process.env[PROGRAMS] ?? '';
  const made = join(folder, relative(ROOT, file).replace(/\.ts$/, '.mjs'));
  return folder !== '' && existsSync(made) ? [made] : ['--import', TSX, file];
}
