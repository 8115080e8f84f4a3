/** Cleared offline approvals in PostgreSQL. The contract of packages/issuer/src/clearing-ports.ts holds. */
import type {
  ClearedApproval,
  ClearingRow,
  ClearingRows,
  JournalWord,
  WaitingApproval,
} from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { type CardCounterRows, cardCounterRows } from './card-counter-rows.ts';
import type { Database } from './schema.ts';

const clearedOf = (row: Selectable<Database['cleared_approvals']>): ClearedApproval => ({
  purse: row.purse,
  atc: row.atc,
  clearing: row.clearing,
  amount: row.amount,
  cryptogram: row.cryptogram,
  state: row.state,
  isCovered: row.covered > 0n,
});

export const clearingOf = (row: Selectable<Database['clearings']>): ClearingRow => ({
  id: row.id,
  acquirer: row.acquirer,
  digest: row.digest,
  acceptor: row.acceptor,
  terminal: row.terminal ?? undefined,
  merchant: row.merchant ?? undefined,
  account: row.account ?? undefined,
  panLast4: row.pan_last4,
  purse: row.purse ?? undefined,
  atc: row.atc ?? undefined,
  amount: row.amount,
  status: row.status,
  reason: row.reason ?? undefined,
  transactionDate: row.transaction_date ?? undefined,
  reference: row.reference ?? undefined,
  stan: row.stan ?? undefined,
  chip: row.chip,
  alert: row.alert ?? undefined,
  receivedAt: row.received_at,
});

const columnsOf = (row: ClearingRow) => ({
  id: row.id,
  acquirer: row.acquirer,
  digest: row.digest,
  acceptor: row.acceptor,
  terminal: row.terminal ?? null,
  merchant: row.merchant ?? null,
  account: row.account ?? null,
  pan_last4: row.panLast4,
  purse: row.purse ?? null,
  atc: row.atc ?? null,
  amount: row.amount,
  status: row.status,
  reason: row.reason ?? null,
  transaction_date: row.transactionDate ?? null,
  reference: row.reference ?? null,
  stan: row.stan ?? null,
  chip: row.chip,
  alert: row.alert ?? null,
  received_at: row.receivedAt,
});

type Presented = Omit<ClearingRows, keyof ReturnType<typeof approvalsOf> | keyof CardCounterRows>;

export const clearingRows = (trx: Transaction<Database>): ClearingRows => ({
  ...presentedOf(trx),
  ...approvalsOf(trx),
  ...cardCounterRows(trx),
});

/** What acquirers presented: whole, beside the ledger. */
const presentedOf = (trx: Transaction<Database>): Presented => ({
  async merchantOf(acquirer, acceptor) {
    const { rows } = await sql<{ id: string; acquirer: string; account: string; is_open: boolean }>`
      SELECT id, acquirer, account, state = 'open' AS is_open FROM merchants
      WHERE acquirer = ${acquirer} AND acceptor = ${acceptor}`.execute(trx);
    const [row] = rows;
    return row && { id: row.id, acquirer: row.acquirer, account: row.account, isOpen: row.is_open };
  },
  async cardOf(panHash) {
    const row = await trx
      .selectFrom('cards')
      .select(['serial', 'purse', 'profile', 'pan_sequence'])
      .where('pan_hash', '=', panHash)
      .executeTakeFirst();
    if (row === undefined || row.purse === null || row.profile === null || row.pan_sequence === null)
      return undefined;
    return { serial: row.serial, purse: row.purse, profile: row.profile, panSequence: row.pan_sequence };
  },
  async lockPresented(acquirer, digest) {
    const row = await trx
      .selectFrom('clearings')
      .selectAll()
      .where('acquirer', '=', acquirer)
      .where('digest', '=', digest)
      .forNoKeyUpdate()
      .executeTakeFirst();
    return row && clearingOf(row);
  },
  async put(row) {
    const values = columnsOf(row);
    const { id: _id, ...changed } = values;
    await trx
      .insertInto('clearings')
      .values(values)
      .onConflict((c) => c.column('id').doUpdateSet(changed).where('clearings.status', '=', 'refused'))
      .execute();
  },
  async byId(id) {
    const row = await trx.selectFrom('clearings').selectAll().where('id', '=', id).executeTakeFirst();
    return row && clearingOf(row);
  },
  async list({ limit, after, acquirer, merchant, status }) {
    let query = trx.selectFrom('clearings').selectAll();
    if (acquirer !== undefined) query = query.where('acquirer', '=', acquirer);
    if (merchant !== undefined) query = query.where('merchant', '=', merchant);
    if (status !== undefined) query = query.where('status', '=', status);
    if (after !== undefined)
      query = query.where('number', '<', sql<bigint>`(SELECT number FROM clearings WHERE id = ${after})`);
    const rows = await query.orderBy('number', 'desc').limit(limit).execute();
    return rows.map(clearingOf);
  },
});

const PLAIN_STATES = sql`('ahead', 'agreed')`;

/** What the cards' counters stand for: keyed by purse. */
const approvalsOf = (trx: Transaction<Database>) => ({
  async cleared(purse: string, atc: number) {
    const row = await trx
      .selectFrom('cleared_approvals')
      .selectAll()
      .where('purse', '=', purse)
      .where('atc', '=', atc)
      .executeTakeFirst();
    return row && clearedOf(row);
  },
  async addCleared(row: Omit<ClearedApproval, 'isCovered'>) {
    const { purse, atc, clearing, amount, cryptogram, state } = row;
    await trx
      .insertInto('cleared_approvals')
      .values({ purse, atc, clearing, amount, cryptogram, state })
      .execute();
    if (state === 'agreed')
      await trx
        .updateTable('approvals')
        .set({ is_cleared: true })
        .where('purse', '=', purse)
        .where('atc', '=', atc)
        .execute();
  },
  async journalWord(purse: string, atc: number): Promise<JournalWord> {
    const row = await trx
      .selectFrom('approvals')
      .select(['amount', 'cryptogram', 'state'])
      .where('purse', '=', purse)
      .where('atc', '=', atc)
      .executeTakeFirst();
    if (row !== undefined) return { word: 'approval', ...row };
    const later = await trx
      .selectFrom('approvals')
      .select('atc')
      .where('purse', '=', purse)
      .where('atc', '>', atc)
      .limit(1)
      .executeTakeFirst();
    return { word: later === undefined ? 'none_yet' : 'passed' };
  },
  async neighbours(purse: string, atc: number) {
    const { rows } = await sql<{ before: bigint | null; from: bigint | null }>`SELECT
        (SELECT approval_no FROM approvals WHERE purse = ${purse} AND atc < ${atc} ORDER BY atc DESC LIMIT 1) AS before,
        (SELECT approval_no FROM approvals WHERE purse = ${purse} AND atc >= ${atc} ORDER BY atc LIMIT 1) AS "from"`.execute(
      trx,
    );
    const numbered = (no: bigint | null | undefined) => (no == null ? undefined : Number(no));
    return { before: numbered(rows[0]?.before), from: numbered(rows[0]?.from) };
  },
  async meetAgreed(purses: readonly string[]) {
    await sql`WITH met AS (
        UPDATE cleared_approvals c SET state = 'agreed' FROM approvals a
        WHERE c.purse = ANY(${purses}::text[]) AND c.state = 'ahead'
          AND a.purse = c.purse AND a.atc = c.atc AND a.amount = c.amount AND a.cryptogram = c.cryptogram
          AND a.state <> 'cancelled' AND a.purse = ANY(${purses}::text[])
        RETURNING c.purse, c.atc)
      UPDATE approvals a SET is_cleared = true FROM met
      WHERE a.purse = met.purse AND a.atc = met.atc AND a.purse = ANY(${purses}::text[])`.execute(trx);
  },
  async undecided(purses: readonly string[]) {
    const { rows } = await sql<Selectable<Database['cleared_approvals']>>`SELECT c.* FROM cleared_approvals c
      WHERE c.purse = ANY(${purses}::text[]) AND (c.state = 'ahead' OR c.state = 'agreed' AND EXISTS (
        SELECT 1 FROM approvals a WHERE a.purse = c.purse AND a.atc = c.atc AND a.state = 'cancelled' AND a.is_cleared
          AND a.purse = ANY(${purses}::text[])))
      ORDER BY c.purse, c.atc`.execute(trx);
    return rows.map(clearedOf);
  },
  async setState(purse: string, atc: number, state: ClearedApproval['state']) {
    await trx
      .updateTable('cleared_approvals')
      .set({ state })
      .where('purse', '=', purse)
      .where('atc', '=', atc)
      .execute();
    await trx
      .updateTable('approvals')
      .set({ is_cleared: state === 'agreed' })
      .where('purse', '=', purse)
      .where('atc', '=', atc)
      .execute();
  },
  async uncovered([purse, atc]: readonly [string, number], limit: number) {
    const { rows } = await sql<Selectable<Database['cleared_approvals']>>`SELECT * FROM cleared_approvals
      WHERE state NOT IN ${PLAIN_STATES} AND covered = 0 AND (purse, atc) > (${purse}, ${atc})
      ORDER BY purse, atc LIMIT ${limit}`.execute(trx);
    return rows.map(clearedOf);
  },
  async setCovered(purse: string, atc: number) {
    await trx
      .updateTable('cleared_approvals')
      .set((e) => ({ covered: e.ref('amount') }))
      .where('purse', '=', purse)
      .where('atc', '=', atc)
      .execute();
  },
  async neverCleared(seenBefore: Date, after: WaitingApproval | undefined, limit: number) {
    const { purse, atc } = after ?? { purse: '', atc: 0 };
    const { rows } = await sql<WaitingApproval>`SELECT a.purse, a.atc FROM approvals a
      WHERE a.state = 'open' AND NOT a.is_cleared AND (a.purse, a.atc) > (${purse}, ${atc})
        AND EXISTS (SELECT FROM syncs s WHERE s.purse = a.purse AND s.seq >= a.approval_no AND s.created_at < ${seenBefore})
      ORDER BY a.purse, a.atc LIMIT ${limit}`.execute(trx);
    return rows;
  },
  async closable(purses: readonly string[]) {
    const { rows } = await sql<{
      purse: string;
      approval_no: bigint;
    }>`SELECT purse, approval_no FROM approvals
      WHERE purse = ANY(${purses}::text[]) AND state = 'open' AND is_cleared ORDER BY purse, approval_no`.execute(
      trx,
    );
    const all = new Map<string, number[]>();
    for (const { purse, approval_no } of rows)
      all.set(purse, [...(all.get(purse) ?? []), Number(approval_no)]);
    return all;
  },
  async clearedAhead(purses: readonly string[]) {
    const { rows } = await sql<{ purse: string; amount: bigint }>`SELECT purse, sum(amount)::bigint AS amount
      FROM cleared_approvals WHERE purse = ANY(${purses}::text[]) AND state = 'ahead' GROUP BY purse`.execute(
      trx,
    );
    return new Map(rows.map((row) => [row.purse, row.amount]));
  },
});
