/**
 * The running PostgreSQL.
 *
 * What must hold here: it is durable whatever postgresql.conf says; nothing but this machine reaches it;
 * it ends in good order soon after our process ends, however that ends.
 *
 * The last is the guard's work: a shell that waits on a pipe of which we hold the other end. When we
 * die, even by SIGKILL, the kernel closes the pipe and the guard asks PostgreSQL for a fast shutdown.
 * (PR_SET_PDEATHSIG would do it too, but it follows the thread that forked, and a change of user clears
 * it.) Should the guard be killed as well, the next start ends the orphan: see orphans.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, fstatSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { layoutOf, ownNameOf } from './create-cluster.ts';
import { openOwnFile } from './own-file.ts';
import { type RunAs, sleep, spawnOptions } from './run.ts';
import { startError } from './start-error.ts';

export interface ServerProcess {
  port: number;
  /** Fast shutdown; resolves when PostgreSQL is gone. */
  stop(): Promise<void>;
}

const PORT_TRIES = 5;
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
const FAST_SHUTDOWN_MS = 60_000;

/** What must not be left to a file: given on the command line, it overrules all others. */
const HARD_SETTINGS = [
  ...['fsync=on', 'synchronous_commit=on', 'full_page_writes=on', 'zero_damaged_pages=off'],
  ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'password_encryption=scram-sha-256'],
  ...['logging_collector=off', 'log_destination=stderr', 'lc_messages=C'],
];

export async function startServer(
  folder: string,
  native: string,
  as: RunAs,
  log: (line: string) => void,
): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const server = await tryStart(folder, native, as, port, log);
    if (!('output' in server)) return server;
    // Between our look and its start, somebody else may have taken the port.
    const taken = /could not bind|Address already in use/.test(server.output);
    if (!taken || attempt === PORT_TRIES) throw startError('PostgreSQL did not start', folder, server.output);
  }
}

async function tryStart(
  folder: string,
  native: string,
  as: RunAs,
  port: number,
  log: (line: string) => void,
): Promise<ServerProcess | { output: string }> {
  const { data, log: logFile } = layoutOf(folder);
  const output = await openLog(logFile, as);
  const from = fstatSync(output).size;
  const settings = [...HARD_SETTINGS, `port=${port}`].flatMap((setting) => ['-c', setting]);
  const child = spawn(join(native, 'bin', 'postgres'), ['-D', ownNameOf(data), ...settings], {
    ...spawnOptions(as, data),
    detached: true, // Ctrl-C in the terminal stops us, and we stop PostgreSQL when we no longer need it.
    stdio: ['ignore', output, output],
  });
  let spawnFailure = '';
  const gone = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
    child.on('error', (error) => {
      spawnFailure = error.message;
      resolve();
    });
  });
  closeSync(output);

  const guard = startGuard(child, as);
  void gone.then(() => guard?.kill('SIGKILL'));
  if (!(await becomesReady(data, child, gone, log))) {
    return { output: `${spawnFailure}\n${(await readFile(logFile)).subarray(from).toString('utf8')}` };
  }

  let stopping = false;
  void gone.then(() => {
    if (!stopping) log(`PostgreSQL stopped unexpectedly: see ${logFile}`);
  });
  child.unref(); // A program that forgets to stop it can still end; the guard then ends PostgreSQL.
  return {
    port,
    async stop() {
      stopping = true;
      child.ref();
      child.kill('SIGINT');
      const patience = setTimeout(() => child.kill('SIGQUIT'), FAST_SHUTDOWN_MS);
      await gone;
      clearTimeout(patience);
    },
  };
}

function startGuard(postgres: ChildProcess, as: RunAs): ChildProcess | undefined {
  if (postgres.pid === undefined) return undefined;
  const script = 'read -r nothing; kill -INT "$0"';
  const guard = spawn('/bin/sh', ['-c', script, String(postgres.pid)], {
    ...spawnOptions(as, '/'),
    detached: true, // Whoever kills our process group must not kill the guard with it.
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => undefined); // Without a guard, the next start still cleans up.
  guard.unref();
  if (guard.stdin !== null && 'unref' in guard.stdin && typeof guard.stdin.unref === 'function')
    guard.stdin.unref();
  return guard;
}

/**
 * postmaster.pid: its first line is the process id, its eighth the state. After a crash, recovery may
 * take minutes, so there is no limit of time as long as PostgreSQL lives.
 */
async function becomesReady(
  data: string,
  child: ChildProcess,
  gone: Promise<void>,
  log: (line: string) => void,
): Promise<boolean> {
  let alive = true;
  void gone.then(() => {
    alive = false;
  });
  const began = Date.now();
  let told = began;
  while (alive) {
    const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return true;
    if (Date.now() - told > 10_000) {
      told = Date.now();
      log(`PostgreSQL is still recovering after ${Math.round((told - began) / 1000)} s`);
    }
    await Promise.race([gone, sleep(10)]);
  }
  return false;
}

/** PostgreSQL writes its log to a file and not to us: a pipe that nobody reads would stop it. */
async function openLog(file: string, as: RunAs): Promise<number> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(file, `${file}.1`);
  return openOwnFile(file, constants.O_WRONLY | constants.O_APPEND, as);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
