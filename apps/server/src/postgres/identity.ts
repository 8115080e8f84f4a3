/**
 * Who PostgreSQL runs as.
 *
 * What must hold here: PostgreSQL never runs as root, which it would refuse, and never with a privilege
 * that lets it read what is not its own; nothing is asked of the administrator and no account is made.
 *
 * As an ordinary user: as that user. As root: as the owner of the data, and when that is root, as a
 * number that belongs to nobody, so that no other program shares PostgreSQL's files. The server needs no
 * entry in /etc/passwd for it. Only initdb does (it asks for its own name), once, for half a second: it
 * borrows an account under which nothing runs, and its work is handed to the number afterwards.
 */
import type { Stats } from 'node:fs';
import { lchown, lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunAs } from './run.ts';

/**
 * 60578 to 61183 are given to nobody (systemd, "Users, Groups, UIDs and GIDs"), and they exist in
 * containers whose user namespace maps 65,536 ids.
 */
const NOBODYS_NUMBER = 60_900;

export async function identityFor(folder: string, data: string): Promise<RunAs> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(data).catch(() => stat(folder));
  return owner.uid === 0 ? { uid: NOBODYS_NUMBER, gid: NOBODYS_NUMBER } : { uid: owner.uid, gid: owner.gid };
}

/** The account initdb runs under, or undefined when /etc/passwd has none to lend. */
export async function accountForInitdb(as: RunAs): Promise<{ as: RunAs } | undefined> {
  if (as === undefined) return { as };
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  const own = accounts.find((account) => account.uid === as.uid);
  if (own !== undefined) return { as };
  const busy = await usersWithProcesses();
  const idle = accounts.find(({ uid }) => uid > 0 && uid < 1000 && !busy.has(uid));
  return idle && { as: idle };
}

/**
 * Gives a folder and all in it to `as`; symbolic links themselves, never what they point to. The folder
 * comes last, so that its owner tells whether all of it was given.
 */
export async function giveTree(path: string, as: RunAs): Promise<void> {
  if (as === undefined || (await lstat(path)).uid === as.uid) return;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await giveTree(child, as);
    else await lchown(child, as.uid, as.gid);
  }
  await lchown(path, as.uid, as.gid);
}

function parseAccounts(passwd: string): { uid: number; gid: number }[] {
  return passwd
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length === 7)
    .map((fields) => ({ uid: Number(fields[2]), gid: Number(fields[3]) }));
}

async function usersWithProcesses(): Promise<Set<number>> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => stat(`/proc/${pid}`).catch((): undefined => undefined)));
  return new Set(stats.filter((found): found is Stats => found !== undefined).map((found) => found.uid));
}
