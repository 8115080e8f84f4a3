/**
 * Transfers of shops' payments, by day and merchant.
 *
 * What must hold: a transfer is found by an entry of an account of its merchant, which is the account itself or its reserve; whose
 * it is, its payment or its clearing says, so that an account may be several merchants', or pay at another shop.
 */
import {
  MOVEMENT_KINDS,
  type MovementKind,
  type MovementScope,
  NO_MOVEMENTS,
  type SettlementRows,
} from '@sokkin/issuer';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

interface Line {
  readonly id: bigint;
  readonly kind: MovementKind;
  readonly amount: bigint;
  readonly payment: string;
  readonly merchant: string;
  readonly terminal: string | null;
  readonly reference: string | null;
  readonly at: Date;
}

const KINDS = sql`ARRAY[${sql.join(MOVEMENT_KINDS.map((kind) => sql.lit(kind)))}]`;

/** The accounts of the scope, with the entries between which it lies. */
function ranges({ acquirer, day, merchant, between }: MovementScope): RawBuilder<unknown> {
  if (between !== undefined) {
    const ends = Object.values(between);
    return sql`SELECT account, after, up_to
      FROM unnest(${Object.keys(between)}::text[], ${ends.map((e) => e.after)}::bigint[],
        ${ends.map((e) => e.upTo)}::bigint[]) AS s (account, after, up_to)`;
  }
  const whose =
    merchant === undefined ? sql`acquirer = ${acquirer}` : sql`id = ${merchant} AND acquirer = ${acquirer}`;
  // What was cut ends there; what is open begins where the day before was cut, and has no end.
  return sql`SELECT a.account,
      coalesce(own.after, before.up_to, 0) AS after, coalesce(own.up_to, 9223372036854775807) AS up_to
    FROM (SELECT account FROM merchants WHERE ${whose}
      UNION SELECT reserve FROM merchants WHERE ${whose} AND reserve IS NOT NULL) a
    LEFT JOIN settlement_cuts own ON own.acquirer = ${acquirer} AND own.day = ${day} AND own.account = a.account
    LEFT JOIN settlement_cuts before
      ON before.acquirer = ${acquirer} AND before.day = ${day - 1} AND before.account = a.account`;
}

/** A merchant that came after the cut has no cut, and nothing in a day that is over. */
function lines(scope: MovementScope): RawBuilder<Line> {
  const { acquirer, day, merchant = null, terminal = null } = scope;
  return sql<Line>`SELECT t.id, t.kind, abs(p.amount) AS amount, m.payment, m.merchant, m.terminal, m.reference,
      t.created_at AS at
    FROM (${ranges(scope)}) r
    JOIN postings p ON p.account = r.account AND p.id > r.after AND p.id <= r.up_to
    JOIN transfers t ON t.id = p.transfer AND t.kind = ANY(${KINDS})
      AND (p.amount > 0) = (t.kind IN ('purchase', 'clearing'))
    CROSS JOIN LATERAL (
      SELECT c.id AS payment, c.merchant, c.terminal, c.reference, c.acquirer FROM clearings c
        WHERE t.kind = 'clearing' AND c.id = t.reference
      UNION ALL
      SELECT s.id, s.merchant, s.terminal, s.rrn, s.acquirer FROM acceptance_payments s
        WHERE t.kind <> 'clearing' AND s.id = split_part(t.reference, '-', 1)) m
    WHERE m.acquirer = ${acquirer} AND (${merchant}::text IS NULL OR m.merchant = ${merchant})
      AND (${terminal}::text IS NULL OR m.terminal = ${terminal})
      AND (${scope.between !== undefined} OR NOT EXISTS (
        SELECT 1 FROM settlement_days d WHERE d.acquirer = ${acquirer} AND d.day = ${day}
          AND NOT EXISTS (SELECT 1 FROM settlement_cuts c
            WHERE c.acquirer = ${acquirer} AND c.day = ${day} AND c.account = r.account)))`;
}

type MovementRows = Pick<SettlementRows, 'sums' | 'movements' | 'range' | 'ends'>;

export const movementRows = (trx: Transaction<Database>): MovementRows => ({
  async sums(scope) {
    const { rows } = await sql<{ kind: MovementKind; count: number; amount: bigint }>`
      SELECT kind, count(*)::integer AS count, sum(amount)::bigint AS amount
      FROM (${lines(scope)}) l GROUP BY kind`.execute(trx);
    const sums = { ...NO_MOVEMENTS };
    for (const { kind, count, amount } of rows) sums[kind] = { count, amount };
    return sums;
  },
  async movements(scope, after = '0', limit) {
    const { rows } = await sql<Line>`SELECT * FROM (${lines(scope)}) l WHERE id > ${after}::bigint
      ORDER BY id LIMIT ${limit}`.execute(trx);
    return rows.map(({ id, terminal, reference, ...row }) => ({
      ...row,
      number: id.toString(),
      terminal: terminal ?? undefined,
      reference: reference ?? undefined,
    }));
  },
  async range(acquirer, day, account) {
    const { rows } = await sql<{ after: bigint; up_to: bigint; opening: bigint; closing: bigint }>`
      WITH r AS (SELECT coalesce(own.after, before.up_to, 0)::bigint AS after,
          coalesce(own.up_to, (SELECT max(p.id) FROM postings p WHERE p.account = ${account}), 0)::bigint AS up_to
        FROM (SELECT 1) one
        LEFT JOIN settlement_cuts own ON own.acquirer = ${acquirer} AND own.day = ${day} AND own.account = ${account}
        LEFT JOIN settlement_cuts before
          ON before.acquirer = ${acquirer} AND before.day = ${day - 1} AND before.account = ${account})
      SELECT after, up_to,
        coalesce((SELECT balance_after FROM postings WHERE id = after AND account = ${account}), 0)::bigint AS opening,
        coalesce((SELECT balance_after FROM postings WHERE id = up_to AND account = ${account}), 0)::bigint AS closing
      FROM r`.execute(trx);
    const { after = 0n, up_to: upTo = 0n, opening = 0n, closing = 0n } = rows[0] ?? {};
    return { after, upTo, opening, closing };
  },
  async ends(accounts) {
    const { rows } = await sql<{ account: string; end: bigint }>`SELECT a.account,
        coalesce((SELECT max(p.id) FROM postings p WHERE p.account = a.account), 0)::bigint AS "end"
      FROM unnest(${accounts}::text[]) AS a (account)`.execute(trx);
    return Object.fromEntries(rows.map(({ account, end }) => [account, end]));
  },
});
