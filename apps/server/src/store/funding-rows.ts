/** Fundings and redemptions: what goes into purses and comes out of them. */
import type { FundingRow, FundingRows, RedemptionRow, RedemptionRows } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { type VerdictColumns, verdictFrom } from './payment-rows.ts';
import type { Database } from './schema.ts';

const fundingOf = (row: Selectable<Database['fundings']>): FundingRow => ({
  id: row.id,
  payer: row.payer,
  accountId: row.account,
  purse: row.purse,
  ticketNo: Number(row.ticket_no),
  amount: row.amount,
  paymentNo: Number(row.payment_no),
  paymentHash: row.payment_hash,
  payment: row.payment,
  status: row.status,
  createdAt: row.created_at,
});

export function fundingRows(trx: Transaction<Database>): FundingRows {
  const all = () => trx.selectFrom('fundings').selectAll();
  return {
    async add(row, at) {
      await trx
        .insertInto('fundings')
        .values({
          id: row.id,
          payer: row.payer,
          account: row.accountId,
          purse: row.purse,
          ticket_no: BigInt(row.ticketNo),
          amount: row.amount,
          payment_no: BigInt(row.paymentNo),
          payment_hash: row.paymentHash,
          payment: row.payment,
          status: 'paid',
          created_at: at,
        })
        .execute();
    },
    async byId(id) {
      const row = await all().where('id', '=', id).executeTakeFirst();
      return row && fundingOf(row);
    },
    async lock(id) {
      const row = await all().where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
      return row && fundingOf(row);
    },
    async byTicket(purse, ticketNo) {
      const row = await all()
        .where('purse', '=', purse)
        .where('ticket_no', '=', BigInt(ticketNo))
        .executeTakeFirst();
      return row && fundingOf(row);
    },
    async unsettled(purse) {
      const { rows } = await sql<Selectable<Database['fundings']> & VerdictColumns>`
        SELECT f.*, j.seq AS payee_seq, t.state AS ticket_state, t.consumed_by
        FROM fundings f
        JOIN journals j ON j.purse = f.purse
        LEFT JOIN tickets t ON t.payee = f.purse AND t.ticket_no = f.ticket_no
        WHERE f.purse = ${purse} AND f.status = 'paid' ORDER BY f.id`.execute(trx);
      return rows.map((row) => {
        const funding = fundingOf(row);
        const payment = { ticketNo: funding.ticketNo, hash: funding.paymentHash };
        return { ...funding, verdict: verdictFrom(row, payment) };
      });
    },
    async unproven(purse) {
      const { rows } = await sql<{ sum: bigint }>`
        SELECT coalesce(sum(f.amount), 0)::bigint AS sum FROM fundings f
        WHERE f.purse = ${purse} AND f.status <> 'cancelled' AND NOT EXISTS (
          SELECT FROM receipts r WHERE r.payee = f.purse AND r.ticket_no = f.ticket_no)`.execute(trx);
      return rows[0]?.sum ?? 0n;
    },
    async setStatus(id, status) {
      await trx.updateTable('fundings').set({ status }).where('id', '=', id).execute();
    },
  };
}

const redemptionOf = (row: Selectable<Database['redemptions']>): RedemptionRow => ({
  id: row.id,
  payee: row.payee,
  accountId: row.account,
  purse: row.purse,
  ticketNo: Number(row.ticket_no),
  ticket: row.ticket,
  maxAmount: row.max_amount,
  status: row.status,
  amount: row.amount ?? undefined,
  paymentHash: row.payment_hash ?? undefined,
  receipt: row.receipt ?? undefined,
  createdAt: row.created_at,
});

export function redemptionRows(trx: Transaction<Database>): RedemptionRows {
  const all = () => trx.selectFrom('redemptions').selectAll();
  return {
    async add(row, at) {
      await trx
        .insertInto('redemptions')
        .values({
          id: row.id,
          payee: row.payee,
          account: row.accountId,
          purse: row.purse,
          ticket_no: BigInt(row.ticketNo),
          ticket: row.ticket,
          max_amount: row.maxAmount,
          status: 'open',
          amount: null,
          payment_hash: null,
          receipt: null,
          created_at: at,
        })
        .execute();
    },
    async byId(id) {
      const row = await all().where('id', '=', id).executeTakeFirst();
      return row && redemptionOf(row);
    },
    async lock(id) {
      const row = await all().where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
      return row && redemptionOf(row);
    },
    async payable(payer) {
      const { rows } = await sql<{ id: string; payment_no: bigint }>`
        SELECT r.id, p.payment_no FROM payments p
        JOIN redemptions r ON r.payee = p.payee AND r.ticket_no = p.ticket_no AND r.status = 'open'
        WHERE p.payer = ${payer} AND p.state = 'open' ORDER BY p.payment_no`.execute(trx);
      return rows.map((row) => ({ id: row.id, paymentNo: Number(row.payment_no) }));
    },
    async settle(id, { status, amount, paymentHash, receipt }) {
      await trx
        .updateTable('redemptions')
        .set({ status, amount, payment_hash: paymentHash, receipt })
        .where('id', '=', id)
        .execute();
    },
  };
}
