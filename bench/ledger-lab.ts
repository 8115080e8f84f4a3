/** What area `ledger` measures with: one durable PostgreSQL, databases with accounts in them, servers, and the peers. */
import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startEmbeddedPostgres } from '../apps/server/src/postgres/embedded.ts';
import { createDatabase } from '../apps/server/src/postgres/new-database.ts';
import { accountName, type Load, type Loaded } from './ledger-load.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BUNDLES = join(ROOT, '.cache', 'bench');
const run = promisify(execFile);
/** Debian keeps it there, and does not always link to it. */
const DEBIAN = '/usr/lib/postgresql/15/bin/pgbench';
const PGBENCH = existsSync(DEBIAN) ? DEBIAN : 'pgbench';

export interface Lab {
  /** The PostgreSQL that Sokkin brings, with its settings; or the one that DATABASE_URL names. */
  readonly postgres: string;
  readonly folder: string;
  close(): Promise<void>;
}

export async function openLab(folder: string): Promise<Lab> {
  const elsewhere = process.env.DATABASE_URL;
  if (elsewhere !== undefined) return { postgres: elsewhere, folder, close: async () => undefined };
  const embedded = await startEmbeddedPostgres({ folder: join(folder, 'postgres') });
  return { postgres: embedded.url, folder, close: () => embedded.stop() };
}

/** A new one of this name; of a server elsewhere, the one that an earlier run left is dropped. */
export async function database(lab: Lab, called: string): Promise<string> {
  const name = `sokkin_bench_${called}`;
  await sql(lab.postgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  return (await createDatabase(lab.postgres, name)).url;
}

export const sql = (url: string, text: string): Promise<void> =>
  withClient(url, async (client) => {
    await client.query(text);
  });

/** The connection ends with the work, also when that fails: else it would be heard of only when the server stops. */
async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await work(client).finally(() => client.end());
}

export interface RunningServer {
  readonly port: number;
  /** Of one of the sandbox's clients, good for an hour; if it is not said, the first. */
  token(client?: 'first' | 'second'): Promise<string>;
  /** Seconds from spawning it to its first answer. */
  readonly startSeconds: number;
  /** Megabytes that are resident. */
  memory(): number;
  stop(): Promise<void>;
}

/** A real server process. `databaseUrl` undefined: with its own PostgreSQL, as `npm start` has it. */
export async function startServer(
  lab: Lab,
  databaseUrl?: string,
  more: Readonly<Record<string, string>> = {},
  program = 'apps/server/src/main.ts',
): Promise<RunningServer> {
  const port = await freePort();
  const data = join(lab.folder, databaseUrl === undefined ? 'own' : new URL(databaseUrl).pathname.slice(1));
  const { DATABASE_URL: _, ...rest } = process.env;
  const settings = { PORT: String(port), SOKKIN_DATA: data, LOG_LEVEL: 'error', SOKKIN_RATE_PER_SECOND: '0' };
  const env = { ...rest, ...settings, ...more };
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    cwd: ROOT,
    env: databaseUrl === undefined ? env : { ...env, DATABASE_URL: databaseUrl },
    stdio: 'ignore',
  });
  const health = () => fetch(`http://127.0.0.1:${port}/health`).then((answer) => answer.ok);
  for (let tries = 0; !(await health().catch(() => false)); tries++) {
    if (tries > 1200 || child.exitCode !== null) throw new Error('The server did not start');
    await new Promise((go) => setTimeout(go, 50));
  }
  const startSeconds = (performance.now() - began) / 1000;
  return {
    ...{ port, startSeconds, token: (client = 'first') => tokenOf(port, data, client) },
    memory: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
    },
    stop: () => ended(child, 'SIGTERM'),
  };
}

async function tokenOf(port: number, data: string, client: 'first' | 'second'): Promise<string> {
  const { clients } = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8'));
  const answer = await fetch(`http://127.0.0.1:${port}/v1/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', ...clients[client] }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

export const RICH = 1_000_000;

/** `count` accounts with money, issued in one transfer; on a database that a server has migrated. */
export const fill = (url: string, count: number): Promise<void> =>
  withClient(url, (client) => fillOver(client, count));

async function fillOver(client: pg.Client, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, i) => accountName(i));
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO accounts (id, kind, name, institution, created_at, balance)
      SELECT id, 'online', 'bench', 'ins_first_issuer', now(), $2 FROM unnest($1::text[]) id`,
    [names, RICH],
  );
  await client.query(`UPDATE accounts SET balance = balance - $1 WHERE kind = 'central_bank'`, [
    count * RICH,
  ]);
  await client.query(
    `WITH t AS (INSERT INTO transfers (kind, reference, created_at) VALUES ('issuance', 'iss_bench', now()) RETURNING id)
      INSERT INTO postings (account, transfer, amount, balance_after)
      SELECT a.id, t.id, a.balance, a.balance FROM accounts a, t WHERE a.kind IN ('online', 'central_bank')`,
  );
  await client.query('COMMIT');
  await client.query('VACUUM ANALYZE');
}

/** Adds postings until there are `postings`: rounds in which every account pays the next one a yen. */
export const age = (url: string, accounts: number, postings: number): Promise<void> =>
  withClient(url, (client) => ageOver(client, accounts, postings));

async function ageOver(client: pg.Client, accounts: number, postings: number): Promise<void> {
  const step = Math.min(accounts, 50_000);
  for (let made = 0, slice = 0; made < postings; made += 2 * step, slice++) {
    // Each pays and is paid within one slice, so that balances end as they were.
    await client.query(
      `WITH ring AS MATERIALIZED (SELECT nextval('transfers_id_seq') AS t, id, balance, lead(id, 1, first) OVER w AS next
          FROM (SELECT id, balance, first_value(id) OVER (ORDER BY number) AS first, number FROM (
            SELECT id, balance, number FROM accounts WHERE kind = 'online' ORDER BY number LIMIT ${step} OFFSET ${(slice * step) % accounts}) s) r
          WINDOW w AS (ORDER BY number)),
        told AS (INSERT INTO transfers (id, kind, reference, created_at) OVERRIDING SYSTEM VALUE
          SELECT t, 'transfer', 'trf_' || md5(t::text), now() FROM ring)
      INSERT INTO postings (account, transfer, amount, balance_after)
      SELECT account, t, amount, balance_after FROM (
        SELECT 0 AS side, id AS account, t, -1 AS amount, balance - 1 AS balance_after FROM ring
        UNION ALL SELECT 1, r.next, r.t, 1, n.balance FROM ring r JOIN ring n ON n.id = r.next) sides
      ORDER BY side, t`,
    );
  }
  await client.query('VACUUM ANALYZE');
  await client.query('CHECKPOINT');
}

export function load(wish: Load): Promise<Loaded> {
  const child = fork(join(BUNDLES, 'ledger-load.mjs'), [JSON.stringify(wish)]);
  return new Promise((resolve, reject) => {
    // JSON has no NaN: where no call was answered in time, there are no latencies.
    child.once('message', (message) => {
      const loaded = message as Loaded;
      resolve({ ...loaded, p50Ms: loaded.p50Ms ?? Number.NaN, p99Ms: loaded.p99Ms ?? Number.NaN });
    });
    child.once('error', reject);
    child.once('exit', (code) => code !== 0 && reject(new Error(`The load ended with ${code}`)));
  });
}

/** A bare Fastify under the same clients: calls per second. */
export async function bareRate(clients: number, seconds: number): Promise<number> {
  const child = fork(join(BUNDLES, 'ledger-bare.mjs'));
  const port = await new Promise<number>((resolve) => child.once('message', (p) => resolve(Number(p))));
  const { calls } = await load({ port, clients, accounts: 100, items: 0, warmSeconds: 1, seconds });
  await ended(child, 'SIGTERM');
  return calls;
}

/** undefined: pgbench is not installed. */
export async function pgbench(url: string, clients: number, seconds: number, script?: string) {
  const how = ['-n', '-M', 'prepared', '-c', String(clients), '-j', '2', '-T', String(seconds)];
  try {
    const { stdout } = await run(PGBENCH, [...how, ...(script === undefined ? [] : ['-f', script]), url]);
    return Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** TPC-B at a scale where its branches are no bottleneck for this many clients. */
export async function makeTpcB(lab: Lab): Promise<string> {
  const url = await database(lab, 'tpcb');
  await run(PGBENCH, ['-i', '-q', '-s', '50', url]).catch(() => undefined);
  return url;
}

/** Accounts of pgledger, and the script that moves money between them; undefined: its SQL is not here. */
export async function makePgledger(lab: Lab, accounts: number) {
  const file = process.env.SOKKIN_PGLEDGER ?? join(ROOT, '.cache', 'pgledger.sql');
  if (!existsSync(file)) return undefined;
  const url = await database(lab, 'pgledger');
  // It takes its ids from an extension; this function costs less than the one it stands in for.
  await sql(
    url,
    `CREATE FUNCTION uuid_to_ulid(id uuid) RETURNS text LANGUAGE sql AS 'SELECT replace(id::text, ''-'', '''')'`,
  );
  await sql(url, readFileSync(file, 'utf8'));
  await sql(
    url,
    `INSERT INTO pgledger_accounts (id, name, currency, allow_negative_balance, allow_positive_balance, created_at, updated_at)
      SELECT 'a' || i, 'bench', 'JPY', true, true, now(), now() FROM generate_series(1, ${accounts}) i`,
  );
  await sql(url, 'VACUUM ANALYZE');
  const script = join(lab.folder, 'pgledger.pgbench');
  writeFileSync(
    script,
    `\\set f random(1, ${accounts})\n\\set t 1 + (:f + random(0, ${accounts - 2})) % ${accounts}\n` +
      `SELECT pgledger_create_transfer('a' || :f, 'a' || :t, 1);\n`,
  );
  return { url, script };
}

async function ended(child: ChildProcess, signal: 'SIGTERM'): Promise<void> {
  const gone = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  await gone;
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string') throw new Error('No port is free');
  return address.port;
}

export const labFolder = (): string => join(tmpdir(), `sokkin-bench-${process.pid}`);
