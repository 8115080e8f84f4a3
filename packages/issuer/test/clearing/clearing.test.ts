/** Pure rules of clearing and settlement: TCs against journals, totals, fees, dates. */
import { fromHex } from '@sokkin/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addMovement,
  addTotals,
  type BatchTotals,
  compareTotals,
  dayOfTransaction,
  feeOf,
  isContradicted,
  MOVEMENT_KINDS,
  type Movement,
  meetApproval,
  NO_MOVEMENTS,
  NO_TOTALS,
  netOf,
  totalsOf,
} from '../../src/index.ts';

const A = fromHex('0102030405060708');
const B = fromHex('1102030405060708');
const tc = { amount: 100n, cryptogram: A };

describe('a settled TC against the journal', () => {
  test.each([
    ['no word yet', { word: 'none_yet' }, 'ahead', false],
    ['passed over', { word: 'passed' }, 'no_such_approval', true],
    ['the same, open', { word: 'approval', amount: 100n, cryptogram: A, state: 'open' }, 'agreed', false],
    [
      'the same, closed',
      { word: 'approval', amount: 100n, cryptogram: A, state: 'credited' },
      'agreed',
      false,
    ],
    ['taken back', { word: 'approval', amount: 100n, cryptogram: A, state: 'cancelled' }, 'taken_back', true],
    [
      'other amount',
      { word: 'approval', amount: 101n, cryptogram: A, state: 'open' },
      'other_approval',
      true,
    ],
    [
      'other cryptogram',
      { word: 'approval', amount: 100n, cryptogram: B, state: 'open' },
      'other_approval',
      true,
    ],
  ] as const)('%s', (_name, word, state, denied) => {
    expect(meetApproval(tc, word)).toBe(state);
    expect(isContradicted(meetApproval(tc, word))).toBe(denied);
  });
});

test.each([
  ['261123', 20_780],
  ['491231', 29_219],
  ['500101', -7_305],
  ['260229', undefined],
  ['240229', 19_782],
  ['261301', undefined],
  ['260400', undefined],
  ['26112', undefined],
  ['2611231', undefined],
])('the day of %s', (date, day) => {
  expect(dayOfTransaction(date)).toBe(day);
});

const movement: fc.Arbitrary<Movement> = fc.record({
  kind: fc.constantFrom(...MOVEMENT_KINDS),
  amount: fc.bigInt({ min: 1n, max: 10n ** 12n }),
});
const totals = (all: readonly Movement[]): BatchTotals =>
  totalsOf(all.reduce((sums, one) => addMovement(sums, one), NO_MOVEMENTS));

describe('totals', () => {
  test('each movement counts once, and the net is what the account got, however they are split', () => {
    fc.assert(
      fc.property(fc.array(movement), fc.array(movement), (a, b) => {
        const whole = totals([...a, ...b]);
        expect(whole).toEqual(addTotals(totals(a), totals(b)));
        const isIn = ({ kind }: Movement) => kind === 'purchase' || kind === 'clearing';
        const net = [...a, ...b].reduce((sum, m) => sum + (isIn(m) ? m.amount : -m.amount), 0n);
        expect(netOf(whole)).toBe(net);
        expect(compareTotals(whole, whole)).toEqual([]);
      }),
    );
  });
  test('what differs is named, with both sums', () => {
    const ours = totals([{ kind: 'purchase', amount: 5n }]);
    expect(compareTotals(NO_TOTALS, ours)).toEqual([
      { part: 'debits', theirs: { count: 0, amount: 0n }, ours: { count: 1, amount: 5n } },
    ]);
  });
});

describe('a fee', () => {
  const terms = fc.record({
    basisPoints: fc.integer({ min: 0, max: 10_000 }),
    fixed: fc.bigInt({ min: 0n, max: 1_000n }),
  });
  test('is never below zero, never above what was kept, and never rounded for the acquirer', () => {
    fc.assert(
      fc.property(terms, fc.array(movement), (t, all) => {
        const { debits, debitReversals } = totals(all);
        const kept = debits.amount - debitReversals.amount;
        const fee = feeOf(t, totals(all));
        expect(fee).toBeGreaterThanOrEqual(0n);
        expect(fee).toBeLessThanOrEqual(kept > 0n ? kept : 0n);
        const count = BigInt(Math.max(0, debits.count - debitReversals.count));
        if (kept > 0n)
          expect(fee * 10_000n).toBeLessThanOrEqual(kept * BigInt(t.basisPoints) + t.fixed * count * 10_000n);
      }),
    );
  });
  test('rounds once, on the day', () => {
    const day = totals([
      { kind: 'purchase', amount: 99n },
      { kind: 'clearing', amount: 99n },
    ]);
    expect(feeOf({ basisPoints: 100, fixed: 0n }, day)).toBe(1n);
    expect(feeOf({ basisPoints: 0, fixed: 150n }, day)).toBe(198n);
  });
});
