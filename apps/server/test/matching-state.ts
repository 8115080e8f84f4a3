/** What is compared where matching was cut off, repeated or done in another order. */
import type pg from 'pg';

/** Everything that meetings decide, but ids, times and the hashes of evidence. */
const STATE = [
  `SELECT payer, payment_no, state, verdict FROM payments WHERE payer IN (SELECT id FROM purses) ORDER BY 1, 2`,
  'SELECT payer, payment_no, payee, ticket_no, state FROM meetings ORDER BY 1, 2, 3, 4',
  'SELECT payee, ticket_no, payer, payment_no, is_refused FROM arrivals ORDER BY 1, 2, 3, 4',
  'SELECT purse, seq, balance, met_seq FROM journals WHERE NOT is_issuer ORDER BY 1',
  `SELECT kind, severity, purse, subject FROM alerts WHERE status = 'open' ORDER BY 1, 4`,
  'SELECT purse, ticket_no, status FROM fundings ORDER BY 1, 2',
];

/** Each query's rows, as text. */
export async function matchingState(pool: pg.Pool): Promise<unknown[]> {
  const tables: unknown[] = [];
  for (const query of STATE)
    tables.push((await pool.query(query)).rows.map((row) => Object.values(row).map(String)));
  return tables;
}
