/** Meetings of made-up journals: whatever the order and the pieces, the same stands at the end (I1, I7). */
import { MeetingBooks, meet, type ProvenFact, shadowBalance } from '@sokkin/issuer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** A journal in pieces; each piece is one upload. */
interface Upload {
  readonly purse: string;
  readonly seq: number;
  readonly balance: bigint;
  readonly facts: readonly ProvenFact[];
}

const ticket = (ticketNo: number): ProvenFact => ({ kind: 'ticket_opened', ticketNo });
const paid = (
  paymentNo: number,
  payee: string,
  ticketNo: number,
  amount: bigint,
  hash: string,
): ProvenFact => ({
  ...{ kind: 'paid', paymentNo, payee, ticketNo, amount, hash },
});
const settled = (paymentNo: number, outcome: 'credited' | 'cancelled'): ProvenFact => ({
  ...{ kind: 'settled', paymentNo, outcome },
});
const credited = (
  ...[ticketNo, seq, payer, paymentNo, amount, hash]: [number, number, string, number, bigint, string]
): ProvenFact[] => [
  { kind: 'ticket_closed', ticketNo, outcome: 'credited', by: hash },
  { kind: 'credited', ticketNo, seq, payer, paymentNo, amount, hash },
];

/** What stands at the end, and all that was found on the way. */
async function run(purses: readonly string[], uploads: readonly Upload[], batch: number) {
  const books = new MeetingBooks();
  for (const purse of purses) books.open(purse);
  const found = new Set<string>();
  const round = async () => {
    for (let due = books.due(batch); due.length > 0; due = books.due(batch)) {
      const met = await meet(books, due);
      for (const c of met.contradicted)
        found.add(`${c.found} ${c.payer}/${c.paymentNo} ${c.payee}/${c.ticketNo}`);
      for (const u of met.unknown) found.add(`${u.found} ${u.purse} ${u.counterpart}`);
      books.markMet(due);
    }
  };
  for (const { purse, seq, balance, facts } of uploads) {
    books.prove(purse, { seq, balance }, facts);
    await round();
  }
  const shadows = await books.shadows(purses);
  const words = await books.payerWords(
    purses.flatMap((payer) => numbers.map((paymentNo) => ({ payer, paymentNo }))),
  );
  const verdicts = words.flatMap(({ payer, paymentNo, paid }) =>
    paid === undefined ? [] : [`${payer}/${paymentNo} ${paid.verdict}`],
  );
  return { found: [...found].sort(), shadows: shadows.map((s) => [s.purse, shadowBalance(s)]), verdicts };
}
const numbers = Array.from({ length: 12 }, (_, i) => i + 1);

/** a pays b, who pays on; b cancels one; c withdraws a ticket that a had paid on. */
const HONEST: Record<string, readonly Upload[]> = {
  a: [
    { purse: 'a', seq: 3, balance: 60n, facts: [paid(2, 'b', 1, 30n, 'a2'), paid(3, 'c', 2, 10n, 'a3')] },
    { purse: 'a', seq: 5, balance: 50n, facts: [settled(2, 'credited'), paid(5, 'b', 4, 10n, 'a5')] },
    { purse: 'a', seq: 7, balance: 60n, facts: [settled(5, 'cancelled')] },
  ],
  b: [
    { purse: 'b', seq: 2, balance: 30n, facts: [ticket(1), ...credited(1, 2, 'a', 2, 30n, 'a2')] },
    {
      purse: 'b',
      seq: 6,
      balance: 5n,
      facts: [
        paid(3, 'c', 1, 25n, 'b3'),
        ticket(4),
        { kind: 'ticket_closed', ticketNo: 4, outcome: 'cancelled', by: 'a5' },
      ],
    },
  ],
  c: [
    { purse: 'c', seq: 3, balance: 25n, facts: [ticket(1), ticket(2), ...credited(1, 3, 'b', 3, 25n, 'b3')] },
    {
      purse: 'c',
      seq: 4,
      balance: 25n,
      facts: [{ kind: 'ticket_closed', ticketNo: 2, outcome: 'cancelled', by: undefined }],
    },
  ],
};
/** b is cloned: its proven journal pays c, its other half paid a and never synced. a has taken one back that c credited. */
const BROKEN: Record<string, readonly Upload[]> = {
  ...HONEST,
  a: [
    ...(HONEST.a ?? []),
    { purse: 'a', seq: 9, balance: 85n, facts: [ticket(8), ...credited(8, 9, 'b', 3, 25n, 'b3x')] },
  ],
  c: [
    ...(HONEST.c ?? []),
    { purse: 'c', seq: 6, balance: 32n, facts: [ticket(5), ...credited(5, 6, 'a', 11, 7n, 'a11')] },
    { purse: 'c', seq: 8, balance: 40n, facts: [ticket(7), ...credited(7, 8, 'nobody', 4, 8n, 'n4')] },
  ],
};

/** All interleavings of the purses' own orders, as which purse is next. */
const order = (world: Record<string, readonly Upload[]>) =>
  fc.shuffledSubarray(
    Object.entries(world).flatMap(([purse, list]) => list.map((_, i) => `${purse}${i}`)),
    { minLength: Object.values(world).flat().length },
  );

function inOrder(world: Record<string, readonly Upload[]>, names: readonly string[]): Upload[] {
  const next: Record<string, number> = {};
  return names.flatMap((name) => {
    const purse = name.charAt(0);
    const i = next[purse] ?? 0;
    next[purse] = i + 1;
    return world[purse]?.[i] ?? [];
  });
}

describe('meetings', () => {
  for (const [name, world] of Object.entries({ HONEST, BROKEN })) {
    it(`end the same in any order of uploads: ${name}`, async () => {
      const straight = await run(['a', 'b', 'c'], Object.values(world).flat(), 8);
      await fc.assert(
        fc.asyncProperty(order(world), fc.integer({ min: 1, max: 3 }), async (names, batch) => {
          const other = await run(['a', 'b', 'c'], inOrder(world, names), batch);
          expect(other).toEqual(straight);
        }),
        { numRuns: 200 },
      );
    });
  }

  it('I3 what was credited stays credited, whatever its payer proves afterwards', async () => {
    const credit: Upload = {
      ...{ purse: 'b', seq: 2, balance: 30n },
      facts: [ticket(1), ...credited(1, 2, 'a', 2, 30n, 'a2')],
    };
    const debit: Upload = { purse: 'a', seq: 2, balance: 60n, facts: [paid(2, 'b', 1, 30n, 'a2')] };
    const back: Upload = { purse: 'a', seq: 3, balance: 90n, facts: [settled(2, 'cancelled')] };
    for (const uploads of [
      [debit, credit, back],
      [credit, debit, back],
      [debit, back, credit],
    ]) {
      const { found, shadows, verdicts } = await run(['a', 'b'], uploads, 8);
      // It is the payer that is in contradiction; nothing is taken from the payee.
      expect(verdicts).toEqual(['a/2 taken_back']);
      expect(found).toEqual(['taken_back a/2 b/1']);
      expect(shadows).toContainEqual(['b', 30n]);
    }
  });

  it('find nothing where all are honest, and every shadow is the balance (I1)', async () => {
    const { found, shadows, verdicts } = await run(['a', 'b', 'c'], Object.values(HONEST).flat(), 8);
    expect(found).toEqual([]);
    expect(shadows).toEqual([
      ['a', 60n],
      ['b', 5n],
      ['c', 25n],
    ]);
    // What was credited, and its payer knows, is forgotten.
    expect(verdicts).toEqual(['a/3 cancelled', 'a/5 cancelled', 'b/3 credited']);
  });

  it('find what two journals contradict, and the purse below zero (I7)', async () => {
    const { found, shadows } = await run(['a', 'b', 'c'], Object.values(BROKEN).flat(), 8);
    expect(found).toEqual(['other_payment b/3 a/8', 'unknown_purse c nobody']);
    expect(shadows).toEqual([
      ['a', 78n],
      ['b', 5n],
      ['c', 40n],
    ]);
  });

  it('never take a verdict back, and find what was credited and taken back, whoever comes first', async () => {
    const payer: Upload = {
      ...{ purse: 'a', seq: 3, balance: 5n },
      facts: [paid(2, 'b', 1, 5n, 'a2'), settled(2, 'cancelled')],
    };
    const payee: Upload = {
      purse: 'b',
      seq: 2,
      balance: 5n,
      facts: [ticket(1), ...credited(1, 2, 'a', 2, 5n, 'a2')],
    };
    for (const uploads of [
      [payer, payee],
      [payee, payer],
    ]) {
      const { found, verdicts } = await run(['a', 'b'], uploads, 8);
      expect(found).toEqual(['taken_back a/2 b/1']);
      expect(verdicts).toEqual(['a/2 taken_back']);
    }
  });
});
