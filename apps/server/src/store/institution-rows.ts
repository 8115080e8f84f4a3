/** Institutions, and their customers and merchants. */
import type { InstitutionRow, InstitutionRows, PartyRow } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

const institutionOf = (row: Selectable<Database['institutions']>): InstitutionRow => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  status: row.status,
  createdAt: row.created_at,
});
export const partyOf = (row: Selectable<Database['parties']>): PartyRow => ({
  id: row.id,
  kind: row.kind,
  institution: row.institution,
  reference: row.reference,
  status: row.status,
  isInClear: row.identity_at === null,
  isErased: row.erased_at !== null,
  createdAt: row.created_at,
});

export function institutionRows(trx: Transaction<Database>): InstitutionRows {
  return {
    async add({ id, kind, name }, at) {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('institutions')
        .values({ id, kind, name, created_at: at })
        .onConflict((c) => c.column('name').doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },
    async byId(id) {
      const row = await trx.selectFrom('institutions').selectAll().where('id', '=', id).executeTakeFirst();
      return row && institutionOf(row);
    },
    async lock(id) {
      await trx.selectFrom('institutions').select('id').where('id', '=', id).forUpdate().execute();
    },
    async list(page) {
      const rows = await trx
        .selectFrom('institutions')
        .selectAll()
        .where(onPage('institutions', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(institutionOf);
    },
    async setStatus(id, status) {
      await trx.updateTable('institutions').set({ status }).where('id', '=', id).execute();
    },
    async addParty({ id, kind, institution, reference }, at) {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('parties')
        .values({ id, kind, institution, reference, created_at: at, identity_at: at })
        .onConflict((c) => c.columns(['institution', 'reference']).doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },
    async party(id) {
      const row = await trx.selectFrom('parties').selectAll().where('id', '=', id).executeTakeFirst();
      return row && partyOf(row);
    },
    async parties(page) {
      const rows = await trx
        .selectFrom('parties')
        .selectAll()
        .where(onPage('parties', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(partyOf);
    },
    async closeParty(id, at) {
      await sql`UPDATE parties SET status = 'closed', closed_at = coalesce(closed_at, ${at}) WHERE id = ${id}`.execute(
        trx,
      );
    },
  };
}
