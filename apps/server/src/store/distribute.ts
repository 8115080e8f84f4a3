/**
 * Spreading the purse-keyed tables over the machines of a Citus cluster (docs/scale.md).
 *
 * What must hold: what is printed is what is run; every step can be run again, and what was done is not done twice; a
 * unique key or trigger that distribution.ts does not name stops it before anything is changed; nobody uses the tables meanwhile.
 */
import { SokkinError } from '@sokkin/codec';
import type pg from 'pg';
import { type Spread, spreadTables } from './distribution.ts';
import { readObstacles } from './obstacles.ts';

type Client = Pick<pg.ClientBase, 'query'>;

/** The first of them; the others' shards are placed beside its shards. */
const FIRST = 'journals';
const MANAGED = 'commit_together';

export interface Step {
  readonly says: string;
  readonly sql: string;
}

export interface ScaleOptions {
  /** Of each spread table: at least two for every core of a worker that there ever will be. */
  readonly shards: number;
}

export const DEFAULT_SHARDS = 32;

/**
 * Plain PostgreSQL, in one transaction: what a spread table cannot have goes, and what replaces it comes. After it the back-end works as before,
 * on one machine too.
 */
export async function preparation(client: Client): Promise<Step[]> {
  const found = await readObstacles(client);
  return [
    ...found.foreignKeys.map(({ table, name }) => ({
      says: `rows of ${table} refer to rows of another machine: the program makes sure of them`,
      sql: `ALTER TABLE ${table} DROP CONSTRAINT ${name}`,
    })),
    ...found.uniqueKeys.map(({ table, name, isConstraint, keptBy }) => ({
      says: `unique in ${table} without the purse: ${keptBy}`,
      sql: isConstraint ? `ALTER TABLE ${table} DROP CONSTRAINT ${name}` : `DROP INDEX ${name}`,
    })),
    ...found.identities.flatMap(({ table, column, next }) => sequenceFor(table, column, next)),
    ...found.triggers.map(({ table, name, why }) => ({ says: why, sql: `DROP TRIGGER ${name} ON ${table}` })),
    ...spreadTables().flatMap(([table, { indexes = [] }]) =>
      indexes.map((sql) => ({ says: `${table} is looked up by it`, sql })),
    ),
  ];
}

/** Citus 12.1 refuses identity columns where there are several workers (its issue 7564), and takes sequences. */
const sequenceFor = (table: string, column: string, next: bigint): Step[] => {
  const sequence = `${table}_${column}_given`;
  return [
    {
      says: `${table}.${column} is an identity column: a sequence gives the same numbers`,
      sql: `ALTER TABLE ${table} ALTER COLUMN ${column} DROP IDENTITY`,
    },
    { says: 'from where it was', sql: `CREATE SEQUENCE ${sequence} AS bigint START WITH ${next}` },
    {
      says: 'taken on the coordinator, so that order stays order',
      sql: `ALTER TABLE ${table} ALTER COLUMN ${column} SET DEFAULT nextval('${sequence}')`,
    },
  ];
};

/** Citus' own commands: each in a transaction of its own. */
export async function spreading(client: Client, { shards }: ScaleOptions): Promise<Step[]> {
  const steps = (await waitingTables(client)).flatMap(([table, { by }]) => {
    const beside = table === FIRST ? `'none', shard_count => ${shards}` : `'${FIRST}'`;
    return [
      {
        says: `${table}, by ${by}${table === FIRST ? '' : `, beside ${FIRST}`}`,
        sql: `SELECT create_distributed_table('${table}', '${by}', colocate_with => ${beside})`,
      },
      {
        says: 'the rows are on the workers now',
        sql: `SELECT truncate_local_data_after_distributing_table('${table}')`,
      },
    ];
  });
  if ((await alreadySpread(client)).has(MANAGED)) return steps;
  return [
    ...steps,
    {
      says: 'what makes a transaction commit on all machines or none',
      sql: `SELECT citus_add_local_table_to_metadata('${MANAGED}')`,
    },
  ];
}

async function alreadySpread(client: Client): Promise<Set<string>> {
  const there = await client.query<{ there: boolean }>(
    `SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS there`,
  );
  if (there.rows[0]?.there !== true) return new Set();
  const { rows } = await client.query<{ table: string }>(
    `SELECT c.relname AS table FROM pg_catalog.pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid`,
  );
  return new Set(rows.map((row) => row.table));
}

/** All of it, in order, for people and for `scale apply`. */
export async function scalePlan(client: Client, options: ScaleOptions): Promise<Step[]> {
  return [...(await settings(client)), ...(await preparation(client)), ...(await spreading(client, options))];
}

/** Row triggers that refuse changes run on the shards, also on those that are made later. */
async function settings(client: Client): Promise<Step[]> {
  const { rows } = await client.query<{ name: string }>('SELECT quote_ident(current_database()) AS name');
  const database = rows[0]?.name ?? '';
  const triggers = `SET citus.enable_unsafe_triggers = 'on'`;
  return [
    { says: 'triggers that look at their own row only', sql: `ALTER DATABASE ${database} ${triggers}` },
    { says: 'the same, for this connection', sql: triggers },
    {
      says: 'several tables are changed in one transaction',
      sql: `SET citus.multi_shard_modify_mode = 'sequential'`,
    },
  ];
}

/** Gives what was done. */
export async function scaleApply(
  client: Client,
  options: ScaleOptions,
  log: (step: Step) => void,
): Promise<Step[]> {
  await assertCoordinator(client);
  await assertAlone(
    client,
    (await waitingTables(client)).map(([table]) => table),
  );
  const begin = await settings(client);
  for (const step of begin) await runStep(client, step, log);
  const prepared = await preparation(client);
  await client.query('BEGIN');
  try {
    for (const step of prepared) await runStep(client, step, log);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
  const steps = await spreading(client, options);
  for (const step of steps) await runStep(client, step, log);
  return [...begin, ...prepared, ...steps];
}

async function runStep(client: Client, step: Step, log: (step: Step) => void): Promise<void> {
  log(step);
  try {
    await client.query(step.sql);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SokkinError(
      'scale_failed',
      `The database refused "${step.sql}": ${why}. What was done before it stays: put right what it says, and run the same again.`,
      { cause },
    );
  }
}

async function assertCoordinator(client: Client): Promise<void> {
  const { rows } = await client.query<{ version: string | null; available: boolean }>(
    `SELECT (SELECT extversion FROM pg_extension WHERE extname = 'citus') AS version,
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citus') AS available`,
  );
  const { version = null, available = false } = rows[0] ?? {};
  if (version === null) {
    throw new SokkinError(
      'scale_no_citus',
      available
        ? 'Citus is on this server, but not in this database: run CREATE EXTENSION citus in it on every node, and add the workers with citus_add_node (docs/scale.md).'
        : 'This is PostgreSQL without Citus, on one machine: all of Sokkin works here, and nothing is to be spread. docs/scale.md says when it is time for Citus, and how to begin.',
    );
  }
  if (Number.parseInt(version, 10) < 12)
    throw new SokkinError('scale_old_citus', `This is Citus ${version}: take 12 or newer.`);
  await assertNodes(client);
}

async function assertNodes(client: Client): Promise<void> {
  const { rows } = await client.query<{ here: number; coordinators: bigint; holders: bigint }>(
    `SELECT (SELECT groupid FROM pg_catalog.pg_dist_local_group) AS here,
       (SELECT count(*) FROM pg_catalog.pg_dist_node WHERE groupid = 0) AS coordinators,
       (SELECT count(*) FROM pg_catalog.pg_dist_node WHERE shouldhaveshards AND isactive AND noderole = 'primary') AS holders`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('Bug: a query of aggregates gives one row');
  if (row.here !== 0)
    throw new SokkinError('scale_not_coordinator', 'This node is a worker: run it on the coordinator.');
  if (Number(row.coordinators) === 0) {
    throw new SokkinError(
      'scale_coordinator_unknown',
      `The workers do not know the coordinator: run SELECT citus_set_coordinator_host('NAME', PORT) with the name by which they reach it.`,
    );
  }
  if (Number(row.holders) === 0)
    throw new SokkinError(
      'scale_no_workers',
      `There is no node for the data: add the workers with SELECT citus_add_node('NAME', PORT).`,
    );
}

/** While rows are moved, a back-end that knows nothing of it would commit on one machine and not on the other. */
async function assertAlone(client: Client, waiting: readonly string[]): Promise<void> {
  const filled = waiting.includes(FIRST) ? [FIRST] : await filledOf(client, waiting);
  if (filled.length === 0) return;
  const { rowCount } = await client.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sokkin' AND pid <> pg_backend_pid()`,
  );
  if (rowCount === 0) return;
  throw new SokkinError(
    'scale_in_use',
    `${rowCount} connections of back-ends are open on this database: stop them all, then run it again.`,
  );
}

async function filledOf(client: Client, tables: readonly string[]): Promise<string[]> {
  const filled: string[] = [];
  for (const table of tables)
    if ((await client.query(`SELECT FROM ${table} LIMIT 1`)).rowCount !== 0) filled.push(table);
  return filled;
}

async function waitingTables(client: Client): Promise<(readonly [string, Spread])[]> {
  const done = await alreadySpread(client);
  return spreadTables().filter(([table]) => !done.has(table));
}

/** A new version may bring tables that are to be spread: until they are, its uploads would not be atomic. */
export async function assertWhollySpread(client: Client): Promise<void> {
  const waiting = (await waitingTables(client)).map(([table]) => table);
  if (waiting.includes(FIRST) || waiting.length === 0) return;
  throw new SokkinError(
    'scale_incomplete',
    `This database is spread over machines, but ${waiting.join(', ')} not yet: run sokkin scale apply, then start again.`,
  );
}
