/**
 * The effects of a journal's entries, as few statements as there are tables.
 *
 * What must hold: the rows are those that the effects give one after the other; a ticket is consumed once, and
 * a payment or approval is settled once, or the transaction fails.
 */
import { assert, type Bytes, hex } from '@sokkin/codec';
import type { Effect } from '@sokkin/issuer';
import type { Outcome } from '@sokkin/purse';
import { type Insertable, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

interface Closing {
  readonly outcome: Outcome;
  readonly by: Bytes | null;
}

/** Payments or approvals: those opened within the effects, with their last state, and the fate of those open before. */
class Outgoing<Row extends { readonly state: 'open' | Outcome }> {
  readonly opened = new Map<number, Row>();
  readonly settlements = new Map<number, Outcome>();

  settle(number: number, outcome: Outcome): void {
    const row = this.opened.get(number);
    const isOpen = row === undefined ? !this.settlements.has(number) : row.state === 'open';
    assert(isOpen, 'a payment or approval is settled once');
    if (row === undefined) this.settlements.set(number, outcome);
    else this.opened.set(number, { ...row, state: outcome });
  }
}

/** What was opened within the effects, with its last state, and what was open before. */
class Folded {
  readonly tickets = new Map<number, Insertable<Database['tickets']>>();
  readonly payments = new Outgoing<Insertable<Database['payments']>>();
  readonly approvals = new Outgoing<Insertable<Database['approvals']>>();
  readonly receipts: Insertable<Database['receipts']>[] = [];
  readonly closings = new Map<number, Closing>();

  constructor(readonly purse: string) {}

  add(effect: Effect): void {
    switch (effect.kind) {
      case 'ticket_opened': {
        const { ticketNo, maxAmount: max_amount } = effect;
        const ticket_no = BigInt(ticketNo);
        this.tickets.set(ticketNo, {
          payee: this.purse,
          ticket_no,
          max_amount,
          state: 'open',
          consumed_by: null,
        });
        return;
      }
      case 'ticket_closed': {
        const { ticketNo, outcome, by = null } = effect;
        const opened = this.tickets.get(ticketNo);
        const isOpen = opened === undefined ? !this.closings.has(ticketNo) : opened.state === 'open';
        assert(isOpen, 'a ticket is consumed once');
        if (opened === undefined) this.closings.set(ticketNo, { outcome, by });
        else this.tickets.set(ticketNo, { ...opened, state: outcome, consumed_by: by });
        return;
      }
      case 'received': {
        const r = effect.receipt;
        this.receipts.push({
          payee: this.purse,
          ticket_no: BigInt(r.ticketNo),
          seq: BigInt(r.seq),
          payer: hex(r.payer),
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
          payee: hex(p.payee),
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
        const approval_no = BigInt(approvalNo);
        this.approvals.opened.set(approvalNo, {
          ...approval,
          purse: this.purse,
          approval_no,
          state: 'open',
        });
        return;
      }
      case 'approval_settled':
        this.approvals.settle(effect.approvalNo, effect.outcome);
        return;
    }
  }
}

export async function applyEffects(
  trx: Transaction<Database>,
  purse: string,
  effects: readonly Effect[],
): Promise<void> {
  const folded = new Folded(purse);
  for (const effect of effects) folded.add(effect);
  const { tickets, payments, approvals, receipts, closings } = folded;
  if (tickets.size > 0)
    await trx
      .insertInto('tickets')
      .values([...tickets.values()])
      .execute();
  if (payments.opened.size > 0)
    await trx
      .insertInto('payments')
      .values([...payments.opened.values()])
      .execute();
  if (approvals.opened.size > 0)
    await trx
      .insertInto('approvals')
      .values([...approvals.opened.values()])
      .execute();
  if (receipts.length > 0) await trx.insertInto('receipts').values(receipts).execute();
  await closeTickets(trx, purse, closings);
  await settle(trx, 'payments', purse, payments.settlements);
  await settle(trx, 'approvals', purse, approvals.settlements);
}

async function closeTickets(
  trx: Transaction<Database>,
  purse: string,
  closings: ReadonlyMap<number, Closing>,
): Promise<void> {
  if (closings.size === 0) return;
  const rows = [...closings.values()];
  const closed = await sql`
    UPDATE tickets SET state = c.outcome, consumed_by = c.consumed_by
    FROM unnest(${[...closings.keys()]}::bigint[], ${rows.map((r) => r.outcome)}::text[],
      ${rows.map((r) => (r.by === null ? null : Buffer.from(r.by)))}::bytea[]) AS c (ticket_no, outcome, consumed_by)
    WHERE payee = ${purse} AND tickets.ticket_no = c.ticket_no AND state = 'open'`.execute(trx);
  assert(closed.numAffectedRows === BigInt(closings.size), 'only an open ticket is consumed');
}

/** Whose row it is, and its number, by table. */
const KEYS = { payments: ['payer', 'payment_no'], approvals: ['purse', 'approval_no'] } as const;

async function settle(
  trx: Transaction<Database>,
  table: keyof typeof KEYS,
  purse: string,
  settlements: ReadonlyMap<number, Outcome>,
): Promise<void> {
  if (settlements.size === 0) return;
  const [owner, number] = KEYS[table];
  const settled = await sql`
    UPDATE ${sql.table(table)} AS o SET state = s.outcome
    FROM unnest(${[...settlements.keys()]}::bigint[], ${[...settlements.values()]}::text[]) AS s (no, outcome)
    WHERE o.${sql.ref(owner)} = ${purse} AND o.${sql.ref(number)} = s.no AND o.state = 'open'`.execute(trx);
  assert(settled.numAffectedRows === BigInt(settlements.size), 'only what is open is settled');
}
