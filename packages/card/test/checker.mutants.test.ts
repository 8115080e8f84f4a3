/** Engines broken on purpose: the checker finds each of them out, and says by which invariant. */
import {
  ALL_CHECKS,
  assertPinBurnsFirst,
  explore,
  type Invariant,
  learn,
  type Machinery,
  type Move,
  memoryOf,
  play,
  prepare,
  realMachinery,
  SETUPS,
  type Setup,
  type Situation,
  Violation,
  walk,
} from '@sokkin/testkit';
import { describe, expect, it } from 'vitest';
import * as shopMutants from './mutants.shop.ts';
import * as mutants from './mutants.ts';

/** Explores until something breaks; without the checks of `ignoring`, to see what else notices. */
async function caught(
  machinery: Machinery,
  setup: Setup = SETUPS.payAndReturn,
  ignoring: readonly Invariant[] = [],
): Promise<Violation> {
  const checks = new Set([...ALL_CHECKS].filter((c) => !ignoring.includes(c)));
  try {
    const { table, start } = await prepare(setup, { machinery, checks });
    await explore(table, start, { bounds: setup.bounds, most: 3000 });
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
  throw new Error(`${machinery.name} was not caught`);
}

describe('broken engines are caught', () => {
  const cases: readonly [Machinery, Invariant, readonly Invariant[], Setup?][] = [
    [mutants.singleSlot, 'tear', []],
    [mutants.noChecksum, 'tear', []],
    [mutants.overwritesCell, 'tear', []],
    [mutants.creditBeforeStore, 'I2', []],
    [mutants.creditBeforeStore, 'liveness', ['I2']],
    [mutants.debitAfterAnswer, 'I1', []],
    [mutants.recreditTwice, 'I4', []],
    [mutants.recreditTwice, 'I1', ['I4']],
    [mutants.ticketReuse, 'I4', []],
    [mutants.ticketReuse, 'I1', ['I4']],
    [mutants.debitTwice, 'I4', []],
    [mutants.cancelAfterCredit, 'I3', ['I4']],
    [mutants.forgetsOpenTicket, 'I6', [], SETUPS.windowRolls],
    [mutants.forgetsOpenTicket, 'liveness', ['I6'], SETUPS.windowRolls],
    [shopMutants.debitInTwoWrites, 'tear', [], SETUPS.shop],
    [shopMutants.debitAfterTc, 'I4', [], SETUPS.shop],
    [shopMutants.debitAfterTc, 'I1', ['I4'], SETUPS.shop],
    [shopMutants.recoverDebits, 'I4', [], SETUPS.shop],
    [shopMutants.recoverDebits, 'I2', ['I4'], SETUPS.shop],
    [shopMutants.atcInRam, 'tear', [], SETUPS.shop],
    [shopMutants.atcInRam, 'atc', ['tear'], SETUPS.shop],
    [shopMutants.forgetsBalance, 'I1', [], SETUPS.shop],
    [shopMutants.arqcDebits, 'I2', [], SETUPS.shop],
    [shopMutants.onlineDebits, 'I2', [], SETUPS.shop],
  ];
  const named = cases.map(([machinery, invariant, ignoring, setup]) => {
    const without = ignoring.length === 0 ? '' : ` (without looking at ${ignoring.join(' and ')})`;
    return { title: `${machinery.name}: by ${invariant}${without}`, machinery, invariant, ignoring, setup };
  });
  it.each(named)('$title', async ({ machinery, invariant, ignoring, setup }) => {
    const violation = await caught(machinery, setup, ignoring);
    expect(violation.invariant, violation.message).toBe(invariant);
    // Breadth first: the trace is a shortest one, and short enough to be read.
    expect(violation.trace.length).toBeLessThanOrEqual(8);
  });

  it('the random walk finds one too, and shortens its trace to what is needed', async () => {
    const checks = new Set([...ALL_CHECKS].filter((c) => c !== 'I4'));
    const lives = async () => {
      for (let seed = 1; seed <= 20; seed++) {
        await walk({ machinery: mutants.ticketReuse, purses: 2, seed, length: 150, checks });
      }
    };
    const violation = await lives().catch((error: unknown) => error);
    expect(violation).toBeInstanceOf(Violation);
    if (!(violation instanceof Violation)) return;
    expect(violation.invariant).toBe('I1');
    expect(violation.message).toMatch(/seed [0-9]+/);
    expect(violation.trace.length, violation.message).toBeLessThanOrEqual(7);
  });

  it('PIN compared before a try is burnt: by pin', async () => {
    await expect(assertPinBurnsFirst(mutants.pinComparedFirst)).rejects.toMatchObject({ invariant: 'pin' });
    await assertPinBurnsFirst(realMachinery);
  });

  it('settle without checking the hash: by I3, once a forked history is about', async () => {
    await expect(settleWithForeignReceipt(mutants.settlesWithoutHash)).rejects.toMatchObject({
      invariant: 'I3',
    });
    expect(await settleWithForeignReceipt(realMachinery)).toBe('payment_unknown');
  });

  it('and an engine that is only written differently is not', async () => {
    const { table, start } = await prepare(SETUPS.chain, { machinery: mutants.hastyButRight });
    const { complete } = await explore(table, start, { bounds: SETUPS.chain.bounds });
    expect(complete).toBe(true);
  });
});

/**
 * A makes its payment 1 on one ticket, which B credits. A clone of A makes its payment 1 on another ticket, which B
 * cancels. The clone's Receipt has A's name and the same number on it, and is shown to A.
 */
async function settleWithForeignReceipt(machinery: Machinery): Promise<string> {
  const { table, start } = await prepare(SETUPS.payAndReturn, { machinery });
  const go = async (s: Situation, ...moves: Partial<Move>[]): Promise<{ s: Situation; outcome: string }> => {
    let at = { s, outcome: '' };
    for (const m of moves) {
      const move = {
        about: '',
        amount: 1n,
        reference: 0,
        answer: 'seen',
        cut: 0,
        purse: 0,
        kind: 'pay',
        ...m,
      } as const;
      const played = await play(table, at.s, move);
      if (played === undefined) throw new Error(`${move.kind} ${move.about} does not exist here`);
      at = { s: played.situation, outcome: played.outcome };
    }
    return at;
  };
  const tickets = await go(
    start,
    { kind: 'ticket', purse: 1, reference: 1 },
    { kind: 'ticket', purse: 1, reference: 2 },
  );
  const paid = await go(
    tickets.s,
    { kind: 'pay', about: 'B.t1' },
    { kind: 'credit', purse: 1, about: 'A>B.t1/1' },
  );
  const forked = await go(
    tickets.s,
    { kind: 'pay', about: 'B.t2' },
    { kind: 'cancel', purse: 1, about: 'A>B.t2/1' },
  );
  expect(memoryOf(paid.s, 0).state.seq).toBe(memoryOf(forked.s, 0).state.seq);
  const foreign = forked.s.known.get('receipt cancelled A>B.t2/1');
  const { outcome } = await go(learn(paid.s, foreign), {
    kind: 'settle',
    about: 'receipt cancelled A>B.t2/1',
  });
  return outcome;
}
