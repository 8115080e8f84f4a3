/**
 * Where tests keep what is gone with them: in memory where the system offers that, because a disk makes whoever asks for
 * fsync wait, and tests ask for it all the time.
 *
 * What must hold: the programs under test ask for the same; a program that is killed loses nothing there either, since it is the
 * system that keeps it. What only a loss of power would show is tested nowhere.
 */
import { statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { runFolder } from './run-folder.ts';

const IN_MEMORY = '/dev/shm';
const ROOM_BYTES = 6 * 2 ** 30;
const FOLDER = 'SOKKIN_TEST_FOLDER';

/** The folder in which folders are made. */
export const quickFolder = (): string => process.env[FOLDER] || tmpdir();

/** vitest global setup: the folder of this run. */
export default function setup(): (() => void) | undefined {
  if (!hasRoom()) return undefined;
  const { folder, remove } = runFolder(IN_MEMORY, 'sokkin-run');
  process.env[FOLDER] = folder; // Workers inherit it.
  return remove;
}

function hasRoom(): boolean {
  if (process.platform !== 'linux' || process.env.SOKKIN_TEST_ON_DISK === '1') return false;
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return Math.min(bavail * bsize, freemem()) > ROOM_BYTES;
  } catch {
    return false;
  }
}
