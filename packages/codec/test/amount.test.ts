import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  amountBytes,
  formatAmount,
  hex,
  MAX_AMOUNT,
  parseAmount,
  Reader,
  readAmount,
  u64,
} from '../src/index.ts';
import { codeOf, messageOf } from './support.ts';

const amount = fc.bigInt({ min: 0n, max: MAX_AMOUNT });
const decimals = fc.nat(15);

describe('amounts on the wire', () => {
  it('are eight bytes up to the largest', () => {
    expect(MAX_AMOUNT).toBe(1_000_000_000_000_000n);
    expect(hex(amountBytes(0n))).toBe('0000000000000000');
    expect(hex(amountBytes(MAX_AMOUNT))).toBe('00038d7ea4c68000');
    expect(readAmount(new Reader(amountBytes(MAX_AMOUNT), 'Payment'))).toBe(MAX_AMOUNT);
  });

  it('are refused when larger or cut', () => {
    expect(codeOf(() => readAmount(new Reader(u64(MAX_AMOUNT + 1n), 'Payment')))).toBe('bad_value');
    expect(codeOf(() => readAmount(new Reader(u64(2n ** 64n - 1n), 'Payment')))).toBe('bad_value');
    expect(codeOf(() => readAmount(new Reader(new Uint8Array(7), 'Payment')))).toBe('truncated');
    for (const bug of [-1n, MAX_AMOUNT + 1n]) expect(() => amountBytes(bug)).toThrow(/^Bug: amount/);
  });

  it('come back', () => {
    fc.assert(
      fc.property(amount, (a) => {
        expect(readAmount(new Reader(amountBytes(a), 'Payment'))).toBe(a);
      }),
    );
  });
});

describe('amounts a person writes', () => {
  it.each([
    ['0', 0, 0n],
    ['7', 0, 7n],
    ['1000', 0, 1000n],
    ['1,000', 0, 1000n],
    ['12,345,678', 0, 12345678n],
    ['1,000,000,000,000,000', 0, MAX_AMOUNT],
    ['12', 2, 1200n],
    ['12.34', 2, 1234n],
    ['0.05', 2, 5n],
    ['1,012.34', 2, 101234n],
    ['1.234', 3, 1234n],
    ['10,000,000,000,000.00', 2, MAX_AMOUNT],
  ])('%j with %i decimals', (text, places, expected) => {
    expect(parseAmount(text, places)).toBe(expected);
  });

  it.each([
    ['', 0],
    [' ', 0],
    [' 1', 0],
    ['1 ', 0],
    ['1\n', 0],
    ['-1', 0],
    ['+1', 0],
    ['01', 0],
    ['00', 0],
    ['0,001', 0],
    [',100', 0],
    ['1,00', 0],
    ['1,0000', 0],
    ['1000,000', 0],
    ['1,000000', 0],
    ['1,000,', 0],
    ['1.000', 0],
    ['1.', 0],
    ['1.0', 0],
    ['1e3', 0],
    ['0x10', 0],
    ['１００', 0],
    ['Infinity', 0],
    ['12.3', 2],
    ['12.345', 2],
    ['12.', 2],
    ['.34', 2],
    ['12,34', 2],
    ['1.000,00', 2],
    ['1.2.3', 2],
    ['1.00,0', 2],
  ])('refuses %j with %i decimals', (text, places) => {
    expect(codeOf(() => parseAmount(text, places))).toBe('bad_value');
  });

  it('says how to write it, in a form that it accepts', () => {
    expect(messageOf(() => parseAmount('1,00'))).toBe('Not an amount: write it as 1000 or 1,000');
    expect(messageOf(() => parseAmount('1,00', 2))).toBe('Not an amount: write it as 1000.50 or 1,000.50');
    expect(messageOf(() => parseAmount('x', 1))).toBe('Not an amount: write it as 1000.5 or 1,000.5');
    expect(parseAmount('1,000.50', 2)).toBe(100050n);
  });

  it('says which is the largest', () => {
    const most = 'Too large: at most 1,000,000,000,000,000';
    expect(messageOf(() => parseAmount('1000000000000001'))).toBe(most);
    expect(messageOf(() => parseAmount('9'.repeat(100_000)))).toBe(most);
    expect(messageOf(() => parseAmount('10000000000000.01', 2))).toBe(
      'Too large: at most 10,000,000,000,000.00',
    );
  });

  it.each([
    [0n, 0, '0'],
    [999n, 0, '999'],
    [1000n, 0, '1,000'],
    [12345678n, 0, '12,345,678'],
    [5n, 2, '0.05'],
    [1234n, 2, '12.34'],
    [100000000n, 2, '1,000,000.00'],
    [-1234n, 2, '-12.34'],
    [-1000n, 0, '-1,000'],
    [10n ** 18n, 0, '1,000,000,000,000,000,000'],
  ])('%s with %i decimals is shown as %s', (a, places, text) => {
    expect(formatAmount(a, places)).toBe(text);
  });

  it('come back from the screen, with and without separators', () => {
    fc.assert(
      fc.property(amount, decimals, (a, places) => {
        const text = formatAmount(a, places);
        expect(parseAmount(text, places)).toBe(a);
        expect(parseAmount(text.replaceAll(',', ''), places)).toBe(a);
      }),
    );
  });

  it('have one meaning: what is accepted is what would be shown, but for separators and whole amounts', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0012,,.'), maxLength: 10 });
    fc.assert(
      fc.property(text, fc.nat(3), (s, places) => {
        if (codeOf(() => parseAmount(s, places)) === 'bad_value') return;
        const shown = formatAmount(parseAmount(s, places), places);
        const full = s.includes('.') || places === 0 ? s : `${s}.${'0'.repeat(places)}`;
        expect([shown, shown.replaceAll(',', '')]).toContain(full);
      }),
      { numRuns: 5000 },
    );
  });

  it('takes decimals that are none for a bug', () => {
    for (const places of [-1, 0.5, 16]) {
      expect(() => parseAmount('1', places)).toThrow(/^Bug: decimals/);
      expect(() => formatAmount(1n, places)).toThrow(/^Bug: decimals/);
    }
  });
});
