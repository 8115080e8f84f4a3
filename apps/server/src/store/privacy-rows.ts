/** What the ledger remembers of people without knowing them. The contract is in packages/issuer/src/privacy-ports.ts. */
import type { HoldRow, PrivacyRows } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { partyOf } from './institution-rows.ts';
import type { Database } from './schema.ts';

const NAMES = 'account names';

const holdOf = (row: Selectable<Database['legal_holds']>): HoldRow => ({
  id: row.id,
  party: row.party,
  reason: row.reason,
  placedBy: row.placed_by,
  placedAt: row.placed_at,
  liftedAt: row.lifted_at ?? undefined,
});

/** What keeps a party from being forgotten, with the sentence for it; each is asked of the party's accounts and purses. */
const OBSTACLES = [
  ['An account of theirs holds money.', sql`EXISTS (SELECT FROM own WHERE balance <> 0)`],
  [
    'A purse of theirs holds money, or a payment of it is open.',
    sql`EXISTS (SELECT FROM their t JOIN journals j ON j.purse = t.id WHERE j.balance <> 0)
      OR EXISTS (SELECT FROM their t JOIN payments p ON p.payer = t.id AND p.state = 'open')`,
  ],
  [
    'An alert about a purse of theirs is open.',
    sql`EXISTS (SELECT FROM their t JOIN alerts a ON a.purse = t.id AND a.status = 'open')`,
  ],
  [
    'A purse of theirs was reported lost, and that has not come to its end.',
    sql`EXISTS (SELECT FROM their t JOIN claims c ON c.purse = t.id AND c.status IN ('waiting', 'refunded'))
      OR EXISTS (SELECT FROM own o JOIN claims c ON c.account = o.id AND c.status IN ('waiting', 'refunded'))`,
  ],
  [
    'A purse of theirs is blocked.',
    sql`EXISTS (SELECT FROM their t JOIN purse_blocks b ON b.purse = t.id AND b.reason <> 'retired')`,
  ],
] as const;

export function privacyRows(trx: Transaction<Database>): PrivacyRows {
  const parties = () => trx.selectFrom('parties').selectAll();
  return {
    async partyBy(institution, references) {
      const row = await parties()
        .where('institution', '=', institution)
        .where('reference', 'in', references)
        .executeTakeFirst();
      return row && partyOf(row);
    },
    async inClear(limit) {
      const rows = await parties()
        .where('identity_at', 'is', null)
        .orderBy('number')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute();
      return rows.map(partyOf);
    },
    async moved(party, hash, at) {
      // While programs of two versions add parties, one reference may have come twice.
      await sql`UPDATE parties p SET identity_at = ${at}, reference =
        CASE WHEN EXISTS (SELECT FROM parties o WHERE o.institution = p.institution AND o.reference = ${hash})
          THEN ${hash} || '/' || p.id ELSE ${hash} END
        WHERE p.id = ${party}`.execute(trx);
    },
    async lockReference(hash) {
      await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`reference ${hash}`}, 0))`.execute(trx);
    },
    async underOtherIndex(like, after, limit) {
      const rows = await trx
        .selectFrom('parties')
        .select(['id', 'number', 'institution', 'reference'])
        .where('number', '>', after)
        .where('identity_at', 'is not', null)
        .where('erased_at', 'is', null)
        .where('reference', 'not like', like.replaceAll('_', '\\_'))
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map(({ id: party, ...row }) => ({ ...row, party }));
    },
    async rehashed(party, was, hash) {
      // One that came twice under an older key keeps the id behind it.
      await sql`UPDATE parties SET reference = CASE WHEN reference LIKE '%/%' THEN ${hash} || '/' || id ELSE ${hash} END
        WHERE id = ${party} AND reference = ${was}`.execute(trx);
    },
    async namedAccounts(limit) {
      const { rows } = await sql<{
        number: bigint;
        id: string;
        party: string | null;
        institution: string;
        name: string;
      }>`
        SELECT number, id, party, institution, name FROM accounts
        WHERE number > coalesce((SELECT up_to FROM identity_moves WHERE what = ${NAMES}), 0)
        ORDER BY number LIMIT ${limit}`.execute(trx);
      const accounts = rows.flatMap(({ party, ...row }) =>
        party === null || row.name === party ? [] : [{ ...row, party }],
      );
      return { accounts, upTo: rows.at(-1)?.number ?? 0n };
    },
    async accountsMoved(accounts, upTo) {
      if (accounts.length > 0)
        await sql`UPDATE accounts SET name = party WHERE party IS NOT NULL AND id = ANY (${accounts.map((a) => a.id)})`.execute(
          trx,
        );
      await sql`INSERT INTO identity_moves VALUES (${NAMES}, ${upTo})
        ON CONFLICT (what) DO UPDATE SET up_to = greatest(identity_moves.up_to, excluded.up_to)`.execute(trx);
    },
    async addHold({ id, party, reason, placedBy, placedAt }) {
      await trx
        .insertInto('legal_holds')
        .values({ id, party, reason, placed_by: placedBy, placed_at: placedAt, lifted_at: null })
        .execute();
    },
    async holds(party) {
      const rows = await trx
        .selectFrom('legal_holds')
        .selectAll()
        .where('party', '=', party)
        .orderBy('placed_at')
        .orderBy('id')
        .execute();
      return rows.map(holdOf);
    },
    async hold(id) {
      const row = await trx.selectFrom('legal_holds').selectAll().where('id', '=', id).executeTakeFirst();
      return row && holdOf(row);
    },
    async liftHold(id, at) {
      const { numUpdatedRows } = await trx
        .updateTable('legal_holds')
        .set({ lifted_at: at })
        .where('id', '=', id)
        .where('lifted_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async lockParty(party) {
      const row = await parties().where('id', '=', party).forUpdate().executeTakeFirst();
      return row && partyOf(row);
    },
    async obstacles({ id, institution, status }) {
      const standing = await sql<{ stands: boolean }>`SELECT EXISTS (
        SELECT FROM legal_holds WHERE party = ${id} AND lifted_at IS NULL) AS stands`.execute(trx);
      const columns = OBSTACLES.map(([, condition], i) => sql`${condition} AS ${sql.ref(`o${i}`)}`);
      const { rows } = await sql<Record<string, boolean>>`
        WITH own AS MATERIALIZED (SELECT id, balance FROM accounts WHERE institution = ${institution} AND party = ${id}),
          their AS MATERIALIZED (SELECT p.id FROM own JOIN purses p ON p.account = own.id)
        SELECT ${sql.join(columns)}`.execute(trx);
      const found = OBSTACLES.flatMap(([says], i) => (rows[0]?.[`o${i}`] === true ? [says] : []));
      return [
        ...(status === 'closed' ? [] : ['They are not closed.']),
        ...(standing.rows[0]?.stands === true ? ['A legal hold stands.'] : []),
        ...found,
      ];
    },
    async erased(party, at) {
      await sql`UPDATE parties SET erased_at = ${at}, identity_at = coalesce(identity_at, ${at}),
        reference = 'erased_' || id WHERE id = ${party}`.execute(trx);
      await sql`UPDATE accounts SET name = party WHERE party = ${party} AND name <> party
        AND institution = (SELECT institution FROM parties WHERE id = ${party})`.execute(trx);
    },
    async closedBefore(at, limit, after) {
      const rows = await trx
        .selectFrom('parties')
        .select('id')
        .where('closed_at', '<', at)
        .where('erased_at', 'is', null)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map((row) => row.id);
    },
    async unknownOrErased(ids) {
      const { rows } = await sql<{ id: string }>`
        SELECT wanted.id FROM unnest(${ids}::text[]) AS wanted (id)
        LEFT JOIN parties p ON p.id = wanted.id WHERE p.id IS NULL OR p.erased_at IS NOT NULL`.execute(trx);
      return rows.map((row) => row.id);
    },
  };
}
