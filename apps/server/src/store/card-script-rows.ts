/** Orders for cards. Their way to the card is acceptance/scripts.ts's, under the lock of the account. */
import type { CardScriptRow, CardScriptRows } from '@sokkin/issuer';
import type { Selectable, Transaction } from 'kysely';
import type { Database } from './schema.ts';

const rowOf = (row: Selectable<Database['card_scripts']>): CardScriptRow => ({
  id: row.id,
  account: row.account,
  card: row.card,
  action: row.action,
  state: row.state,
  createdAt: row.created_at,
  sentAt: row.sent_at ?? undefined,
  endedAt: row.ended_at ?? undefined,
});

export function cardScriptRows(trx: Transaction<Database>): CardScriptRows {
  const scripts = () => trx.selectFrom('card_scripts').selectAll();
  return {
    async add({ id, account, card, action, data, sealed = null, orderedBy }, at) {
      await trx
        .insertInto('card_scripts')
        .values({
          ...{ id, account, card, action, sealed, tag: data?.tag ?? null, value: data?.value ?? null },
          ...{ ordered_by: orderedBy, created_at: at },
        })
        .execute();
    },
    async byId(id) {
      const row = await scripts().where('id', '=', id).executeTakeFirst();
      return row && rowOf(row);
    },
    async pending(account, card) {
      const rows = await trx
        .selectFrom('card_scripts')
        .select('id')
        .where('account', '=', account)
        .where('card', '=', card)
        .where('state', 'in', ['waiting', 'sent'])
        .execute();
      return rows.length;
    },
    async ofCard(account, card, { limit, after }) {
      const rows = await scripts()
        .where('account', '=', account)
        .where('card', '=', card)
        .$if(after !== undefined, (q) =>
          q.where('number', '>', (eb) =>
            eb
              .selectFrom('card_scripts as s')
              .select('s.number')
              .where('s.id', '=', after ?? ''),
          ),
        )
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map(rowOf);
    },
    async withdraw({ account, card, id }, at) {
      const { numUpdatedRows } = await trx
        .updateTable('card_scripts')
        .set({ state: 'withdrawn', sealed: null, ended_at: at })
        .where('account', '=', account)
        .where('card', '=', card)
        .where('id', '=', id)
        .where('state', '=', 'waiting')
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    },
  };
}
