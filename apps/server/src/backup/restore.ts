/**
 * From a backup back to a database.
 *
 * What must hold: nothing is changed before the whole file was found unharmed; the database was empty; afterwards either everything is
 * there, table by table the same octets as in the backup and the audit with the same sums, or nothing at all.
 */
import { SokkinError } from '@sokkin/codec';
import type pg from 'pg';
import { openPool } from '../store/pool.ts';
import { PLAIN_TEXT, quoted, tablesOf } from './catalogue.ts';
import { copyIn, digestOf } from './copy.ts';
import { type Block, checkSeal, readBlocks } from './format.ts';
import {
  type Header,
  headerSchema,
  type Manifest,
  manifestSchema,
  parsePart,
  tableEndSchema,
  tableSchema,
} from './manifest.ts';
import { type Store, type StoreName, storeOf } from './store.ts';
import { totalsOf } from './take.ts';

export interface Restored {
  readonly at: string;
  readonly migration: number;
  readonly sha256: string;
  readonly tables: Manifest['tables'];
  readonly totals: Manifest['totals'];
}

export interface Contents {
  readonly header: Header;
  readonly manifest: Manifest;
  readonly sha256: string;
}

/** What is in a file, after all of it was read and found unharmed. Needs no database. */
export async function inspectBackup(file: string): Promise<Contents> {
  const { sha256 } = await checkSeal(file);
  let header: Header | undefined;
  let manifest: Manifest | undefined;
  for await (const { kind, bytes } of readBlocks(file)) {
    if (kind === 'H') header = parsePart(file, headerSchema, bytes);
    if (kind === 'M') manifest = parsePart(file, manifestSchema, bytes);
  }
  if (header === undefined || manifest === undefined) throw malformed(file);
  return { header, manifest, sha256 };
}

export async function restoreBackup(input: {
  readonly databaseUrl: string;
  readonly file: string;
  /** The ledger, unless it is said: a file of the other store is refused. */
  readonly store?: StoreName;
}): Promise<Restored> {
  const { file } = input;
  const store = storeOf(input.store);
  const contents = await inspectBackup(file);
  const { header, manifest, sha256 } = contents;
  expectOf(file, header, store);
  await expectKnown(file, header, store);
  const pool = openPool(input.databaseUrl, { connections: 2 });
  try {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(PLAIN_TEXT);
      if (store.enter !== '') await client.query(store.enter);
      await store.build(client, header.migrations);
      await load(client, file);
      await setSequences(client, manifest);
      await verify(client, file, { manifest, store });
      await client.query('COMMIT');
    } finally {
      // Not committed: the end of the connection rolls it back.
      client.release(true);
    }
  } finally {
    await pool.end();
  }
  const migration = header.migrations.at(-1)?.version ?? 0;
  return { at: header.at, migration, sha256, tables: manifest.tables, totals: manifest.totals };
}

const malformed = (file: string) =>
  new SokkinError(
    'backup_damaged',
    `${file} is sealed, but its parts are not in order: another program made it.`,
  );

function expectOf(file: string, header: Header, { name }: Store): void {
  const is = storeOf(header.store).name;
  if (is === name) return;
  const what = { ledger: 'the ledger', identity: 'the identity store' };
  throw new SokkinError(
    'backup_other_store',
    `${file} is a backup of ${what[is]}, and not of ${what[name]}: name the other file.`,
  );
}

/** What is newer than the backup, the next start applies. */
async function expectKnown(file: string, header: Header, store: Store): Promise<void> {
  const known = await store.known();
  for (const { version, hash } of header.migrations) {
    if (known.find((m) => m.version === version)?.hash === hash) continue;
    throw new SokkinError(
      'backup_from_other_version',
      `${file} was made by Sokkin ${header.program} with migration ${version}, which this version does not have: restore it with that version.`,
    );
  }
}

interface Trigger {
  readonly table: string;
  readonly name: string;
  readonly enabled: 'O' | 'A' | 'R';
}

/** The rows were checked when they were first written. Triggers that refuse or check changes would only see the copy. */
async function load(client: pg.ClientBase, file: string): Promise<void> {
  const { rows: triggers } = await client.query<Trigger>(
    `SELECT c.relname AS table, t.tgname AS name, t.tgenabled AS enabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled <> 'D'`,
  );
  for (const { table, name } of triggers)
    await client.query(`ALTER TABLE ${quoted(table)} DISABLE TRIGGER ${quoted(name)}`);
  // Migrations put first rows into some tables; the backup has them as they were.
  const tables = await tablesOf(client);
  await client.query(`TRUNCATE ${tables.map((t) => quoted(t.name)).join(', ')}`);
  await copyTables(client, file, new Set(tables.map((t) => t.name)));
  const how = { O: 'ENABLE', A: 'ENABLE ALWAYS', R: 'ENABLE REPLICA' };
  for (const { table, name, enabled } of triggers)
    await client.query(`ALTER TABLE ${quoted(table)} ${how[enabled]} TRIGGER ${quoted(name)}`);
}

async function copyTables(client: pg.ClientBase, file: string, known: ReadonlySet<string>): Promise<void> {
  const blocks = readBlocks(file);
  try {
    for (let block = await next(blocks); block !== undefined; block = await next(blocks)) {
      if (block.kind !== 'T') continue;
      const { table, columns } = parsePart(file, tableSchema, block.bytes);
      if (!known.has(table)) throw malformed(file);
      const data = piecesOf(blocks);
      const found = await copyIn(client, { name: table, columns }, data.pieces());
      const said = data.end();
      if (said?.kind !== 'E') throw malformed(file);
      const { rows, sha256 } = parsePart(file, tableEndSchema, said.bytes);
      if (rows !== found.rows || sha256 !== found.sha256) throw malformed(file);
    }
  } finally {
    await blocks.return(undefined);
  }
}

async function next(blocks: AsyncGenerator<Block>): Promise<Block | undefined> {
  const { value, done } = await blocks.next();
  return done === true ? undefined : value;
}

/** The data of one table, and the block after it. */
function piecesOf(blocks: AsyncGenerator<Block>) {
  let last: Block | undefined;
  return {
    async *pieces(): AsyncGenerator<Buffer> {
      for (last = await next(blocks); last?.kind === 'D'; last = await next(blocks)) yield last.bytes;
    },
    end: () => last,
  };
}

async function setSequences(client: pg.ClientBase, manifest: Manifest): Promise<void> {
  for (const { sequence, last, called } of manifest.sequences)
    await client.query('SELECT setval($1::regclass, $2::bigint, $3)', [quoted(sequence), last, called]);
}

/** Asks the database itself what it holds now. */
async function verify(
  client: pg.PoolClient,
  file: string,
  { manifest, store }: { readonly manifest: Manifest; readonly store: Store },
): Promise<void> {
  const tables = await tablesOf(client);
  for (const table of tables) {
    const said = manifest.tables.find((t) => t.table === table.name);
    const { rows, sha256 } = await digestOf(client, table);
    if (said !== undefined && said.rows === rows && said.sha256 === sha256) continue;
    throw new SokkinError(
      'restore_differs',
      `Table ${table.name} has ${rows} rows after the restore of ${file}, and they are not those of the backup: nothing was changed.`,
    );
  }
  if (tables.length !== manifest.tables.length) throw malformed(file);
  const totals = store.name === 'ledger' ? await totalsOf(client) : {};
  for (const [term, sum] of Object.entries(manifest.totals)) {
    if (totals[term] === sum) continue;
    throw new SokkinError(
      'restore_differs',
      `The audit of the restored rows gives ${totals[term]} for ${term}, the backup says ${sum}: nothing was changed.`,
    );
  }
}
