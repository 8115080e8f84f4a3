/** Counters: nothing counts twice, in whatever order it comes. */
import { type CryptogramType, fromHex } from '@sokkin/codec';
import {
  type AtcState,
  type AtcVerdict,
  type CountedCryptogram,
  countCryptogram,
  DEFAULT_ATC_RULES,
  NEW_ATC_STATE,
} from '@sokkin/issuer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const RULES = { window: 16, onlineBehind: 3, ahead: 32 };
const given = (atc: number, type: CryptogramType = 'tc', mark = 0): CountedCryptogram => ({
  atc,
  type,
  cryptogram: fromHex(
    `${'00'.repeat(5)}${mark.toString(16).padStart(2, '0')}${atc.toString(16).padStart(4, '0')}`,
  ),
});

/** The verdicts, one after the other, and the state at the end. */
function run(all: readonly CountedCryptogram[], from: AtcState = NEW_ATC_STATE) {
  let state = from;
  const verdicts = all.map((one): AtcVerdict => {
    const step = countCryptogram(RULES, state, one);
    if (step.verdict !== 'new') expect(step.state).toBe(state);
    state = step.state;
    return step.verdict;
  });
  return { verdicts, state };
}
const verdictsOf = (...all: CountedCryptogram[]): AtcVerdict[] => run(all).verdicts;

describe('a table of cases', () => {
  test.each<[string, CountedCryptogram[], AtcVerdict[]]>([
    ['in order', [given(1), given(2), given(5)], ['new', 'new', 'new']],
    ['a question and its outcome share a counter', [given(1, 'arqc'), given(1, 'tc', 9)], ['new', 'new']],
    ['a repeat', [given(1), given(1)], ['new', 'repeated']],
    ['two outcomes', [given(1, 'tc'), given(1, 'aac', 9)], ['new', 'conflict']],
    ['two questions', [given(1, 'arqc'), given(1, 'arqc', 9)], ['new', 'conflict']],
    ['an offline approval days later', [given(12), given(2)], ['new', 'new']],
    ['below the window', [given(20), given(4), given(5)], ['new', 'too-old', 'new']],
    [
      'questions that overtook each other',
      [given(9, 'arqc'), given(6, 'arqc'), given(5, 'arqc')],
      ['new', 'new', 'too-old'],
    ],
    ['a question after its own outcome', [given(3, 'tc'), given(3, 'arqc', 9)], ['new', 'too-old']],
    ['a jump', [given(1), given(33), given(66)], ['new', 'new', 'too-far-ahead']],
    ['no card makes anything with counter 0', [given(0)], ['too-old']],
    ['the last counter', [given(32), given(64)], ['new', 'new']],
  ])('%s', (_, all, expected) => {
    expect(verdictsOf(...all)).toEqual(expected);
  });
});

describe('in any order', () => {
  const event = fc.record({
    atc: fc.integer({ min: 1, max: 16 }),
    type: fc.constantFrom<CryptogramType>('tc', 'aac', 'arqc'),
    mark: fc.integer({ min: 0, max: 2 }),
  });

  test('offline outcomes within the window: each counts exactly once, whatever the order and the repeats', () => {
    const counters = fc.uniqueArray(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 16 });
    const orders = counters.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray([...list, ...list, ...list], { minLength: 3 * list.length }),
      ),
    );
    fc.assert(
      fc.property(orders, ([list, order]) => {
        const { verdicts, state } = run(order.map((atc) => given(atc)));
        expect(verdicts.filter((v) => v === 'new').length).toBe(list.length);
        expect(new Set(verdicts)).toEqual(new Set(['new', 'repeated']));
        expect([...state.seen.keys()].sort((a, b) => a - b)).toEqual([...list].sort((a, b) => a - b));
      }),
    );
  });

  test('of one kind under one counter, one cryptogram is ever new; the memory stays within the window', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const accepted = new Map<string, string>();
        let state: AtcState = NEW_ATC_STATE;
        for (const { atc, type, mark } of events) {
          const one = given(atc, type, mark);
          const step = countCryptogram(RULES, state, one);
          state = step.state;
          const slot = `${atc} ${type === 'arqc' ? 'asked' : 'outcome'}`;
          if (step.verdict === 'new') {
            expect(accepted.has(slot)).toBe(false);
            accepted.set(slot, `${mark}`);
          }
          if (step.verdict === 'repeated') expect(accepted.get(slot)).toBe(`${mark}`);
          expect(state.seen.size).toBeLessThanOrEqual(RULES.window);
        }
      }),
    );
  });

  test('the highest never falls', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { maxLength: 40 }), (counters) => {
        let state: AtcState = NEW_ATC_STATE;
        for (const atc of counters) {
          const next = countCryptogram(DEFAULT_ATC_RULES, state, given(atc)).state;
          expect(next.highest).toBeGreaterThanOrEqual(state.highest);
          state = next;
        }
      }),
    );
  });
});
