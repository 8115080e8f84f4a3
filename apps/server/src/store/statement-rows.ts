/**
 * Statements of accounts.
 *
 * What must hold: opening balance plus entries is the closing balance, and an entry stands in exactly one of two
 * statements that follow each other. Times of entries come from the clocks of several programs and may be out of their
 * order by a little; so a period is cut at an entry: the newest one from before the given time.
 */
import type { StatementEntry, StatementRows } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

interface Line extends Omit<StatementEntry, 'id' | 'memo' | 'endToEnd'> {
  readonly id: bigint;
  readonly memo: string | null;
  readonly end_to_end: string | null;
}

export function statementRows(trx: Transaction<Database>): StatementRows {
  const cut = async (account: string, before: Date) => {
    const { rows } = await sql<{ id: bigint; balance: bigint }>`SELECT p.id, p.balance_after AS balance
      FROM postings p JOIN transfers t ON t.id = p.transfer
      WHERE p.account = ${account} AND t.created_at < ${before} ORDER BY p.id DESC LIMIT 1`.execute(trx);
    return rows[0] ?? { id: 0n, balance: 0n };
  };
  return {
    async period(account, from, to) {
      const [opening, closing] = [await cut(account, from), await cut(account, to)];
      return { after: opening.id, upTo: closing.id, opening: opening.balance, closing: closing.balance };
    },
    async entries(account, after, upTo, limit) {
      const { rows } =
        await sql<Line>`SELECT p.id, t.kind, t.reference, p.amount, t.created_at AS at, t.memo, t.end_to_end,
          coalesce((SELECT account FROM postings o WHERE o.transfer = t.id AND o.account <> p.account ORDER BY o.id LIMIT 1),
            p.account) AS counterpart
        FROM postings p JOIN transfers t ON t.id = p.transfer
        WHERE p.account = ${account} AND p.id > ${after} AND p.id <= ${upTo} ORDER BY p.id LIMIT ${limit}`.execute(
          trx,
        );
      return rows.map(({ end_to_end, memo, id, ...rest }) => ({
        ...rest,
        id: id.toString(),
        memo: memo ?? undefined,
        endToEnd: end_to_end ?? undefined,
      }));
    },
  };
}
