/** Journals: entries, and what they have proven. */
import { assert, type Bytes, fromHex, hex, Reader } from '@sokkin/codec';
import type { Effect, JournalRows, JournalView, ViewPayment, ViewTicket } from '@sokkin/issuer';
import { encodeLimits, GENESIS_LINK, NO_LIMITS, readLimits } from '@sokkin/purse';
import type { Transaction } from 'kysely';
import type { Database } from './schema.ts';

export function journalRows(trx: Transaction<Database>): JournalRows {
  return {
    async view(purse, currency) {
      const row = await trx.selectFrom('journals').selectAll().where('purse', '=', purse).executeTakeFirst();
      if (row === undefined) return undefined;
      const [tickets, payments] = [await openTickets(trx, purse), await openPayments(trx, purse)];
      return {
        purse: fromHex(purse),
        currency,
        certificateHash: row.certificate_hash,
        lifecycle: row.lifecycle,
        seq: Number(row.seq),
        head: row.head,
        balance: row.balance,
        grantNo: Number(row.grant_no),
        ackSeq: Number(row.ack_seq),
        limits: readLimits(new Reader(row.limits, 'stored limits')),
        openTickets: new Map(tickets.map((t) => [t.ticketNo, t])),
        openPayments: new Map(payments.map((p) => [p.paymentNo, p])),
      };
    },
    async heads(purse, from, to) {
      const rows = await trx
        .selectFrom('entries')
        .select(['seq', 'hash'])
        .where('purse', '=', purse)
        .where('seq', '>=', BigInt(from))
        .where('seq', '<=', BigInt(to))
        .execute();
      return new Map(rows.map((row): [number, Bytes] => [Number(row.seq), row.hash]));
    },
    async entries(purse, after, limit) {
      const rows = await trx
        .selectFrom('entries')
        .select(['seq', 'hash', 'body'])
        .where('purse', '=', purse)
        .where('seq', '>', BigInt(after))
        .orderBy('seq')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
    },
    async create(view) {
      await trx
        .insertInto('journals')
        .values({ purse: hex(view.purse), is_issuer: false, ...viewColumns(view) })
        .execute();
    },
    async append(view, entries, effects) {
      const purse = hex(view.purse);
      await addEntries(trx, purse, entries);
      await applyEffects(trx, purse, effects);
      await trx.updateTable('journals').set(viewColumns(view)).where('purse', '=', purse).execute();
    },
    async lockIssuer(purse) {
      await trx
        .insertInto('journals')
        .values({
          purse,
          is_issuer: true,
          certificate_hash: GENESIS_LINK,
          lifecycle: 'active',
          seq: 0n,
          head: GENESIS_LINK,
          balance: 0n,
          grant_no: 0n,
          ack_seq: 0n,
          limits: encodeLimits(NO_LIMITS),
        })
        .onConflict((c) => c.column('purse').doNothing())
        .execute();
      const row = await trx
        .selectFrom('journals')
        .select(['seq', 'head'])
        .where('purse', '=', purse)
        .forNoKeyUpdate()
        .executeTakeFirstOrThrow();
      return { seq: Number(row.seq), head: row.head };
    },
    async appendIssuer(purse, entry, effects) {
      await addEntries(trx, purse, [entry]);
      await applyEffects(trx, purse, effects);
      const columns = { seq: BigInt(entry.seq), head: entry.hash };
      await trx.updateTable('journals').set(columns).where('purse', '=', purse).execute();
    },
  };
}

const viewColumns = (view: JournalView) => ({
  certificate_hash: view.certificateHash,
  lifecycle: view.lifecycle,
  seq: BigInt(view.seq),
  head: view.head,
  balance: view.balance,
  grant_no: BigInt(view.grantNo),
  ack_seq: BigInt(view.ackSeq),
  limits: encodeLimits(view.limits),
});

async function openTickets(trx: Transaction<Database>, payee: string): Promise<ViewTicket[]> {
  const rows = await trx
    .selectFrom('tickets')
    .select(['ticket_no', 'max_amount'])
    .where('payee', '=', payee)
    .where('state', '=', 'open')
    .execute();
  return rows.map((row) => ({ ticketNo: Number(row.ticket_no), maxAmount: row.max_amount }));
}

async function openPayments(trx: Transaction<Database>, payer: string): Promise<ViewPayment[]> {
  const rows = await trx
    .selectFrom('payments')
    .select(['payment_no', 'payee', 'ticket_no', 'amount', 'hash'])
    .where('payer', '=', payer)
    .where('state', '=', 'open')
    .execute();
  return rows.map((row) => ({
    paymentNo: Number(row.payment_no),
    payee: fromHex(row.payee),
    ticketNo: Number(row.ticket_no),
    amount: row.amount,
    hash: row.hash,
  }));
}

async function addEntries(
  trx: Transaction<Database>,
  purse: string,
  entries: readonly { readonly seq: number; readonly hash: Bytes; readonly body: Bytes }[],
): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ seq, hash, body }) => ({ purse, seq: BigInt(seq), hash, body }));
  await trx.insertInto('entries').values(rows).execute();
}

async function applyEffects(
  trx: Transaction<Database>,
  purse: string,
  effects: readonly Effect[],
): Promise<void> {
  for (const effect of effects) await applyEffect(trx, purse, effect);
}

async function applyEffect(trx: Transaction<Database>, purse: string, effect: Effect): Promise<void> {
  switch (effect.kind) {
    case 'ticket_opened':
      await trx
        .insertInto('tickets')
        .values({
          payee: purse,
          ticket_no: BigInt(effect.ticketNo),
          max_amount: effect.maxAmount,
          state: 'open',
          consumed_by: null,
        })
        .execute();
      return;
    case 'ticket_closed': {
      const closed = await trx
        .updateTable('tickets')
        .set({ state: effect.outcome, consumed_by: effect.by ?? null })
        .where('payee', '=', purse)
        .where('ticket_no', '=', BigInt(effect.ticketNo))
        .where('state', '=', 'open')
        .executeTakeFirst();
      assert(closed.numUpdatedRows === 1n, 'only an open ticket is consumed');
      return;
    }
    case 'received': {
      const r = effect.receipt;
      await trx
        .insertInto('receipts')
        .values({
          payee: purse,
          ticket_no: BigInt(r.ticketNo),
          seq: BigInt(r.seq),
          payer: hex(r.payer),
          payment_no: BigInt(r.paymentNo),
          payment_hash: r.paymentHash,
          amount: r.amount,
          outcome: r.outcome,
        })
        .execute();
      return;
    }
    case 'paid': {
      const p = effect.payment;
      await trx
        .insertInto('payments')
        .values({
          payer: purse,
          payment_no: BigInt(p.paymentNo),
          payee: hex(p.payee),
          ticket_no: BigInt(p.ticketNo),
          amount: p.amount,
          hash: p.hash,
          state: 'open',
        })
        .execute();
      return;
    }
    case 'settled': {
      const settled = await trx
        .updateTable('payments')
        .set({ state: effect.outcome })
        .where('payer', '=', purse)
        .where('payment_no', '=', BigInt(effect.paymentNo))
        .where('state', '=', 'open')
        .executeTakeFirst();
      assert(settled.numUpdatedRows === 1n, 'only an open payment is settled');
      return;
    }
  }
}
