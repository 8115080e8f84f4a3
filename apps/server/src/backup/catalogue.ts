/**
 * What is in the database, asked of itself, so that a new table is in the next backup without a word here.
 *
 * What must hold: tables come after those that they refer to; rows come in an order that depends on their values alone, so that the same
 * rows give the same text on every server.
 */
import type pg from 'pg';

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** Of the primary key, as ORDER BY takes them. */
  readonly order: readonly string[];
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** They say what was applied, and are written with it: the ledger's, and the identity store's. */
const OWN = ['migrations', 'steps'];

export async function tablesOf(client: pg.ClientBase): Promise<Table[]> {
  const { rows } = await client.query<{
    name: string;
    columns: string[];
    order: string[] | null;
    refers: string[] | null;
  }>(
    `SELECT c.relname AS name,
       (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
       (SELECT array_agg(quote_ident(a.attname) || CASE WHEN t.typcollation <> 0 THEN ' COLLATE "C"' ELSE '' END
           ORDER BY array_position(i.indkey::int2[], a.attnum))
         FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[])
         JOIN pg_type t ON t.oid = a.atttypid WHERE i.indrelid = c.oid AND i.indisprimary) AS "order",
       (SELECT array_agg(DISTINCT r.relname::text) FROM pg_constraint f JOIN pg_class r ON r.oid = f.confrelid
         WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS refers
     FROM pg_class c
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND c.relname <> ALL ($1)
     ORDER BY c.relname COLLATE "C"`,
    [OWN],
  );
  const waiting = new Map(rows.map((row) => [row.name, row]));
  const ordered: Table[] = [];
  while (waiting.size > 0) {
    const next = [...waiting.values()].find((row) =>
      (row.refers ?? []).every((other) => !waiting.has(other)),
    );
    if (next === undefined) throw new Error('Bug: tables refer to each other in a circle');
    waiting.delete(next.name);
    ordered.push({ name: next.name, columns: next.columns, order: next.order ?? next.columns.map(quoted) });
  }
  return ordered;
}

export const selectAll = ({ name, columns, order }: Table): string =>
  `SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(name)} ORDER BY ${order.join(', ')}`;

export interface Sequence {
  readonly sequence: string;
  readonly last: string;
  readonly called: boolean;
}

/** Sequences run outside of transactions, so these are at least as far as the rows of the snapshot. */
export async function sequencesOf(client: pg.ClientBase): Promise<Sequence[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace
     ORDER BY relname COLLATE "C"`,
  );
  const sequences: Sequence[] = [];
  for (const { name } of rows) {
    const found = await client.query<{ last: string; called: boolean }>(
      `SELECT last_value::text AS last, is_called AS called FROM ${quoted(name)}`,
    );
    const [row] = found.rows;
    if (row !== undefined) sequences.push({ sequence: name, ...row });
  }
  return sequences;
}

/** Texts of values must not depend on how a server is set up. */
export const PLAIN_TEXT = `SET LOCAL client_encoding = 'UTF8'; SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD';
  SET LOCAL intervalstyle = 'postgres'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1;
  SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`;
