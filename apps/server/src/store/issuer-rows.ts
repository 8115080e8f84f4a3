/**
 * What each issuer has issued and got back (packages/issuer/src/issuer-books.ts).
 *
 * What must hold: it reads what the matcher has settled, and changes nothing; it is asked for by the audit alone, because it
 * goes over all payments. The purses and whose they are is a list of its own (`homes`), so that spread tables are not joined by two keys.
 */
import type { IssuerBooks, IssuerRows, OwnPurse } from '@sokkin/issuer';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { entryValue } from './claims-schema.ts';
import { type CreditColumns, creditOf } from './meeting-rows.ts';
import type { Database } from './schema.ts';

const HOMES = sql`homes AS MATERIALIZED (
  SELECT p.id, a.institution FROM purses p JOIN accounts a ON a.id = p.account)`;

/** Payments between institutions. Of one issuer alone there are none, and its payments are not looked at. */
const acrossOf = (own: readonly OwnPurse[]): RawBuilder<unknown> =>
  new Set(own.map((o) => o.institution)).size < 2
    ? sql`SELECT ''::text AS payer, ''::text AS payee, 0::numeric AS amount WHERE false`
    : sql`SELECT f.institution AS payer, t.institution AS payee, sum(p.amount) AS amount
          FROM payments p JOIN homes f ON f.id = p.payer JOIN homes t ON t.id = p.payee
          WHERE p.verdict = 'credited' AND p.state <> 'cancelled' AND f.institution <> t.institution GROUP BY 1, 2`;

/** One look at each payment, whatever the database believes of the sizes of its tables: a test reads the plan. */
export const booksQuery = (own: readonly OwnPurse[]) => sql<IssuerBooks>`WITH ${HOMES},
        own AS (SELECT * FROM unnest(${own.map((o) => o.purse)}::text[], ${own.map((o) => o.institution)}::text[])
          AS o (purse, institution)),
        across AS MATERIALIZED (${acrossOf(own)}),
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
        GROUP BY 1 ORDER BY 1`;

export function issuerRows(trx: Transaction<Database>): IssuerRows {
  return {
    books: async (own) => (await booksQuery(own).execute(trx)).rows,
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
