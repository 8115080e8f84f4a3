/** DE 55: what belongs in it, what does not, and values both ways. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AIP_FLAGS,
  type AipFlag,
  type Bytes,
  type ChipData,
  chipDataOf,
  concat,
  DE55_TABLES,
  de55OfObjects,
  elementsOfChipData,
  emvElement,
  fromHex,
  hex,
  readDe55,
  SokkinError,
  selectDe55,
  TVR_FLAGS,
  type TvrFlag,
  tlv,
  writeDe55,
} from '../src/index.ts';
import { anyBytes, codeOf, messageOf } from './support.ts';

const REQUEST = fromHex(
  [
    '82023900950500000080009a032611229c01005f2a0203929f0206000000001200',
    '9f100706010a03a060109f1a0203929f260811223344556677889f2701809f360200129f370411223344',
  ].join(''),
);
const { request, response, advice, reversal } = DE55_TABLES;
const set = (tag: number, value: Bytes): Bytes =>
  writeAny(new Map([...readDe55(request, REQUEST).elements, [tag, value]]));
const writeAny = (elements: ReadonlyMap<number, Bytes>): Bytes =>
  concat(...[...elements].map(([tag, value]) => tlv(tag, value)));
const without = (tag: number): Bytes => {
  const elements = new Map(readDe55(request, REQUEST).elements);
  elements.delete(tag);
  return writeAny(elements);
};

describe('reading', () => {
  test('a request reads, and writes back to the same octets', () => {
    const read = readDe55(request, REQUEST);
    expect(read.elements.size).toBe(12);
    expect(hex(writeDe55(request, read))).toBe(hex(REQUEST));
  });

  test.each(request.mandatory)('a request without %i is refused by name', (tag) => {
    expect(messageOf(() => readDe55(request, without(tag)))).toContain(
      `${emvElement(tag)?.name}) is missing`,
    );
  });

  test.each<[string, Bytes, string]>([
    ['an amount of 7 bytes', set(0x9f02, new Uint8Array(7)), 'bad_length'],
    ['an amount with a letter', set(0x9f02, fromHex('00000000120a')), 'bad_value'],
    ['a counter of a byte', set(0x9f36, fromHex('12')), 'bad_length'],
    ['a template in it', concat(REQUEST, tlv(0x70, tlv(0x5a, fromHex('99')))), 'unexpected_tag'],
    ['an element twice', concat(REQUEST, tlv(0x9f26, new Uint8Array(8))), 'duplicate_tag'],
    ['a script in a request', concat(REQUEST, tlv(0x71, tlv(0x86, fromHex('8c160000')))), 'unexpected_tag'],
    [
      'a script command that is in no script',
      concat(REQUEST, tlv(0x86, fromHex('8c160000'))),
      'unexpected_tag',
    ],
    ['too much', concat(REQUEST, tlv(0x9f7c, new Uint8Array(200))), 'too_long'],
    ['cut off', REQUEST.slice(0, -1), 'truncated'],
  ])('%s is refused', (_, bytes, code) => {
    expect(codeOf(() => readDe55(request, bytes))).toBe(code);
  });

  test('what a scheme adds is kept, unless the table refuses it', () => {
    const bytes = set(0x9f7c, fromHex('0102'));
    expect(hex(readDe55(request, bytes).elements.get(0x9f7c) ?? new Uint8Array(0))).toBe('0102');
    expect(codeOf(() => readDe55({ ...request, others: 'refuse' }, bytes))).toBe('unexpected_tag');
  });

  test('an advice has the response code besides, a reversal may be bare', () => {
    expect(readDe55(advice, set(0x8a, fromHex('5931'))).elements.size).toBe(13);
    expect(readDe55(reversal, new Uint8Array(0)).elements.size).toBe(0);
  });

  test('data objects of an ISO 8583 field are taken as they are', () => {
    const objects = [...readDe55(request, REQUEST).elements].map(([tag, value]) => ({ tag, value }));
    expect(de55OfObjects(request, objects)).toEqual(readDe55(request, REQUEST));
  });

  test('of all that was said, what the table names goes along', () => {
    const all = new Map([...readDe55(request, REQUEST).elements, [0x8f, fromHex('01')]]);
    expect(selectDe55(request, all).elements.has(0x8f)).toBe(false);
    expect(hex(writeDe55(request, selectDe55(request, all)))).toBe(hex(REQUEST));
  });
});

describe('responses', () => {
  const script = tlv(0x9f18, fromHex('00000001'));
  test('proof, and scripts of both templates in their order', () => {
    const bytes = concat(
      tlv(0x91, new Uint8Array(10)),
      tlv(0x72, script, tlv(0x86, fromHex('8c16000000')), tlv(0x86, fromHex('8c18000000'))),
      tlv(0x71, script),
      tlv(0x72, script),
    );
    const read = readDe55(response, bytes);
    expect(read.scripts.map(({ template }) => template)).toEqual([0x72, 0x71, 0x72]);
    expect(hex(writeDe55(response, read))).toBe(hex(bytes));
  });

  test('more than a terminal takes is refused, on the way out, too', () => {
    const scripts = [{ template: 0x72, value: tlv(0x86, new Uint8Array(126)) }] as const;
    expect(codeOf(() => writeDe55(response, { elements: new Map(), scripts }))).toBe('too_long');
  });

  test('card data does not belong in a response', () => {
    expect(codeOf(() => readDe55(response, REQUEST))).toBe('unexpected_tag');
  });
});

describe('values', () => {
  const exactly = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
  const digits = (n: number) => fc.stringMatching(new RegExp(`^\\d{${n}}$`));
  const amount = fc.bigInt({ min: 0n, max: 999_999_999_999n });
  const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
  const chip: fc.Arbitrary<ChipData> = fc.record({
    cryptogram: exactly(8),
    type: fc.constantFrom('aac', 'tc', 'arqc'),
    issuerData: fc.uint8Array({ maxLength: 32 }),
    unpredictableNumber: exactly(4),
    atc: fc.integer({ min: 0, max: 0xffff }),
    results: fc.subarray(Object.keys(TVR_FLAGS.bits) as TvrFlag[]).map((names) => new Set(names)),
    date: digits(6),
    transactionType: digits(2),
    amount,
    amountOther: maybe(amount),
    currency: digits(3),
    country: digits(3),
    interchange: fc.subarray(Object.keys(AIP_FLAGS.bits) as AipFlag[]).map((names) => new Set(names)),
    sequence: maybe(digits(2)),
    cvmResults: maybe(exactly(3)),
  });

  test('what is written reads back', () => {
    fc.assert(
      fc.property(chip, (data) => {
        const bytes = writeDe55(request, { elements: elementsOfChipData(data), scripts: [] });
        expect(chipDataOf(readDe55(request, bytes).elements)).toEqual(data);
      }),
    );
  });

  test('a reserved type of cryptogram is refused', () => {
    expect(codeOf(() => chipDataOf(readDe55(request, set(0x9f27, fromHex('c0'))).elements))).toBe(
      'bad_value',
    );
    expect(codeOf(() => chipDataOf(new Map()))).toBe('missing_tag');
  });

  test('any bytes: a value or a named refusal that holds nothing of them', () => {
    fc.assert(
      fc.property(fc.constantFrom(request, advice, reversal, response), anyBytes(300), (table, bytes) => {
        try {
          readDe55(table, bytes);
        } catch (error) {
          if (!(error instanceof SokkinError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });

  test('one octet of a request changed: a value or a named refusal, never a crash', () => {
    for (let at = 0; at < REQUEST.length; at++) {
      for (const byte of [0, 1, 0x7f, 0x80, 0xff]) {
        const bytes = REQUEST.map((b, i) => (i === at ? byte : b));
        expect(codeOf(() => chipDataOf(readDe55(request, bytes).elements))).not.toBe('');
      }
    }
  });
});
