/** Cursors: a list continues after the row that the cursor names; an unknown name gives an empty page. */
import { type RawBuilder, sql } from 'kysely';

/** What a cursor names, by table. */
const KEY = { accounts: 'id', purses: 'id', alerts: 'id', cards: 'serial' } as const;

/** For tables with an identity column `number`. */
export function afterNumber(table: keyof typeof KEY, after: string | undefined): RawBuilder<boolean> {
  if (after === undefined) return sql<boolean>`true`;
  const t = sql.table(table);
  return sql<boolean>`${t}.number > (SELECT number FROM ${t} WHERE ${sql.ref(KEY[table])} = ${after})`;
}
