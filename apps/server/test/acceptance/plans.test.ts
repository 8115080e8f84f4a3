/** What a payment costs the database does not grow with what is there, also where the plans were made when nothing was. */
import { expect, onTestFinished, test } from 'vitest';
import { askOver, type OpenShop, openShop, openTerminal, tapOf } from './shop.ts';

const CARDS = 20;
const ROUNDS = 12;
/** Between two visits of autovacuum, statistics are those of a new shop. */
const TABLES = ['acceptance_payments', 'acceptance_messages', 'card_counters'];

test('rows that a batch reads: a few for each of its messages, however many payments there were', async () => {
  const shop = await openShop({ cards: CARDS });
  onTestFinished(() => shop.close());
  for (const table of TABLES) {
    await shop.pool.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
    await shop.pool.query(`VACUUM ANALYZE ${table}`);
  }
  const messages = await trade(shop);
  // Backends tell what they read when they are idle, or end
  await shop.rig.server.close();
  const { rows } = await shop.pool.query<{ relname: string; read: string }>(
    `SELECT relname, sum(idx_tup_read) + sum(idx_scan) AS read FROM pg_stat_user_indexes WHERE relname = ANY($1)
      GROUP BY relname ORDER BY relname`,
    [TABLES],
  );
  expect(rows.map(({ relname }) => relname)).toEqual([...TABLES].sort());
  for (const { relname, read } of rows) {
    expect([relname, Number(read) > messages / 2]).toEqual([relname, true]);
    expect([relname, Number(read) < 8 * messages]).toEqual([relname, true]);
  }
});

/** Every terminal at once: a sale, and a part of it taken back. How many messages that were. */
async function trade(shop: OpenShop): Promise<number> {
  const link = shop.link();
  await Promise.all(
    shop.cards.map(async (card) => {
      const { till } = openTerminal(shop.profile, askOver(link));
      for (let round = 0; round < ROUNDS; round++) {
        const paid = await till.sell('pay', tapOf(card, 10n));
        expect(paid.standing).toBe('approved');
        expect(await till.cancel(paid.reference, 4n)).toMatchObject({ stands: 4n });
      }
    }),
  );
  return 2 * CARDS * ROUNDS;
}
