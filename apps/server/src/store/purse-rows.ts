/** Purses, Grants and syncs. */
import type { PinReset, PurseRow, PurseRows, SyncRow } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { markBlockChange } from './block-list-rows.ts';
import { inFleet } from './fleet-rows.ts';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

export const syncOf = (row: Selectable<Database['syncs']>): SyncRow => ({
  id: row.id,
  purse: row.purse,
  statementHash: row.statement_hash,
  statement: row.statement,
  seq: Number(row.seq),
  answer: row.answer,
});

const joinedOf = (trx: Transaction<Database>) =>
  trx
    .selectFrom('purses')
    .innerJoin('journals', 'journals.purse', 'purses.id')
    .select([
      'purses.id',
      'account',
      'device',
      'assurance',
      'tier',
      'anonymous',
      'certificate',
      'blocked_at',
      'lifecycle',
      'seq',
      'balance',
      'issued_grant_no',
      'created_at',
      'last_sync_at',
      'held',
      'retired_at',
      'replaces',
      'replaced_by',
      'pin_reset_at',
      'pin_reset_by',
      'pin_reset_grant',
      'pin_reset_given_at',
    ]);
export type JoinedPurses = ReturnType<typeof joinedOf>;

type JoinedPurse = Awaited<ReturnType<JoinedPurses['executeTakeFirstOrThrow']>>;

function pinResetOf(row: JoinedPurse): PinReset | undefined {
  if (row.pin_reset_at === null || row.pin_reset_by === null) return undefined;
  return {
    askedAt: row.pin_reset_at,
    askedBy: row.pin_reset_by,
    firstGrant: row.pin_reset_grant === null ? undefined : Number(row.pin_reset_grant),
    givenAt: row.pin_reset_given_at ?? undefined,
  };
}

const purseOf = (row: JoinedPurse): PurseRow => ({
  id: row.id,
  accountId: row.account,
  device: row.device ?? undefined,
  assurance: row.assurance,
  tier: row.tier,
  isAnonymous: row.anonymous,
  certificate: row.certificate,
  isBlocked: row.blocked_at !== null,
  lifecycle: row.lifecycle,
  seq: Number(row.seq),
  balance: row.balance,
  issuedGrantNo: Number(row.issued_grant_no),
  createdAt: row.created_at,
  lastSyncAt: row.last_sync_at ?? undefined,
  isHeld: row.held,
  retiredAt: row.retired_at ?? undefined,
  replaces: row.replaces ?? undefined,
  replacedBy: row.replaced_by ?? undefined,
  pinReset: pinResetOf(row),
});

/** Purses with what their journals say of them. */
export async function pursesJoined(
  trx: Transaction<Database>,
  which: (all: JoinedPurses) => JoinedPurses,
): Promise<PurseRow[]> {
  return (await which(joinedOf(trx)).execute()).map(purseOf);
}

/** A purse has at most this many rows in purse_blocks. */
const REASONS = 4;

export function purseRows(trx: Transaction<Database>): PurseRows {
  const joined = () => joinedOf(trx);
  return {
    async add(purse, at) {
      await trx.insertInto('purse_keys').values({ public_key: purse.publicKey, purse: purse.id }).execute();
      await trx
        .insertInto('purses')
        .values({
          id: purse.id,
          account: purse.accountId,
          device: purse.device ?? null,
          assurance: purse.assurance,
          tier: purse.tier,
          anonymous: purse.isAnonymous ?? false,
          public_key: purse.publicKey,
          certificate: purse.certificate,
          blocked_at: null,
          last_sync_at: null,
          created_at: at,
        })
        .execute();
    },
    async byId(id) {
      const row = await joined().where('purses.id', '=', id).executeTakeFirst();
      return row && purseOf(row);
    },
    async byPublicKey(publicKey) {
      const key = await trx
        .selectFrom('purse_keys')
        .select('purse')
        .where('public_key', '=', publicKey)
        .executeTakeFirst();
      if (key === undefined) return undefined;
      const row = await joined().where('purses.id', '=', key.purse).executeTakeFirst();
      return row && purseOf(row);
    },
    async list(page, filter) {
      const rows = await joined()
        .where(onPage('purses', page))
        .where(filter === undefined ? sql<boolean>`true` : inFleet(filter))
        .orderBy('purses.number')
        .limit(page.limit)
        .execute();
      return rows.map(purseOf);
    },
    async lock(id) {
      const row = await joined().where('purses.id', '=', id).forNoKeyUpdate().executeTakeFirst();
      return row && purseOf(row);
    },
    async block(id, { reason, by, cause = null }, at) {
      const added = await trx
        .insertInto('purse_blocks')
        .values({ purse: id, reason, blocked_by: by, cause, at })
        .onConflict((c) => c.columns(['purse', 'reason']).doNothing())
        .executeTakeFirst();
      await trx
        .updateTable('purses')
        .set({ blocked_at: at })
        .where('id', '=', id)
        .where('blocked_at', 'is', null)
        .execute();
      if (added.numInsertedOrUpdatedRows === 1n) await markBlockChange(trx, id);
    },
    async lift(id, reason) {
      // The row of the purse first: two who lift the last two reasons take turns.
      await trx.selectFrom('purses').select('id').where('id', '=', id).forNoKeyUpdate().execute();
      const lifted = await trx
        .deleteFrom('purse_blocks')
        .where('purse', '=', id)
        .where('reason', '=', reason)
        .executeTakeFirst();
      const left = await trx.selectFrom('purse_blocks').select('reason').where('purse', '=', id).execute();
      if (left.length === 0)
        await trx.updateTable('purses').set({ blocked_at: null }).where('id', '=', id).execute();
      if (lifted.numDeletedRows > 0n) await markBlockChange(trx, id);
      return lifted.numDeletedRows > 0n;
    },
    async blocks(id) {
      const rows = await trx
        .selectFrom('purse_blocks')
        .selectAll()
        .where('purse', '=', id)
        .orderBy('at')
        .orderBy('reason')
        .execute();
      return rows.map(({ reason, blocked_by, cause }) => ({
        reason,
        by: blocked_by,
        cause: cause ?? undefined,
      }));
    },
    async blocked(limit) {
      const rows = await trx
        .selectFrom('purse_blocks')
        .select('purse')
        .orderBy('at', 'desc')
        .limit(limit * REASONS)
        .execute();
      return [...new Set(rows.map((row) => row.purse))].slice(0, limit);
    },
    async addGrant(purse, grant, hash, message, at) {
      const grant_no = BigInt(grant.grantNo);
      await trx.insertInto('grants').values({ purse, grant_no, hash, message, created_at: at }).execute();
      await trx.updateTable('purses').set({ issued_grant_no: grant_no }).where('id', '=', purse).execute();
    },
    async syncCovering(purse, seq) {
      const row = await trx
        .selectFrom('syncs')
        .selectAll()
        .where('purse', '=', purse)
        .where('seq', '>=', BigInt(seq))
        .orderBy('seq')
        .limit(1)
        .executeTakeFirst();
      return row && syncOf(row);
    },
  };
}
