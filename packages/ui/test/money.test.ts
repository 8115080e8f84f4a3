/** Amounts: typed, shown and spoken. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstLanguage } from '../src/language/language.tsx';
import { KEYS, type Key, keyOf, NOTHING_TYPED, press } from '../src/money/keypad.ts';
import { moneySpoken, moneyText } from '../src/money/money.ts';
import { signals, TONES } from '../src/signals/signals.ts';

test('yen as each language writes and says it', () => {
  expect(moneyText(1_234_567n, 'ja')).toBe('1,234,567円');
  expect(moneyText(-1_234n, 'en')).toBe('−¥1,234');
  expect(moneySpoken(1_234_567n, 'ja')).toBe('1234567円');
  expect(moneySpoken(-5n, 'en')).toBe('minus 5 yen');
  expect(moneyText(9_007_199_254_740_993n, 'en')).toBe('¥9,007,199,254,740,993');
});

test('a currency with decimals', () => {
  const EUR = { code: 'EUR', decimals: 2 };
  expect(moneyText(123_405n, 'en', EUR)).toBe('EUR 1,234.05');
  expect(moneySpoken(-7n, 'ja', EUR)).toBe('マイナス0.07 EUR');
});

describe('the keypad', () => {
  const keys = fc.constantFrom<Key>(...KEYS, 'clear');
  test('what is shown is what was typed, and never above the most', () => {
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 30 }), fc.bigInt(0n, 10n ** 15n), (typed, most) => {
        let digits = '';
        let state = NOTHING_TYPED;
        for (const key of typed) {
          const next = key === 'clear' ? '' : key === 'back' ? digits.slice(0, -1) : digits + key;
          const isTaken = BigInt(next === '' ? '0' : next) <= most;
          state = press(state, key, most);
          if (isTaken) digits = next.replace(/^0+/, '');
          expect(state.refused).toBe(!isTaken);
          expect(state.amount).toBe(BigInt(digits === '' ? '0' : digits));
        }
      }),
    );
  });
  test('keys of a keyboard', () => {
    expect(['7', 'Backspace', 'Delete', 'Escape', 'a', '٣', 'F1'].map(keyOf)).toEqual([
      ...['7', 'back', 'clear', 'clear'],
      ...[undefined, undefined, undefined],
    ]);
  });
});

test('the first language: what was chosen, else what the browser speaks, else Japanese', () => {
  expect(firstLanguage('en', ['ja'])).toBe('en');
  expect(firstLanguage('xx', ['de-DE', 'en-US'])).toBe('en');
  expect(firstLanguage(undefined, ['fr'])).toBe('ja');
});

test('without sound and vibration a signal is given all the same', () => {
  expect(() => signals(undefined).give('success')).not.toThrow();
  class Refused {
    constructor() {
      throw new Error('not allowed');
    }
  }
  expect(() => signals(Refused as never).give('alert')).not.toThrow();
  expect(TONES.success).toEqual([{ hertz: 1500, from: 0, to: 500 }]);
});
