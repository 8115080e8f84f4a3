/**
 * Purses that nobody uses during a measurement, with their journals, written by SQL: so that tables and indexes have the size of a
 * nation's. What must hold: as many rows, of the same widths, spread over the keys as real ones are.
 */
import pg from 'pg';
import { spreadTables } from '../apps/server/src/store/distribution.ts';

/** Entries of one payment, both sides: ticket, payment, receipt, settlement. */
export const ENTRIES = 4;
/** Octets that an entry takes in a segment, about. */
const BODY = 33;
const STEP = 20_000;

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return work(client).finally(() => client.end());
}

/** Brings the database to so many purses, of which each has so many payments behind it. */
export const fill = (url: string, from: number, to: number, payments: number): Promise<void> =>
  withClient(url, async (client) => {
    for (let at = from; at < to; at += STEP) {
      const range = [at, Math.min(at + STEP, to) - 1];
      await client.query('BEGIN');
      for (const text of PURSES) await client.query(text, range);
      if (payments > 0) for (const text of PAYMENTS) await client.query(text, [...range, payments]);
      await client.query('COMMIT');
    }
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  });

const ID = (n: string) => `left(md5('purse' || ${n}), 16)`;
const EACH = `FROM generate_series($1::int, $2::int) n`;
const octets = (length: number, of: string) =>
  `substring(decode(repeat(md5(${of}), ${Math.ceil(length / 16)}), 'hex') FROM 1 FOR ${length})`;

const PURSES: readonly string[] = [
  `INSERT INTO journals (purse, is_issuer, certificate_hash, lifecycle, seq, head, balance, grant_no, ack_seq, limits, open_items, met_seq)
    SELECT ${ID('n')}, false, sha256(n::text::bytea), 'active', 3, sha256(n::text::bytea), 0, 1, 2, j.limits, j.open_items, 3
    ${EACH}, (SELECT limits, open_items FROM journals WHERE lifecycle = 'active' AND NOT is_issuer LIMIT 1) j`,
  `INSERT INTO purses (id, account, assurance, tier, public_key, certificate, issued_grant_no, last_sync_at, created_at)
    SELECT ${ID('n')}, p.account, p.assurance, p.tier, ${octets(65, "'key' || n")}, ${octets(230, 'n::text')}, 1, now(), now()
    ${EACH}, (SELECT account, assurance, tier FROM purses LIMIT 1) p`,
];

/** Everybody has paid the next but one, each time in an upload of its own entries. */
const PAYMENTS: readonly string[] = [
  `INSERT INTO segments (purse, first_seq, last_seq, link, bodies)
    SELECT ${ID('n')}, 4, 3 + $3::int * ${ENTRIES}, sha256(n::text::bytea), decode(repeat(md5(n::text), $3::int * ${ENTRIES * BODY} / 16), 'hex') ${EACH}`,
  `INSERT INTO tickets (payee, ticket_no, max_amount, state, consumed_by)
    SELECT ${ID('n')}, 4 * k, 100, 'credited', sha256((n || '/' || k)::bytea) ${EACH}, generate_series(1, $3::int) k`,
  `INSERT INTO payments (payer, payment_no, payee, ticket_no, amount, hash, state, verdict)
    SELECT ${ID('n')}, 4 * k + 1, ${ID('n + 2')}, 4 * k, 100, sha256((n || '/' || k)::bytea), 'credited', 'credited'
    ${EACH}, generate_series(1, $3::int) k`,
  `INSERT INTO receipts (payee, ticket_no, seq, payer, payment_no, payment_hash, amount, outcome)
    SELECT ${ID('n')}, 4 * k, 4 * k + 2, ${ID('n - 2')}, 4 * k + 1, sha256((n || '/' || k)::bytea), 100, 'credited'
    ${EACH}, generate_series(1, $3::int) k`,
];

/** Octets on disk of all that is kept by purse, with indexes and what is stored beside rows. */
export const octetsOnDisk = (url: string): Promise<number> =>
  withClient(url, async (client) => {
    await client.query('VACUUM');
    const { rows } = await client.query<{ size: string }>(
      'SELECT sum(pg_total_relation_size(t::regclass)) AS size FROM unnest($1::text[]) t',
      [spreadTables().map(([table]) => table)],
    );
    return Number(rows[0]?.size);
  });

/** Seconds until the matcher has taken up all journals. */
export const untilMet = (url: string): Promise<number> =>
  withClient(url, async (client) => {
    const began = performance.now();
    for (;;) {
      const { rows } = await client.query('SELECT FROM journals WHERE met_seq < seq LIMIT 1');
      if (rows.length === 0) return (performance.now() - began) / 1000;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
