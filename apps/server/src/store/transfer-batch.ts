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
  CENTRAL_BANK,
  type DecidedBatch,
  decideTransfers,
  type KeptTransfer,
  type TransferOrder,
  type TransferResult,
} from '@sokkin/issuer';
import type pg from 'pg';

const LOCK = `SELECT ctid, id, kind, balance, held, institution, party FROM accounts
  WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE`;
const LOOK = LOCK.replace(/ FOR NO KEY UPDATE$/, '');

const KEPT = `SELECT t.reference, t.memo, t.end_to_end, t.created_at, d.account AS debit, c.account AS credit, c.amount
  FROM transfers t
  JOIN postings d ON d.transfer = t.id AND d.amount < 0
  JOIN postings c ON c.transfer = t.id AND c.amount > 0
  WHERE t.kind = 'transfer' AND t.reference = ANY($1::text[])`;

/** One for each order, in their order; some may stay unused. */
const NUMBERS = `SELECT nextval('transfers_id_seq') AS id FROM generate_series(1, $1::int)`;

/** Who wants to hear of transfers: few, and mostly nobody. */
const HEARERS = `SELECT DISTINCT institution FROM webhooks
  WHERE status <> 'deleted' AND (types = '{}' OR 'transfer.done' = ANY (types))`;

/** By their places, which stay where they are while they are locked. A wrong one would fail at the check of the postings. */
const WRITE_BALANCES = `UPDATE accounts SET balance = b.balance FROM unnest($1::tid[], $2::int8[]) AS b (place, balance)
  WHERE accounts.ctid = b.place`;

const WRITE_TRANSFERS = `INSERT INTO transfers (id, kind, reference, created_at, memo, end_to_end, asked_by) OVERRIDING SYSTEM VALUE
  SELECT id, 'transfer', reference, $1::timestamptz, memo, end_to_end, asked_by
  FROM unnest($2::int8[], $3::text[], $4::text[], $5::text[], $6::text[]) AS o (id, reference, memo, end_to_end, asked_by)`;

/** The payer's, then the payee's, of one transfer after the other: rows are numbered as they come. */
const WRITE_POSTINGS = `INSERT INTO postings (account, transfer, amount, balance_after)
  SELECT * FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[])`;

const TELL = `INSERT INTO events (id, institution, type, subject, data, created_at)
  SELECT 'evt_' || replace(gen_random_uuid()::text, '-', ''), hearer, 'transfer.done', o.reference,
    jsonb_build_object('transfer', o.reference, 'kind', 'transfer', 'from', o.debit, 'to', o.credit, 'amount', o.amount::text),
    $1::timestamptz
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int8[]) WITH ORDINALITY
      AS o (payer, payee, reference, debit, credit, amount, n)
    JOIN unnest($8::text[]) AS hearer ON hearer IN (o.payer, o.payee) ORDER BY o.n`;

interface AccountLine {
  readonly ctid: string;
  readonly id: string;
  readonly kind: AccountKind;
  readonly balance: bigint;
  readonly held: bigint;
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
  const [, accounts, numbers, hearers] = await together(
    client.query('BEGIN'),
    client.query<AccountLine>(named('lock', LOCK, [accountsOf(orders)])),
    client.query<{ id: bigint }>(named('numbers', NUMBERS, [orders.length])),
    client.query<{ institution: string }>(named('hearers', HEARERS, [])),
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
  const ids = numbers.rows.map(({ id }) => id);
  const told = tell(book, batch, at, new Set(hearers.rows.map(({ institution }) => institution)));
  await together(
    ...[balances(accounts.rows, batch), ...entries(batch, ids, at), ...told].map((s) => client.query(s)),
    client.query('COMMIT'),
  );
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

/** Before the postings, which are checked against them. */
function balances(lines: readonly AccountLine[], batch: DecidedBatch) {
  const places = new Map(lines.map(({ id, ctid }) => [id, ctid]));
  const written = [...batch.balances];
  return named('balances', WRITE_BALANCES, [
    written.map(([id]) => places.get(id)),
    written.map(([, balance]) => balance.toString()),
  ]);
}

function entries({ done }: DecidedBatch, ids: readonly bigint[], at: Date) {
  return [
    named('transfers', WRITE_TRANSFERS, [
      at,
      done.map((_, i) => String(ids[i])),
      done.map((d) => d.order.reference),
      done.map((d) => d.order.memo ?? null),
      done.map((d) => d.order.endToEnd ?? null),
      done.map((d) => d.order.asker.id),
    ]),
    named('postings', WRITE_POSTINGS, [
      done.flatMap((d) => [d.order.from, d.order.to]),
      done.flatMap((_, i) => [String(ids[i]), String(ids[i])]),
      done.flatMap((d) => [String(-d.order.amount), String(d.order.amount)]),
      done.flatMap((d) => [String(d.fromAfter), String(d.toAfter)]),
    ]),
  ];
}

function tell(
  book: ReadonlyMap<string, BookAccount>,
  { done }: DecidedBatch,
  at: Date,
  hearers: ReadonlySet<string>,
) {
  if (hearers.size === 0) return [];
  const institutionOf = (account: string) => book.get(account)?.institution ?? '';
  const owners = new Set(done.flatMap((d) => [institutionOf(d.order.from), institutionOf(d.order.to)]));
  // The central bank hears of everybody's.
  const told = [...owners].filter((owner) => hearers.has(owner) || hearers.has(CENTRAL_BANK));
  return [
    named('tell', TELL, [
      at,
      done.map((d) => institutionOf(d.order.from)),
      done.map((d) => institutionOf(d.order.to)),
      done.map((d) => d.order.reference),
      done.map((d) => d.order.from),
      done.map((d) => d.order.to),
      done.map((d) => d.order.amount.toString()),
      told,
    ]),
  ];
}
