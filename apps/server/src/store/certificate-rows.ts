/** Our certificates, in all their generations. */
import type { CertificateRows } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** Any number that is ours alone within the database. */
const LOCK = 0x6b657973;

export function certificateRows(trx: Transaction<Database>): CertificateRows {
  return {
    async lock() {
      await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(trx);
    },
    async all() {
      const rows = await trx.selectFrom('certificates').selectAll().orderBy('number').execute();
      return rows.map(({ institution, role, generation, key, bytes, created_at: createdAt }) => ({
        institution,
        role,
        generation,
        key,
        bytes,
        createdAt,
      }));
    },
    async version() {
      const row = await trx
        .selectFrom('certificates')
        .select((e) => e.fn.max('number').as('newest'))
        .executeTakeFirst();
      return row?.newest ?? 0n;
    },
    async add({ createdAt, ...row }) {
      await trx
        .insertInto('certificates')
        .values({ ...row, created_at: createdAt })
        .execute();
    },
  };
}
