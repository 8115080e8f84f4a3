/**
 * Payments, tickets, and messages that phones handed in. What must hold: what a Grant is made of comes from rows of its
 * own purse; the matcher (meeting-rows.ts) has carried there what others say.
 */
import type { Bytes } from '@sokkin/codec';
import {
  type PaymentRow,
  type PaymentRows,
  type PaymentVerdict,
  type StoredVerdict,
  type TicketRow,
  verdictOf,
} from '@sokkin/issuer';
import type { Outcome } from '@sokkin/purse';
import { type Selectable, sql, type Transaction } from 'kysely';
import { mailboxRows, signedOf } from './mailbox-rows.ts';
import type { Database } from './schema.ts';

const paymentOf = (row: Selectable<Database['payments']>): PaymentRow => ({
  payer: row.payer,
  paymentNo: Number(row.payment_no),
  payee: row.payee,
  ticketNo: Number(row.ticket_no),
  amount: row.amount,
  hash: row.hash,
  state: row.state,
});

const ticketOf = (row: Selectable<Database['tickets']>): TicketRow => ({
  ticketNo: Number(row.ticket_no),
  maxAmount: row.max_amount,
  state: row.state,
  by: row.consumed_by ?? undefined,
});

/** What `verdictOf` needs, joined to a payment p. */
export interface VerdictColumns {
  payee_seq: bigint | null;
  ticket_state: 'open' | Outcome | null;
  consumed_by: Bytes | null;
}

export function verdictFrom(row: VerdictColumns, payment: { ticketNo: number; hash: Bytes }) {
  const ticket =
    row.ticket_state === null ? undefined : { state: row.ticket_state, by: row.consumed_by ?? undefined };
  return verdictOf(payment, { seq: Number(row.payee_seq ?? 0n), ticket });
}

/** As the payer's own row has it, after it has met the payee's side. */
export function metVerdict(stored: StoredVerdict | null): PaymentVerdict {
  switch (stored) {
    case null:
      return 'not_yet_known';
    case 'waiting':
    case 'cancelled':
    case 'never_issued':
    case 'credited':
      return stored;
    case 'refused':
      return 'cancelled';
    case 'other_amount':
    case 'taken_back':
      return 'credited';
  }
}

export function paymentRows(trx: Transaction<Database>): PaymentRows {
  return {
    async openWithVerdicts(payer) {
      const rows = await trx
        .selectFrom('payments')
        .selectAll()
        .where('payer', '=', payer)
        .where('state', '=', 'open')
        .orderBy('payment_no')
        .execute();
      return rows.map((row) => ({ ...paymentOf(row), verdict: metVerdict(row.verdict) }));
    },
    async ticket(payee, ticketNo) {
      const row = await trx
        .selectFrom('tickets')
        .selectAll()
        .where('payee', '=', payee)
        .where('ticket_no', '=', BigInt(ticketNo))
        .executeTakeFirst();
      return row && ticketOf(row);
    },
    async openTickets(payee) {
      const rows = await trx
        .selectFrom('tickets')
        .selectAll()
        .where('payee', '=', payee)
        .where('state', '=', 'open')
        .orderBy('ticket_no')
        .execute();
      return rows.map(ticketOf);
    },
    async addSigned(row) {
      const mailbox = mailboxRows(trx);
      await mailbox.keep([row]);
      await mailbox.post([row]);
    },
    async signed(kind, payer, paymentNo) {
      const rows = await trx
        .selectFrom('signed_messages')
        .selectAll()
        .where('kind', '=', kind)
        .where('payer', '=', payer)
        .where('payment_no', '=', BigInt(paymentNo))
        .execute();
      return rows.map(signedOf);
    },
    async unjudged(signer, limit) {
      const rows = await trx
        .selectFrom('signed_messages')
        .selectAll()
        .where('signer', '=', signer)
        .where('judged', '=', false)
        .orderBy('seq')
        .orderBy('hash')
        .limit(limit)
        .execute();
      return rows.map(signedOf);
    },
    async setJudged(signer, hashes) {
      await sql`UPDATE signed_messages SET judged = true
        WHERE signer = ${signer} AND hash = ANY(${hashes.map((hash) => Buffer.from(hash))}::bytea[])`.execute(
        trx,
      );
    },
  };
}
