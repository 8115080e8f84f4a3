/** Chips and what was made of them. */
import type { CardRow, CardRows } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

const cardOf = (row: Selectable<Database['cards']>): CardRow => ({
  serial: row.serial,
  number: Number(row.number),
  state: row.state,
  purse: row.purse ?? undefined,
  profile: row.profile ?? undefined,
  panLast4: row.pan_last4 ?? undefined,
  expiry: row.expiry ?? undefined,
  keyNumber: row.key_number,
  createdAt: row.created_at,
  personalisedAt: row.personalised_at ?? undefined,
});

export function cardRows(trx: Transaction<Database>): CardRows {
  return {
    async add(serials, at) {
      const rows = serials.map((serial) => ({ serial, state: 'manufactured' as const, created_at: at }));
      await trx.insertInto('cards').values(rows).execute();
    },
    async bySerial(serial) {
      const row = await trx.selectFrom('cards').selectAll().where('serial', '=', serial).executeTakeFirst();
      return row && cardOf(row);
    },
    async list({ limit, after }) {
      const rows = await trx
        .selectFrom('cards')
        .selectAll()
        .where((e) =>
          after === undefined
            ? e.lit(true)
            : e('number', '>', e.selectFrom('cards as c').select('c.number').where('c.serial', '=', after)),
        )
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map(cardOf);
    },
    async personalised(serial, card, at) {
      const { purse, profile, panLast4, expiry, keyNumber } = card;
      await trx
        .updateTable('cards')
        .set({
          state: 'personalised',
          purse,
          profile,
          pan_last4: panLast4,
          expiry,
          key_number: keyNumber,
          personalised_at: at,
        })
        .where('serial', '=', serial)
        .where('state', '=', 'manufactured')
        .execute();
    },
    async nextKeyNumber(serial) {
      const row = await trx
        .updateTable('cards')
        .set({ key_number: sql<number>`key_number + 1` })
        .where('serial', '=', serial)
        .returning('key_number')
        .executeTakeFirstOrThrow();
      return row.key_number;
    },
  };
}
