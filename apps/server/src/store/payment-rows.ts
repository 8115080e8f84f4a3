/**
 * Where the payer's side of a payment meets the payee's. What must hold: the verdicts here are those of
 * `verdictOf` in packages/issuer; SQL only fetches what it needs.
 */
import { type Bytes, equal } from '@sokkin/codec';
import {
  type Contradiction,
  type PaymentRow,
  type PaymentRows,
  type ReceiptRow,
  type SignedRow,
  type TicketRow,
  verdictOf,
} from '@sokkin/issuer';
import type { Outcome } from '@sokkin/purse';
import { type Selectable, sql, type Transaction } from 'kysely';
import { entriesBetween } from './journal-rows.ts';
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

const receiptOf = (row: Selectable<Database['receipts']>): ReceiptRow => ({
  payee: row.payee,
  ticketNo: Number(row.ticket_no),
  seq: Number(row.seq),
  payer: row.payer,
  paymentNo: Number(row.payment_no),
  paymentHash: row.payment_hash,
  amount: row.amount,
  outcome: row.outcome,
});

const signedOf = (row: Selectable<Database['signed_messages']>): SignedRow => ({
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

export function paymentRows(trx: Transaction<Database>): PaymentRows {
  return {
    async openWithVerdicts(payer) {
      const { rows } = await sql<Selectable<Database['payments']> & VerdictColumns>`
        SELECT p.*, j.seq AS payee_seq, t.state AS ticket_state, t.consumed_by
        FROM payments p
        LEFT JOIN journals j ON j.purse = p.payee
        LEFT JOIN tickets t ON t.payee = p.payee AND t.ticket_no = p.ticket_no
        WHERE p.payer = ${payer} AND p.state = 'open'
        ORDER BY p.payment_no`.execute(trx);
      return rows.map((row) => {
        const payment = paymentOf(row);
        return { ...payment, verdict: verdictFrom(row, payment) };
      });
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
    async receiptsFor(payer, limit) {
      const { rows } = await sql<Selectable<Database['signed_messages']>>`
        SELECT m.* FROM signed_messages m
        JOIN payments p ON p.payer = m.payer AND p.payment_no = m.payment_no AND p.state = 'open'
          AND p.payee = m.signer
        WHERE m.payer = ${payer} AND m.kind = 'receipt'
        ORDER BY m.payment_no, m.hash LIMIT ${limit}`.execute(trx);
      return rows.map(signedOf);
    },
    async shadow(purse) {
      const { rows } = await sql<{ balance: bigint; credited_ahead: bigint; waiting: bigint }>`
        SELECT j.balance,
          (SELECT coalesce(sum(r.amount), 0)::bigint FROM receipts r
            WHERE r.payer = j.purse AND r.payment_no > j.seq AND r.outcome = 'credited') AS credited_ahead,
          (SELECT coalesce(sum(p.amount), 0)::bigint FROM payments p
            LEFT JOIN tickets t ON t.payee = p.payee AND t.ticket_no = p.ticket_no
            WHERE p.payee = j.purse AND p.state <> 'cancelled'
              AND (t.state = 'open' OR (t.state IS NULL AND p.ticket_no > j.seq))) AS waiting
        FROM journals j WHERE j.purse = ${purse}`.execute(trx);
      const [row] = rows;
      return {
        balance: row?.balance ?? 0n,
        creditedAhead: row?.credited_ahead ?? 0n,
        waiting: row?.waiting ?? 0n,
      };
    },
    async contradictions(purse) {
      const { rows } = await sql<Selectable<Database['receipts']> & { found: Contradiction['kind'] }>`
        SELECT r.*,
          CASE WHEN p.payer IS NULL THEN 'no_such_payment'
               WHEN p.hash <> r.payment_hash OR p.amount <> r.amount OR p.payee <> r.payee THEN 'other_payment'
               ELSE 'taken_back' END AS found
        FROM receipts r
        JOIN journals j ON j.purse = r.payer AND j.seq >= r.payment_no
        LEFT JOIN payments p ON p.payer = r.payer AND p.payment_no = r.payment_no
        WHERE (r.payer = ${purse} OR r.payee = ${purse}) AND r.outcome = 'credited'
          AND (p.payer IS NULL OR p.hash <> r.payment_hash OR p.amount <> r.amount OR p.payee <> r.payee
               OR p.state = 'cancelled')`.execute(trx);
      return rows.map((row) => ({ receipt: receiptOf(row), kind: row.found }));
    },
    async payersAhead(payee) {
      const { rows } = await sql<{ payer: string }>`
        SELECT DISTINCT r.payer FROM receipts r
        JOIN journals j ON j.purse = r.payer AND j.seq < r.payment_no AND NOT j.is_issuer
        WHERE r.payee = ${payee} AND r.outcome = 'credited'`.execute(trx);
      return rows.map((row) => row.payer);
    },
    async signedForks(purse) {
      // 12 is a Refusal: its number is not its own.
      const { rows } = await sql<Selectable<Database['signed_messages']>>`
        SELECT m.* FROM signed_messages m
        JOIN journals j ON j.purse = m.signer AND j.seq >= m.seq
        WHERE m.signer = ${purse} AND get_byte(m.message, 0) <> 18`.execute(trx);
      const forks: SignedRow[] = [];
      for (const row of rows.map(signedOf)) {
        const [entry] = await entriesBetween(trx, purse, row.seq, row.seq, 1);
        if (entry === undefined || !equal(entry.hash, row.hash)) forks.push(row);
      }
      return forks;
    },
    async markReconciled(purse, seq) {
      await sql`UPDATE journals SET reconciled_seq = greatest(reconciled_seq, ${BigInt(seq)})
        WHERE purse = ${purse}`.execute(trx);
    },
  };
}
