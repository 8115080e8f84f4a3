/** Alerts, each with its evidence. */
import type { AlertRow, AlertRows } from '@sokkin/issuer';
import type { Selectable, Transaction } from 'kysely';
import { sql } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

const alertOf = (row: Selectable<Database['alerts']>): AlertRow => ({
  id: row.id,
  kind: row.kind,
  severity: row.severity,
  status: row.status,
  purse: row.purse,
  says: row.says,
  evidence: row.evidence,
  createdAt: row.created_at,
  closedAt: row.closed_at ?? undefined,
  closedBy: row.closed_by ?? undefined,
  closeReason: row.close_reason ?? undefined,
});

export function alertRows(trx: Transaction<Database>): AlertRows {
  return {
    async raise(alert, at) {
      const { id, kind, severity, purse, subject, says } = alert;
      const evidence = JSON.stringify(alert.evidence);
      const { rows } = await sql<{ id: string }>`
        INSERT INTO alerts (id, kind, severity, status, purse, subject, says, evidence, created_at)
        VALUES (${id}, ${kind}, ${severity}, 'open', ${purse}, ${subject}, ${says}, ${evidence}, ${at})
        ON CONFLICT (kind, subject) WHERE status = 'open' DO UPDATE SET says = excluded.says
        RETURNING id`.execute(trx);
      return rows[0]?.id ?? id;
    },
    async byId(id) {
      const row = await trx.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
      return row && alertOf(row);
    },
    async list(page) {
      let query = trx.selectFrom('alerts').selectAll().where(onPage('alerts', page));
      for (const column of ['kind', 'severity', 'status', 'purse'] as const) {
        const wanted = page[column];
        if (wanted !== undefined) query = query.where(column, '=', wanted);
      }
      const rows = await query.orderBy('number').limit(page.limit).execute();
      return rows.map(alertOf);
    },
    async close(id, by, reason, at) {
      const closed = await trx
        .updateTable('alerts')
        .set({ status: 'closed', closed_at: at, closed_by: by, close_reason: reason })
        .where('id', '=', id)
        .where('status', '=', 'open')
        .executeTakeFirst();
      return closed.numUpdatedRows > 0n;
    },
    async explain(purses, kind, at) {
      await trx
        .updateTable('alerts')
        .set({ status: 'explained', closed_at: at })
        .where('purse', '=', sql<string>`ANY(${purses}::text[])`)
        .where('kind', '=', kind)
        .where('status', '=', 'open')
        .execute();
    },
  };
}
