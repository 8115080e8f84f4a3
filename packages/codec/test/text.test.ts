import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii, fromAscii, fromHex, fromUtf8, hex, utf8 } from '../src/index.ts';
import { anyBytes, codeOf } from './support.ts';

describe('ASCII', () => {
  it('is one byte a character', () => {
    expect(hex(ascii('2PAY.SYS'))).toBe('325041592e535953');
    expect(fromAscii(fromHex('325041592e535953'))).toBe('2PAY.SYS');
    expect(hex(ascii('\0\x7f'))).toBe('007f');
  });

  it.each(['é', '\x80', '即金', '💴'])('refuses %j', (text) => {
    expect(codeOf(() => ascii(text))).toBe('bad_value');
  });

  it('accepts exactly the bytes that it writes', () => {
    fc.assert(
      fc.property(anyBytes(16), (b) => {
        const is7Bit = b.every((x) => x < 0x80);
        expect(codeOf(() => fromAscii(b))).toBe(is7Bit ? 'accepted' : 'bad_value');
        if (is7Bit) expect(hex(ascii(fromAscii(b)))).toBe(hex(b));
      }),
    );
  });
});

describe('UTF-8', () => {
  it.each([
    ['', ''],
    ['A', '41'],
    ['\u0080', 'c280'],
    ['é', 'c3a9'],
    ['\u07ff', 'dfbf'],
    ['\u0800', 'e0a080'],
    ['即金', 'e58db3e98791'],
    ['\ud7ff', 'ed9fbf'],
    ['\ue000', 'ee8080'],
    ['\uffff', 'efbfbf'],
    ['\u{10000}', 'f0908080'],
    ['💴', 'f09f92b4'],
    ['\u{10ffff}', 'f48fbfbf'],
    ['\ufeffx', 'efbbbf78'],
  ])('of %j is %s', (text, bytes) => {
    expect(hex(utf8(text))).toBe(bytes);
    expect(fromUtf8(fromHex(bytes))).toBe(text);
  });

  it.each([
    ['a continuation first', '80'],
    ['overlong NUL', 'c080'],
    ['overlong 7F', 'c1bf'],
    ['overlong, 3 bytes', 'e09fbf'],
    ['overlong, 4 bytes', 'f08fbfbf'],
    ['lowest surrogate', 'eda080'],
    ['highest surrogate', 'edbfbf'],
    ['beyond U+10FFFF', 'f4908080'],
    ['5 bytes', 'f888808080'],
    ['FE', 'fe'],
    ['FF', 'ff'],
    ['cut after 1 of 2', 'c3'],
    ['cut after 3 of 4', 'f09f92'],
    ['ASCII where a continuation is due', 'e58d41'],
    ['a lead where a continuation is due', 'c3c3'],
  ])('refuses %s', (_, bytes) => {
    expect(codeOf(() => fromUtf8(fromHex(bytes)))).toBe('bad_value');
  });

  it.each(['\ud800', 'a\udc00b', '\udc00\ud800'])('refuses half a surrogate pair: %j', (text) => {
    expect(codeOf(() => utf8(text))).toBe('bad_value');
  });

  it('agrees with the platform on every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (s) => {
        expect(hex(utf8(s))).toBe(Buffer.from(s, 'utf8').toString('hex'));
        expect(fromUtf8(utf8(s))).toBe(s);
      }),
    );
  });

  it('agrees with the platform on every byte string, good or bad', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const leads = fc.constantFrom(
      0x41,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc2,
      0xe0,
      0xed,
      0xf0,
      0xf4,
      0xf5,
    );
    const nearMiss = fc.array(leads, { maxLength: 6 }).map((b) => Uint8Array.from(b));
    fc.assert(
      fc.property(fc.oneof(anyBytes(8), nearMiss), (b) => {
        let expected: string | undefined;
        try {
          expected = strict.decode(b);
        } catch {
          expected = undefined;
        }
        if (expected === undefined) expect(codeOf(() => fromUtf8(b))).toBe('bad_value');
        else expect(fromUtf8(b)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});
