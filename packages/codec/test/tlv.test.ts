import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, concat, decodeTlv, decodeTlvs, fromHex, hex, type Tlv, tlv } from '../src/index.ts';
import { anyBytes, codeOf, list } from './support.ts';

const primitive = fc.constantFrom(
  0x01,
  0x5a,
  0x84,
  0x9f02,
  0x5f24,
  0x5f37,
  0x9f36,
  0xdf01,
  0xdf8104,
  0xdfff7f,
);
const constructed = fc.constantFrom(0x30, 0x61, 0x6f, 0x77, 0xa5, 0x7f21, 0x7f4e, 0xbf0c);

/** Siblings without repetition: tag -> value or children. */
interface Tree {
  tag: number;
  content: Bytes | Tree[];
}

const { siblings } = fc.letrec<{ siblings: Tree[]; leaf: Tree; node: Tree }>((tie) => ({
  leaf: fc.record({ tag: primitive, content: fc.oneof(anyBytes(8), anyBytes(300)) }),
  node: fc.record({ tag: constructed, content: tie('siblings') }),
  siblings: fc.uniqueArray(fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('node')), {
    maxLength: 4,
    selector: (t) => t.tag,
  }),
}));

const encode = ({ tag, content }: Tree): Bytes =>
  content instanceof Uint8Array ? tlv(tag, content) : tlv(tag, ...content.map(encode));

const reencode = ({ tag, value, children }: Tlv): Bytes =>
  children === undefined ? tlv(tag, value) : tlv(tag, ...children.map(reencode));

const treeOf = ({ tag, value, children }: Tlv): unknown => ({
  tag,
  content: children === undefined ? list(value) : children.map(treeOf),
});

const plain = ({ tag, content }: Tree): unknown => ({
  tag,
  content: content instanceof Uint8Array ? list(content) : content.map(plain),
});

describe('decodeTlv', () => {
  it('reads an EMV file control information with its offsets', () => {
    const fci = decodeTlv(fromHex('6f 0e 84 02 a000 a5 08 bf0c 05 9f4d 02 0b0a'));
    expect(fci).toMatchObject({ tag: 0x6f, start: 0, valueStart: 2, end: 16 });
    const [name, proprietary] = fci.children ?? [];
    expect(name).toMatchObject({ tag: 0x84, children: undefined, start: 2, valueStart: 4, end: 6 });
    expect(hex(name?.value ?? new Uint8Array(0))).toBe('a000');
    const discretionary = proprietary?.children?.[0];
    expect(discretionary).toMatchObject({ tag: 0xbf0c, start: 8, valueStart: 11, end: 16 });
    expect(discretionary?.children?.[0]).toMatchObject({ tag: 0x9f4d, start: 11, valueStart: 14, end: 16 });
  });

  it('tells an empty template from an empty value', () => {
    expect(decodeTlv(fromHex('7000')).children).toEqual([]);
    expect(decodeTlv(fromHex('5000')).children).toBeUndefined();
  });

  it.each([
    ['nothing', '', 'truncated'],
    ['a tag alone', '84', 'truncated'],
    ['half a tag', '9f', 'truncated'],
    ['half a length', '848201', 'truncated'],
    ['a value cut', '840201', 'truncated'],
    ['a child beyond its parent', '7003840201' + '00', 'truncated'],
    ['bytes after the end', '84010000', 'trailing_bytes'],
    ['the indefinite length', '7080840100' + '0000', 'bad_length'],
    ['length 81 00', '848100', 'bad_length'],
    ['length 81 7F', `84817f${'00'.repeat(127)}`, 'bad_length'],
    ['length 82 00 FF', `848200ff${'00'.repeat(255)}`, 'bad_length'],
    ['length 83 00 FF FF', '848300ffff', 'bad_length'],
    ['a length of 4 bytes', '848400000001' + '00', 'bad_length'],
    ['a length that needs 4 bytes', '848401000000', 'bad_length'],
    ['a length of 127 bytes', '84ff', 'bad_length'],
    ['padding 00', '0000', 'bad_tag'],
    ['padding FF', 'ff', 'bad_tag'],
    ['padding FF FF', 'ffff', 'bad_tag'],
    ['padding in a template', '7004' + '00840100', 'bad_tag'],
    ['number 30 in two bytes, application class', '5f1e00', 'bad_tag'],
    ['number 30 in two bytes, universal class', '1f1e00', 'bad_tag'],
    ['number 30 in two bytes, constructed', '7f1e00', 'bad_tag'],
    ['number 0 in two bytes', '9f0000', 'bad_tag'],
    ['a number that starts with zeros', '9f807f00', 'bad_tag'],
    ['a tag of 4 bytes', '9f81810100', 'bad_tag'],
    ['one tag twice', '7006840101840102', 'duplicate_tag'],
  ])('refuses %s', (_, bytes, code) => {
    expect(codeOf(() => decodeTlv(fromHex(bytes)))).toBe(code);
  });

  it('takes the tags of EMV whose number would fit one byte of BER', () => {
    for (const tag of [0x9f02, 0x9f1e, 0xbf0c, 0xdf01]) expect(decodeTlv(tlv(tag)).tag).toBe(tag);
    expect(decodeTlv(tlv(0x5f1f)).tag).toBe(0x5f1f);
  });

  it.each([
    [0, '00'],
    [0x7f, '7f'],
    [0x80, '8180'],
    [0xff, '81ff'],
    [0x100, '820100'],
    [0xffff, '82ffff'],
    [0x10000, '83010000'],
  ])('reads and writes a value of %i bytes with length %s', (size, length) => {
    const bytes = tlv(0x53, new Uint8Array(size));
    expect(hex(bytes.subarray(1, bytes.length - size))).toBe(length);
    expect(decodeTlv(bytes, { maxLength: 0x20000 }).value.length).toBe(size);
  });
});

describe('limits', () => {
  const nested = (levels: number): Bytes => (levels === 1 ? tlv(0x84) : tlv(0x30, nested(levels - 1)));

  it('holds the depth', () => {
    expect(codeOf(() => decodeTlv(nested(8)))).toBe('accepted');
    expect(codeOf(() => decodeTlv(nested(9)))).toBe('too_deep');
    expect(codeOf(() => decodeTlv(nested(9), { maxDepth: 9 }))).toBe('accepted');
    expect(codeOf(() => decodeTlv(nested(2), { maxDepth: 1 }))).toBe('too_deep');
  });

  it('holds the size', () => {
    const bytes = tlv(0x53, new Uint8Array(65536 - 4));
    expect(bytes.length).toBe(65536);
    expect(codeOf(() => decodeTlv(bytes))).toBe('accepted');
    expect(codeOf(() => decodeTlv(tlv(0x53, new Uint8Array(65536))))).toBe('too_long');
    expect(codeOf(() => decodeTlvs(tlv(0x53, new Uint8Array(2)), { maxLength: 3 }))).toBe('too_long');
  });

  it('lets only the tags repeat that may, at any level', () => {
    const applications = concat(tlv(0x61, tlv(0x4f)), tlv(0x61, tlv(0x4f)));
    const repeatable = new Set([0x61]);
    expect(codeOf(() => decodeTlvs(applications))).toBe('duplicate_tag');
    expect(decodeTlvs(applications, { repeatable }).map((t) => t.tag)).toEqual([0x61, 0x61]);
    expect(codeOf(() => decodeTlv(tlv(0xbf0c, applications), { repeatable }))).toBe('accepted');
    const twice = tlv(0x61, tlv(0x4f), tlv(0x4f));
    expect(codeOf(() => decodeTlv(twice, { repeatable }))).toBe('duplicate_tag');
  });
});

describe('tlv', () => {
  it('joins its values', () => {
    expect(hex(tlv(0x9f02, fromHex('0000'), fromHex('01')))).toBe('9f0203000001');
    expect(hex(tlv(0x70))).toBe('7000');
  });

  it.each([0, 0xff, 0x1f, 0x5f, 0x5f1e, 0x8400, 0x5f80, 0x9f8001, 0x5f2401, 0xff8101, 0x01000000, -1, 0.5])(
    'takes %f, which is no tag, for a bug',
    (tag) => {
      expect(() => tlv(tag)).toThrow(/^Bug: tag/);
    },
  );
});

describe('properties', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(siblings, (trees) => {
        const decoded = decodeTlvs(concat(...trees.map(encode)));
        expect(decoded.map(treeOf)).toEqual(trees.map(plain));
      }),
    );
  });

  it('offsets point at the bytes they name', () => {
    const check = (bytes: Bytes, object: Tlv): void => {
      expect(hex(bytes.subarray(object.start, object.end))).toBe(hex(tlv(object.tag, object.value)));
      expect(hex(bytes.subarray(object.valueStart, object.end))).toBe(hex(object.value));
      for (const child of object.children ?? []) check(bytes, child);
    };
    fc.assert(
      fc.property(siblings, (trees) => {
        const bytes = concat(...trees.map(encode));
        for (const object of decodeTlvs(bytes)) check(bytes, object);
      }),
    );
  });

  it('refuses every truncation of an object, and any byte after it', () => {
    fc.assert(
      fc.property(siblings, constructed, (trees, tag) => {
        const bytes = tlv(tag, ...trees.map(encode));
        for (let n = 0; n < bytes.length; n++) {
          expect(codeOf(() => decodeTlv(bytes.subarray(0, n)))).toBe('truncated');
        }
        expect(codeOf(() => decodeTlv(concat(bytes, Uint8Array.of(0))))).toBe('trailing_bytes');
      }),
      { numRuns: 40 },
    );
  });

  it('is canonical: random and damaged bytes are refused, or come back byte for byte', () => {
    const dense = fc
      .array(
        fc.constantFrom(0x00, 0x01, 0x02, 0x03, 0x1e, 0x1f, 0x30, 0x5f, 0x80, 0x81, 0x84, 0x9f, 0xbf, 0xff),
      )
      .map((b) => Uint8Array.from(b));
    const damaged = fc.tuple(siblings, fc.nat(), fc.nat(255)).map(([trees, at, byte]) => {
      const bytes = concat(...trees.map(encode));
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    });
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(anyBytes(40), dense, damaged), (bytes) => {
        if (codeOf(() => decodeTlvs(bytes)) !== 'accepted') return;
        accepted++;
        expect(hex(concat(...decodeTlvs(bytes).map(reencode)))).toBe(hex(bytes));
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});
