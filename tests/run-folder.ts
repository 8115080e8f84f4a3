/**
 * A folder that a test run has for itself.
 *
 * What must hold: nothing is left behind: what a killed run left is cleared away by the next.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface RunFolder {
  readonly folder: string;
  remove(): void;
}

/** Of this process; its name tells whose it is. */
export function runFolder(parent: string, name: string): RunFolder {
  mkdirSync(parent, { recursive: true });
  for (const found of readdirSync(parent)) {
    const pid = found.startsWith(`${name}-`) ? Number(found.slice(name.length + 1)) : Number.NaN;
    if (Number.isSafeInteger(pid) && pid > 0 && !isAlive(pid)) remove(join(parent, found));
  }
  const folder = join(parent, `${name}-${process.pid}`);
  // Programs run as other users, too, and come through it; they cannot list it.
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  return { folder, remove: () => remove(folder) };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** What another user left there stays. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 30, retryDelay: 200 });
  } catch {}
}
