/** Whom the back-end tells of events, and where. */
import type { WebhookRow, WebhookRows } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

export const webhookOf = (row: Omit<Selectable<Database['webhooks']>, 'number'>): WebhookRow => ({
  id: row.id,
  institution: row.institution,
  url: row.url,
  types: row.types,
  secret: row.secret,
  oldSecret: row.old_secret ?? undefined,
  oldSecretUntil: row.old_secret_until ?? undefined,
  status: row.status,
  failingSince: row.failing_since ?? undefined,
  createdAt: row.created_at,
});

export function webhookRows(trx: Transaction<Database>): WebhookRows {
  return {
    async add({ id, institution, url, types, secret }, at) {
      await trx
        .insertInto('webhooks')
        .values({ id, institution, url, types: [...types], secret, created_at: at })
        .execute();
    },
    async byId(id) {
      const row = await trx.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
      return row && webhookOf(row);
    },
    async list(page) {
      const rows = await trx
        .selectFrom('webhooks')
        .selectAll()
        .where(onPage('webhooks', page))
        .where('status', '<>', 'deleted')
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(webhookOf);
    },
    async count(institution) {
      const { count } = await trx
        .selectFrom('webhooks')
        .select(sql<number>`count(*)::int`.as('count'))
        .where('institution', '=', institution)
        .where('status', '<>', 'deleted')
        .executeTakeFirstOrThrow();
      return count;
    },
    async setStatus(id, status) {
      const cleared = status === 'active' ? { failing_since: null } : {};
      await trx
        .updateTable('webhooks')
        .set({ status, ...cleared })
        .where('id', '=', id)
        .execute();
    },
    async setSecret(id, secret, oldUntil) {
      await trx
        .updateTable('webhooks')
        .set(({ ref }) => ({ secret, old_secret: ref('secret'), old_secret_until: oldUntil }))
        .where('id', '=', id)
        .execute();
    },
    async sealedOtherwise(head, limit) {
      const isOther = (column: 'secret' | 'old_secret') =>
        sql<boolean>`substring(${sql.ref(column)} FROM 1 FOR ${head.length}::int) <> ${Buffer.from(head)}`;
      const rows = await trx
        .selectFrom('webhooks')
        .selectAll()
        .where('status', '<>', 'deleted')
        .where(({ or }) => or([isOther('secret'), isOther('old_secret')]))
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map(webhookOf);
    },
    async sealAnew({ id, secret, oldSecret }, anew) {
      await trx
        .updateTable('webhooks')
        .set({ secret: anew.secret, old_secret: anew.oldSecret ?? null })
        .where('id', '=', id)
        .where('secret', '=', secret)
        .where('old_secret', 'is not distinct from', oldSecret ?? null)
        .execute();
    },
    async setFailingSince(id, since) {
      await trx
        .updateTable('webhooks')
        .set({ failing_since: since ?? null })
        .where('id', '=', id)
        .execute();
    },
  };
}
