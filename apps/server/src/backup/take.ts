/**
 * A backup: a whole store (store.ts) as it was in one moment, in one file.
 *
 * What must hold: the server goes on writing meanwhile; the file has its name only when it is complete and on disk, and never takes the
 * place of another; private keys are not in it.
 */
import { link, open, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import { auditTotals } from '../store/audit-totals.ts';
import { openPool } from '../store/pool.ts';
import type { Database } from '../store/schema.ts';
import { PLAIN_TEXT, sequencesOf, tablesOf } from './catalogue.ts';
import { copyOut } from './copy.ts';
import { BackupWriter } from './format.ts';
import type { Header, Manifest } from './manifest.ts';
import { type Store, type StoreName, storeOf } from './store.ts';

export interface Taken {
  readonly file: string;
  readonly bytes: number;
  /** The seal of the file. Kept elsewhere, it tells this file from any other. */
  readonly sha256: string;
  readonly at: string;
  readonly migration: number;
  readonly tables: Manifest['tables'];
  readonly totals: Manifest['totals'];
}

export interface TakeInput {
  readonly databaseUrl: string;
  /** A new file, or a folder to make one in. */
  readonly target: string;
  readonly program: string;
  readonly now: Date;
  /** The ledger, unless it is said. */
  readonly store?: StoreName;
}

export async function takeBackup(input: TakeInput): Promise<Taken> {
  const { databaseUrl, target, program, now } = input;
  const store = storeOf(input.store);
  const file = await fileFor(resolve(target), now, store.name === 'identity' ? 'identity' : 'backup');
  const part = join(dirname(file), `.${basename(file)}.${process.pid}.part`);
  const pool = openPool(databaseUrl, { connections: 2 });
  try {
    const client = await pool.connect().catch(cannotConnect);
    try {
      const about = { store, program, at: now.toISOString() };
      const taken = await inOneMoment(client, store, () => write(client, part, about));
      await publish(part, file);
      return { file, ...taken };
    } finally {
      client.release(true);
      await unlink(part).catch(() => undefined);
    }
  } finally {
    await pool.end();
  }
}

function cannotConnect(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new SokkinError('database_unreachable', `The database does not answer: ${why}`, { cause });
}

async function fileFor(target: string, now: Date, ending: string): Promise<string> {
  const found = await stat(target).catch(() => undefined);
  const file = found?.isDirectory()
    ? join(target, `sokkin-${now.toISOString().replace(/[-:]/g, '').replace(/\..*/, 'Z')}.${ending}`)
    : target;
  if (found !== undefined && file === target) throw exists(file);
  return file;
}

const exists = (file: string) =>
  new SokkinError('backup_exists', `${file} exists already: a backup never takes the place of another file.`);

async function inOneMoment<T>(client: pg.PoolClient, store: Store, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(PLAIN_TEXT);
  await expectThere(client, store);
  if (store.enter !== '') await client.query(store.enter);
  const result = await work();
  await client.query('COMMIT');
  return result;
}

async function write(
  client: pg.PoolClient,
  part: string,
  { store, ...about }: { readonly store: Store } & Pick<Header, 'program' | 'at'>,
): Promise<Omit<Taken, 'file'>> {
  const header = await headerOf(client, store, about);
  const handle = await open(part, 'wx', 0o600).catch((cause: unknown) => cannotWrite(part, cause));
  try {
    const writer = new BackupWriter(handle);
    await writer.begin();
    await writer.json('H', header);
    const tables: Manifest['tables'] = [];
    for (const table of await tablesOf(client)) {
      await writer.json('T', { table: table.name, columns: table.columns });
      const end = await copyOut(client, table, (piece) => writer.block('D', piece));
      await writer.json('E', end);
      tables.push({ table: table.name, ...end });
    }
    const totals = store.name === 'ledger' ? await totalsOf(client) : {};
    await writer.json('M', { tables, sequences: await sequencesOf(client), totals } satisfies Manifest);
    const migration = header.migrations.at(-1)?.version ?? 0;
    return { ...(await writer.end()), at: about.at, migration, tables, totals };
  } catch (error) {
    throw error instanceof SokkinError || !isFileError(error) ? error : cannotWrite(part, error);
  } finally {
    await handle.close();
  }
}

const isFileError = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && 'code' in error && /^E[A-Z]+$/.test(String(error.code));

function cannotWrite(file: string, cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new SokkinError('backup_unwritable', `The backup cannot be written in ${dirname(file)}: ${why}`, {
    cause,
  });
}

async function expectThere(client: pg.ClientBase, { name, mark }: Store): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    mark,
  ]);
  if (rows[0]?.there === true) return;
  const what = name === 'identity' ? 'There is no identity store in this database' : 'The database is empty';
  throw new SokkinError('backup_nothing', `${what}: there is nothing to back up yet.`);
}

async function headerOf(
  client: pg.ClientBase,
  store: Store,
  about: Pick<Header, 'program' | 'at'>,
): Promise<Header> {
  const migrations = await store.applied(client);
  const version = await client.query<{ server_version: string }>('SHOW server_version');
  const name = store.name === 'identity' ? { store: store.name } : {};
  return { ...name, ...about, postgres: version.rows[0]?.server_version ?? '', migrations };
}

/** The audit's sums over the very connection whose snapshot is being written. */
export async function totalsOf(client: pg.PoolClient): Promise<Record<string, string>> {
  const here = { connect: async () => ({ query: client.query.bind(client), release: () => undefined }) };
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: { ...here, end: async () => undefined } }),
  });
  const totals = await auditTotals(db);
  return Object.fromEntries(Object.entries(totals).map(([term, sum]) => [term, String(sum)]));
}

/** A link fails where there is a file; a rename would replace it. */
async function publish(part: string, file: string): Promise<void> {
  try {
    await link(part, file);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') throw exists(file);
    throw cannotWrite(file, cause);
  }
  await unlink(part);
  const folder = await open(dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}
