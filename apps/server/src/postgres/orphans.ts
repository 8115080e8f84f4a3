/**
 * PostgreSQL processes that outlived the program which started them.
 *
 * What must hold here: after `endOrphans`, no PostgreSQL process works in the data folder; and nobody
 * else's process is ever signalled. The caller holds the folder's lock, so whatever still works in the
 * folder has lost its master.
 *
 * A process id in postmaster.pid proves nothing, as ids are reused. What proves it is the process's
 * working folder: every PostgreSQL process stands in its data folder for its whole life.
 */
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nameOf } from './process-birth.ts';
import { type RunAs, run, sleep } from './run.ts';
import { startError } from './start-error.ts';

/** Each signal and how long PostgreSQL has to obey: fast, then immediate shutdown, then the hard way. */
const STEPS = [
  ['SIGINT', 15_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
] as const;

export async function endOrphans(data: string, as: RunAs, log: (line: string) => void): Promise<void> {
  const master = await masterOf(data);
  if (master === undefined || process.platform !== 'linux') return; // It was shut down in good order.
  let orphans = await processesIn(data, as);
  for (const [signal, patience] of STEPS) {
    if (orphans.length === 0) break;
    log(`ending a PostgreSQL that lost its program (${signal} to process ${master})`);
    // Children obey their postmaster only. When it is gone, they leave by themselves as soon as they
    // notice; SIGKILL then takes the ones that did not.
    const targets = signal === 'SIGKILL' || !orphans.includes(master) ? orphans : [master];
    for (const pid of targets) end(pid, signal);
    const deadline = Date.now() + patience;
    do {
      await sleep(30);
      orphans = await processesIn(data, as);
    } while (orphans.length > 0 && Date.now() < deadline);
  }
  if (orphans.length > 0)
    throw startError(`PostgreSQL process ${orphans.join(', ')} cannot be ended`, data, '');
  // PostgreSQL itself would take a stranger of the same user that got the old id for its own postmaster.
  if (nameOf(master) !== undefined) await rm(join(data, 'postmaster.pid'), { force: true });
}

async function masterOf(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return pid > 0 ? pid : undefined;
}

/**
 * Asked as the user PostgreSQL runs as: in a container, root without CAP_SYS_PTRACE may not look at
 * another user's working folder, but that user may. Folders are compared by device and inode, because
 * one folder may have several names.
 */
async function processesIn(data: string, as: RunAs): Promise<number[]> {
  const [folder, root] = await Promise.all([identify(data), identify('/')]);
  const args = ['-L', '/proc', '-maxdepth', '2', '-path', '/proc/[0-9]*/cwd', '-printf', '%D:%i %h\\n'];
  const { stdout, output } = await run('find', args, { as });
  const found = stdout.split('\n').map((line) => line.split(' /proc/'));
  // find(1) itself stands in the root folder. An answer without it is no answer, and to take it for
  // "nobody" would start a second PostgreSQL on the same data.
  if (!found.some(([place]) => place === root)) {
    throw startError('It cannot be seen whether a PostgreSQL still runs', data, output);
  }
  return found
    .filter(([place]) => place === folder)
    .map(([, pid]) => Number(pid))
    .filter((pid) => nameOf(pid)?.startsWith('postgres'));
}

async function identify(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `${dev}:${ino}`;
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}
