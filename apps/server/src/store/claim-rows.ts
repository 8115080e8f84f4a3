/** Claims: the contract of packages/issuer/src/claim-ports.ts. */
import {
  book,
  type ClaimApproval,
  type ClaimChange,
  type ClaimEntry,
  type ClaimRow,
  type ClaimRows,
} from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { expiryRows } from './expiry-rows.ts';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

/** Any number that is ours alone within the database: who has it works on what is due. */
const LOCK = 0x636c6d73;
/** More than a purse pays between two syncs. */
const MOST_PAYMENTS = 1000;

const claimOf = (row: Selectable<Database['claims']>): ClaimRow => ({
  id: row.id,
  purse: row.purse,
  kind: row.kind,
  account: row.account,
  reportedBy: row.reported_by,
  channel: row.channel,
  status: row.status,
  reportedAt: row.reported_at,
  knownSeq: Number(row.known_seq),
  dueAt: row.due_at,
  refundedAt: row.refunded_at ?? undefined,
  foundAt: row.found_at ?? undefined,
  closesAt: row.closes_at ?? undefined,
  endedAt: row.ended_at ?? undefined,
  reason: row.reason ?? undefined,
  proposal: row.proposal ?? undefined,
});

const entryOf = (row: Selectable<Database['claim_entries']>): ClaimEntry => ({
  no: row.no,
  kind: row.kind,
  amount: row.amount,
  paymentNo: row.payment_no === null ? undefined : Number(row.payment_no),
  lossAccount: row.loss_account ?? undefined,
  at: row.at,
});

/** Columns of what is to change; a field that is left out stays. */
const columnsOf = (to: ClaimChange) => ({
  ...(to.status === undefined ? {} : { status: to.status }),
  ...(to.refundedAt === undefined ? {} : { refunded_at: to.refundedAt }),
  ...(to.foundAt === undefined ? {} : { found_at: to.foundAt }),
  ...(to.closesAt === undefined ? {} : { closes_at: to.closesAt }),
  ...(to.endedAt === undefined ? {} : { ended_at: to.endedAt }),
  ...(to.reason === undefined ? {} : { reason: to.reason }),
  ...(to.proposal === undefined ? {} : { proposal: to.proposal }),
  ...(to.nextAt === undefined ? {} : { next_at: to.nextAt }),
});

export function claimRows(trx: Transaction<Database>): ClaimRows {
  const claims = () => trx.selectFrom('claims').selectAll();
  const entriesOf = (purse: string, id: string) =>
    trx.selectFrom('claim_entries').selectAll().where('purse', '=', purse).where('claim', '=', id);
  return {
    async add(claim) {
      await trx
        .insertInto('claims')
        .values({
          purse: claim.purse,
          id: claim.id,
          kind: claim.kind,
          account: claim.account,
          reported_by: claim.reportedBy,
          channel: claim.channel,
          status: 'waiting',
          reported_at: claim.reportedAt,
          known_seq: BigInt(claim.knownSeq),
          due_at: claim.dueAt,
          next_at: claim.dueAt,
        })
        .execute();
    },
    async byId(id) {
      const row = await claims().where('id', '=', id).executeTakeFirst();
      return row && claimOf(row);
    },
    async lock(purse, id) {
      const row = await claims()
        .where('purse', '=', purse)
        .where('id', '=', id)
        .forNoKeyUpdate()
        .executeTakeFirst();
      return row && claimOf(row);
    },
    async ofPurse(purse) {
      const row = await claims()
        .where('purse', '=', purse)
        .where('status', 'not in', ['refused', 'withdrawn'])
        .executeTakeFirst();
      return row && claimOf(row);
    },
    async among(purses) {
      if (purses.length === 0) return [];
      const rows = await trx
        .selectFrom('claims')
        .select('purse')
        .where('purse', 'in', [...new Set(purses)])
        .where('status', 'not in', ['refused', 'withdrawn'])
        .orderBy('purse')
        .execute();
      return rows.map((row) => row.purse);
    },
    async list(page) {
      const rows = await claims()
        .where(onPage('claims', page))
        .orderBy('claims.number')
        .limit(page.limit)
        .execute();
      return rows.map(claimOf);
    },
    async change({ purse, id }, to) {
      await trx
        .updateTable('claims')
        .set(columnsOf(to))
        .where('purse', '=', purse)
        .where('id', '=', id)
        .execute();
    },
    due: (now, limit) =>
      trx
        .selectFrom('claims')
        .select(['id', 'purse'])
        .where('next_at', '<=', now)
        .orderBy('next_at')
        .limit(limit)
        .execute(),
    async claimWork() {
      const { rows } = await sql<{
        mine: boolean;
      }>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS mine`.execute(trx);
      return rows[0]?.mine === true;
    },
    async books(purse, id) {
      let books = { paid: 0n, lost: 0n };
      for (const { kind, amount } of await entriesOf(purse, id).execute()) books = book(books, kind, amount);
      return books;
    },
    async entries(purse, id) {
      return (await entriesOf(purse, id).orderBy('no').execute()).map(entryOf);
    },
    async entryCount(purse, id) {
      return (await entriesOf(purse, id).execute()).length;
    },
    async addEntry(purse, id, entry) {
      const { kind, amount, paymentNo, lossAccount = null, at } = entry;
      const no = (await entriesOf(purse, id).execute()).length + 1;
      const payment_no = paymentNo === undefined ? null : BigInt(paymentNo);
      await trx
        .insertInto('claim_entries')
        .values({ purse, claim: id, no, kind, amount, payment_no, loss_account: lossAccount, at })
        .execute();
    },
    async newPayments(purse, after) {
      const { rows } = await sql<{ payment_no: bigint; payee: string; ticket_no: bigint; amount: bigint }>`
        (SELECT payment_no, payee, ticket_no, amount FROM meetings
          WHERE payer = ${purse} AND payment_no > ${BigInt(after)}
        UNION SELECT payment_no, payee, ticket_no, amount FROM payments
          WHERE payer = ${purse} AND payment_no > ${BigInt(after)} AND state <> 'cancelled')
        EXCEPT SELECT payment_no, payee, ticket_no, amount FROM claim_payments WHERE purse = ${purse}
        ORDER BY payment_no, payee, ticket_no LIMIT ${MOST_PAYMENTS}`.execute(trx);
      return rows.map((row) => ({
        paymentNo: Number(row.payment_no),
        payee: row.payee,
        ticketNo: Number(row.ticket_no),
        amount: row.amount,
      }));
    },
    async keepPayments(purse, id, payments) {
      if (payments.length === 0) return;
      const rows = payments.map((p) => ({
        purse,
        payment_no: BigInt(p.paymentNo),
        payee: p.payee,
        ticket_no: BigInt(p.ticketNo),
        claim: id,
        amount: p.amount,
        is_late: p.isLate,
        after_report: p.afterReport,
        seen_at: p.seenAt,
      }));
      // A forked purse and an invented payment may share a ticket: the first is evidence enough.
      await trx
        .insertInto('claim_payments')
        .values(rows)
        .onConflict((c) => c.columns(['purse', 'payment_no', 'payee', 'ticket_no']).doNothing())
        .execute();
    },
    async payments(purse, id) {
      const rows = await trx
        .selectFrom('claim_payments')
        .selectAll()
        .where('purse', '=', purse)
        .where('claim', '=', id)
        .where('is_late', '=', true)
        .orderBy('seen_at')
        .orderBy('payment_no')
        .limit(MOST_PAYMENTS)
        .execute();
      return rows.map((row) => ({
        paymentNo: Number(row.payment_no),
        payee: row.payee,
        ticketNo: Number(row.ticket_no),
        amount: row.amount,
        isLate: row.is_late,
        afterReport: row.after_report,
        seenAt: row.seen_at,
      }));
    },
    async newApprovals(purse) {
      const { rows } = await sql<ClaimApproval>`SELECT c.atc, c.clearing, c.amount FROM cleared_approvals c
        WHERE c.purse = ${purse} AND c.state = 'ahead'
          AND NOT EXISTS (SELECT FROM claim_approvals k WHERE k.purse = c.purse AND k.atc = c.atc)
        ORDER BY c.atc LIMIT ${MOST_PAYMENTS}`.execute(trx);
      return rows;
    },
    async keepApprovals(purse, claim, approvals) {
      if (approvals.length === 0) return;
      const rows = approvals.map(({ isLate, seenAt, ...a }) => ({
        ...a,
        purse,
        claim,
        is_late: isLate,
        seen_at: seenAt,
      }));
      await trx
        .insertInto('claim_approvals')
        .values(rows)
        .onConflict((c) => c.columns(['purse', 'atc']).doNothing())
        .execute();
    },
    async approvals(purse, id) {
      const rows = await trx
        .selectFrom('claim_approvals')
        .selectAll()
        .where('purse', '=', purse)
        .where('claim', '=', id)
        .where('is_late', '=', true)
        .orderBy('seen_at')
        .orderBy('atc')
        .limit(MOST_PAYMENTS)
        .execute();
      return rows.map(({ atc, clearing, amount, is_late, seen_at }) => ({
        ...{ atc, clearing, amount },
        isLate: is_late,
        seenAt: seen_at,
      }));
    },
    async syncBefore(purse, since, below) {
      const row = await trx
        .selectFrom('syncs')
        .select(['seq', 'statement', 'created_at'])
        .where('purse', '=', purse)
        .where('seq', '<', BigInt(below))
        .where('created_at', '>=', since)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && { seq: Number(row.seq), statement: row.statement, at: row.created_at };
    },
    async provenAlert(purse) {
      const row = await trx
        .selectFrom('alerts')
        .select('id')
        .where('purse', '=', purse)
        .where('severity', '=', 'proven')
        .where('status', '=', 'open')
        .limit(1)
        .executeTakeFirst();
      return row?.id;
    },
    expiries: expiryRows(trx),
  };
}
