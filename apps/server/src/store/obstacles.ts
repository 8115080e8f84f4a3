/**
 * What stands in the way of spreading the purse-keyed tables, read from the database's own catalog.
 *
 * What must hold: nothing is found away: a unique key or trigger of a spread table is either possible there, or named with its
 * reason in distribution.ts, or a failure.
 */
import type pg from 'pg';
import { DISTRIBUTION, type Spread, spreadTables } from './distribution.ts';

type Client = Pick<pg.ClientBase, 'query'>;

export interface Obstacles {
  readonly foreignKeys: readonly { readonly table: string; readonly name: string }[];
  readonly uniqueKeys: readonly {
    readonly table: string;
    readonly name: string;
    readonly isConstraint: boolean;
    readonly keptBy: string;
  }[];
  readonly identities: readonly { readonly table: string; readonly column: string; readonly next: bigint }[];
  readonly triggers: readonly { readonly table: string; readonly name: string; readonly why: string }[];
}

export async function readObstacles(client: Client): Promise<Obstacles> {
  return {
    foreignKeys: await foreignKeys(client),
    uniqueKeys: await uniqueKeys(client),
    identities: await identities(client),
    triggers: await triggers(client),
  };
}

const names = (): string[] => spreadTables().map(([table]) => table);

function spreadOf(table: string): Spread {
  const placement = DISTRIBUTION[table];
  if (placement?.kind !== 'purse') throw new Error(`Bug: ${table} is not spread`);
  return placement;
}

/** Between a spread table and any other: what they promise, the writers of purses see to, who lock the journal. */
async function foreignKeys(client: Client) {
  const { rows } = await client.query<{ table: string; name: string }>(
    `SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name FROM pg_constraint
     WHERE contype = 'f' AND (conrelid = ANY ($1::regclass[]) OR confrelid = ANY ($1::regclass[])) ORDER BY 1, 2`,
    [names()],
  );
  return rows;
}

async function uniqueKeys(client: Client) {
  const { rows } = await client.query<{
    table: string;
    name: string;
    columns: string[];
    constraint: boolean;
  }>(
    `SELECT i.indrelid::regclass::text AS table, c.relname AS name,
       EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u')) AS constraint,
       ARRAY (SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])) AS columns
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indisunique AND i.indrelid = ANY ($1::regclass[]) ORDER BY 1, 2`,
    [names()],
  );
  return rows.flatMap(({ table, name, columns, constraint: isConstraint }) => {
    const { by, unkept = {} } = spreadOf(table);
    if (columns.includes(by)) return [];
    const keptBy = unkept[name];
    if (keptBy === undefined)
      throw new Error(
        `Bug: ${name} is unique in ${table} without ${by}, and distribution.ts does not say what replaces it`,
      );
    return [{ table, name, isConstraint, keptBy }];
  });
}

async function identities(client: Client) {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `SELECT attrelid::regclass::text AS table, quote_ident(attname) AS column,
       pg_get_serial_sequence(attrelid::regclass::text, attname) AS sequence
     FROM pg_attribute WHERE attidentity <> '' AND attrelid = ANY ($1::regclass[]) ORDER BY 1, 2`,
    [names()],
  );
  const found: { table: string; column: string; next: bigint }[] = [];
  for (const { table, column, sequence } of rows) {
    const next = await client.query<{ next: string }>(
      `SELECT (last_value + is_called::int)::text AS next FROM ${sequence}`,
    );
    found.push({ table, column, next: BigInt(next.rows[0]?.next ?? '1') });
  }
  return found;
}

async function triggers(client: Client) {
  const { rows } = await client.query<{ table: string; name: string }>(
    `SELECT tgrelid::regclass::text AS table, tgname AS name FROM pg_trigger
     WHERE NOT tgisinternal AND tgrelid = ANY ($1::regclass[]) ORDER BY 1, 2`,
    [names()],
  );
  return rows.flatMap(({ table, name }) => {
    const { rowTriggers = [], droppedTriggers = {} } = spreadOf(table);
    if (rowTriggers.includes(name)) return [];
    const why = droppedTriggers[name];
    if (why === undefined)
      throw new Error(
        `Bug: ${table} has the trigger ${name}, and distribution.ts does not say what becomes of it`,
      );
    return [{ table, name, why }];
  });
}
