/**
 * One program per data folder.
 *
 * What must hold here: while the program that took the lock lives, nobody else gets it, neither in the
 * same process, nor in another one, nor in another container on this machine; when it dies, even by
 * SIGKILL, the lock is free at once, and no left-over can be mistaken for a live holder.
 *
 * The kernel does that for us: flock(2) binds a lock to an open file. Node has no flock, but the lock
 * belongs to the open file and not to the process that asked for it, so the little program `flock` of
 * util-linux takes it on a file which we opened and keep open. What is written in the file only serves
 * the message. The file is never deleted: a deleted lock file is one that two can hold.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, ftruncateSync, readFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import { openOwnFile } from './own-file.ts';
import { birthOf } from './process-birth.ts';
import type { RunAs } from './run.ts';
import { startError } from './start-error.ts';

const TAKEN = 75;

export interface FolderLock {
  release(): void;
}

interface Holder {
  pid: number;
  birth: string | undefined;
  host: string;
}

/** Takes the lock of `folder`, or throws `data_folder_in_use`. `owner` will own the lock's file. */
export function lockFolder(folder: string, owner: RunAs): FolderLock {
  const file = join(folder, 'lock');
  const fd = openOwnFile(file, constants.O_RDWR, owner);
  try {
    if (!flock(fd, folder, file)) throw inUse(folder, readHolder(file));
    const holder: Holder = { pid: process.pid, birth: birthOf(process.pid), host: hostname() };
    ftruncateSync(fd);
    writeSync(fd, `${JSON.stringify(holder)}\n`, 0);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    release() {
      ftruncateSync(fd);
      closeSync(fd);
    },
  };
}

function flock(fd: number, folder: string, file: string): boolean {
  const { status, stderr, error } = spawnSync('flock', ['-n', '-E', String(TAKEN), '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    encoding: 'utf8',
  });
  if (status === 0) return true;
  if (status === TAKEN) return false;
  // Without util-linux (macOS): the process named in the file decides. Two starts within the same
  // millisecond could both win here, which is good enough for a developer's machine.
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') return !isAlive(readHolder(file));
  throw startError('The data folder cannot be locked', folder, stderr ?? '', error);
}

/** A process id alone proves nothing, as ids are reused: the process must also be as old as noted. */
function isAlive(holder: Holder | undefined): boolean {
  return holder !== undefined && holder.birth !== undefined && birthOf(holder.pid) === holder.birth;
}

function readHolder(file: string): Holder | undefined {
  try {
    const { pid, birth, host } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' ? { pid, birth, host: host ?? '' } : undefined;
  } catch {
    return undefined; // The holder has not written it yet.
  }
}

function inUse(folder: string, holder: Holder | undefined): SokkinError {
  const who =
    holder === undefined
      ? 'another process that is just starting'
      : `process ${holder.pid} on ${holder.host}`;
  const stop =
    holder === undefined
      ? 'Stop it'
      : holder.pid === process.pid
        ? 'Stop that one'
        : `Stop it (kill ${holder.pid})`;
  return new SokkinError(
    'data_folder_in_use',
    `The data folder ${folder} is in use by ${who}. ${stop} before you start again, or give this one ` +
      'another folder (SOKKIN_DATA).',
  );
}
