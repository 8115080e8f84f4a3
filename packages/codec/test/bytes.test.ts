import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, concat, equal, fromHex, hex, u8, u16, u32, u64 } from '../src/index.ts';
import { anyBytes, codeOf, list } from './support.ts';

describe('hex', () => {
  it.each([
    ['', []],
    ['00', [0]],
    ['00a40400', [0, 0xa4, 4, 0]],
    ['00 A4 04 00', [0, 0xa4, 4, 0]],
    ['DEADbeef', [0xde, 0xad, 0xbe, 0xef]],
    ['12 3456 78', [0x12, 0x34, 0x56, 0x78]],
  ])('reads %j', (text, bytes) => {
    expect(list(fromHex(text))).toEqual(bytes);
  });

  it.each(['0', '000', ' 00', '00 ', '00  00', '0 0', '0g', '0x00', '00\n00', '00-00', '٠٠', ' '])(
    'refuses %j',
    (text) => {
      expect(codeOf(() => fromHex(text))).toBe('bad_hex');
    },
  );

  it('writes lower-case and reads back what it wrote, in either case and with spaces', () => {
    expect(hex(Uint8Array.of(0xab, 0x0c))).toBe('ab0c');
    fc.assert(
      fc.property(anyBytes(64), (b) => {
        expect(list(fromHex(hex(b)))).toEqual(list(b));
        expect(list(fromHex(hex(b).toUpperCase()))).toEqual(list(b));
        expect(list(fromHex([...b].map((x) => hex(u8(x))).join(' ')))).toEqual(list(b));
      }),
    );
  });

  it('never throws anything but bad_hex', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0aF g ') }));
    fc.assert(
      fc.property(text, (s) => {
        const isHex = /^([0-9a-f]{2}( ?[0-9a-f]{2})*)?$/i.test(s);
        expect(codeOf(() => fromHex(s))).toBe(isHex ? 'accepted' : 'bad_hex');
      }),
    );
  });
});

describe('concat, equal, compare', () => {
  it('joins parts into fresh memory', () => {
    const a = Uint8Array.of(1, 2);
    const joined = concat(a, new Uint8Array(0), Uint8Array.of(3));
    a[0] = 9;
    expect(list(joined)).toEqual([1, 2, 3]);
    expect(list(concat())).toEqual([]);
  });

  it.each([
    ['', '', 0],
    ['00', '', 1],
    ['01', '02', -1],
    ['7f', '80', -1],
    ['ff', '0000', 1],
    ['0102', '0102', 0],
    ['0102', '010200', -1],
  ])('compares %j with %j', (a, b, order) => {
    expect(compare(fromHex(a), fromHex(b))).toBe(order);
    expect(compare(fromHex(b), fromHex(a))).toBe(0 - order);
    expect(equal(fromHex(a), fromHex(b))).toBe(order === 0);
  });

  it('orders as the hexadecimal text does', () => {
    fc.assert(
      fc.property(anyBytes(4), anyBytes(4), (a, b) => {
        const [x, y] = [hex(a), hex(b)];
        expect(compare(a, b)).toBe(x < y ? -1 : x > y ? 1 : 0);
        expect(equal(a, b)).toBe(x === y);
      }),
    );
  });

  it('sees a difference in any one bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), fc.nat(7), (a, at, bit) => {
        const b = a.slice();
        b[at % b.length] = (b[at % b.length] ?? 0) ^ (1 << bit);
        expect(equal(a, b)).toBe(false);
      }),
    );
  });
});

describe('integers', () => {
  it.each([
    [u8(0), '00'],
    [u8(255), 'ff'],
    [u16(0x1234), '1234'],
    [u16(65535), 'ffff'],
    [u32(0x80000001), '80000001'],
    [u32(0xffffffff), 'ffffffff'],
    [u64(1n), '0000000000000001'],
    [u64(2n ** 64n - 1n), 'ffffffffffffffff'],
  ])('are big-endian: %#', (bytes, expected) => {
    expect(hex(bytes)).toBe(expected);
  });

  it.each([
    () => u8(256),
    () => u8(-1),
    () => u8(0.5),
    () => u16(65536),
    () => u16(Number.NaN),
    () => u32(2 ** 32),
    () => u32(-1),
    () => u64(2n ** 64n),
    () => u64(-1n),
  ])('out of range is a bug: %#', (call) => {
    expect(call).toThrow(/^Bug: .* out of range/);
  });
});
