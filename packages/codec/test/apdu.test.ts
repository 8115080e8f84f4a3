import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bytes,
  type CommandApdu,
  chain,
  command,
  concat,
  decodeCommand,
  decodeResponse,
  encodeCommand,
  encodeResponse,
  fromHex,
  hex,
} from '../src/index.ts';
import { anyBytes, codeOf, list } from './support.ts';

const plain = (c: CommandApdu) => ({ ...c, data: hex(c.data) });
const zeros = (n: number) => '00'.repeat(n);

/** Sizes around every border of the length fields. */
const dataSize = fc.oneof(fc.nat(20), fc.constantFrom(254, 255, 256, 257, 65535), fc.nat(65535));
const ne = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(1, 255, 256, 257, 65535, 65536),
  fc.integer({ min: 1, max: 65536 }),
);
const byte = fc.nat(255);
const anyCommand: fc.Arbitrary<CommandApdu> = fc
  .tuple(byte, byte, byte, byte, dataSize, byte, ne)
  .map(([cla, ins, p1, p2, size, fill, n]) => command(cla, ins, p1, p2, new Uint8Array(size).fill(fill), n));

describe('command APDU', () => {
  it.each([
    ['1', '00a40400', 0, undefined],
    ['2S', '00a4040001', 0, 1],
    ['2S, Le 00', '00a4040000', 0, 256],
    ['3S', '00a4040002aabb', 2, undefined],
    ['3S, 255 bytes', `00a40400ff${zeros(255)}`, 255, undefined],
    ['4S', '00a4040002aabb00', 2, 256],
    ['4S, Le FF', '00a4040001aaff', 1, 255],
    ['2E', '00a40400000101', 0, 257],
    ['2E, Le 0000', '00a40400000000', 0, 65536],
    ['3E', `00a40400000100${zeros(256)}`, 256, undefined],
    ['4E', `00a40400000100${zeros(256)}0101`, 256, 257],
    ['4E, Le 0000', '00a40400000001aa0000', 1, 65536],
  ])('case %s has one reading and one encoding', (_, bytes, size, expected) => {
    const c = decodeCommand(fromHex(bytes));
    expect([c.cla, c.ins, c.p1, c.p2]).toEqual([0x00, 0xa4, 0x04, 0x00]);
    expect([c.data.length, c.ne]).toEqual([size, expected]);
    expect(hex(encodeCommand(c))).toBe(bytes);
  });

  it.each([
    ['nothing', ''],
    ['half a header', '00a404'],
    ['short data cut', '00a4040003aabb'],
    ['two bytes Le after short data', '00a4040001aa0000'],
    ['half an extended length', '00a404000000'],
    ['extended Lc 0 with data', '00a40400000000aa'],
    ['extended Lc 0 with Le', '00a404000000000000'],
    ['extended data cut', '00a40400000003aabb'],
    ['one byte Le after extended data', '00a40400000001aa00'],
    ['three bytes Le after extended data', '00a40400000001aa000000'],
  ])('refuses %s', (_, bytes) => {
    expect(codeOf(() => decodeCommand(fromHex(bytes)))).toBe('bad_apdu');
  });

  it('is short where it fits, extended where asked, and refuses what may not be', () => {
    const small = command(0x80, 0x10, 0, 0, fromHex('aabb'), 256);
    expect(hex(encodeCommand(small))).toBe('8010000002aabb00');
    expect(hex(encodeCommand(small, { extended: false }))).toBe('8010000002aabb00');
    expect(hex(encodeCommand(small, { extended: true }))).toBe('80100000000002aabb0100');
    expect(hex(encodeCommand(command(0x80, 0x10, 0, 0), { extended: true }))).toBe('80100000');
    for (const c of [command(0, 0, 0, 0, new Uint8Array(256)), command(0, 0, 0, 0, undefined, 257)]) {
      expect(codeOf(() => encodeCommand(c, { extended: false }))).toBe('too_long');
    }
  });

  it.each([
    () => command(256, 0, 0, 0),
    () => command(0, -1, 0, 0),
    () => command(0, 0, 0.5, 0),
    () => command(0, 0, 0, 0, new Uint8Array(65536)),
    () => command(0, 0, 0, 0, undefined, 0),
    () => command(0, 0, 0, 0, undefined, 65537),
    () => encodeCommand({ cla: 0, ins: 0, p1: 0, p2: 999, data: new Uint8Array(0), ne: undefined }),
  ])('takes what no APDU can hold for a bug: %#', (call) => {
    expect(call).toThrow(/^Bug: APDU/);
  });

  it('reads what was written, short or extended', () => {
    fc.assert(
      fc.property(anyCommand, (c) => {
        expect(plain(decodeCommand(encodeCommand(c)))).toEqual(plain(c));
        expect(plain(decodeCommand(encodeCommand(c, { extended: true })))).toEqual(plain(c));
      }),
    );
  });

  it('random bytes are refused, or come back byte for byte', () => {
    const near = fc
      .tuple(anyBytes(6), fc.uint8Array({ max: 4, maxLength: 8 }))
      .map(([head, tail]) => concat(head, tail));
    fc.assert(
      fc.property(fc.oneof(anyBytes(20), near), (bytes) => {
        if (codeOf(() => decodeCommand(bytes)) === 'bad_apdu') return;
        const extended = bytes.length > 5 && bytes[4] === 0;
        expect(hex(encodeCommand(decodeCommand(bytes), { extended }))).toBe(hex(bytes));
      }),
      { numRuns: 3000 },
    );
  });

  it('refuses every truncation but those which are another case by their form', () => {
    const sizes = fc.oneof(fc.nat(9), fc.constantFrom(256, 300));
    fc.assert(
      fc.property(sizes, ne, fc.boolean(), (size, n, extended) => {
        const whole = command(0x80, 0x20, 1, 2, new Uint8Array(size).fill(0xee), n);
        const bytes = encodeCommand(whole, extended ? { extended } : {});
        const isExtended = bytes.length > 5 && bytes[4] === 0;
        const sizeOfLe = n === undefined ? 0 : isExtended ? 2 : 1;
        // Case 1 is 4 bytes, 2S is 5, 2E is 7; and case 4 without its Le is case 3.
        const forms = [4, 5, isExtended ? 7 : -1, size > 0 ? bytes.length - sizeOfLe : -1];
        for (let length = 0; length < bytes.length; length++) {
          const cut = bytes.subarray(0, length);
          expect(codeOf(() => decodeCommand(cut))).toBe(forms.includes(length) ? 'accepted' : 'bad_apdu');
        }
      }),
    );
  });
});

describe('response APDU', () => {
  it('is data and a status word', () => {
    expect(decodeResponse(fromHex('9000'))).toEqual({ data: new Uint8Array(0), sw: 0x9000 });
    const { data, sw } = decodeResponse(fromHex('6f006a82'));
    expect([hex(data), sw]).toEqual(['6f00', 0x6a82]);
    expect(hex(encodeResponse({ data, sw }))).toBe('6f006a82');
  });

  it.each(['', '90', '0000', '6000', '60ff', '5fff', '7000', '8fff', 'a000', 'ffff'])(
    'refuses %j',
    (bytes) => {
      expect(codeOf(() => decodeResponse(fromHex(bytes)))).toBe('bad_apdu');
    },
  );

  it('holds the most data that a command can ask for, and no more', () => {
    const most = concat(new Uint8Array(65536), fromHex('9000'));
    expect(decodeResponse(most).data.length).toBe(65536);
    expect(codeOf(() => decodeResponse(concat(Uint8Array.of(0), most)))).toBe('bad_apdu');
  });

  it('takes a word that is no status word for a bug', () => {
    for (const sw of [0, 0x6000, 0x7000, 0x10000, 0x9000 + 0.5]) {
      expect(() => encodeResponse({ data: new Uint8Array(0), sw })).toThrow(/^Bug:/);
    }
  });

  it('comes back byte for byte from any bytes it accepts', () => {
    const withStatus = fc
      .tuple(anyBytes(20), fc.constantFrom('9000', '6101', '63c2'))
      .map(([d, sw]) => concat(d, fromHex(sw)));
    fc.assert(
      fc.property(fc.oneof(anyBytes(20), withStatus), (bytes) => {
        if (codeOf(() => decodeResponse(bytes)) === 'bad_apdu') return;
        expect(hex(encodeResponse(decodeResponse(bytes)))).toBe(hex(bytes));
      }),
    );
  });
});

describe('chain', () => {
  const cut = (c: CommandApdu, maxData?: number) => chain(c, maxData).map((p) => [p.cla, list(p.data), p.ne]);

  it('leaves a command alone that fits', () => {
    const c = command(0x80, 0x30, 1, 2, fromHex('0102'), 256);
    expect(cut(c)).toEqual([[0x80, [1, 2], 256]]);
    expect(cut(c, 2)).toEqual([[0x80, [1, 2], 256]]);
    expect(cut(command(0x80, 0x30, 1, 2))).toEqual([[0x80, [], undefined]]);
  });

  it('marks all but the last, and asks for the answer at the last only', () => {
    expect(cut(command(0x80, 0x30, 1, 2, fromHex('0102030405'), 16), 2)).toEqual([
      [0x90, [1, 2], undefined],
      [0x90, [3, 4], undefined],
      [0x80, [5], 16],
    ]);
  });

  it('cuts at 255 bytes by itself, so that every piece is short', () => {
    const pieces = chain(command(0, 0xdb, 0x3f, 0xff, new Uint8Array(511)));
    expect(pieces.map((p) => p.data.length)).toEqual([255, 255, 1]);
    expect(pieces.map((p) => encodeCommand(p, { extended: false }).length)).toEqual([260, 260, 6]);
  });

  it('loses and adds nothing', () => {
    fc.assert(
      fc.property(anyBytes(600), fc.integer({ min: 1, max: 300 }), ne, (data, maxData, n) => {
        const pieces = chain(command(0x80, 0x30, 1, 2, data, n), maxData);
        expect(hex(concat(...pieces.map((p): Bytes => p.data)))).toBe(hex(data));
        expect(pieces.length).toBe(Math.max(1, Math.ceil(data.length / maxData)));
        const last = pieces.length - 1;
        expect(pieces.every((p, i) => p.cla === (i < last ? 0x90 : 0x80))).toBe(true);
        expect(pieces.every((p, i) => p.ne === (i < last ? undefined : n))).toBe(true);
        expect(pieces.every((p) => p.ins === 0x30 && p.p1 === 1 && p.p2 === 2)).toBe(true);
      }),
    );
  });

  it('takes a chain of a chain, and pieces of no size, for a bug', () => {
    expect(() => chain(command(0x90, 0x30, 0, 0))).toThrow(/^Bug:/);
    expect(() => chain(command(0x80, 0x30, 0, 0), 0)).toThrow(/^Bug:/);
  });
});
