/** Keys of payment cards, nonces and kept answers. */
import type { ControlRows } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

export function controlRows(trx: Transaction<Database>): ControlRows {
  return {
    async nonceKey(fresh) {
      await trx
        .insertInto('nonce_keys')
        .values({ key: fresh })
        .onConflict((c) => c.column('one').doNothing())
        .execute();
      return (await trx.selectFrom('nonce_keys').select('key').executeTakeFirstOrThrow()).key;
    },
    async spendNonce(nonce, issuedAt, expiresAt, now) {
      await trx.deleteFrom('challenges').where('expires_at', '<', now).execute();
      const added = await trx
        .insertInto('challenges')
        .values({ nonce, issued_at: issuedAt, expires_at: expiresAt, used_at: now })
        .onConflict((c) => c.column('nonce').doNothing())
        .executeTakeFirst();
      return added.numInsertedOrUpdatedRows === 1n;
    },
    async emvKeys() {
      const row = await trx.selectFrom('emv_keys').select(['fingerprint', 'sealed']).executeTakeFirst();
      return row && { fingerprint: row.fingerprint, sealed: row.sealed ?? undefined };
    },
    async addEmvKeys({ fingerprint, sealed = null }) {
      await trx
        .insertInto('emv_keys')
        .values({ fingerprint, sealed })
        .onConflict((c) => c.column('one').doNothing())
        .execute();
    },
    async sealEmvKeysAnew(sealed) {
      await trx.updateTable('emv_keys').set({ sealed }).execute();
    },
    async sandboxAheadMs() {
      const row = await trx.selectFrom('sandbox_clock').select('advanced_ms').executeTakeFirstOrThrow();
      return Number(row.advanced_ms);
    },
    async advanceSandbox(ms) {
      const row = await trx
        .updateTable('sandbox_clock')
        .set(({ eb, ref }) => ({ advanced_ms: eb(ref('advanced_ms'), '+', BigInt(ms)) }))
        .returning('advanced_ms')
        .executeTakeFirstOrThrow();
      return Number(row.advanced_ms);
    },
    async claimKey(key) {
      const claimed = await sql<{ ok: boolean }>`
        SELECT pg_try_advisory_xact_lock(hashtextextended(${key}, 0)) AS ok`.execute(trx);
      return claimed.rows[0]?.ok === true;
    },
    async keptAnswer(key) {
      const row = await trx.selectFrom('kept_answers').selectAll().where('key', '=', key).executeTakeFirst();
      return row && { requestHash: row.request_hash, status: row.status, body: row.body };
    },
    async keepAnswer(key, answer, at) {
      await trx
        .insertInto('kept_answers')
        .values({
          key,
          request_hash: answer.requestHash,
          status: answer.status,
          body: JSON.stringify(answer.body),
          created_at: at,
        })
        .execute();
    },
  };
}
