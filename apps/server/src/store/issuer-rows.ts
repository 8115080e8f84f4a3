/**
 * What each issuer has issued and got back (packages/issuer/src/issuer-books.ts).
 *
 * What must hold: it reads what the matcher has settled, and changes nothing; it is asked for by the audit alone, because it
 * goes over all payments. The purses and whose they are is a list of its own (`homes`), so that spread tables are not joined by two keys.
 */
import type { IssuerRows } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import { entryValue } from './claims-schema.ts';
import { type CreditColumns, creditOf } from './meeting-rows.ts';
import type { Database } from './schema.ts';

const HOMES = sql`homes AS MATERIALIZED (
  SELECT p.id, a.institution FROM purses p JOIN accounts a ON a.id = p.account)`;

export function issuerRows(trx: Transaction<Database>): IssuerRows {
  return {
    async books(own) {
      const { rows } = await sql<{
        institution: string;
        issued: bigint;
        received: bigint;
        redeemed: bigint;
        sent: bigint;
        cleared: bigint;
        refunded: bigint;
      }>`WITH ${HOMES},
        own AS (SELECT * FROM unnest(${own.map((o) => o.purse)}::text[], ${own.map((o) => o.institution)}::text[])
          AS o (purse, institution)),
        across AS MATERIALIZED (
          SELECT f.institution AS payer, t.institution AS payee, sum(p.amount) AS amount
          FROM payments p JOIN homes f ON f.id = p.payer JOIN homes t ON t.id = p.payee
          WHERE p.verdict = 'credited' AND p.state <> 'cancelled' AND f.institution <> t.institution GROUP BY 1, 2),
        items AS (
          SELECT o.institution, 'issued' AS what, sum(p.amount) AS amount
            FROM own o JOIN payments p ON p.payer = o.purse WHERE p.state <> 'cancelled' GROUP BY 1
          UNION ALL SELECT o.institution, 'redeemed', sum(r.amount)
            FROM own o JOIN receipts r ON r.payee = o.purse WHERE r.outcome = 'credited' GROUP BY 1
          UNION ALL SELECT payee, 'received', sum(amount) FROM across GROUP BY 1
          UNION ALL SELECT payer, 'sent', sum(amount) FROM across GROUP BY 1
          UNION ALL SELECT h.institution, 'cleared', sum(c.amount - c.covered)
            FROM cleared_approvals c JOIN homes h ON h.id = c.purse GROUP BY 1
          UNION ALL SELECT h.institution, 'refunded', sum(${entryValue})
            FROM claim_entries e JOIN homes h ON h.id = e.purse GROUP BY 1)
        SELECT n.institution,
          ${sumOfItem('issued')}, ${sumOfItem('received')}, ${sumOfItem('redeemed')}, ${sumOfItem('sent')},
          ${sumOfItem('cleared')}, ${sumOfItem('refunded')}
        FROM (SELECT DISTINCT institution FROM own) n LEFT JOIN items i USING (institution)
        GROUP BY 1 ORDER BY 1`.execute(trx);
      return rows;
    },
    async unborneCredits(institution, limit) {
      const { rows } = await sql<CreditColumns>`WITH ${HOMES}
        SELECT m.* FROM meetings m JOIN homes h ON h.id = m.payee
        WHERE h.institution = ${institution} ORDER BY m.amount DESC, m.payee, m.seq LIMIT ${limit}`.execute(
        trx,
      );
      return rows.map(creditOf);
    },
  };
}

const sumOfItem = (what: string) =>
  sql`coalesce(sum(i.amount) FILTER (WHERE i.what = ${sql.lit(what)}), 0)::bigint AS ${sql.ref(what)}`;
