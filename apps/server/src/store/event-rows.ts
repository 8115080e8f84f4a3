/** The outbox. What must hold: see event-ports.ts of packages/issuer. */
import { CENTRAL_BANK, type EventRow, type EventRows } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

export const eventOf = (row: Omit<Selectable<Database['events']>, 'number' | 'fanned_out'>): EventRow => ({
  id: row.id,
  institution: row.institution,
  type: row.type,
  subject: row.subject,
  data: row.data,
  createdAt: row.created_at,
});

/** Which webhooks want which events: those of their institution, of their types. The central bank's want all. */
export const IS_WANTED = sql<boolean>`
  (webhooks.institution = events.institution OR webhooks.institution = ${sql.lit(CENTRAL_BANK)})
  AND (webhooks.types = '{}' OR events.type = ANY (webhooks.types))`;

/**
 * SQL: whether somebody may be told of such an event of this institution. One that is disabled counts: it may be resumed,
 * and have sent again what it missed.
 */
export const hears = (institution: string, type: string): string => `EXISTS (SELECT FROM webhooks
  WHERE webhooks.status <> 'deleted' AND webhooks.institution IN (${institution}, '${CENTRAL_BANK}')
    AND (webhooks.types = '{}' OR ${type} = ANY (webhooks.types)))`;

/** Ids that nobody has to read: made where the rows are made. */
export const NEW_DELIVERY = sql<string>`'dlv_' || replace(gen_random_uuid()::text, '-', '')`;

export function eventRows(trx: Transaction<Database>): EventRows {
  return {
    async add(events, told) {
      if (events.length === 0) return;
      const rows = events.map(({ createdAt, data, ...rest }) => ({
        ...rest,
        data: JSON.stringify(data),
        created_at: createdAt,
        fanned_out: told === 'told',
      }));
      await trx.insertInto('events').values(rows).execute();
    },
    async hearers(type, institutions) {
      const { rows } = await sql<{ id: string }>`
        SELECT id FROM institutions, (SELECT ${type}::text AS type) AS told
        WHERE id = ANY (${[...institutions]}::text[]) AND ${sql.raw(hears('institutions.id', 'told.type'))}`.execute(
        trx,
      );
      return rows.map(({ id }) => id);
    },
    async byId(id) {
      const row = await trx.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirst();
      return row && eventOf(row);
    },
    async list({ type, ...page }) {
      let query = trx
        .selectFrom('events')
        .selectAll()
        .where(onPage('events', page, 'newest_first'));
      if (type !== undefined) query = query.where('type', '=', type);
      const rows = await query.orderBy('number', 'desc').limit(page.limit).execute();
      return rows.map(eventOf);
    },
    async fanOut(limit, now) {
      const { rows } = await sql<{ count: number }>`
        WITH picked AS (
          SELECT id, institution, type, number FROM events WHERE NOT fanned_out
          ORDER BY number LIMIT ${limit} FOR UPDATE SKIP LOCKED
        ), made AS (
          INSERT INTO deliveries (id, event, webhook, next_at, created_at)
          SELECT ${NEW_DELIVERY}, events.id, webhooks.id, ${now}::timestamptz, ${now}::timestamptz
          FROM picked events JOIN webhooks ON ${IS_WANTED} WHERE webhooks.status = 'active'
          ORDER BY events.number
        ), done AS (
          UPDATE events SET fanned_out = true FROM picked WHERE events.id = picked.id RETURNING 1
        )
        SELECT count(*)::int AS count FROM done`.execute(trx);
      return rows[0]?.count ?? 0;
    },
  };
}
