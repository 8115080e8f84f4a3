/**
 * A file in the data folder that we write as root, and that PostgreSQL's user owns.
 *
 * What must hold here: whoever owns the folder cannot make root write to, or give away, a file that lies
 * elsewhere: neither a symbolic nor a hard link is followed.
 */
import { closeSync, constants, fchownSync, fstatSync, openSync } from 'node:fs';
import type { RunAs } from './run.ts';

/** Opens or creates; returns the file descriptor. */
export function openOwnFile(file: string, flags: number, owner: RunAs): number {
  const fd = openSync(file, flags | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    const { nlink, uid } = fstatSync(fd);
    if (nlink !== 1) throw new Error(`${file} has several names, which a file of ours never has`);
    if (owner !== undefined && uid !== owner.uid) fchownSync(fd, owner.uid, owner.gid);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
