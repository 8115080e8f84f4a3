/** Journals: entries, and what they have proven. */
import { type Bytes, fromHex, hex, Reader } from '@sokkin/codec';
import type { JournalRows, JournalView, ViewApproval, ViewPayment, ViewTicket } from '@sokkin/issuer';
import { encodeLimits, GENESIS_LINK, NO_LIMITS, readLimits } from '@sokkin/purse';
import type { Transaction } from 'kysely';
import { applyEffects } from './effects.ts';
import type { Database } from './schema.ts';

export function journalRows(trx: Transaction<Database>): JournalRows {
  return {
    async view(purse, currency) {
      const row = await trx.selectFrom('journals').selectAll().where('purse', '=', purse).executeTakeFirst();
      if (row === undefined) return undefined;
      const [tickets, payments] = [await openTickets(trx, purse), await openPayments(trx, purse)];
      const approvals = await openApprovals(trx, purse);
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
        openApprovals: new Map(approvals.map((a) => [a.approvalNo, a])),
        lastAtc: await lastAtc(trx, purse),
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

async function openApprovals(trx: Transaction<Database>, purse: string): Promise<ViewApproval[]> {
  const rows = await trx
    .selectFrom('approvals')
    .select(['approval_no', 'atc', 'amount', 'cryptogram'])
    .where('purse', '=', purse)
    .where('state', '=', 'open')
    .orderBy('approval_no')
    .execute();
  return rows.map(({ approval_no, ...row }) => ({ ...row, approvalNo: Number(approval_no) }));
}

async function lastAtc(trx: Transaction<Database>, purse: string): Promise<number | undefined> {
  const row = await trx
    .selectFrom('approvals')
    .select('atc')
    .where('purse', '=', purse)
    .orderBy('atc', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.atc;
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
