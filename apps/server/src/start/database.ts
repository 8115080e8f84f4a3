/**
 * The database of a back-end: PostgreSQL of our own or another's, brought to this program's schema.
 *
 * What must hold: what cannot be reached is named; everything that is begun here is stopped again.
 */
import { join } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import type { LedgerStore } from '@sokkin/issuer';
import type pg from 'pg';
import { DESK_LANES } from '../acceptance/desk-writer.ts';
import type { Config } from '../config.ts';
import { openTraces, type Traces } from '../observe/traces.ts';
import { startEmbeddedPostgres } from '../postgres/embedded.ts';
import { assertWhollySpread } from '../store/distribute.ts';
import { migrate } from '../store/migrate.ts';
import { cutConnections, openPool, openWriterPool } from '../store/pool.ts';
import { sqlStore } from '../store/sql-store.ts';
import { WRITER_LANES } from '../store/transfer-writer.ts';
import { VERSION } from '../version.ts';
import type { Cleanups } from './cleanups.ts';

const IDENTITY_CONNECTIONS = 4;

export interface OpenDatabase {
  readonly pool: pg.Pool;
  /** Of the transfer writer alone, so that transfers never wait for other work. */
  readonly writerPool: pg.Pool;
  /** Of the desk for shops' messages, likewise. */
  readonly deskPool: pg.Pool;
  /** Of the identity store, so that neither waits for the other. */
  readonly identityPool: pg.Pool;
  readonly store: LedgerStore;
  readonly traces: Traces | undefined;
  /** What it is, for people. */
  readonly name: string;
  /** Ends what it still works on. */
  cut(): void;
}

export async function openDatabase(
  config: Config,
  cleanups: Cleanups,
  log: (line: string) => void,
): Promise<OpenDatabase> {
  const url = config.databaseUrl ?? (await embedded(config.dataFolder, cleanups, log));
  const pool = openPool(url, { connections: config.dbConnections, seconds: config.dbSeconds });
  const traces = await openTraces(config.otlpEndpoint, VERSION);
  if (traces !== undefined) cleanups.add(() => traces.close());
  const plain = sqlStore(pool);
  cleanups.add(() => plain.close());
  const name = await databaseName(pool, config.databaseUrl === undefined);
  await migrate(pool, log);
  await assertWhollySpread(pool);
  const writerPool = openWriterPool(url, { connections: WRITER_LANES, seconds: config.dbSeconds });
  const deskPool = openWriterPool(url, { connections: DESK_LANES, seconds: config.dbSeconds });
  const identityPool = openPool(config.identityDatabaseUrl ?? url, {
    connections: IDENTITY_CONNECTIONS,
    seconds: config.dbSeconds,
  });
  cleanups.add(() => identityPool.end());
  return {
    pool,
    writerPool,
    deskPool,
    identityPool,
    store: traces?.around(plain) ?? plain,
    traces,
    name,
    cut: () => {
      for (const busy of [pool, writerPool, deskPool, identityPool]) cutConnections(busy);
    },
  };
}

async function embedded(
  dataFolder: string,
  cleanups: Cleanups,
  log: (line: string) => void,
): Promise<string> {
  const { url, stop } = await startEmbeddedPostgres({ folder: join(dataFolder, 'postgres'), log });
  cleanups.add(stop);
  return url;
}

async function databaseName(pool: pg.Pool, isEmbedded: boolean): Promise<string> {
  try {
    const { rows } = await pool.query<{ server_version: string }>('SHOW server_version');
    return `PostgreSQL ${rows[0]?.server_version ?? 'unknown'} (${isEmbedded ? 'embedded' : 'DATABASE_URL'})`;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const what = isEmbedded ? 'The embedded database' : 'The database that DATABASE_URL names';
    throw new SokkinError('database_unreachable', `${what} does not answer: ${why}`, { cause });
  }
}
