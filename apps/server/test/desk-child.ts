/** A process with a desk of its own, for desk-cut.test.ts to kill: 900 payments and holds of one yen, each answer a line. */
import { openDesk } from '../src/acceptance/open-desk.ts';
import { openWriterPool } from '../src/store/pool.ts';
import { ACQUIRER, MONEY, NumberTable, PAN, say, V1987 } from './desk-kit.ts';

const [, , url = ''] = process.argv;
const instruments = new NumberTable();
instruments.rows.set(PAN, {
  ...{
    kind: 'pan',
    id: 'lnk_payer',
    account: 'acc_payer',
    domain: undefined,
    refusal: undefined,
    own: undefined,
  },
});
const desk = openDesk({
  ...{ pool: openWriterPool(url, { connections: 2 }), instruments, money: MONEY, clearing: undefined },
  clock: () => new Date('2026-04-01T09:00:00Z'),
  openSecret: (sealed) => Promise.resolve(sealed),
  policy: { withoutChip: new Set(['manual']), holdFor: 86_400_000 },
});
await Promise.all(
  Array.from({ length: 900 }, async (_, i) => {
    // Not all in one batch.
    await new Promise((resolve) => setTimeout(resolve, i));
    const message = say(i % 3 === 0 ? '0100' : '0200', i + 1, { 4: 1n });
    const { outcome } = await desk.answer({ acquirer: ACQUIRER, profile: V1987, message, receivedAt: 0 });
    process.stdout.write(`${i + 1} ${outcome}\n`);
  }),
);
await desk.close();
