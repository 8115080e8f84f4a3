/**
 * What a batch of messages changes, as a few statements, however many messages there are.
 *
 * What must hold: balances are written before the postings that are checked against them; transfers are numbered under the locks, in the
 * order in which they were decided; what is told of a payment is written with it.
 */
import { CENTRAL_BANK } from '@sokkin/issuer';
import { numbers, octets, shortNumbers, words } from '../store/sets.ts';
import type { BatchState, ChangedPayment, Movement, News } from './batch-state.ts';
import { keys } from './desk-rows.ts';
import type { Run } from './statements.ts';

/** By their places, which stay where they are while they are locked. */
const ACCOUNTS = `UPDATE accounts SET balance = b.balance, held = b.held
  FROM unnest($1::tid[], $2::int8[], $3::int8[]) AS b (place, balance, held) WHERE accounts.ctid = b.place`;
const TRANSFERS = `INSERT INTO transfers (id, kind, reference, created_at) OVERRIDING SYSTEM VALUE
  SELECT id, kind, reference, $1::timestamptz FROM unnest($2::int8[], $3::text[], $4::text[]) AS o (id, kind, reference)`;
const POSTINGS = `INSERT INTO postings (account, transfer, amount, balance_after)
  SELECT * FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[])`;
const NEW_PAYMENTS = `INSERT INTO acceptance_payments (account, key, id, merchant, acquirer, instrument, terminal, stan, rrn, entry, approval_code,
    currency, amount, approved, fingerprint, kind, outcome, state, held, captured, refunded, moves, expires_at, created_at, changed_at)
  SELECT o.*, $24::timestamptz, $24::timestamptz FROM unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::int8[], $14::int8[], $15::bytea[], $16::text[], $17::text[],
    $18::text[], $19::int8[], $20::int8[], $21::int8[], $22::int4[], $23::timestamptz[]) AS o`;
/** By their places, too: nobody changes them but behind the locks of their accounts. */
const OLD_PAYMENTS = `UPDATE acceptance_payments p SET state = o.state, held = o.held, captured = o.captured, refunded = o.refunded,
    moves = o.moves, changed_at = $8::timestamptz
  FROM unnest($1::text[], $2::bytea[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::int4[])
    AS o (account, key, state, held, captured, refunded, moves) CROSS JOIN LATERAL
    (SELECT ctid AS place FROM acceptance_payments WHERE account = o.account AND key = o.key LIMIT 1) q WHERE p.ctid = q.place`;
const MESSAGES = `INSERT INTO acceptance_messages (account, key, fingerprint, kind, outcome, approved, moved, transfer, payment, merchant, at)
  SELECT o.*, $11::timestamptz FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::int8[], $7::int8[], $8::text[],
    $9::bytea[], $10::text[]) AS o`;
const COUNTERS = `INSERT INTO card_counters (account, card, atc, asked, at)
  SELECT o.*, $5::timestamptz FROM unnest($1::text[], $2::text[], $3::int4[], $4::bytea[]) AS o (account, card, atc, asked)
  ON CONFLICT (account, card, atc) DO UPDATE SET asked = excluded.asked`;
const KEY_USES = `INSERT INTO card_key_uses (account, card, key_number, uses)
  SELECT account, card, key_number, count(*) FROM unnest($1::text[], $2::text[], $3::int4[]) AS o (account, card, key_number) GROUP BY 1, 2, 3
  ON CONFLICT (account, card, key_number) DO UPDATE SET uses = card_key_uses.uses + excluded.uses`;
const TELL = `INSERT INTO events (id, institution, type, subject, data, created_at)
  SELECT 'evt_' || replace(gen_random_uuid()::text, '-', ''), o.institution, o.type, o.subject, o.data::jsonb, $5::timestamptz
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS o (institution, type, subject, data, n) ORDER BY o.n`;
/** Who wants to hear of payments: few, and mostly nobody. */
const HEARERS = `SELECT institution, types FROM webhooks WHERE status <> 'deleted'
  AND (types = '{}' OR EXISTS (SELECT FROM unnest(types) AS t WHERE t LIKE 'payment.%'))`;

export interface Hearer {
  readonly institution: string;
  readonly types: readonly string[];
}

export const hearers = (run: Run): Promise<readonly Hearer[]> => run<Hearer>('hearers', HEARERS, []);

/** One for each message, in their order; some may stay unused. */
export const transferNumbers = (run: Run, count: number): Promise<readonly { readonly id: bigint }[]> =>
  run('numbers', `SELECT nextval('transfers_id_seq') AS id FROM generate_series(1, $1::int)`, [count]);

/** The statements, in their order. */
export function writeBatch(
  run: Run,
  state: BatchState,
  ids: readonly bigint[],
  told: readonly Hearer[],
  at: Date,
): Promise<unknown>[] {
  const { money, movements, payments, replies, seen } = state;
  const fresh = payments.filter(({ isNew }) => isNew);
  const known = payments.filter(({ isNew }) => !isNew);
  return [
    ...(money.length === 0 ? [] : [writeMoney(run, state)]),
    ...(movements.length === 0 ? [] : writeMovements(run, movements, ids, at)),
    ...(fresh.length === 0 ? [] : [writeNew(run, fresh, at)]),
    ...(known.length === 0 ? [] : [writeKnown(run, known, at)]),
    ...(replies.length === 0 ? [] : [writeReplies(run, state, at)]),
    ...(seen.length === 0 ? [] : [writeCounters(run, state, at), writeKeyUses(run, state)]),
    ...tell(run, state, told, at),
  ];
}

const writeMoney = (run: Run, { money }: BatchState) =>
  run('accounts', ACCOUNTS, [
    money.map(({ line }) => line.ctid),
    numbers(money.map(({ balance }) => balance)),
    numbers(money.map(({ held }) => held)),
  ]);

const writeMovements = (run: Run, movements: readonly Movement[], ids: readonly bigint[], at: Date) => [
  run('transfers', TRANSFERS, [
    at,
    numbers(movements.map((_, i) => ids[i] ?? 0n)),
    words(movements.map(({ kind }) => kind)),
    words(movements.map(({ reference }) => reference)),
  ]),
  run('postings', POSTINGS, [
    words(movements.flatMap(({ from, to }) => [from, to])),
    numbers(movements.flatMap((_, i) => [ids[i] ?? 0n, ids[i] ?? 0n])),
    numbers(movements.flatMap(({ amount }) => [-amount, amount])),
    numbers(movements.flatMap(({ fromAfter, toAfter }) => [fromAfter, toAfter])),
  ]),
];

function writeNew(run: Run, rows: readonly ChangedPayment[], at: Date) {
  const column = <T>(of: (row: ChangedPayment) => T | undefined) => rows.map((row) => of(row) ?? null);
  return run('new_payments', NEW_PAYMENTS, [
    words(rows.map((r) => r.account)),
    keys(rows.map((r) => r.key)),
    words(rows.map((r) => r.about.id)),
    column((r) => r.about.merchant),
    column((r) => r.about.acquirer),
    column((r) => r.about.instrument),
    column((r) => r.about.terminal),
    column((r) => r.about.stan),
    column((r) => r.about.rrn),
    column((r) => r.made?.entry),
    column((r) => r.made?.approvalCode),
    column((r) => r.made?.currency),
    column((r) => r.made?.amount.toString()),
    column((r) => r.reply?.approved.toString()),
    keys(rows.map((r) => r.reply?.fingerprint)),
    column((r) => r.reply?.kind),
    column((r) => r.reply?.outcome),
    words(rows.map((r) => r.payment.state)),
    numbers(rows.map((r) => r.payment.held)),
    numbers(rows.map((r) => r.payment.captured)),
    numbers(rows.map((r) => r.payment.refunded)),
    shortNumbers(rows.map((r) => r.about.moves)),
    column((r) => new Date(r.payment.expiresAt)),
    at,
  ]);
}

const writeKnown = (run: Run, rows: readonly ChangedPayment[], at: Date) =>
  run('old_payments', OLD_PAYMENTS, [
    words(rows.map((r) => r.account)),
    keys(rows.map((r) => r.key)),
    words(rows.map((r) => r.payment.state)),
    numbers(rows.map((r) => r.payment.held)),
    numbers(rows.map((r) => r.payment.captured)),
    numbers(rows.map((r) => r.payment.refunded)),
    shortNumbers(rows.map((r) => r.about.moves)),
    at,
  ]);

const writeReplies = (run: Run, { replies }: BatchState, at: Date) =>
  run('messages', MESSAGES, [
    words(replies.map((r) => r.account)),
    keys(replies.map((r) => r.key)),
    keys(replies.map((r) => r.reply.fingerprint)),
    words(replies.map((r) => r.reply.kind)),
    words(replies.map((r) => r.reply.outcome)),
    numbers(replies.map((r) => r.reply.approved)),
    numbers(replies.map((r) => r.moved)),
    replies.map((r) => r.transfer ?? null),
    keys(replies.map((r) => r.payment)),
    replies.map((r) => r.merchant ?? null),
    at,
  ]);

const writeCounters = (run: Run, { seen }: BatchState, at: Date) =>
  run('see_counters', COUNTERS, [
    words(seen.map((s) => s.account)),
    words(seen.map((s) => s.card)),
    shortNumbers(seen.map((s) => s.atc)),
    octets(seen.map((s) => s.asked)),
    at,
  ]);

async function writeKeyUses(run: Run, { seen }: BatchState): Promise<void> {
  const used = seen.flatMap(({ account, card, keyNumber }) =>
    keyNumber === undefined ? [] : [{ account, card, keyNumber }],
  );
  if (used.length === 0) return;
  await run('use_keys', KEY_USES, [
    words(used.map((s) => s.account)),
    words(used.map((s) => s.card)),
    shortNumbers(used.map((s) => s.keyNumber)),
  ]);
}

/** The account's institution and the acquirer, each if it listens; the central bank hears of everybody's. */
function tell(run: Run, state: BatchState, told: readonly Hearer[], at: Date): Promise<unknown>[] {
  const wants = (institution: string, type: string): boolean =>
    told.some(
      ({ institution: who, types }) =>
        (who === institution || who === CENTRAL_BANK) && (types.length === 0 || types.includes(type)),
    );
  const events = state.news.flatMap((news) =>
    [...new Set([state.account(news.account)?.institution ?? '', news.acquirer])]
      .filter((institution) => wants(institution, news.type))
      .map((institution) => ({ institution, ...news })),
  );
  if (events.length === 0) return [];
  return [
    run('tell', TELL, [
      events.map((e) => e.institution),
      events.map((e) => e.type),
      events.map((e) => e.payment),
      events.map(dataOf),
      at,
    ]),
  ];
}

const dataOf = ({ payment, account, merchant, amount }: News): string =>
  JSON.stringify({ payment, account, merchant, amount: amount.toString() });
