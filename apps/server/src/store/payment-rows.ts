/**
 * Payments, tickets, and messages that phones handed in. What must hold: what a Grant is made of comes from rows of its
 * own purse; the matcher (meeting-rows.ts) has carried there what others say.
 */
import type { Bytes } from '@sokkin/codec';
import {
  type PaymentRow,
  type PaymentRows,
  type PaymentVerdict,
  type SignedRow,
  type StoredVerdict,
  type TicketRow,
  verdictOf,
} from '@sokkin/issuer';
import type { Outcome } from '@sokkin/purse';
import { type Selectable, sql, type Transaction } from 'kysely';
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

export const signedOf = (row: Selectable<Database['signed_messages']>): SignedRow => ({
  hash: row.hash,
  kind: row.kind,
  signer: row.signer,
  seq: Number(row.seq),
  payer: row.payer,
  paymentNo: Number(row.payment_no),
  payee: row.payee,
  ticketNo: Number(row.ticket_no),
  message: row.message,
  issuerCertificate: row.issuer_certificate,
  purseCertificate: row.purse_certificate,
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
      await trx
        .insertInto('signed_messages')
        .values({
          signer: row.signer,
          hash: row.hash,
          kind: row.kind,
          seq: BigInt(row.seq),
          payer: row.payer,
          payment_no: BigInt(row.paymentNo),
          payee: row.payee,
          ticket_no: BigInt(row.ticketNo),
          message: row.message,
          issuer_certificate: row.issuerCertificate,
          purse_certificate: row.purseCertificate,
        })
        .onConflict((c) => c.columns(['signer', 'hash']).doNothing())
        .execute();
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
    async deliverable(payee, limit) {
      const { rows } = await sql<Selectable<Database['signed_messages']>>`
        SELECT m.* FROM signed_messages m
        JOIN tickets t ON t.payee = m.payee AND t.ticket_no = m.ticket_no AND t.state = 'open'
        WHERE m.payee = ${payee} AND m.kind = 'payment'
        ORDER BY m.ticket_no, m.hash LIMIT ${limit}`.execute(trx);
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
    async receiptsFor(payer, limit) {
      const { rows } = await sql<Selectable<Database['signed_messages']>>`
        SELECT m.* FROM signed_messages m
        JOIN payments p ON p.payer = m.payer AND p.payment_no = m.payment_no AND p.state = 'open'
          AND p.payee = m.signer
        WHERE m.payer = ${payer} AND m.kind = 'receipt'
        ORDER BY m.payment_no, m.hash LIMIT ${limit}`.execute(trx);
      return rows.map(signedOf);
    },
  };
}
