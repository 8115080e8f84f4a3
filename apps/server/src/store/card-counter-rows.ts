/**
 * Counters and limited-use keys of cards, as clearing sees them. The desk's statements over the same rows are in acceptance/desk-rows.ts
 * and desk-write.ts; the contract of packages/issuer/src/clearing-ports.ts holds.
 */
import type { CardCounter, ClearingRows } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

export type CardCounterRows = Pick<ClearingRows, 'keyUses' | 'countTc'>;

/** As the desk names cards of ours. */
const cardOf = ({ serial, panSequence }: CardCounter): string => `${serial}:${panSequence}`;

export const cardCounterRows = (trx: Transaction<Database>): CardCounterRows => ({
  async keyUses(counter) {
    const { account, atc, keyNumber } = counter;
    if (keyNumber === undefined) return 0;
    const card = cardOf(counter);
    const { rows } = await sql<{ uses: number }>`SELECT k.uses - (SELECT count(*)::int4 FROM card_counters
        WHERE account = ${account} AND card = ${card} AND atc = ${atc} AND asked IS NOT NULL) AS uses FROM card_key_uses k
      WHERE k.account = ${account} AND k.card = ${card} AND k.key_number = ${keyNumber}`.execute(trx);
    return rows[0]?.uses ?? 0;
  },
  async countTc(counter, cryptogram, at) {
    const { account, atc, keyNumber = null } = counter;
    const card = cardOf(counter);
    await sql`WITH counted AS (
        INSERT INTO card_counters (account, card, atc, outcome, at) VALUES (${account}, ${card}, ${atc}, ${cryptogram}, ${at})
        ON CONFLICT (account, card, atc) DO UPDATE SET outcome = excluded.outcome RETURNING asked)
      INSERT INTO card_key_uses (account, card, key_number, uses)
      SELECT ${account}, ${card}, ${keyNumber}::int4, 1 FROM counted WHERE asked IS NULL AND ${keyNumber}::int4 IS NOT NULL
      ON CONFLICT (account, card, key_number) DO UPDATE SET uses = card_key_uses.uses + 1`.execute(trx);
  },
});
