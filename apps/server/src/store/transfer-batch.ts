/**
 * One batch of transfers as one transaction: two round trips, however many transfers there are.
 *
 * What must hold: the accounts are locked in the order of their ids before anything is read that is decided on, so that
 * batches of any number of programs take turns and never wait in a circle; numbers are drawn under the locks, so that
 * the newest posting of an account is the one with the highest id. What is told of a transfer is written with it.
 */
import {
  type AccountKind,
  type BookAccount,
  type DecidedBatch,
  decideTransfers,
  type KeptTransfer,
  type TransferOrder,
  type TransferResult,
} from '@sokkin/issuer';
import type pg from 'pg';
import { hears } from './event-rows.ts';

const LOCK = `SELECT id, kind, balance, institution, party FROM accounts
  WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE`;
const LOOK = LOCK.replace(/ FOR NO KEY UPDATE$/, '');

const KEPT = `SELECT t.reference, t.memo, t.end_to_end, t.created_at, d.account AS debit, c.account AS credit, c.amount
  FROM transfers t
  JOIN postings d ON d.transfer = t.id AND d.amount < 0
  JOIN postings c ON c.transfer = t.id AND c.amount > 0
  WHERE t.kind = 'transfer' AND t.reference = ANY($1::text[])`;

const WRITE = `WITH orders AS MATERIALIZED (
    SELECT nextval('transfers_id_seq') AS id, o.* FROM unnest($2::text[], $3::text[], $4::text[], $5::int8[],
      $6::int8[], $7::int8[], $8::text[], $9::text[], $10::text[], $13::text[], $14::text[]) WITH ORDINALITY
      AS o (reference, debit, credit, amount, debit_after, credit_after, memo, end_to_end, asked_by, payer, payee, n)
  ), hearers AS MATERIALIZED (
    SELECT id FROM institutions WHERE id = ANY ($13::text[] || $14::text[]) AND ${hears('institutions.id', "'transfer.done'")}
  ), told AS (
    INSERT INTO events (id, institution, type, subject, data, created_at)
    SELECT 'evt_' || replace(gen_random_uuid()::text, '-', ''), hearers.id, 'transfer.done', o.reference,
      jsonb_build_object('transfer', o.reference, 'kind', 'transfer', 'from', o.debit, 'to', o.credit, 'amount', o.amount::text),
      $1::timestamptz
    FROM orders o JOIN hearers ON hearers.id IN (o.payer, o.payee) ORDER BY o.n
  ), written AS (
    INSERT INTO transfers (id, kind, reference, created_at, memo, end_to_end, asked_by) OVERRIDING SYSTEM VALUE
    SELECT id, 'transfer', reference, $1::timestamptz, memo, end_to_end, asked_by FROM orders
  ), posted AS (
    INSERT INTO postings (account, transfer, amount, balance_after)
    SELECT p.account, o.id, p.amount, p.balance FROM orders o CROSS JOIN LATERAL (VALUES
      (1, o.debit, -o.amount, o.debit_after), (2, o.credit, o.amount, o.credit_after)) AS p (side, account, amount, balance)
    ORDER BY o.n, p.side
  )
  UPDATE accounts SET balance = b.balance FROM unnest($11::text[], $12::int8[]) AS b (id, balance)
  WHERE accounts.id = b.id`;

interface AccountLine {
  readonly id: string;
  readonly kind: AccountKind;
  readonly balance: bigint;
  readonly institution: string;
  readonly party: string | null;
}
interface KeptLine {
  readonly reference: string;
  readonly memo: string | null;
  readonly end_to_end: string | null;
  readonly created_at: Date;
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
}

/** Statements that a connection prepares once. */
const named = (name: string, text: string, values: unknown[]) => ({
  name: `transfers_${name}`,
  text,
  values,
});

const accountsOf = (orders: readonly TransferOrder[]): string[] => [
  ...new Set(orders.flatMap((o) => [o.from, o.to])),
];
const namesOf = (orders: readonly TransferOrder[]): string[] => orders.map((o) => o.reference);

/**
 * On a connection with `pipeline: true`: statements that are asked for together travel together.
 *
 * Repeated names are rare, and the unique index finds them when the batch is written; so they are looked for only among
 * the orders that would be refused, or among all if `careful`, which is how a batch that met one comes back.
 */
export async function writeBatch(
  client: pg.ClientBase,
  orders: readonly TransferOrder[],
  at: Date,
  careful: boolean,
): Promise<readonly TransferResult[]> {
  const [, accounts] = await together(
    client.query('BEGIN'),
    client.query<AccountLine>(named('lock', LOCK, [accountsOf(orders)])),
  );
  const book = bookOf(accounts.rows);
  const keptAmong = async (some: readonly TransferOrder[]) =>
    knownOf((await client.query<KeptLine>(named('kept', KEPT, [namesOf(some)]))).rows);
  let batch = decideTransfers(book, careful ? await keptAmong(orders) : new Map(), orders, at);
  const refused = orders.filter((_, i) => batch.results[i]?.status !== 'done');
  if (!careful && refused.length > 0 && (await keptAmong(refused)).size > 0)
    batch = decideTransfers(book, await keptAmong(orders), orders, at);
  if (batch.done.length === 0) {
    await client.query('ROLLBACK');
    return batch.results;
  }
  await together(client.query(named('write', WRITE, valuesOf(book, batch, at))), client.query('COMMIT'));
  return batch.results;
}

/** Waits for every one, so that none fails later, unheard. */
async function together<T extends readonly Promise<unknown>[]>(
  ...asked: T
): Promise<{ [I in keyof T]: Awaited<T[I]> }> {
  await Promise.allSettled(asked);
  return Promise.all(asked);
}

/** What would become of the orders. Nothing is locked, and nothing written. */
export async function tryBatch(
  db: Pick<pg.ClientBase, 'query'>,
  orders: readonly TransferOrder[],
  at: Date,
): Promise<readonly TransferResult[]> {
  const accounts = await db.query<AccountLine>(LOOK, [accountsOf(orders)]);
  const kept = await db.query<KeptLine>(KEPT, [namesOf(orders)]);
  return decideTransfers(bookOf(accounts.rows), knownOf(kept.rows), orders, at).results;
}

const bookOf = (lines: readonly AccountLine[]): Map<string, BookAccount> =>
  new Map(lines.map((line) => [line.id, { ...line, party: line.party ?? undefined }]));

const knownOf = (lines: readonly KeptLine[]): Map<string, KeptTransfer> =>
  new Map(
    lines.map(({ reference, debit, credit, amount, memo, end_to_end, created_at }) => [
      reference,
      {
        ...{ reference, from: debit, to: credit, amount, at: created_at },
        ...{ memo: memo ?? undefined, endToEnd: end_to_end ?? undefined },
      },
    ]),
  );

/** WRITE's arrays: of transfers, of accounts, and of transfers again. */
function valuesOf(
  book: ReadonlyMap<string, BookAccount>,
  { done, balances }: DecidedBatch,
  at: Date,
): unknown[] {
  const institutionOf = (account: string) => book.get(account)?.institution;
  return [
    at,
    done.map((d) => d.order.reference),
    done.map((d) => d.order.from),
    done.map((d) => d.order.to),
    done.map((d) => d.order.amount.toString()),
    done.map((d) => d.fromAfter.toString()),
    done.map((d) => d.toAfter.toString()),
    done.map((d) => d.order.memo ?? null),
    done.map((d) => d.order.endToEnd ?? null),
    done.map((d) => d.order.asker.id),
    [...balances.keys()],
    [...balances.values()].map(String),
    done.map((d) => institutionOf(d.order.from)),
    done.map((d) => institutionOf(d.order.to)),
  ];
}
