/**
 * Signed messages on their way, in PostgreSQL. The contract of packages/issuer/src/mailbox-ports.ts holds.
 *
 * What must hold here: each table by itself, by its own purse; rows are written in the order of their keys, so that of two who write
 * the same ones one waits for the other.
 */
import { addresseeOf, type Handed, type MailboxRows, type SignedRow } from '@sokkin/issuer';
import { type RawBuilder, type Selectable, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';
import { numbers, octets, words } from './sets.ts';

type SignedColumns = Omit<Selectable<Database['signed_messages']>, 'judged'>;

export const signedOf = (row: SignedColumns): SignedRow => ({
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

/** What all three tables have. */
const COLUMNS = sql.raw(
  'signer, hash, kind, seq, payer, payment_no, payee, ticket_no, message, issuer_certificate, purse_certificate',
);

const listOf = (rows: readonly SignedRow[]): RawBuilder<unknown> => sql`
  ${words(rows.map((r) => r.signer))}::text[], ${octets(rows.map((r) => r.hash))}::bytea[],
  ${words(rows.map((r) => r.kind))}::text[], ${numbers(rows.map((r) => r.seq))}::int8[],
  ${words(rows.map((r) => r.payer))}::text[], ${numbers(rows.map((r) => r.paymentNo))}::int8[],
  ${words(rows.map((r) => r.payee))}::text[], ${numbers(rows.map((r) => r.ticketNo))}::int8[],
  ${octets(rows.map((r) => r.message))}::bytea[], ${octets(rows.map((r) => r.issuerCertificate))}::bytea[],
  ${octets(rows.map((r) => r.purseCertificate))}::bytea[]`;

export function mailboxRows(trx: Transaction<Database>): MailboxRows {
  return {
    async handIn(handed) {
      if (handed.length === 0) return;
      const rows = handed.map(({ row }) => row);
      await sql`INSERT INTO handed_in (purse, ${COLUMNS})
        SELECT * FROM unnest(${words(handed.map(({ by }) => by))}::text[], ${listOf(rows)}) AS m (purse, ${COLUMNS})
        ORDER BY purse, hash ON CONFLICT (purse, hash) DO NOTHING`.execute(trx);
    },
    async handedIn(limit, purses) {
      let query = trx.selectFrom('handed_in').selectAll().orderBy('purse').orderBy('hash').limit(limit);
      if (purses !== undefined) query = query.where('purse', '=', sql<string>`ANY(${purses}::text[])`);
      return (await query.execute()).map((row) => ({ by: row.purse, row: signedOf(row) }));
    },
    async keep(rows) {
      if (rows.length === 0) return;
      await sql`INSERT INTO signed_messages (${COLUMNS})
        SELECT * FROM unnest(${listOf(rows)}) AS m (${COLUMNS})
        ORDER BY signer, hash ON CONFLICT (signer, hash) DO NOTHING`.execute(trx);
    },
    async post(rows) {
      if (rows.length === 0) return;
      const to = rows.map(addresseeOf);
      await sql`INSERT INTO mailbox (purse, number, ${COLUMNS})
        SELECT * FROM unnest(${words(to.map((a) => a.purse))}::text[], ${numbers(to.map((a) => a.number))}::int8[],
          ${listOf(rows)}) AS m (purse, number, ${COLUMNS})
        ORDER BY purse, kind, number, hash ON CONFLICT (purse, kind, number, hash) DO NOTHING`.execute(trx);
    },
    delivered: (handed) => dropHanded(trx, handed),
    async clear(purses) {
      if (purses.length === 0) return;
      const list = words(purses);
      await sql`DELETE FROM mailbox m USING tickets t WHERE m.purse = ANY(${list}::text[]) AND m.kind = 'payment'
        AND t.payee = m.purse AND t.ticket_no = m.number AND t.state <> 'open'
        AND t.payee = ANY(${list}::text[])`.execute(trx);
      await sql`DELETE FROM mailbox m USING payments p WHERE m.purse = ANY(${list}::text[]) AND m.kind = 'receipt'
        AND p.payer = m.purse AND p.payment_no = m.number AND p.state <> 'open'
        AND p.payer = ANY(${list}::text[])`.execute(trx);
    },
  };
}

async function dropHanded(trx: Transaction<Database>, handed: readonly Handed[]): Promise<void> {
  if (handed.length === 0) return;
  const purses = words(handed.map(({ by }) => by));
  await sql`DELETE FROM handed_in h
    USING unnest(${purses}::text[], ${octets(handed.map(({ row }) => row.hash))}::bytea[]) AS d (purse, hash)
    WHERE h.purse = d.purse AND h.hash = d.hash AND h.purse = ANY(${purses}::text[])`.execute(trx);
}
