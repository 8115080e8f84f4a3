/**
 * The list of blocked purses, in numbered versions.
 *
 * What must hold: a list and its number are one transaction, and numbers rise by one; every block that was committed
 * before a list is made is on it. Blocking a purse touches no row but its own: who makes the list looks for what changed.
 */
import { parseCertificate } from '@sokkin/crypto';
import type { BlockListRows } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/**
 * In the transaction that blocks a purse or lifts a block. The row is written again where it stands already, so that a list
 * that is being made waits for this transaction.
 */
export async function markBlockChange(trx: Transaction<Database>, purse: string): Promise<void> {
  await sql`INSERT INTO block_changes (purse) VALUES (${purse})
    ON CONFLICT (purse) DO UPDATE SET purse = excluded.purse`.execute(trx);
}

export function blockListRows(trx: Transaction<Database>): BlockListRows {
  const head = () => trx.selectFrom('block_list_head').select('number');
  const next = async (): Promise<bigint> => {
    const { number } = await trx
      .updateTable('block_list_head')
      .set({ number: sql`number + 1` })
      .returning('number')
      .executeTakeFirstOrThrow();
    return number;
  };
  return {
    mark: (purse) => markBlockChange(trx, purse),
    async publish(since) {
      // One at a time; and what is blocked is read after the marks are taken, so that nothing falls between.
      const { number } = await head().forUpdate().executeTakeFirstOrThrow();
      const marked = await trx.deleteFrom('block_changes').returning('purse').execute();
      if (marked.length === 0) return Number(number);
      const purses = marked.map((row) => row.purse);
      // Two questions and no join: purses may be spread over machines.
      const blocked = await trx
        .selectFrom('purses')
        .select(['id', 'certificate'])
        .where(sql<boolean>`id = ANY (${purses})`)
        .where('blocked_at', 'is not', null)
        .execute();
      const listed = await trx
        .selectFrom('block_list_members')
        .select('purse')
        .where(sql<boolean>`purse = ANY (${purses})`)
        .where('removed_in', 'is', null)
        .execute();
      const believed = blocked.filter((row) => parseCertificate(row.certificate).expiration >= since);
      const [now, before] = [new Set(believed.map((row) => row.id)), new Set(listed.map((row) => row.purse))];
      const added = purses.filter((purse) => now.has(purse) && !before.has(purse));
      const removed = purses.filter((purse) => before.has(purse) && !now.has(purse));
      if (added.length + removed.length === 0) return Number(number);
      const newest = await next();
      await sql`INSERT INTO block_list_members (purse, added_in)
        SELECT purse, ${newest} FROM unnest(${added}::text[]) AS t (purse)`.execute(trx);
      await sql`UPDATE block_list_members SET removed_in = ${newest}
        WHERE removed_in IS NULL AND purse = ANY (${removed})`.execute(trx);
      return Number(newest);
    },
    async isBehind() {
      const row = await trx.selectFrom('block_changes').select('purse').limit(1).executeTakeFirst();
      return row !== undefined;
    },
    async number() {
      return Number((await head().executeTakeFirstOrThrow()).number);
    },
    async whole() {
      const rows = await trx
        .selectFrom('block_list_members')
        .select('purse')
        .where('removed_in', 'is', null)
        .execute();
      return rows.map((row) => row.purse);
    },
    async since(base) {
      const was = sql<boolean>`(added_in <= ${base} AND (removed_in IS NULL OR removed_in > ${base}))`;
      const rows = await trx
        .selectFrom('block_list_members')
        .select(['purse', 'removed_in', was.as('was')])
        .where((e) => e.or([e('added_in', '>', BigInt(base)), e('removed_in', '>', BigInt(base))]))
        .execute();
      const before = new Set(rows.filter((row) => row.was).map((row) => row.purse));
      const now = new Set(rows.filter((row) => row.removed_in === null).map((row) => row.purse));
      return {
        removed: [...before].filter((purse) => !now.has(purse)),
        added: [...now].filter((purse) => !before.has(purse)),
      };
    },
    async revokedIssuers() {
      const rows = await trx.selectFrom('revoked_issuers').select('issuer').orderBy('issuer').execute();
      return rows.map((row) => row.issuer);
    },
    async revokeIssuer(issuer, proposal, at) {
      const added = await trx
        .insertInto('revoked_issuers')
        .values({ issuer, proposal, at })
        .onConflict((c) => c.column('issuer').doNothing())
        .executeTakeFirst();
      if (added.numInsertedOrUpdatedRows !== 1n) return false;
      await next();
      return true;
    },
  };
}
