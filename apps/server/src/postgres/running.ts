/**
 * The address of an embedded database that another program of ours has running.
 *
 * What must hold: whoever can read the password file may know it, and nobody else.
 */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import { layoutOf, SUPERUSER } from './create-cluster.ts';

const PORT_LINE = 3;

/** False: there has never been a database in this folder. */
export async function embeddedExists(folder: string): Promise<boolean> {
  return access(layoutOf(folder).password).then(
    () => true,
    () => false,
  );
}

export async function runningUrl(folder: string, database: string): Promise<string> {
  const { data, password } = layoutOf(folder);
  try {
    const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
    const port = Number(lines[PORT_LINE]);
    const secret = (await readFile(password, 'utf8')).trim();
    return `postgres://${SUPERUSER}:${secret}@127.0.0.1:${port}/${database}`;
  } catch (cause) {
    throw new SokkinError(
      'database_unreachable',
      `The database in ${folder} is in use by another program, and cannot be reached: run this as the user who started it.`,
      { cause },
    );
  }
}
