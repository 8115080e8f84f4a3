/** The EMV dictionary, data object lists, packed digits, and records with padding between objects. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildDolData,
  concat,
  decodeTlvs,
  digitsOf,
  dolLength,
  EMV_DICTIONARY,
  emvElement,
  encodeCn,
  encodeDol,
  encodeN,
  fromHex,
  hex,
  parseDol,
  parseTagList,
  splitDolData,
  tlv,
} from '../src/index.ts';
import { anyBytes, codeOf } from './support.ts';

const TAGS = [...EMV_DICTIONARY.keys()];

describe('the dictionary', () => {
  it('names each tag once, in order, with a tag that BER can carry', () => {
    const tags = [...EMV_DICTIONARY.values()].map((element) => element.tag);
    expect(tags).toEqual([...new Set(tags)].sort((a, b) => a - b));
    for (const tag of tags) expect(decodeTlvs(tlv(tag))[0]?.tag).toBe(tag);
  });

  it('calls templates exactly what is constructed, and no name is used twice', () => {
    const names = new Set<string>();
    for (const { tag, format, min, max, name } of EMV_DICTIONARY.values()) {
      expect(decodeTlvs(tlv(tag))[0]?.children !== undefined, name).toBe(format === 't');
      expect(min <= max, name).toBe(true);
      names.add(name);
    }
    expect(names.size).toBe(EMV_DICTIONARY.size);
  });

  it.each([
    [0x9f02, 'Amount, Authorised (Numeric)', 'n', 6, 6],
    [0x5a, 'Application Primary Account Number', 'cn', 1, 10],
    [0x9f37, 'Unpredictable Number', 'b', 4, 4],
    [0x95, 'Terminal Verification Results', 'b', 5, 5],
    [0x9f26, 'Application Cryptogram', 'b', 8, 8],
  ] as const)('%x is %s', (tag, name, format, min, max) => {
    expect(emvElement(tag)).toMatchObject({ name, format, min, max });
  });

  it('knows no other', () => {
    expect(emvElement(0x9f7f)).toBeUndefined();
  });
});

const entries = fc
  .array(fc.record({ tag: fc.constantFrom(...TAGS), length: fc.nat(12) }), { maxLength: 20 })
  .filter((list) => dolLength(list) <= 255);

describe('a data object list', () => {
  // CDOL1 of an ordinary card: amounts, country, TVR, currency, date, type, unpredictable number.
  const CDOL1 = fromHex('9f0206 9f0306 9f1a02 9505 5f2a02 9a03 9c01 9f3704'.replaceAll(' ', ''));

  it('is read as tags and lengths', () => {
    const list = parseDol(CDOL1);
    expect(list.map(({ tag, length }) => [tag.toString(16), length])).toEqual([
      ['9f02', 6],
      ['9f03', 6],
      ['9f1a', 2],
      ['95', 5],
      ['5f2a', 2],
      ['9a', 3],
      ['9c', 1],
      ['9f37', 4],
    ]);
    expect(dolLength(list)).toBe(29);
  });

  it('writes back to the same bytes (property)', () => {
    fc.assert(
      fc.property(entries, (list) => {
        expect(parseDol(encodeDol(list))).toEqual(list);
      }),
    );
  });

  it('of any bytes is refused by name, or canonical (fuzz)', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes(30), fc.constant(CDOL1)), fc.nat(), fc.nat(255), (bytes, at, value) => {
        const damaged = bytes.map((b, i) => (bytes.length > 0 && i === at % bytes.length ? value : b));
        const code = codeOf(() => parseDol(damaged));
        if (code === 'accepted') expect(hex(encodeDol(parseDol(damaged)))).toBe(hex(damaged));
        else expect(['truncated', 'bad_tag', 'too_long']).toContain(code);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['9f02', 'truncated'],
    ['9f', 'truncated'],
    ['9f0206 95', 'truncated'],
    ['00 01', 'bad_tag'],
    ['9f37ff 9501', 'too_long'],
  ])('%s is %s', (text, code) => {
    expect(codeOf(() => parseDol(fromHex(text.replaceAll(' ', ''))))).toBe(code);
  });

  it.each([
    // [tag, length asked, value known, data] by the rules of Book 3, section 5.4
    [0x9f02, 6, '000000012345', '000000012345', 'as it is'],
    [0x9f02, 4, '000000012345', '00012345', 'n loses leading digits'],
    [0x9f02, 8, '000000012345', '0000000000012345', 'n gains leading zeros'],
    [0x5a, 10, '5413330089020011', '5413330089020011ffff', 'cn gains trailing F'],
    [0x5a, 4, '5413330089020011', '54133300', 'cn loses the end'],
    [0x9f4e, 5, '4142', '4142000000', 'ans gains trailing zeros'],
    [0x95, 3, '8000048000', '800004', 'b loses the end'],
    [0x9f7f, 2, 'abcdef', 'abcd', 'an unknown tag is cut as b'],
    [0x70, 3, '9f3601ff', '000000', 'a template is zeros'],
  ])('%x of %i bytes from %s is %s: %s', (tag, length, value, data) => {
    expect(hex(buildDolData([{ tag, length }], () => fromHex(value)))).toBe(data);
  });

  it('asks zeros for what the terminal does not know', () => {
    expect(hex(buildDolData([{ tag: 0x9f37, length: 4 }], () => undefined))).toBe('00000000');
  });

  it('builds data of the length asked for, which splits into the values (property)', () => {
    fc.assert(
      fc.property(entries, anyBytes(16), (list, value) => {
        const data = buildDolData(list, () => value);
        expect(data).toHaveLength(dolLength(list));
        const values = splitDolData(list, data);
        for (const { tag, length } of new Map(list.map((e) => [e.tag, e] as const).reverse()).values())
          expect(values.get(tag)).toHaveLength(length);
        expect(codeOf(() => splitDolData(list, concat(data, value, Uint8Array.of(0))))).toBe('bad_length');
      }),
    );
  });
});

describe('a tag list', () => {
  it('is tags alone', () => {
    expect(parseTagList(fromHex('829f36bf0c'))).toEqual([0x82, 0x9f36, 0xbf0c]);
    expect(parseTagList(new Uint8Array(0))).toEqual([]);
    expect(codeOf(() => parseTagList(fromHex('829f')))).toBe('truncated');
    expect(codeOf(() => parseTagList(new Uint8Array(253).fill(0x82)))).toBe('too_long');
  });
});

describe('packed digits', () => {
  it('n and cn', () => {
    expect(hex(encodeN('12345', 6))).toBe('000000012345');
    expect(hex(encodeCn('541333008902001', 10))).toBe('541333008902001fffff');
    expect(hex(encodeCn('123'))).toBe('123f');
    expect(codeOf(() => encodeN('1234567', 3))).toBe('too_long');
    expect(codeOf(() => encodeN('12a', 3))).toBe('bad_value');
    expect(codeOf(() => digitsOf(fromHex('12f3')))).toBe('bad_value');
    expect(codeOf(() => digitsOf(fromHex('1a')))).toBe('bad_value');
  });

  it('cn reads back (property)', () => {
    const digits = fc.stringMatching(/^\d{0,19}$/);
    fc.assert(
      fc.property(digits, (text) => {
        expect(digitsOf(encodeCn(text, 10))).toBe(text);
      }),
    );
  });
});

describe('records with padding', () => {
  const padded = fromHex('00ff 5a0112 0000 5f240311 1213 ff'.replaceAll(' ', ''));

  it('are refused unless the caller asks for them', () => {
    expect(codeOf(() => decodeTlvs(padded))).toBe('bad_tag');
    expect(decodeTlvs(padded, { padding: true }).map((o) => o.tag)).toEqual([0x5a, 0x5f24]);
  });

  it('may be padded before, between and after objects, at every level (property)', () => {
    const gap = fc.array(fc.constantFrom(0x00, 0xff), { maxLength: 3 }).map((b) => Uint8Array.from(b));
    fc.assert(
      fc.property(gap, gap, gap, anyBytes(5), (a, b, c, value) => {
        const bytes = concat(a, tlv(0x70, b, tlv(0x5a, value), c), a);
        const [record] = decodeTlvs(bytes, { padding: true });
        const [only, ...more] = record?.children ?? [];
        expect([only?.tag, hex(only?.value ?? a), more.length]).toEqual([0x5a, hex(value), 0]);
      }),
    );
  });

  it('of any bytes is refused by name or read (fuzz)', () => {
    fc.assert(
      fc.property(anyBytes(40), (bytes) => {
        const code = codeOf(() => decodeTlvs(bytes, { padding: true }));
        if (code !== 'accepted')
          expect(code).toMatch(/^(truncated|bad_tag|bad_length|duplicate_tag|too_deep)$/);
      }),
      { numRuns: 2000 },
    );
  });
});
