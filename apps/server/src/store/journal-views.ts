/**
 * Views of journals, from their rows.
 *
 * What must hold: a view is the same whether it is read from `open_items` or, for journals that a program of the version
 * before wrote last, from the tables of tickets, payments and approvals.
 */
import { fromHex, Reader } from '@sokkin/codec';
import type { JournalView, ViewApproval, ViewPayment, ViewTicket } from '@sokkin/issuer';
import { encodeLimits, readLimits } from '@sokkin/purse';
import type { Selectable, Transaction } from 'kysely';
import { decodeOpenItems, encodeOpenItems, type OpenItems } from './open-items.ts';
import type { Database } from './schema.ts';

export async function viewOf(
  trx: Transaction<Database>,
  row: Selectable<Database['journals']>,
  currency: number,
): Promise<JournalView> {
  const seq = Number(row.seq);
  const open = row.open_items === null ? undefined : decodeOpenItems(row.open_items, seq);
  return {
    purse: fromHex(row.purse),
    currency,
    certificateHash: row.certificate_hash,
    lifecycle: row.lifecycle,
    seq,
    head: row.head,
    balance: row.balance,
    grantNo: Number(row.grant_no),
    ackSeq: Number(row.ack_seq),
    limits: readLimits(new Reader(row.limits, 'stored limits')),
    ...(open ?? (await openItemsOf(trx, row.purse))),
  };
}

/** The columns that a view sets. */
export const viewColumns = (view: JournalView) => ({
  certificate_hash: view.certificateHash,
  lifecycle: view.lifecycle,
  seq: BigInt(view.seq),
  head: view.head,
  balance: view.balance,
  grant_no: BigInt(view.grantNo),
  ack_seq: BigInt(view.ackSeq),
  limits: encodeLimits(view.limits),
  open_items: encodeOpenItems(view),
});

async function openItemsOf(trx: Transaction<Database>, purse: string): Promise<OpenItems> {
  const tickets = await openTickets(trx, purse);
  const payments = await openPayments(trx, purse);
  const approvals = await openApprovals(trx, purse);
  return {
    openTickets: new Map(tickets.map((t) => [t.ticketNo, t])),
    openPayments: new Map(payments.map((p) => [p.paymentNo, p])),
    openApprovals: new Map(approvals.map((a) => [a.approvalNo, a])),
    lastAtc: await lastAtc(trx, purse),
  };
}

async function openTickets(trx: Transaction<Database>, payee: string): Promise<ViewTicket[]> {
  const rows = await trx
    .selectFrom('tickets')
    .select(['ticket_no', 'max_amount'])
    .where('payee', '=', payee)
    .where('state', '=', 'open')
    .execute();
  return rows.map((row) => ({ ticketNo: Number(row.ticket_no), maxAmount: row.max_amount }));
}

async function openPayments(trx: Transaction<Database>, payer: string): Promise<ViewPayment[]> {
  const rows = await trx
    .selectFrom('payments')
    .select(['payment_no', 'payee', 'ticket_no', 'amount', 'hash'])
    .where('payer', '=', payer)
    .where('state', '=', 'open')
    .execute();
  return rows.map((row) => ({
    paymentNo: Number(row.payment_no),
    payee: fromHex(row.payee),
    ticketNo: Number(row.ticket_no),
    amount: row.amount,
    hash: row.hash,
  }));
}

async function openApprovals(trx: Transaction<Database>, purse: string): Promise<ViewApproval[]> {
  const rows = await trx
    .selectFrom('approvals')
    .select(['approval_no', 'atc', 'amount', 'cryptogram'])
    .where('purse', '=', purse)
    .where('state', '=', 'open')
    .orderBy('approval_no')
    .execute();
  return rows.map(({ approval_no, ...row }) => ({ ...row, approvalNo: Number(approval_no) }));
}

async function lastAtc(trx: Transaction<Database>, purse: string): Promise<number | undefined> {
  const row = await trx
    .selectFrom('approvals')
    .select('atc')
    .where('purse', '=', purse)
    .orderBy('atc', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.atc;
}
