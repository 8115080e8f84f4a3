/** What became of telling whom of what. */
import type { DeliveryRow, DeliveryRows } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { eventOf, IS_WANTED, NEW_DELIVERY } from './event-rows.ts';
import type { Database } from './schema.ts';
import { webhookOf } from './webhook-rows.ts';

type Shown = Omit<Selectable<Database['deliveries']>, 'number'> & { readonly event_type: string };

const deliveryOf = (row: Shown): DeliveryRow => ({
  id: row.id,
  event: row.event,
  eventType: row.event_type,
  webhook: row.webhook,
  status: row.status,
  attempts: row.attempts,
  nextAt: row.next_at,
  lastAt: row.last_at ?? undefined,
  lastStatus: row.last_status ?? undefined,
  lastSays: row.last_says ?? undefined,
  createdAt: row.created_at,
});

export function deliveryRows(trx: Transaction<Database>): DeliveryRows {
  const withType = () =>
    trx
      .selectFrom('deliveries')
      .innerJoin('events', 'events.id', 'deliveries.event')
      .selectAll('deliveries')
      .select('events.type as event_type');
  return {
    async add({ id, event, webhook }, at) {
      await trx
        .insertInto('deliveries')
        .values({ id, event, webhook, next_at: at, created_at: at })
        .execute();
    },
    async byId(id) {
      const row = await withType().where('deliveries.id', '=', id).executeTakeFirst();
      return row && deliveryOf(row);
    },
    async list(webhook, { limit, after }) {
      let query = withType().where('deliveries.webhook', '=', webhook);
      if (after !== undefined) {
        const at = trx
          .selectFrom('deliveries')
          .select('number')
          .where('id', '=', after)
          .where('webhook', '=', webhook);
        query = query.where('deliveries.number', '<', at);
      }
      const rows = await query.orderBy('deliveries.number', 'desc').limit(limit).execute();
      return rows.map(deliveryOf);
    },
    async take(limit, now, leaseUntil) {
      const { rows } = await sql<{ id: string; event: string; webhook: string; attempts: number }>`
        UPDATE deliveries SET next_at = ${leaseUntil}, attempts = attempts + 1
        WHERE id IN (
          SELECT id FROM deliveries WHERE status = 'waiting' AND next_at <= ${now}
          ORDER BY next_at, number LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        RETURNING id, event, webhook, attempts, number`.execute(trx);
      if (rows.length === 0) return [];
      const events = await trx
        .selectFrom('events')
        .selectAll()
        .where(
          'id',
          'in',
          rows.map((r) => r.event),
        )
        .execute();
      const webhooks = await trx
        .selectFrom('webhooks')
        .selectAll()
        .where(
          'id',
          'in',
          rows.map((r) => r.webhook),
        )
        .execute();
      const numberOf = new Map(events.map((e) => [e.id, e.number]));
      return rows
        .flatMap(({ id, attempts, ...row }) => {
          const event = events.find((e) => e.id === row.event);
          const webhook = webhooks.find((w) => w.id === row.webhook);
          if (event === undefined || webhook === undefined) return [];
          return [{ id, attempts, event: eventOf(event), webhook: webhookOf(webhook) }];
        })
        .sort((a, b) => Number((numberOf.get(a.event.id) ?? 0n) - (numberOf.get(b.event.id) ?? 0n)));
    },
    async recall({ written, due }, now) {
      await sql`UPDATE deliveries SET next_at = ${now}
        WHERE status = 'waiting' AND next_at > ${now}
          AND (next_at > ${due} OR coalesce(last_at, created_at) > ${written})`.execute(trx);
    },
    async settle(id, { status, nextAt, at, httpStatus, says }) {
      await trx
        .updateTable('deliveries')
        .set({ status, next_at: nextAt, last_at: at, last_status: httpStatus ?? null, last_says: says })
        .where('id', '=', id)
        .execute();
    },
    async retry(id, at) {
      await trx
        .updateTable('deliveries')
        .set({ status: 'waiting', attempts: 0, next_at: at })
        .where('id', '=', id)
        .execute();
    },
    async replay(webhook, since, now, most) {
      const { rows } = await sql`
        INSERT INTO deliveries (id, event, webhook, next_at, created_at)
        SELECT ${NEW_DELIVERY}, events.id, webhooks.id, ${now}::timestamptz, ${now}::timestamptz
        FROM events JOIN webhooks ON ${IS_WANTED}
        WHERE webhooks.id = ${webhook} AND events.fanned_out AND events.created_at >= ${since}
        ORDER BY events.number LIMIT ${most}
        RETURNING id`.execute(trx);
      return rows.length;
    },
  };
}
