/**
 * What becomes of purses, and how many are in which state.
 *
 * What must hold: a state in SQL is the state of `fleetState` (packages/issuer/src/fleet.ts); a test compares them.
 */

import { isoOfEpoch } from '@sokkin/codec';
import type { FleetCount, FleetFilter, FleetRows, FleetState } from '@sokkin/issuer';
import { type RawBuilder, sql, type Transaction, type Updateable } from 'kysely';
import type { PurseLife } from './fleet-schema.ts';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

/** Where the six digits of the last day stand in every certificate (packages/crypto/src/cvc.ts). */
const EXPIRATION_AT = 145;
const digit = (at: number) => sql`get_byte(purses.certificate, ${sql.lit(EXPIRATION_AT + at)})`;
const pair = (at: number) => sql`10 * ${digit(at)} + ${digit(at + 1)}`;
const EXPIRATION = sql<Date>`make_date(2000 + ${pair(0)}, ${pair(2)}, ${pair(4)})`;

const day = (epoch: number) => sql`${isoOfEpoch(epoch)}::date`;

const stateOn = (today: number): RawBuilder<FleetState> => sql<FleetState>`CASE
  WHEN purses.replaced_by IS NOT NULL THEN 'replaced'
  WHEN purses.retired_at IS NOT NULL OR journals.lifecycle = 'terminated' THEN 'retired'
  WHEN ${EXPIRATION} < ${day(today)} THEN 'expired'
  WHEN purses.blocked_at IS NOT NULL THEN 'blocked'
  WHEN journals.lifecycle IN ('blank', 'personalised') THEN 'personalised'
  ELSE 'active' END`;

/** Of purses joined with their journals. */
export function inFleet(filter: FleetFilter): RawBuilder<boolean> {
  const { today, state, tier, assurance, expiresBefore, syncedBefore } = filter;
  const parts = [
    ...(state === undefined ? [] : [sql`${stateOn(today)} = ${state}`]),
    ...(tier === undefined ? [] : [sql`purses.tier = ${tier}`]),
    ...(assurance === undefined ? [] : [sql`purses.assurance = ${assurance}`]),
    ...(expiresBefore === undefined ? [] : [sql`${EXPIRATION} < ${day(expiresBefore)}`]),
    ...(syncedBefore === undefined
      ? []
      : [sql`(purses.last_sync_at IS NULL OR purses.last_sync_at < ${syncedBefore})`]),
  ];
  return parts.length === 0 ? sql<boolean>`true` : sql<boolean>`${sql.join(parts, sql` AND `)}`;
}

type Changes = Omit<Updateable<PurseLife>, 'replaces' | 'replaced_by'> & { tier?: number };

type Replacements = Pick<PurseLife, 'replaces' | 'replaced_by'>;

const lockReplacements = (trx: Transaction<Database>, id: string): Promise<Replacements | undefined> =>
  trx
    .selectFrom('purses')
    .select(['replaces', 'replaced_by'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();

export function fleetRows(trx: Transaction<Database>): FleetRows {
  const change = async (id: string, values: Changes) => {
    await trx.updateTable('purses').set(values).where('id', '=', id).execute();
  };
  return {
    async counts(of, today) {
      const rows = await trx
        .selectFrom('purses')
        .innerJoin('journals', 'journals.purse', 'purses.id')
        .where(onPage('purses', { limit: 0, after: undefined, of }))
        .select([
          stateOn(today).as('state'),
          'purses.tier',
          'purses.assurance',
          sql<bigint>`count(*)`.as('purses'),
          sql<string>`sum(journals.balance)::text`.as('balance'),
        ])
        .groupBy([sql`1`, 'purses.tier', 'purses.assurance'])
        .orderBy(sql`1, 2, 3`)
        .execute();
      return rows.map(
        (row): FleetCount => ({ ...row, purses: Number(row.purses), balance: BigInt(row.balance) }),
      );
    },
    setTier: (id, tier) => change(id, { tier }),
    setHeld: (id, held) => change(id, { held }),
    retire: (id, retired_at) => change(id, { retired_at }),
    askPinReset: (id, pin_reset_by, pin_reset_at) =>
      change(id, { pin_reset_at, pin_reset_by, pin_reset_grant: null, pin_reset_given_at: null }),
    carryPinReset: (id, grantNo) =>
      change(id, { pin_reset_grant: grantNo === undefined ? null : BigInt(grantNo) }),
    pinResetGiven: (id, pin_reset_given_at) => change(id, { pin_reset_given_at }),
    async replace(old, by) {
      // One at a time, as they may be on two machines; in the order of their ids, so that no two wait for each other.
      const rows = new Map<string, Replacements | undefined>();
      for (const id of [old, by].sort()) rows.set(id, await lockReplacements(trx, id));
      const [was, is] = [rows.get(old), rows.get(by)];
      if (was?.replaced_by !== null || is?.replaces !== null || is.replaced_by !== null) return false;
      await trx.updateTable('purses').set({ replaced_by: by }).where('id', '=', old).execute();
      await trx.updateTable('purses').set({ replaces: old }).where('id', '=', by).execute();
      return true;
    },
  };
}
