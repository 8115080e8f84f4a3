/** Ranges of other issuers' cards and their keys: the contract of packages/issuer/src/emv-range-ports.ts. */
import type { EmvMasterKeyRow, EmvRangeRow, EmvRangeRows } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

const rangeOf = (row: Selectable<Database['emv_ranges']>): EmvRangeRow => ({
  id: row.id,
  institution: row.institution,
  name: row.name,
  prefix: row.prefix,
  digits: row.digits,
  versions: Array.isArray(row.versions) ? row.versions : [],
  rules: row.rules ?? undefined,
  createdAt: row.created_at,
});

const keyOf = (row: Selectable<Database['emv_master_keys']>): EmvMasterKeyRow => ({
  range: row.range,
  keyIndex: row.key_index,
  cipher: row.cipher,
  state: row.state,
  checkValues: row.check_values,
  component:
    row.component === null || row.component_by === null
      ? undefined
      : { sealed: row.component, by: row.component_by },
  keys: row.keys,
  createdAt: row.created_at,
  changedAt: row.changed_at,
});

export function emvRangeRows(trx: Transaction<Database>): EmvRangeRows {
  const ranges = () => trx.selectFrom('emv_ranges').selectAll();
  const keys = () => trx.selectFrom('emv_master_keys').selectAll();
  return {
    async add({ id, institution, name, prefix, digits, versions, rules, createdAt: created_at }) {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('emv_ranges')
        .values({
          ...{ id, institution, name, prefix, digits, created_at },
          versions: JSON.stringify(versions),
          rules: rules === undefined ? null : JSON.stringify(rules),
        })
        .onConflict((c) => c.columns(['prefix', 'digits']).doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n ? 'added' : 'taken';
    },
    async byId(id) {
      const row = await ranges().where('id', '=', id).executeTakeFirst();
      return row && rangeOf(row);
    },
    async list(page) {
      const rows = await ranges()
        .where(onPage('emv_ranges', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(rangeOf);
    },
    async all() {
      return {
        ranges: (await ranges().orderBy('number').execute()).map(rangeOf),
        keys: (await keys().orderBy('range').orderBy('key_index').execute()).map(keyOf),
      };
    },
    async keysOf(range) {
      return (await keys().where('range', '=', range).orderBy('key_index').execute()).map(keyOf);
    },
    async key(range, keyIndex) {
      // Also of one that is not there yet.
      await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${range} ${keyIndex}`}, 0))`.execute(trx);
      const row = await keys()
        .where('range', '=', range)
        .where('key_index', '=', keyIndex)
        .executeTakeFirst();
      return row && keyOf(row);
    },
    async putKey(row) {
      const changed = {
        ...{ cipher: row.cipher, state: row.state, check_values: [...row.checkValues], keys: [...row.keys] },
        component: row.component?.sealed ?? null,
        component_by: row.component?.by ?? null,
        changed_at: row.changedAt,
      };
      await trx
        .insertInto('emv_master_keys')
        .values({ range: row.range, key_index: row.keyIndex, created_at: row.createdAt, ...changed })
        .onConflict((c) => c.columns(['range', 'key_index']).doUpdateSet(changed))
        .execute();
    },
  };
}
