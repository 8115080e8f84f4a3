import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDate, encodeDate, epochOfIso, fromHex, hex, isoOfEpoch } from '../src/index.ts';
import { anyBytes, codeOf } from './support.ts';

const FIRST = epochOfIso('2000-01-01');
const LAST = epochOfIso('2099-12-31');

describe('dates', () => {
  it.each([
    ['1970-01-01', 0],
    ['1970-01-02', 1],
    ['2000-01-01', 10957],
    ['2000-02-29', 11016],
    ['2026-11-22', 20779],
    ['2099-12-31', 47481],
    ['9999-12-31', 2932896],
  ])('%s is day %i', (iso, epoch) => {
    expect(epochOfIso(iso)).toBe(epoch);
    expect(isoOfEpoch(epoch)).toBe(iso);
  });

  it.each([
    ['2026-11-22', '020601010202'],
    ['2000-01-01', '000000010001'],
    ['2099-12-31', '090901020301'],
    ['2024-02-29', '020400020209'],
  ])('%s is encoded %s', (iso, bytes) => {
    expect(hex(encodeDate(epochOfIso(iso)))).toBe(bytes);
    expect(isoOfEpoch(decodeDate(fromHex(bytes)))).toBe(iso);
  });

  it.each([
    ['nothing', ''],
    ['five digits', '0206010102'],
    ['seven digits', '02060101020200'],
    ['packed digits', '261122'],
    ['a digit above 9', '02060101020a'],
    ['ASCII digits', '323631313232'],
    ['month 0', '020600000202'],
    ['month 13', '020601030202'],
    ['day 0', '020601010000'],
    ['31 November', '020601010301'],
    ['29 February of no leap year', '020600020209'],
    ['day 99', '020601010909'],
  ])('refuses %s', (_, bytes) => {
    expect(codeOf(() => decodeDate(fromHex(bytes)))).toBe('bad_date');
  });

  it.each([
    '',
    '2026-11-31',
    '2026-02-29',
    '2026-00-10',
    '2026-13-01',
    '2026-1-1',
    '26-11-22',
    '2026/11/22',
    '2026-11-22T00:00',
    ' 2026-11-22',
    '2026-11-22\n',
    '1969-12-31',
    '0099-01-01',
  ])('refuses the text %j', (iso) => {
    expect(codeOf(() => epochOfIso(iso))).toBe('bad_date');
  });

  it('encodes no day outside the century', () => {
    expect(codeOf(() => encodeDate(FIRST - 1))).toBe('bad_date');
    expect(codeOf(() => encodeDate(LAST + 1))).toBe('bad_date');
    for (const bug of [-1, 0.5, Number.NaN, 2932897]) expect(() => isoOfEpoch(bug)).toThrow(/^Bug:/);
  });

  it('come back, every day of the century, in order', () => {
    let before = '';
    for (let day = FIRST; day <= LAST; day++) {
      const bytes = encodeDate(day);
      if (decodeDate(bytes) !== day || epochOfIso(isoOfEpoch(day)) !== day || hex(bytes) <= before) {
        expect.fail(`day ${day}`);
      }
      before = hex(bytes);
    }
  });

  it('exist exactly where the calendar has them', () => {
    const pair = (n: number) => String(n).padStart(2, '0');
    for (const [year, february] of [
      [2023, 28],
      [2024, 29],
      [2000, 29],
      [2100, 28],
    ] as const) {
      const days = [0, 31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
      for (let month = 0; month < 100; month++) {
        for (let day = 0; day < 100; day++) {
          const exists = day > 0 && day <= (days[month] ?? 0);
          const code = codeOf(() => epochOfIso(`${year}-${pair(month)}-${pair(day)}`));
          if (code !== (exists ? 'accepted' : 'bad_date')) expect.fail(`${year} ${month} ${day}: ${code}`);
        }
      }
    }
  });

  it('have one encoding: any digits are refused or come back', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes(8), fc.uint8Array({ max: 9, minLength: 6, maxLength: 6 })), (bytes) => {
        if (codeOf(() => decodeDate(bytes)) === 'bad_date') return;
        expect(hex(encodeDate(decodeDate(bytes)))).toBe(hex(bytes));
      }),
      { numRuns: 1000 },
    );
  });
});
