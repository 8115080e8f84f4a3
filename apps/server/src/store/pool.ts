/**
 * Connections to PostgreSQL.
 *
 * What must hold: an INT8 never becomes a float, octets are plain Uint8Arrays; nobody waits without end, neither for a connection nor
 * for a lock nor for an answer; a connection that breaks ends the work on it and nothing else.
 */
import pg from 'pg';

const INT8 = 20;
const BYTEA = 17;
const CONNECTIONS = 10;
const SECONDS = 10;
/** The longest that a statement of the API may take: the audit of a large ledger. */
const STATEMENT_MS = 120_000;

const CLIENTS = new WeakMap<pg.Pool, ReadonlySet<pg.PoolClient>>();

export interface PoolOptions {
  readonly connections?: number;
  /** The longest wait for a connection, and for a lock. */
  readonly seconds?: number;
}

export function openPool(
  url: string,
  { connections = CONNECTIONS, seconds = SECONDS }: PoolOptions = {},
): pg.Pool {
  const waitMs = seconds * 1000;
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: waitMs,
    lock_timeout: waitMs,
    statement_timeout: STATEMENT_MS,
    // A process that stands still in the middle of a transaction holds its locks no longer than this.
    idle_in_transaction_session_timeout: 6 * waitMs,
    keepAlive: true,
    application_name: 'sokkin',
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
        if (oid === INT8) return (value: string) => BigInt(value);
        if (oid === BYTEA) return (value: string) => new Uint8Array(Buffer.from(value.slice(2), 'hex'));
        return pg.types.getTypeParser(oid, format);
      }) as typeof pg.types.getTypeParser,
    },
  });
  // A connection that breaks is replaced by the pool, and fails the query on it; without listeners it would end the program,
  // also between two statements of a transaction.
  pool.on('error', () => undefined);
  const clients = new Set<pg.PoolClient>();
  pool.on('connect', (client) => {
    clients.add(client);
    client.on('error', () => undefined);
  });
  pool.on('remove', (client) => clients.delete(client));
  CLIENTS.set(pool, clients);
  return pool;
}

/** Ends what is still going on: its transactions are rolled back, and fail with `database_unavailable`. */
export function cutConnections(pool: pg.Pool): void {
  for (const client of CLIENTS.get(pool) ?? []) client.end().catch(() => undefined);
}
