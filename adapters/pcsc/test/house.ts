/**
 * A PC/SC service of its own for one test file: pcscd with virtual readers, in namespaces where nobody else sees it.
 *
 * What must hold:
 * - test files never meet in one reader, and the machine's own pcscd and readers are left alone;
 * - only processes that were started here are ended, by their pid; they end with this process, however it ends;
 * - where none of that is allowed, there is a reason in words for what was skipped.
 *
 * libpcsclite looks at PCSCLITE_CSOCK_NAME once, so a process has one house.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface House {
  /** Names of the slots, in the order of `dial`. */
  readonly slots: readonly string[];
  /** For programs that are to see these readers. */
  readonly env: NodeJS.ProcessEnv;
  /** A connection to the virtual reader's slot. */
  dial(slot: number): Promise<Socket>;
  /** Of pcscd. */
  readonly pid: number | undefined;
  /** The last lines that pcscd wrote: cards that came and went, and its errors. */
  log(): string;
  /** Words before a command that is to run where the virtual readers listen on 127.0.0.1, `FIRST_PORT` and the next. */
  readonly inside: readonly string[];
  close(): Promise<void>;
}

const PCSCD = '/usr/sbin/pcscd';
const DRIVER = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so';
export const FIRST_PORT = 35963;
/** One reader has two slots, on two ports; Debian's driver confuses the slots of a second reader with them. */
const NAME = 'Virtual PCD';
const SLOTS = [`${NAME} 00 00`, `${NAME} 00 01`];
const START_MS = 15_000;
const DIAL_MS = 10_000;
const LOG_CHARS = 4_000;
const INSTALL = 'run scripts/install-pcsc.sh as root';

/** A house, or why there is none. `SOKKIN_PCSC` forbids it (0), or makes it an error that there is none (1). */
export async function openHouse(): Promise<House | string> {
  const wish = process.env.SOKKIN_PCSC;
  if (wish === '0') return 'SOKKIN_PCSC=0 forbids it';
  const opened = await tryHouse();
  if (wish === '1' && typeof opened === 'string') throw new Error(`SOKKIN_PCSC=1 asks for it, but ${opened}`);
  return opened;
}

async function tryHouse(): Promise<House | string> {
  if (!existsSync(PCSCD)) return `pcscd is not installed: ${INSTALL}`;
  if (!existsSync(DRIVER)) return `vsmartcard-vpcd is not installed: ${INSTALL}`;
  const folder = await mkdtemp(join(tmpdir(), 'sokkin-pcsc-'));
  await Promise.all([mkdir(join(folder, 'run')), mkdir(join(folder, 'conf'))]);
  await writeFile(join(folder, 'conf', 'vpcd'), READER);
  const apart = await openApart(folder);
  if (typeof apart !== 'string') return apart;
  const plain = await openPlain(folder);
  if (typeof plain !== 'string') return plain;
  await rm(folder, { recursive: true, force: true });
  return `pcscd does not start. In namespaces of its own: ${apart}. Without: ${plain}`;
}

const READER = `FRIENDLYNAME "${NAME}"
DEVICENAME /dev/null:0x${FIRST_PORT.toString(16)}
LIBPATH ${DRIVER}
CHANNELID 0x${FIRST_PORT.toString(16)}
`;

// ---- in namespaces of its own ----

async function openApart(folder: string): Promise<House | string> {
  const isRoot = process.getuid?.() === 0;
  const asRoot = isRoot ? [] : ['--user', '--map-root-user'];
  const script = join(import.meta.dirname, 'house.sh');
  // The death signal reaches pcscd even if this process is killed: everything from here on is exec, not fork. It is
  // KILL, because a pcscd that waits for a card does not heed TERM.
  const words = ['--pdeathsig', 'KILL', 'unshare', ...asRoot, '--net', '--mount', 'sh', script, folder];
  const daemon = await started(words, join(folder, 'run'), START_MS);
  if (typeof daemon === 'string') return daemon;
  const enter = isRoot ? [] : ['--user', '--preserve-credentials'];
  const inside = ['nsenter', '--target', String(daemon.child.pid), ...enter, '--net'];
  const dialer = spawn(
    inside[0] ?? '',
    [...inside.slice(1), process.execPath, join(import.meta.dirname, 'dialer.mjs')],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  return house(folder, daemon, join(folder, 'run', 'pcscd.comm'), inside, dialThrough(dialer), dialer);
}

/** Each question has its number: the dials of two cards, or of one that comes again, do not take each other's answer. */
function dialThrough(dialer: ChildProcess): (port: number) => Promise<Socket> {
  let last = 0;
  return (port) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const end = () => {
        clearTimeout(timer);
        dialer.off('message', take);
        dialer.off('exit', lost);
      };
      const take = (answer: unknown, socket: unknown) => {
        const { id: of, error } = answer as { id: number; error?: string };
        if (of !== id) return;
        end();
        if (error !== undefined || socket === undefined) reject(new Error(error ?? 'no socket came'));
        else resolve(socket as Socket);
      };
      const lost = () => {
        end();
        reject(new Error('the process that dials inside the house has ended'));
      };
      // Its socket, if it comes yet, is in nobody's hands: a reader that accepts it would wait for ever.
      const timer = setTimeout(() => {
        dialer.kill('SIGKILL');
        reject(new Error(`no connection to port ${port} within ${DIAL_MS} ms`));
      }, DIAL_MS);
      dialer.on('message', take);
      dialer.once('exit', lost);
      if (dialer.connected) dialer.send({ id, port });
      else lost();
    });
}

// ---- on the machine itself, one test file after the other ----

const COMMON_FOLDER = '/run/pcscd';
const TURN_S = 300;

async function openPlain(folder: string): Promise<House | string> {
  if (process.getuid?.() !== 0) return 'only root may start it';
  const lock = ['flock', '--no-fork', '--wait', String(TURN_S), join(tmpdir(), 'sokkin-pcscd.lock')];
  const words = ['--pdeathsig', 'KILL', ...lock, 'sh', join(import.meta.dirname, 'house-plain.sh'), folder];
  const daemon = await started(words, COMMON_FOLDER, TURN_S * 1_000);
  if (typeof daemon === 'string') return daemon;
  return house(folder, daemon, join(COMMON_FOLDER, 'pcscd.comm'), ['env'], dialLoopback);
}

const dialLoopback = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket));
    socket.once('error', reject);
  });

// ---- both ----

interface Daemon {
  readonly child: ChildProcess;
  said(): string;
}

/** The process once it is pcscd and has its socket in `run`, or what it said instead. */
async function started(words: readonly string[], run: string, patienceMs: number): Promise<Daemon | string> {
  const child = spawn('setpriv', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = (said + String(chunk)).slice(-LOG_CHARS);
    });
  }
  child.on('error', (error) => {
    said += error.message;
    ended = true;
  });
  child.on('exit', () => {
    ended = true;
  });
  for (const end = Date.now() + patienceMs; Date.now() < end && !ended; await sleep(20)) {
    // Its own, and not that of the test file before. (A zero byte ends the text.)
    const pid = await readFile(join(run, 'pcscd.pid'), 'utf8').catch(() => '');
    if (Number.parseInt(pid, 10) === child.pid && existsSync(join(run, 'pcscd.comm')))
      return { child, said: () => said };
  }
  child.kill('SIGKILL');
  return said.trim().split('\n').at(-1) || 'it said nothing';
}

function house(
  folder: string,
  daemon: Daemon,
  socket: string,
  inside: readonly string[],
  dialPort: (port: number) => Promise<Socket>,
  dialer?: ChildProcess,
): House {
  process.env.PCSCLITE_CSOCK_NAME = socket;
  return {
    slots: SLOTS,
    inside,
    env: { ...process.env },
    dial: (slot) => dialPort(FIRST_PORT + slot),
    pid: daemon.child.pid,
    log: daemon.said,
    async close() {
      if (dialer !== undefined) await ended(dialer);
      await ended(daemon.child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const hard = setTimeout(() => child.kill('SIGKILL'), 3_000);
    child.once('exit', () => {
      clearTimeout(hard);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
