/**
 * Orders of cards, and their items.
 *
 * What must hold: one chip is taken for one item at most, for ever; what is personalised stays so; the database refuses an
 * item whose state does not fit what is written beside it.
 */
import {
  type CardOrderRow,
  type CardOrderRows,
  ORDER_ITEM_STATES,
  type OrderCounts,
  type OrderItemRow,
} from '@sokkin/issuer';
import { type Selectable, sql, type Transaction, type Updateable } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

const orderOf = (row: Selectable<Database['card_orders']>): CardOrderRow => ({
  id: row.id,
  institution: row.institution,
  profile: row.profile,
  assurance: row.assurance,
  activation: row.activation,
  createdBy: row.created_by,
  createdAt: row.created_at,
});

const itemOf = (row: Selectable<Database['card_order_items']>): OrderItemRow => ({
  order: row.order_id,
  item: row.item,
  account: row.account,
  tier: row.tier,
  replaces: row.replaces ?? undefined,
  state: row.state,
  serial: row.serial ?? undefined,
  purse: row.purse ?? undefined,
  says: row.says ?? undefined,
  changedAt: row.changed_at,
});

export function cardOrderRows(trx: Transaction<Database>): CardOrderRows {
  const items = (order: string) =>
    trx.selectFrom('card_order_items').selectAll().where('order_id', '=', order);
  const change = async (order: string, item: number, values: Updateable<Database['card_order_items']>) => {
    await trx
      .updateTable('card_order_items')
      .set(values)
      .where('order_id', '=', order)
      .where('item', '=', item)
      .execute();
  };
  return {
    async add({ createdBy: created_by, ...order }, wanted, at) {
      await trx
        .insertInto('card_orders')
        .values({ ...order, created_by, created_at: at })
        .execute();
      await sql`INSERT INTO card_order_items (order_id, item, account, tier, replaces, changed_at)
        SELECT ${order.id}, item, account, tier, replaces, ${at}
        FROM unnest(${wanted.map((w) => w.account)}::text[], ${wanted.map((w) => w.tier)}::smallint[],
          ${wanted.map((w) => w.replaces ?? null)}::text[]) WITH ORDINALITY
          AS t (account, tier, replaces, item)`.execute(trx);
    },
    async byId(id) {
      const row = await trx.selectFrom('card_orders').selectAll().where('id', '=', id).executeTakeFirst();
      return row && orderOf(row);
    },
    async list(page) {
      const rows = await trx
        .selectFrom('card_orders')
        .selectAll()
        .where(onPage('card_orders', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(orderOf);
    },
    async counts(order) {
      const rows = await trx
        .selectFrom('card_order_items')
        .select(['state', sql<bigint>`count(*)`.as('n')])
        .where('order_id', '=', order)
        .groupBy('state')
        .execute();
      const found = new Map(rows.map((row) => [row.state, Number(row.n)]));
      return Object.fromEntries(ORDER_ITEM_STATES.map((s) => [s, found.get(s) ?? 0])) as OrderCounts;
    },
    async items(order, { after, limit }, state) {
      const rows = await items(order)
        .where('item', '>', Number(after ?? 0))
        .$if(state !== undefined, (q) => q.where('state', '=', state ?? 'ordered'))
        .orderBy('item')
        .limit(limit)
        .execute();
      return rows.map(itemOf);
    },
    async lockItem(order, item) {
      const row = await items(order).where('item', '=', item).forNoKeyUpdate().executeTakeFirst();
      return row && itemOf(row);
    },
    async bySerial(serial) {
      const row = await trx
        .selectFrom('card_order_items')
        .selectAll()
        .where('serial', '=', serial)
        .executeTakeFirst();
      return row && itemOf(row);
    },
    async take(order, item, serial, at) {
      const other = await trx
        .selectFrom('card_order_items')
        .select(['order_id', 'item'])
        .where('serial', '=', serial)
        .executeTakeFirst();
      if (other !== undefined) return other.order_id === order && other.item === item;
      await change(order, item, { serial, state: 'in_personalisation', changed_at: at });
      return true;
    },
    release: (order, item, says, at) =>
      change(order, item, { serial: null, state: 'ordered', says, changed_at: at }),
    personalised: (order, item, purse, at) =>
      change(order, item, { purse, state: 'personalised', changed_at: at }),
    async move(order, from, to, only, at) {
      const { numUpdatedRows } = await trx
        .updateTable('card_order_items')
        .set({ state: to, changed_at: at })
        .where('order_id', '=', order)
        .where('state', '=', from)
        .$if(only !== undefined, (q) => q.where('item', 'in', [...(only ?? [])]))
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    },
  };
}
