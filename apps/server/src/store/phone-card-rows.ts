/** Tokens that are payment cards in phones. What must hold: the first device that asks has the token; two that ask at once get two numbers. */
import type { PhoneCardRows } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

const LAST_KEY = 0xffff;

export const phoneCardRows = (trx: Transaction<Database>): PhoneCardRows => ({
  async nextKey(token, device, at) {
    const given = await trx
      .insertInto('phone_cards')
      .values({ token, device, last_key: 1, given_at: at })
      .onConflict((c) =>
        c
          .column('token')
          .doUpdateSet({ last_key: sql`phone_cards.last_key + 1`, given_at: at })
          .where('phone_cards.device', '=', device)
          .where('phone_cards.last_key', '<', LAST_KEY),
      )
      .returning('last_key')
      .executeTakeFirst();
    if (given !== undefined) return given.last_key;
    const row = await trx
      .selectFrom('phone_cards')
      .select('device')
      .where('token', '=', token)
      .executeTakeFirst();
    return row?.device === device ? 'used_up' : 'elsewhere';
  },
});
