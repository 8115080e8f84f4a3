/** Proposals. What must hold: `lock` keeps every other decision away until the transaction ends. */
import type { ProposalRow, ProposalRows } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

const proposalOf = (row: Selectable<Database['proposals']>): ProposalRow => ({
  id: row.id,
  kind: row.kind,
  subject: row.subject,
  body: row.body,
  institution: row.institution,
  status: row.status,
  proposedBy: row.proposed_by,
  decidedBy: row.decided_by ?? undefined,
  decidedAt: row.decided_at ?? undefined,
  result: row.result ?? undefined,
  usedAt: row.used_at ?? undefined,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

export function proposalRows(trx: Transaction<Database>): ProposalRows {
  const one = (id: string) => trx.selectFrom('proposals').selectAll().where('id', '=', id);
  return {
    async add({ id, kind, subject, body, institution, proposedBy, createdAt, expiresAt }) {
      await trx
        .insertInto('proposals')
        .values({
          id,
          kind,
          subject,
          body: JSON.stringify(body),
          institution,
          proposed_by: proposedBy,
          created_at: createdAt,
          expires_at: expiresAt,
        })
        .execute();
    },
    async byId(id) {
      const row = await one(id).executeTakeFirst();
      return row && proposalOf(row);
    },
    async lock(id) {
      const row = await one(id).forNoKeyUpdate().executeTakeFirst();
      return row && proposalOf(row);
    },
    async bySubject(kind, subject) {
      const row = await trx
        .selectFrom('proposals')
        .selectAll()
        .where('kind', '=', kind)
        .where('subject', '=', subject)
        .executeTakeFirst();
      return row && proposalOf(row);
    },
    async list({ limit, after, status, kind, institution, now }) {
      let query = trx.selectFrom('proposals').selectAll();
      if (after !== undefined) {
        const seen = sql<bigint>`(SELECT max(number) FROM proposals WHERE id = ${after} OR subject = ${after})`;
        query = query.where('number', '>', seen);
      }
      if (status === 'waiting') query = query.where('status', '=', status).where('expires_at', '>', now);
      else if (status === 'expired')
        query = query.where('status', '=', 'waiting').where('expires_at', '<=', now);
      else if (status !== undefined) query = query.where('status', '=', status);
      if (kind !== undefined) query = query.where('kind', '=', kind);
      if (institution !== undefined) query = query.where('institution', '=', institution);
      const rows = await query.orderBy('number').limit(limit).execute();
      return rows.map(proposalOf);
    },
    async decide(id, { status, by, at, result }) {
      await trx
        .updateTable('proposals')
        .set({ status, decided_by: by, decided_at: at, result: JSON.stringify(result ?? null) })
        .where('id', '=', id)
        .execute();
    },
    async use(id, at) {
      const used = await trx
        .updateTable('proposals')
        .set({ used_at: at })
        .where('id', '=', id)
        .where('used_at', 'is', null)
        .executeTakeFirst();
      return used.numUpdatedRows === 1n;
    },
  };
}
