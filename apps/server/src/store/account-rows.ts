/** Accounts, transfers and postings. What must hold: balance = sum of postings, at every commit. */
import { type AccountBalance, type AccountRow, type AccountRows, post } from '@sokkin/issuer';
import type { Selectable, Transaction } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

const accountOf = (row: Selectable<Database['accounts']>): AccountRow => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  institution: row.institution,
  party: row.party ?? undefined,
  isAnonymous: row.anonymous,
  balance: row.balance,
  held: row.held,
  createdAt: row.created_at,
});

export function accountRows(trx: Transaction<Database>): AccountRows {
  return {
    async add({ id, kind, name, institution, party = null, isAnonymous = false }, at) {
      await trx
        .insertInto('accounts')
        .values({ id, kind, name, institution, party, anonymous: isAnonymous, created_at: at })
        .onConflict((c) => c.column('id').doNothing())
        .execute();
    },
    async byId(id) {
      const row = await trx.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
      return row && accountOf(row);
    },
    async list(page) {
      const rows = await trx
        .selectFrom('accounts')
        .selectAll()
        .where('kind', '=', 'online')
        .where(onPage('accounts', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(accountOf);
    },
    async entries(id, page) {
      let query = trx
        .selectFrom('postings')
        .innerJoin('transfers', 'transfers.id', 'postings.transfer')
        .select([
          'postings.id',
          'kind',
          'reference',
          'amount',
          'balance_after as balanceAfter',
          'created_at as at',
        ])
        .where('account', '=', id);
      if (page.after !== undefined) query = query.where('postings.id', '<', BigInt(page.after));
      const rows = await query.orderBy('postings.id', 'desc').limit(page.limit).execute();
      return rows.map((row) => ({ ...row, id: row.id.toString() }));
    },
    async post(transfer, at) {
      const ids = transfer.postings.map((p) => p.account).sort();
      const rows = await trx
        .selectFrom('accounts')
        .select(['id', 'kind', 'balance', 'held'])
        .where('id', 'in', ids)
        .orderBy('id')
        .forNoKeyUpdate()
        .execute();
      const result = post(new Map(rows.map((row): [string, AccountBalance] => [row.id, row])), transfer);
      if (result.status !== 'ok') return result;
      const { id } = await trx
        .insertInto('transfers')
        .values({
          kind: transfer.kind,
          reference: transfer.reference,
          created_at: at,
          memo: transfer.note?.memo ?? null,
          reverses: transfer.note?.reverses ?? null,
          asked_by: transfer.note?.askedBy ?? null,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      for (const [account, balance] of result.balances)
        await trx.updateTable('accounts').set({ balance }).where('id', '=', account).execute();
      // The database checks one statement's postings against the balances above (0008_ledger.sql).
      const values = transfer.postings.map(({ account, amount }) => ({
        account,
        transfer: id,
        amount,
        balance_after: result.balances.get(account) ?? 0n,
      }));
      await trx.insertInto('postings').values(values).execute();
      return result;
    },
  };
}
