/** Days, positions and totals in PostgreSQL. The contract of packages/issuer/src/settlement-ports.ts holds. */
import type {
  SettlementCalendar,
  SettlementDay,
  SettlementPosition,
  SettlementRows,
  SettlingMerchant,
} from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';
import { movementRows } from './settlement-movements.ts';
import { comparedRows } from './settlement-totals.ts';

const calendarOf = (row: Selectable<Database['settlement_calendars']>): SettlementCalendar => ({
  acquirer: row.acquirer,
  cutOverMinute: row.cut_over_minute ?? undefined,
  feeAccount: row.fee_account ?? undefined,
  day: row.day,
  businessDate: row.business_date,
  openedAt: row.opened_at,
});

const dayOf = (row: Selectable<Database['settlement_days']>): SettlementDay => ({
  acquirer: row.acquirer,
  day: row.day,
  businessDate: row.business_date,
  openedAt: row.opened_at,
  closedAt: row.closed_at,
  closedBy: row.closed_by,
  key: row.key,
  isSettled: row.is_settled,
});

const positionOf = (row: Selectable<Database['settlement_positions']>): SettlementPosition => ({
  acquirer: row.acquirer,
  day: row.day,
  merchant: row.merchant,
  sums: {
    purchase: { count: row.purchases_count, amount: row.purchases },
    clearing: { count: row.cleared_count, amount: row.cleared },
    purchase_reversed: { count: row.reversals_count, amount: row.reversals },
    purchase_refund: { count: row.refunds_count, amount: row.refunds },
  },
  fee: row.fee,
  owedBefore: row.owed_before,
  feePaid: row.fee_paid,
});

const merchantOf = (row: Selectable<Database['merchants']>): SettlingMerchant => ({
  id: row.id,
  acquirer: row.acquirer,
  acceptor: row.acceptor,
  name: row.name,
  account: row.account,
  reserve: row.reserve ?? undefined,
});

export const settlementRows = (trx: Transaction<Database>): SettlementRows => ({
  ...calendarRows(trx),
  ...dayRows(trx),
  ...merchantRows(trx),
  ...positionRows(trx),
  ...movementRows(trx),
  ...comparedRows(trx),
});

type CalendarRows = Pick<SettlementRows, 'calendar' | 'lockCalendar' | 'setCalendar' | 'calendars' | 'cut'>;

const calendarRows = (trx: Transaction<Database>): CalendarRows => ({
  async calendar(acquirer) {
    const row = await trx
      .selectFrom('settlement_calendars')
      .selectAll()
      .where('acquirer', '=', acquirer)
      .executeTakeFirst();
    return row && calendarOf(row);
  },
  async lockCalendar(acquirer, today, now) {
    await trx
      .insertInto('settlement_calendars')
      .values({
        acquirer,
        day: 1,
        business_date: today,
        opened_at: now,
        cut_over_minute: null,
        fee_account: null,
      })
      .onConflict((c) => c.column('acquirer').doNothing())
      .execute();
    const row = await trx
      .selectFrom('settlement_calendars')
      .selectAll()
      .where('acquirer', '=', acquirer)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    return calendarOf(row);
  },
  async setCalendar(acquirer, { cutOverMinute = null, feeAccount = null }) {
    await trx
      .updateTable('settlement_calendars')
      .set({ cut_over_minute: cutOverMinute, fee_account: feeAccount })
      .where('acquirer', '=', acquirer)
      .execute();
  },
  async calendars(after, limit) {
    const rows = await trx
      .selectFrom('settlement_calendars')
      .selectAll()
      .where('acquirer', '>', after)
      .orderBy('acquirer')
      .limit(limit)
      .execute();
    return rows.map(calendarOf);
  },
  async cut({ acquirer, day, businessDate, openedAt, closedAt, closedBy, key }, next) {
    await trx
      .insertInto('settlement_days')
      .values({
        ...{ acquirer, day, key, business_date: businessDate },
        ...{ opened_at: openedAt, closed_at: closedAt, closed_by: closedBy },
      })
      .execute();
    // One statement sees one moment: a transfer is before the cut on all of its accounts, or on none.
    await sql`INSERT INTO settlement_cuts (acquirer, day, account, after, up_to)
      SELECT ${acquirer}, ${day}, a.account, coalesce(c.up_to, 0),
        coalesce((SELECT max(p.id) FROM postings p WHERE p.account = a.account), 0)
      FROM (SELECT account FROM merchants WHERE acquirer = ${acquirer}
        UNION SELECT reserve FROM merchants WHERE acquirer = ${acquirer} AND reserve IS NOT NULL
        UNION SELECT account FROM settlement_cuts WHERE acquirer = ${acquirer} AND day = ${day - 1}) a
      LEFT JOIN settlement_cuts c ON c.acquirer = ${acquirer} AND c.day = ${day - 1} AND c.account = a.account`.execute(
      trx,
    );
    await trx
      .updateTable('settlement_calendars')
      .set({ day: day + 1, business_date: next.businessDate, opened_at: closedAt })
      .where('acquirer', '=', acquirer)
      .execute();
  },
});

type DayRows = Pick<SettlementRows, 'dayOfKey' | 'day' | 'days' | 'unsettled' | 'setSettled'>;

const dayRows = (trx: Transaction<Database>): DayRows => {
  const daysOf = (acquirer: string) =>
    trx.selectFrom('settlement_days').selectAll().where('acquirer', '=', acquirer);
  return {
    async dayOfKey(acquirer, key) {
      const row = await daysOf(acquirer).where('key', '=', key).executeTakeFirst();
      return row && dayOf(row);
    },
    async day(acquirer, day) {
      const row = await daysOf(acquirer).where('day', '=', day).executeTakeFirst();
      return row && dayOf(row);
    },
    async days(acquirer, before, limit) {
      let query = daysOf(acquirer);
      if (before !== undefined) query = query.where('day', '<', before);
      return (await query.orderBy('day', 'desc').limit(limit).execute()).map(dayOf);
    },
    async unsettled(acquirer) {
      const rows = await daysOf(acquirer).where('is_settled', '=', false).orderBy('day').execute();
      return rows.map(dayOf);
    },
    async setSettled(acquirer, day) {
      await trx
        .updateTable('settlement_days')
        .set({ is_settled: true })
        .where('acquirer', '=', acquirer)
        .where('day', '=', day)
        .execute();
    },
  };
};

type MerchantsOf = Pick<SettlementRows, 'merchant' | 'merchantOf' | 'merchants' | 'terms' | 'addTerms'>;

const merchantRows = (trx: Transaction<Database>): MerchantsOf => ({
  async merchant(id) {
    const row = await trx.selectFrom('merchants').selectAll().where('id', '=', id).executeTakeFirst();
    return row && merchantOf(row);
  },
  async merchantOf(acquirer, acceptor) {
    const row = await trx
      .selectFrom('merchants')
      .selectAll()
      .where('acquirer', '=', acquirer)
      .where('acceptor', '=', acceptor)
      .executeTakeFirst();
    return row && merchantOf(row);
  },
  async merchants(acquirer, after, limit) {
    const rows = await trx
      .selectFrom('merchants')
      .selectAll()
      .where('acquirer', '=', acquirer)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(merchantOf);
  },
  async terms(merchant) {
    const row = await trx
      .selectFrom('settlement_terms')
      .selectAll()
      .where('merchant', '=', merchant)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && { version: row.version, terms: { basisPoints: row.basis_points, fixed: row.fixed } };
  },
  async addTerms(merchant, version, { basisPoints: basis_points, fixed }, created_by, created_at) {
    await trx
      .insertInto('settlement_terms')
      .values({ merchant, version, basis_points, fixed, created_at, created_by })
      .execute();
  },
});

type PositionRows = Pick<SettlementRows, 'position' | 'addPosition' | 'positions'>;

const positionRows = (trx: Transaction<Database>): PositionRows => ({
  async position(acquirer, day, merchant) {
    const row = await trx
      .selectFrom('settlement_positions')
      .selectAll()
      .where('acquirer', '=', acquirer)
      .where('day', '=', day)
      .where('merchant', '=', merchant)
      .executeTakeFirst();
    return row && positionOf(row);
  },
  async addPosition({ acquirer, day, merchant, sums, fee, owedBefore, feePaid }) {
    const { purchase, clearing, purchase_reversed: reversed, purchase_refund: refund } = sums;
    await trx
      .insertInto('settlement_positions')
      .values({
        ...{ acquirer, day, merchant, fee, owed_before: owedBefore, fee_paid: feePaid },
        ...{ purchases: purchase.amount, purchases_count: purchase.count },
        ...{ cleared: clearing.amount, cleared_count: clearing.count },
        ...{ reversals: reversed.amount, reversals_count: reversed.count },
        ...{ refunds: refund.amount, refunds_count: refund.count },
      })
      .execute();
  },
  async positions(acquirer, day, after, limit) {
    const rows = await trx
      .selectFrom('settlement_positions')
      .selectAll()
      .where('acquirer', '=', acquirer)
      .where('day', '=', day)
      .where('merchant', '>', after)
      .orderBy('merchant')
      .limit(limit)
      .execute();
    return rows.map(positionOf);
  },
});
