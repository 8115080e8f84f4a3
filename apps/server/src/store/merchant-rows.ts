/** Merchants, and what shops' terminals asked of accounts. Batches of messages are written by acceptance/desk-write.ts. */
import type {
  MerchantRow,
  MerchantRows,
  ReleasedHold,
  ShopPaymentRow,
  ShopPaymentRows,
} from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

const merchantOf = (row: Selectable<Database['merchants']>): MerchantRow => ({
  id: row.id,
  acquirer: row.acquirer,
  acceptor: row.acceptor,
  name: row.name,
  category: row.category,
  account: row.account,
  reserve: row.reserve ?? undefined,
  takesPartial: row.takes_partial,
  state: row.state,
  createdAt: row.created_at,
});

export function merchantRows(trx: Transaction<Database>): MerchantRows {
  return {
    async add({ id, acquirer, acceptor, name, category, account, reserve = null, takesPartial }, at) {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('merchants')
        .values({
          id,
          acquirer,
          acceptor,
          name,
          category,
          account,
          reserve,
          takes_partial: takesPartial,
          created_at: at,
        })
        .onConflict((c) => c.columns(['acquirer', 'acceptor']).doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },
    async byId(id) {
      const row = await trx.selectFrom('merchants').selectAll().where('id', '=', id).executeTakeFirst();
      return row && merchantOf(row);
    },
    async list(page) {
      const rows = await trx
        .selectFrom('merchants')
        .selectAll()
        .where(onPage('merchants', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(merchantOf);
    },
    async setState(id, state) {
      await trx.updateTable('merchants').set({ state }).where('id', '=', id).execute();
    },
  };
}

type Line = Selectable<Database['acceptance_payments']>;

/** Payments whose reversals came before them have none of it, and are nobody's. */
function paymentOf(row: Line): ShopPaymentRow[] {
  const { merchant, acquirer, kind, outcome, amount, approved, currency, terminal, stan, entry } = row;
  if (merchant === null || acquirer === null || kind === null || outcome === null || amount === null)
    return [];
  if (approved === null || currency === null || terminal === null || stan === null || entry === null)
    return [];
  const { id, account, state, held, captured, refunded } = row;
  return [
    {
      ...{
        id,
        account,
        merchant,
        acquirer,
        kind,
        outcome,
        amount,
        approved,
        currency,
        terminal,
        stan,
        entry,
      },
      ...{ number: row.number.toString(), rrn: row.rrn ?? undefined, approvalCode: row.approval_code ?? '' },
      ...{ state, held, captured, refunded, expiresAt: row.expires_at.getTime() },
      ...{ createdAt: row.created_at, changedAt: row.changed_at },
    },
  ];
}

export function shopPaymentRows(trx: Transaction<Database>): ShopPaymentRows {
  const payments = () => trx.selectFrom('acceptance_payments').selectAll().where('merchant', 'is not', null);
  const page = async (of: 'merchant' | 'account', id: string, limit: number, after: string | undefined) => {
    const rows = await payments()
      .where(of, '=', id)
      .$if(after !== undefined, (q) => q.where('number', '<', BigInt(after ?? 0)))
      .orderBy('number', 'desc')
      .limit(limit)
      .execute();
    return rows.flatMap(paymentOf);
  };
  return {
    async byId(id) {
      const rows = await payments().where('id', '=', id).execute();
      return rows.flatMap(paymentOf)[0];
    },
    ofMerchant: (merchant, { limit, after }) => page('merchant', merchant, limit, after),
    ofAccount: (account, { limit, after }) => page('account', account, limit, after),
    async due(at, most) {
      const rows = await trx
        .selectFrom('acceptance_payments')
        .select('id')
        .where('state', '=', 'open')
        .where('expires_at', '<=', at)
        .orderBy('expires_at')
        .limit(most)
        .execute();
      return rows.map(({ id }) => id);
    },
    release: (ids, at) => release(trx, ids, at),
  };
}

/** Accounts first, as the desk does; then payments, what is held on the accounts, and what tokens have used up. */
async function release(
  trx: Transaction<Database>,
  ids: readonly string[],
  at: Date,
): Promise<ReleasedHold[]> {
  if (ids.length === 0) return [];
  const mentioned = await trx
    .selectFrom('acceptance_payments')
    .select(['account', 'key'])
    .where('id', 'in', [...ids])
    .execute();
  const accounts = [...new Set(mentioned.map(({ account }) => account))];
  if (accounts.length === 0) return [];
  await trx
    .selectFrom('accounts')
    .select('id')
    .where('id', 'in', accounts)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  const { rows } = await sql<ReleasedHold & { instrument: string; captured: bigint }>`
    UPDATE acceptance_payments p SET held = 0, changed_at = ${at}, state = CASE WHEN p.captured > 0 THEN 'captured' ELSE 'expired' END
    FROM acceptance_payments o
    WHERE (p.account, p.key) = (o.account, o.key) AND o.account = ANY(${accounts}) AND o.id = ANY(${[...ids]}) AND o.state = 'open'
    RETURNING p.id, p.account, p.merchant, p.acquirer, o.held AS amount, p.instrument, p.captured`.execute(
    trx,
  );
  await sql`UPDATE accounts SET held = held - r.amount
    FROM (SELECT account, sum(amount)::bigint AS amount FROM unnest(${rows.map((r) => r.account)}::text[], ${rows.map((r) => r.amount.toString())}::int8[])
      AS o (account, amount) GROUP BY account) r WHERE accounts.id = r.account`.execute(trx);
  const tokens = rows.filter(({ instrument }) => instrument.startsWith('tok_'));
  if (tokens.length > 0)
    await sql`UPDATE tokens SET used_total = used_total - r.amount, used_count = used_count - r.count, version = version + 1
      FROM (SELECT id, sum(amount)::bigint AS amount, sum(count)::int AS count
        FROM unnest(${tokens.map((r) => r.instrument)}::text[], ${tokens.map((r) => r.amount.toString())}::int8[],
          ${tokens.map((r) => (r.captured > 0n ? 0 : 1))}::int4[]) AS o (id, amount, count) GROUP BY id ORDER BY id) r
      WHERE tokens.id = r.id`.execute(trx);
  return rows.map(({ id, account, merchant, acquirer, amount }) => ({
    id,
    account,
    merchant,
    acquirer,
    amount,
  }));
}
