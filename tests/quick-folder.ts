/**
 * Where tests keep what is gone with them: in memory where the system offers that, because a disk makes whoever asks for
 * fsync wait, and tests ask for it all the time.
 *
 * What must hold: the programs under test ask for the same; a program that is killed loses nothing there either, since it is the
 * system that keeps it. What only a loss of power would show is tested nowhere.
 */
import { statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';

const IN_MEMORY = '/dev/shm';
const ROOM_BYTES = 6 * 2 ** 30;

/** The folder in which folders are made. */
export function quickFolder(): string {
  if (process.platform !== 'linux' || process.env.SOKKIN_TEST_ON_DISK === '1') return tmpdir();
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return Math.min(bavail * bsize, freemem()) > ROOM_BYTES ? IN_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}
