/** Policies in their versions. What must hold: a version is written once; the largest is the one that counts. */
import type { PolicyRows, PolicyVersion } from '@sokkin/issuer';
import type { Selectable, Transaction } from 'kysely';
import type { Database } from './schema.ts';

const versionOf = (row: Selectable<Database['policies']>): PolicyVersion => ({
  name: row.name,
  version: row.version,
  document: row.document,
  proposal: row.proposal ?? undefined,
  createdAt: row.created_at,
});

export function policyRows(trx: Transaction<Database>): PolicyRows {
  const newest = (name: string) =>
    trx.selectFrom('policies').selectAll().where('name', '=', name).orderBy('version', 'desc');
  return {
    async current(name) {
      const row = await newest(name).limit(1).executeTakeFirst();
      return row && versionOf(row);
    },
    async history(name, before, limit) {
      const query = before === undefined ? newest(name) : newest(name).where('version', '<', before);
      return (await query.limit(limit).execute()).map(versionOf);
    },
    async add({ name, version, document, proposal = null, createdAt }) {
      const added = await trx
        .insertInto('policies')
        .values({ name, version, document: JSON.stringify(document), proposal, created_at: createdAt })
        .onConflict((c) => c.columns(['name', 'version']).doNothing())
        .executeTakeFirst();
      return added.numInsertedOrUpdatedRows === 1n;
    },
  };
}
