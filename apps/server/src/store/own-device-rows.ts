/** Devices of a customer, in PostgreSQL. What must hold: of two who take the same code, one gets it. */
import type { DeviceCode, OwnDeviceRows } from '@sokkin/issuer';
import type { Selectable, Transaction } from 'kysely';
import type { Database } from './schema.ts';

const codeOf = (row: Selectable<Database['device_codes']>): DeviceCode => ({
  party: row.party,
  hash: row.hash,
  madeBy: row.made_by,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

export function ownDeviceRows(trx: Transaction<Database>): OwnDeviceRows {
  return {
    async putCode({ party, hash, madeBy, createdAt, expiresAt }) {
      const row = { hash, made_by: madeBy, created_at: createdAt, expires_at: expiresAt };
      await trx
        .insertInto('device_codes')
        .values({ party, ...row })
        .onConflict((c) => c.column('party').doUpdateSet(row))
        .execute();
    },
    async takeCode(hash) {
      const row = await trx
        .deleteFrom('device_codes')
        .where('hash', '=', hash)
        .returningAll()
        .executeTakeFirst();
      return row && codeOf(row);
    },
    async codeOf(party) {
      const row = await trx
        .selectFrom('device_codes')
        .selectAll()
        .where('party', '=', party)
        .executeTakeFirst();
      return row && codeOf(row);
    },
    async movePurse(purse, device) {
      await trx.updateTable('purses').set({ device }).where('id', '=', purse).execute();
    },
  };
}
