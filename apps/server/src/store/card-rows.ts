/** Chips and cards. What must hold: only the newest attempt at a card writes; what was personalised stays so. */
import type { CardApplication, CardAttempt, CardRow, CardRows } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction, type Updateable } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

const applicationOf = (row: Selectable<Database['cards']>): CardApplication | undefined => {
  const { profile, pan_hash, pan_last4, pan_sequence, expiry } = row;
  if (profile === null || pan_hash === null || pan_last4 === null || pan_sequence === null || expiry === null)
    return undefined;
  return { profile, panHash: pan_hash, panLast4: pan_last4, panSequence: pan_sequence, expiry };
};

const cardOf = (row: Selectable<Database['cards']>): CardRow => ({
  serial: row.serial,
  institution: row.institution,
  keyVersion: row.key_version,
  state: row.state,
  attempt: row.attempt,
  purse: row.purse ?? undefined,
  application: applicationOf(row),
  keyNumber: row.key_number,
  createdAt: row.created_at,
  personalisedAt: row.personalised_at ?? undefined,
});

export function cardRows(trx: Transaction<Database>): CardRows {
  const change = async (
    { serial, attempt }: CardAttempt,
    values: Updateable<Database['cards']>,
  ): Promise<boolean> => {
    const { numUpdatedRows } = await trx
      .updateTable('cards')
      .set(values)
      .where('serial', '=', serial)
      .where('attempt', '=', attempt)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  };
  return {
    async add(serials, keyVersion, institution, at) {
      await trx
        .insertInto('cards')
        .values(
          serials.map((serial) => ({
            serial,
            key_version: keyVersion,
            state: 'manufactured' as const,
            institution,
            created_at: at,
          })),
        )
        .execute();
    },
    async bySerial(serial) {
      const row = await trx.selectFrom('cards').selectAll().where('serial', '=', serial).executeTakeFirst();
      return row && cardOf(row);
    },
    async list(page) {
      const rows = await trx
        .selectFrom('cards')
        .selectAll()
        .where(onPage('cards', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(cardOf);
    },
    async begin(serial) {
      const row = await trx
        .updateTable('cards')
        .set({ attempt: sql`attempt + 1` })
        .where('serial', '=', serial)
        .returningAll()
        .executeTakeFirst();
      return row && cardOf(row);
    },
    setPurse: (attempt, purse) => change(attempt, { purse }),
    setApplication: (attempt, application) =>
      change(attempt, {
        profile: application.profile,
        pan_hash: application.panHash,
        pan_last4: application.panLast4,
        pan_sequence: application.panSequence,
        expiry: application.expiry,
      }),
    async nextCertificateSerial() {
      const { rows } = await sql<{ n: bigint }>`SELECT nextval('card_certificate_serials') AS n`.execute(trx);
      return Number(rows[0]?.n);
    },
    async nextKeyNumber({ serial, attempt }) {
      const row = await trx
        .updateTable('cards')
        .set({ key_number: sql`key_number + 1` })
        .where('serial', '=', serial)
        .where('attempt', '=', attempt)
        .returning('key_number')
        .executeTakeFirst();
      return row?.key_number;
    },
    personalised: (attempt, at) => change(attempt, { state: 'personalised', personalised_at: at }),
  };
}
