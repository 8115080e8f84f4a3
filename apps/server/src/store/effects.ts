/**
 * The effects of journals' entries, as few statements as there are tables, for any number of journals.
 *
 * What must hold: the rows are those that the effects give one after the other; a ticket is consumed once, and
 * a payment or approval is settled once, or the transaction fails.
 */
import { assert, type Bytes } from '@sokkin/codec';
import type { Effect } from '@sokkin/issuer';
import type { Outcome } from '@sokkin/purse';
import { type Insertable, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';
import { hexOf, numbers, octets, shortNumbers, words } from './sets.ts';

type TicketLine = Insertable<Database['tickets']>;
type PaymentLine = Insertable<Database['payments']>;
type ApprovalLine = Insertable<Database['approvals']>;
type ReceiptLine = Insertable<Database['receipts']>;

interface Closing {
  readonly payee: string;
  readonly ticketNo: number;
  readonly outcome: Outcome;
  readonly by: Bytes | null;
}

interface Settlement {
  readonly owner: string;
  readonly number: number;
  readonly outcome: Outcome;
}

/** Payments or approvals: those opened within the effects, with their last state, and the fate of those open before. */
class Outgoing<Row extends { state: 'open' | Outcome }> {
  readonly opened = new Map<number, Row>();
  readonly settlements = new Map<number, Outcome>();

  settle(number: number, outcome: Outcome): void {
    const row = this.opened.get(number);
    const isOpen = row === undefined ? !this.settlements.has(number) : row.state === 'open';
    assert(isOpen, 'a payment or approval is settled once');
    if (row === undefined) this.settlements.set(number, outcome);
    else row.state = outcome;
  }
}

/** Of one journal: what was opened within the effects, with its last state, and what was open before. */
class Folded {
  readonly tickets = new Map<number, TicketLine>();
  readonly payments = new Outgoing<PaymentLine>();
  readonly approvals = new Outgoing<ApprovalLine>();
  readonly receipts: ReceiptLine[] = [];
  readonly closings = new Map<number, Closing>();

  constructor(readonly purse: string) {}

  add(effect: Effect): void {
    switch (effect.kind) {
      case 'ticket_opened': {
        const { ticketNo, maxAmount: max_amount } = effect;
        const ticket_no = BigInt(ticketNo);
        const line = { payee: this.purse, ticket_no, max_amount, state: 'open' as const, consumed_by: null };
        this.tickets.set(ticketNo, line);
        return;
      }
      case 'ticket_closed':
        this.#close(effect.ticketNo, effect.outcome, effect.by ?? null);
        return;
      case 'received': {
        const r = effect.receipt;
        this.receipts.push({
          payee: this.purse,
          ticket_no: BigInt(r.ticketNo),
          seq: BigInt(r.seq),
          payer: hexOf(r.payer),
          payment_no: BigInt(r.paymentNo),
          payment_hash: r.paymentHash,
          amount: r.amount,
          outcome: r.outcome,
        });
        return;
      }
      case 'paid': {
        const p = effect.payment;
        this.payments.opened.set(p.paymentNo, {
          payer: this.purse,
          payment_no: BigInt(p.paymentNo),
          payee: hexOf(p.payee),
          ticket_no: BigInt(p.ticketNo),
          amount: p.amount,
          hash: p.hash,
          state: 'open',
        });
        return;
      }
      case 'settled':
        this.payments.settle(effect.paymentNo, effect.outcome);
        return;
      case 'approved': {
        const { approvalNo, ...approval } = effect.approval;
        const line = {
          ...approval,
          purse: this.purse,
          approval_no: BigInt(approvalNo),
          state: 'open' as const,
        };
        this.approvals.opened.set(approvalNo, line);
        return;
      }
      case 'approval_settled':
        this.approvals.settle(effect.approvalNo, effect.outcome);
        return;
    }
  }

  #close(ticketNo: number, outcome: Outcome, by: Bytes | null): void {
    const opened = this.tickets.get(ticketNo);
    const isOpen = opened === undefined ? !this.closings.has(ticketNo) : opened.state === 'open';
    assert(isOpen, 'a ticket is consumed once');
    if (opened === undefined) this.closings.set(ticketNo, { payee: this.purse, ticketNo, outcome, by });
    else Object.assign(opened, { state: outcome, consumed_by: by });
  }
}

export interface JournalEffects {
  readonly purse: string;
  readonly effects: readonly Effect[];
}

export async function applyEffects(
  trx: Transaction<Database>,
  journals: readonly JournalEffects[],
): Promise<void> {
  const folded = journals.map(({ purse, effects }) => {
    const one = new Folded(purse);
    for (const effect of effects) one.add(effect);
    return one;
  });
  await addTickets(
    trx,
    folded.flatMap((f) => [...f.tickets.values()]),
  );
  await addPayments(
    trx,
    folded.flatMap((f) => [...f.payments.opened.values()]),
  );
  await addApprovals(
    trx,
    folded.flatMap((f) => [...f.approvals.opened.values()]),
  );
  await addReceipts(
    trx,
    folded.flatMap((f) => f.receipts),
  );
  await closeTickets(
    trx,
    folded.flatMap((f) => [...f.closings.values()]),
  );
  for (const table of ['payments', 'approvals'] as const) {
    const settlements = folded.flatMap((f) =>
      [...f[table].settlements].map(([number, outcome]) => ({ owner: f.purse, number, outcome })),
    );
    await settle(trx, table, settlements);
  }
}

async function addTickets(trx: Transaction<Database>, rows: readonly TicketLine[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`INSERT INTO tickets (payee, ticket_no, max_amount, state, consumed_by)
    SELECT * FROM unnest(${words(rows.map((r) => r.payee))}::text[], ${numbers(rows.map((r) => r.ticket_no))}::int8[],
      ${numbers(rows.map((r) => r.max_amount))}::int8[], ${words(rows.map((r) => r.state))}::text[],
      ${octets(rows.map((r) => r.consumed_by ?? null))}::bytea[])`.execute(trx);
}

async function addPayments(trx: Transaction<Database>, rows: readonly PaymentLine[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`INSERT INTO payments (payer, payment_no, payee, ticket_no, amount, hash, state)
    SELECT * FROM unnest(${words(rows.map((r) => r.payer))}::text[], ${numbers(rows.map((r) => r.payment_no))}::int8[],
      ${words(rows.map((r) => r.payee))}::text[], ${numbers(rows.map((r) => r.ticket_no))}::int8[],
      ${numbers(rows.map((r) => r.amount))}::int8[], ${octets(rows.map((r) => r.hash))}::bytea[],
      ${words(rows.map((r) => r.state))}::text[])`.execute(trx);
}

async function addApprovals(trx: Transaction<Database>, rows: readonly ApprovalLine[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`INSERT INTO approvals (purse, approval_no, atc, amount, cryptogram, state)
    SELECT * FROM unnest(${words(rows.map((r) => r.purse))}::text[], ${numbers(rows.map((r) => r.approval_no))}::int8[],
      ${shortNumbers(rows.map((r) => r.atc))}::int4[], ${numbers(rows.map((r) => r.amount))}::int8[],
      ${octets(rows.map((r) => r.cryptogram))}::bytea[], ${words(rows.map((r) => r.state))}::text[])`.execute(
    trx,
  );
}

async function addReceipts(trx: Transaction<Database>, rows: readonly ReceiptLine[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`INSERT INTO receipts (payee, ticket_no, seq, payer, payment_no, payment_hash, amount, outcome)
    SELECT * FROM unnest(${words(rows.map((r) => r.payee))}::text[], ${numbers(rows.map((r) => r.ticket_no))}::int8[],
      ${numbers(rows.map((r) => r.seq))}::int8[], ${words(rows.map((r) => r.payer))}::text[],
      ${numbers(rows.map((r) => r.payment_no))}::int8[], ${octets(rows.map((r) => r.payment_hash))}::bytea[],
      ${numbers(rows.map((r) => r.amount))}::int8[], ${words(rows.map((r) => r.outcome))}::text[])`.execute(
    trx,
  );
}

async function closeTickets(trx: Transaction<Database>, closings: readonly Closing[]): Promise<void> {
  if (closings.length === 0) return;
  const closed = await sql`
    UPDATE tickets SET state = c.outcome, consumed_by = c.consumed_by
    FROM unnest(${words(closings.map((c) => c.payee))}::text[], ${numbers(closings.map((c) => c.ticketNo))}::int8[],
      ${words(closings.map((c) => c.outcome))}::text[], ${octets(closings.map((c) => c.by))}::bytea[])
      AS c (payee, ticket_no, outcome, consumed_by)
    WHERE tickets.payee = c.payee AND tickets.ticket_no = c.ticket_no AND state = 'open'`.execute(trx);
  assert(closed.numAffectedRows === BigInt(closings.length), 'only an open ticket is consumed');
}

/** Whose row it is, and its number, by table. */
const KEYS = { payments: ['payer', 'payment_no'], approvals: ['purse', 'approval_no'] } as const;

async function settle(
  trx: Transaction<Database>,
  table: keyof typeof KEYS,
  settlements: readonly Settlement[],
): Promise<void> {
  if (settlements.length === 0) return;
  const [owner, number] = KEYS[table];
  const settled = await sql`
    UPDATE ${sql.table(table)} AS o SET state = s.outcome
    FROM unnest(${words(settlements.map((s) => s.owner))}::text[], ${numbers(settlements.map((s) => s.number))}::int8[],
      ${words(settlements.map((s) => s.outcome))}::text[]) AS s (owner, no, outcome)
    WHERE o.${sql.ref(owner)} = s.owner AND o.${sql.ref(number)} = s.no AND o.state = 'open'`.execute(trx);
  assert(settled.numAffectedRows === BigInt(settlements.length), 'only what is open is settled');
}
