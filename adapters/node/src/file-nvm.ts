/**
 * Non-volatile memory in a file: a card that lives on a disk.
 *
 * What must hold:
 * - a write that resolved is on the disk (pwrite, then fdatasync); the file never changes its size;
 * - the file appears at once and whole, or not at all: it is filled and synced under another name first;
 * - one opener at a time, in this process and in any other: two engines on one card would be a double spend.
 *
 * The lock. Every opener puts a claim of its own beside the file, `<file>.lock.<pid>.<start>.<boot>.<nonce>.<host>`,
 * and *then* looks for other claims (Dekker's way: of two that come at once at least one sees the other and
 * withdraws). A claim whose process is gone (kill -9, reboot) is removed by whoever sees it. That cannot race, as
 * no name is ever used twice; with one shared lock file, a slow opener could remove the fresh lock of a fast one.
 * Everything about the owner stands in the name, so there is no moment at which a claim exists half written.
 * A claim of another host (a shared folder, another container) cannot be looked into and is never removed.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, readdir, readFile, realpath, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Nvm } from '@sokkin/card';
import { assert, type Bytes, SokkinError } from '@sokkin/codec';

export interface FileNvm extends Nvm {
  read(offset: number, length: number): Promise<Bytes>;
  write(offset: number, bytes: Bytes): Promise<void>;
  /** Lets go of the file. Nothing is lost without it: every write is durable, and dead locks are taken over. */
  close(): Promise<void>;
}

/**
 * Opens the file, or creates it with `create` bytes, all zero, if there is none.
 *
 * Throws 'card_in_use', 'card_file_missing', 'not_a_card_file' (no regular file, empty, or another size than
 * `create`), 'disk_full', or 'card_file_failed' for whatever else the system says. Reads and writes throw
 * 'card_file_failed'.
 */
export async function openFileNvm(path: string, options: { create?: number } = {}): Promise<FileNvm> {
  const file = await realPath(path);
  const release = await lock(file);
  let handle: FileHandle | undefined;
  try {
    if (options.create !== undefined && !(await exists(file))) await createFile(file, options.create);
    const size = await cardFileSize(file, options.create);
    handle = await open(file, 'r+');
    return fileNvm(file, handle, size, release);
  } catch (error) {
    await handle?.close();
    await release();
    throw failure(file, error);
  }
}

function fileNvm(file: string, handle: FileHandle, size: number, release: () => Promise<void>): FileNvm {
  let closed = false;
  const mustFit = (offset: number, length: number) => {
    assert(!closed, 'an access to an open file');
    assert(offset >= 0 && length >= 0 && offset + length <= size, 'an access inside the device');
  };
  return {
    size,
    async read(offset, length) {
      mustFit(offset, length);
      const bytes = new Uint8Array(length);
      await transfer(file, length, async (done) => {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
        return bytesRead;
      });
      return bytes;
    },
    async write(offset, bytes) {
      mustFit(offset, bytes.length);
      await transfer(file, bytes.length, async (done) => {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
        return bytesWritten;
      });
      await handle.datasync().catch((error: unknown) => {
        throw failure(file, error);
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      await handle.close();
      await release();
    },
  };
}

/** The system may move fewer bytes than asked; goes on until all of them are through. */
async function transfer(
  file: string,
  length: number,
  step: (done: number) => Promise<number>,
): Promise<void> {
  try {
    for (let done = 0; done < length; ) {
      const moved = await step(done);
      if (moved === 0) throw new Error('the file has become shorter');
      done += moved;
    }
  } catch (error) {
    throw failure(file, error);
  }
}

// ---- the file ----

/** One name for one file, whatever links lead to it: the lock stands beside the real one. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const folder = await realpath(dirname(resolve(path))).catch((error: unknown) => {
      throw failure(path, error);
    });
    return join(folder, basename(path));
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

async function cardFileSize(file: string, expected: number | undefined): Promise<number> {
  const found = await stat(file);
  const wrong = (why: string) => new SokkinError('not_a_card_file', `${file} is not a card file: ${why}.`);
  if (!found.isFile()) throw wrong('it is no regular file');
  if (found.size === 0) throw wrong('it is empty');
  if (expected !== undefined && found.size !== expected) {
    throw wrong(`it has ${found.size} bytes, a card of this kind has ${expected}`);
  }
  return found.size;
}

/** Only the holder of the lock comes here, so one name for the unfinished file is enough, and leftovers are ours. */
async function createFile(file: string, size: number): Promise<void> {
  assert(Number.isInteger(size) && size > 0, 'a card file of at least one byte');
  const unfinished = `${file}.new`;
  await unlink(unfinished).catch(() => {});
  try {
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      // Written, not only sized: a disk that is full must say so now, and not in the middle of a payment.
      const zeros = new Uint8Array(Math.min(size, 1 << 20));
      for (let done = 0; done < size; ) {
        const { bytesWritten } = await handle.write(zeros, 0, Math.min(zeros.length, size - done), done);
        done += bytesWritten;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    // link, not rename: it never replaces a file, not even one that a stranger to the lock put there.
    await link(unfinished, file);
  } finally {
    await unlink(unfinished).catch(() => {});
  }
  await syncFolder(dirname(file));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// ---- the lock ----

interface Claim {
  name: string;
  pid: number;
  start: string;
  boot: string;
  host: string;
}

const ATTEMPTS = 6;

/** Claims the file for this process. Returns what gives it back. */
async function lock(file: string): Promise<() => Promise<void>> {
  const mine = await claimOf(file, process.pid);
  const path = join(dirname(file), mine.name);
  const withdraw = () => unlink(path).catch(() => {});
  for (let attempt = 1; ; attempt++) {
    try {
      const handle = await open(path, 'wx', 0o600);
      await handle.close();
      const rival = await livingRival(file, mine);
      if (!rival) return withdraw;
      await withdraw();
      if (attempt === ATTEMPTS) throw inUse(file, rival);
    } catch (error) {
      await withdraw();
      throw failure(file, error);
    }
    // The rival may only have been claiming, too, and withdraw as we did: come back at different times.
    await sleep(5 + Math.random() * 20 * attempt);
  }
}

async function claimOf(file: string, pid: number): Promise<Claim> {
  const host = hostname()
    .replace(/[^A-Za-z0-9.-]/g, '_')
    .slice(0, 64);
  const [start, boot] = [(await startOf(pid)) ?? '0', await bootId()];
  const nonce = randomBytes(6).toString('hex');
  return { name: `${basename(file)}.lock.${pid}.${start}.${boot}.${nonce}.${host}`, pid, start, boot, host };
}

/** Another claim whose owner lives, or may live. Removes those of the dead. */
async function livingRival(file: string, mine: Claim): Promise<Claim | undefined> {
  const prefix = `${basename(file)}.lock.`;
  for (const name of await readdir(dirname(file))) {
    if (!name.startsWith(prefix) || name === mine.name) continue;
    const [pid, start, boot, , ...host] = name.slice(prefix.length).split('.');
    const claim = { name, pid: Number(pid), start: start ?? '', boot: boot ?? '', host: host.join('.') };
    if (claim.host !== mine.host || (claim.boot === mine.boot && (await isAlive(claim)))) return claim;
    await unlink(join(dirname(file), name)).catch(() => {});
  }
  return undefined;
}

async function isAlive({ pid, start }: Claim): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if (codeOf(error) === 'ESRCH') return false;
  }
  // The number may have been given to another process since.
  const now = await startOf(pid);
  return now === undefined || now === start;
}

/**
 * When a process started, in clock ticks since boot; 'ended' for a zombie, which is dead but not yet reaped;
 * undefined where there is no /proc (macOS, Windows): there a number given out again looks alive.
 */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // Fields 3 and 22 of proc(5); the name in field 2 may hold spaces and brackets, so count from its last bracket.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? 'ended' : fields?.[19];
}

async function bootId(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '0');
  return id.slice(0, 8);
}

function inUse(file: string, { name, pid, host }: Claim): SokkinError {
  const who = pid === process.pid ? `this process (${pid})` : `process ${pid} on ${host}`;
  return new SokkinError(
    'card_in_use',
    `${file} is in use by ${who}. Close it there and try again. ` +
      `If you are sure that nobody has it open, delete ${join(dirname(file), name)}.`,
  );
}

// ---- errors ----

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

function failure(file: string, cause: unknown): unknown {
  if (cause instanceof SokkinError || (cause instanceof Error && cause.message.startsWith('Bug:')))
    return cause;
  switch (codeOf(cause)) {
    case 'ENOENT':
      return new SokkinError('card_file_missing', `There is no card file at ${file}.`, { cause });
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new SokkinError('disk_full', `There is no room on the disk for the card file ${file}.`, {
        cause,
      });
    default:
      return new SokkinError('card_file_failed', `The card file ${file} cannot be used: ${String(cause)}`, {
        cause,
      });
  }
}
