/** Cursors: a list continues after the row that the cursor names; an unknown name gives an empty page. */
import { type RawBuilder, sql } from 'kysely';

/** For tables with an identity column `number` and an id. */
export function afterNumber(
  table: 'accounts' | 'purses' | 'alerts',
  after: string | undefined,
): RawBuilder<boolean> {
  if (after === undefined) return sql<boolean>`true`;
  const t = sql.table(table);
  return sql<boolean>`${t}.number > (SELECT number FROM ${t} WHERE id = ${after})`;
}
