/** Transfers between accounts, one by one. Batches are written by transfer-batch.ts. */
import type { TransferRow, TransferRows } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

interface Line {
  readonly number: bigint;
  readonly entry: bigint;
  readonly kind: TransferRow['kind'];
  readonly reference: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  readonly memo: string | null;
  readonly end_to_end: string | null;
  readonly reverses: string | null;
  readonly created_at: Date;
}

const rowOf = (line: Line): TransferRow => ({
  id: line.reference,
  number: line.number,
  entry: line.entry.toString(),
  kind: line.kind,
  from: line.debit,
  to: line.credit,
  amount: line.amount,
  memo: line.memo ?? undefined,
  endToEnd: line.end_to_end ?? undefined,
  reverses: line.reverses ?? undefined,
  at: line.created_at,
});

const COLUMNS = sql`t.id AS number, t.kind, t.reference, d.account AS debit, c.account AS credit, c.amount, t.memo,
  t.end_to_end, t.created_at, (SELECT reference FROM transfers WHERE id = t.reverses) AS reverses`;
const SIDES = sql`JOIN postings d ON d.transfer = t.id AND d.amount < 0 JOIN postings c ON c.transfer = t.id AND c.amount > 0`;
const KINDS = sql`t.kind IN ('transfer', 'reversal')`;

export function transferRows(trx: Transaction<Database>): TransferRows {
  return {
    async byId(id) {
      const { rows } = await sql<Line>`SELECT ${COLUMNS}, c.id AS entry FROM transfers t ${SIDES}
        WHERE ${KINDS} AND t.reference = ${id}`.execute(trx);
      return rows[0] && rowOf(rows[0]);
    },
    async ofAccount(account, page) {
      const after = page.after === undefined ? sql`true` : sql`p.id < ${BigInt(page.after)}`;
      const { rows } = await sql<Line>`SELECT ${COLUMNS}, p.id AS entry
        FROM postings p JOIN transfers t ON t.id = p.transfer ${SIDES}
        WHERE p.account = ${account} AND ${KINDS} AND ${after} ORDER BY p.id DESC LIMIT ${page.limit}`.execute(
        trx,
      );
      return rows.map(rowOf);
    },
    async lockRest(row) {
      await trx
        .selectFrom('accounts')
        .select('id')
        .where('id', 'in', [row.from, row.to])
        .orderBy('id')
        .forNoKeyUpdate()
        .execute();
      const { rows } = await sql<{ back: bigint }>`SELECT coalesce(sum(p.amount), 0)::bigint AS back
        FROM transfers t JOIN postings p ON p.transfer = t.id AND p.amount > 0
        WHERE t.reverses = ${row.number}`.execute(trx);
      return row.amount - (rows[0]?.back ?? 0n);
    },
  };
}
