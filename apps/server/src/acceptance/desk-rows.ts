/**
 * What a batch of messages is decided on: rows, one statement for any number of each.
 *
 * What must hold: the accounts are locked in the order of their ids before anything is read that is decided on, so that batches of any
 * number of programs take turns and never wait in a circle; all else that a batch changes is its accounts', and is safe behind them.
 * Statements are planned once, maybe when there were no rows yet: each look-up is LATERAL with a LIMIT, so that whatever the plan was made
 * on, it goes from what is asked for to the row by its key, and never through the table.
 */
import type { AcceptanceOutcome, BookPayment, BookReply, SeenCounter } from '@sokkin/issuer';
import { octets, shortNumbers, words } from '../store/sets.ts';
import { type AccountLine, type CardUse, keyPlace, type PaymentLine, type ReplyLine } from './batch-state.ts';
import type { ShopMerchant } from './keep.ts';
import type { Run } from './statements.ts';

const MERCHANTS = `SELECT m.acquirer, m.acceptor, m.id, m.account, m.reserve, m.takes_partial, m.state
  FROM unnest($1::text[], $2::text[]) AS o (acquirer, acceptor) CROSS JOIN LATERAL
    (SELECT * FROM merchants WHERE acquirer = o.acquirer AND acceptor = o.acceptor LIMIT 1) m`;
/** Blocked: its owner was closed, or its institution is suspended. */
const LOCK = `SELECT ctid, id, kind, balance, held, institution,
    EXISTS (SELECT FROM parties p WHERE p.id = a.party AND p.status = 'closed')
      OR EXISTS (SELECT FROM institutions i WHERE i.id = a.institution AND i.status = 'suspended') AS blocked
  FROM accounts a WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE`;
const PAYMENT = `p.account, encode(p.key, 'hex') AS key, p.id, p.merchant, p.acquirer, p.instrument, p.terminal, p.stan, p.rrn, p.state,
  p.held, p.captured, p.refunded, p.moves, p.expires_at, encode(p.fingerprint, 'hex') AS fingerprint, p.kind, p.outcome, p.approved`;
const PAYMENTS = `SELECT ${PAYMENT} FROM unnest($1::text[], $2::bytea[]) AS o (account, key) CROSS JOIN LATERAL
    (SELECT * FROM acceptance_payments WHERE account = o.account AND key = o.key LIMIT 1) p`;
/** Payments that are named by what their slips have. Seldom asked for; reads what the account has. */
const NAMED = `SELECT ${PAYMENT} FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS o (account, acquirer, terminal, rrn, stan)
  CROSS JOIN LATERAL (SELECT * FROM acceptance_payments WHERE account = o.account AND acquirer = o.acquirer AND terminal = o.terminal
    AND (rrn = o.rrn OR stan = o.stan) OFFSET 0) p ORDER BY p.number`;
const REPLIES = `SELECT m.account, encode(m.key, 'hex') AS key, encode(m.fingerprint, 'hex') AS fingerprint, m.kind, m.outcome, m.approved
  FROM unnest($1::text[], $2::bytea[]) AS o (account, key) CROSS JOIN LATERAL
    (SELECT * FROM acceptance_messages WHERE account = o.account AND key = o.key LIMIT 1) m`;
const COUNTERS = `SELECT o.account, o.card, o.atc, c.asked, c.outcome,
    (SELECT h.atc FROM card_counters h WHERE h.account = o.account AND h.card = o.card ORDER BY h.atc DESC LIMIT 1) AS highest,
    o.key AS "keyNumber", (SELECT k.uses FROM card_key_uses k WHERE k.account = o.account AND k.card = o.card AND k.key_number = o.key LIMIT 1) AS uses
  FROM unnest($1::text[], $2::text[], $3::int4[], $4::int4[]) AS o (account, card, atc, key) LEFT JOIN LATERAL
    (SELECT * FROM card_counters WHERE account = o.account AND card = o.card AND atc = o.atc LIMIT 1) c ON true`;

/** Keys and fingerprints are hexadecimal here, and octets in the database. */
export const keys = (values: readonly (string | undefined)[]): Buffer =>
  octets(values.map((value) => (value === undefined ? null : Buffer.from(value, 'hex'))));

interface MerchantLine {
  readonly acquirer: string;
  readonly acceptor: string;
  readonly id: string;
  readonly account: string;
  readonly reserve: string | null;
  readonly takes_partial: boolean;
  readonly state: string;
}

export const merchantPlace = (acquirer: string, acceptor: string): string => `${acquirer} ${acceptor}`;

/** By `merchantPlace`. */
export async function merchantsNamed(
  run: Run,
  names: readonly { readonly acquirer: string; readonly acceptor: string }[],
): Promise<ReadonlyMap<string, ShopMerchant>> {
  const once = [
    ...new Map(names.map((name) => [merchantPlace(name.acquirer, name.acceptor), name])).values(),
  ];
  const rows = await run<MerchantLine>('merchants', MERCHANTS, [
    once.map(({ acquirer }) => acquirer),
    once.map(({ acceptor }) => acceptor),
  ]);
  return new Map(
    rows.map(({ acquirer, acceptor, id, account, reserve, takes_partial: takesPartial, state }) => [
      merchantPlace(acquirer, acceptor),
      { id, account, reserve: reserve ?? undefined, takesPartial, isOpen: state === 'open' },
    ]),
  );
}

export const lockAccounts = (run: Run, ids: readonly string[]): Promise<readonly AccountLine[]> =>
  run<AccountLine>('lock', LOCK, [words([...new Set(ids)])]);

interface PaymentRow {
  readonly account: string;
  readonly key: string;
  readonly id: string;
  readonly merchant: string | null;
  readonly acquirer: string | null;
  readonly instrument: string | null;
  readonly terminal: string | null;
  readonly stan: string | null;
  readonly rrn: string | null;
  readonly state: BookPayment['state'];
  readonly held: bigint;
  readonly captured: bigint;
  readonly refunded: bigint;
  readonly moves: number;
  readonly expires_at: Date;
  readonly fingerprint: string | null;
  readonly kind: 'hold' | 'pay' | null;
  readonly outcome: AcceptanceOutcome | null;
  readonly approved: bigint | null;
}

const lineOf = (row: PaymentRow): PaymentLine => ({
  account: row.account,
  key: row.key,
  payment: {
    ...{ held: row.held, captured: row.captured, refunded: row.refunded, state: row.state },
    expiresAt: row.expires_at.getTime(),
  },
  about: {
    ...{ id: row.id, merchant: row.merchant ?? undefined, acquirer: row.acquirer ?? '', moves: row.moves },
    ...{
      instrument: row.instrument ?? '',
      terminal: row.terminal ?? '',
      stan: row.stan ?? '',
      rrn: row.rrn ?? undefined,
    },
  },
  reply: replyIn(row),
});

function replyIn({ fingerprint, outcome, approved, kind }: PaymentRow): BookReply | undefined {
  if (fingerprint === null || outcome === null || approved === null || kind === null) return undefined;
  return { fingerprint, outcome, approved, kind };
}

export interface Place {
  readonly account: string;
  readonly key: string;
}

const once = (places: readonly Place[]): Place[] => [
  ...new Map(places.map((place) => [`${place.account} ${place.key}`, place])).values(),
];

export async function paymentsAt(run: Run, places: readonly Place[]): Promise<readonly PaymentLine[]> {
  const all = once(places);
  const rows = await run<PaymentRow>('payments', PAYMENTS, [
    words(all.map((p) => p.account)),
    keys(all.map((p) => p.key)),
  ]);
  return rows.map(lineOf);
}

export interface Slip {
  readonly account: string;
  readonly acquirer: string;
  readonly terminal: string;
  readonly rrn: string | undefined;
  readonly stan: string | undefined;
}

export async function paymentsNamed(run: Run, slips: readonly Slip[]): Promise<readonly PaymentLine[]> {
  if (slips.length === 0) return [];
  const column = (of: (slip: Slip) => string | undefined) => slips.map((slip) => of(slip) ?? null);
  const rows = await run<PaymentRow>('named', NAMED, [
    column((s) => s.account),
    column((s) => s.acquirer),
    column((s) => s.terminal),
    column((s) => s.rrn),
    column((s) => s.stan),
  ]);
  return rows.map(lineOf);
}

interface ReplyRow {
  readonly account: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly kind: BookReply['kind'];
  readonly outcome: AcceptanceOutcome;
  readonly approved: bigint;
}

export async function repliesAt(run: Run, places: readonly Place[]): Promise<readonly ReplyLine[]> {
  const all = once(places);
  const rows = await run<ReplyRow>('replies', REPLIES, [
    words(all.map((p) => p.account)),
    keys(all.map((p) => p.key)),
  ]);
  return rows.map(({ account, key, ...reply }) => ({ account, key, reply }));
}

export interface CounterPlace {
  readonly account: string;
  readonly card: string;
  readonly atc: number;
  /** Of a limited-use key. */
  readonly keyNumber: number | undefined;
}

interface CounterRow extends Omit<CounterPlace, 'keyNumber'> {
  readonly keyNumber: number | null;
  readonly uses: number | null;
  readonly asked: Uint8Array | null;
  readonly outcome: Uint8Array | null;
  readonly highest: number | null;
}

/** The highest counter, what was seen under those that are asked for, and the uses of their keys. */
export async function countersAt(run: Run, places: readonly CounterPlace[]): Promise<CardUse> {
  if (places.length === 0) return { counters: new Map(), keys: new Map() };
  const rows = await run<CounterRow>('counters', COUNTERS, [
    words(places.map((p) => p.account)),
    words(places.map((p) => p.card)),
    shortNumbers(places.map((p) => p.atc)),
    places.map((p) => p.keyNumber ?? null),
  ]);
  const keys = new Map<string, number>();
  const states = new Map<string, { highest: number; seen: Map<number, SeenCounter> }>();
  for (const { account, card, atc, asked, outcome, highest, keyNumber, uses } of rows) {
    const place = `${account} ${card}`;
    if (keyNumber !== null) keys.set(keyPlace(place, keyNumber), uses ?? 0);
    const state = states.get(place) ?? { highest: highest ?? 0, seen: new Map() };
    states.set(place, state);
    if (asked !== null || outcome !== null)
      state.seen.set(atc, { asked: asked ?? undefined, outcome: outcome ?? undefined });
  }
  return { counters: states, keys };
}
