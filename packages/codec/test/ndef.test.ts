import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ascii,
  type Bytes,
  concat,
  decodeNdef,
  encodeNdef,
  fromHex,
  hex,
  type NdefRecord,
  TNF,
} from '../src/index.ts';
import { anyBytes, codeOf, list } from './support.ts';

const NONE = new Uint8Array(0);
const typed = fc.record({
  tnf: fc.constantFrom(TNF.wellKnown, TNF.media, TNF.uri, TNF.external),
  type: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  id: fc.option(anyBytes(20), { nil: undefined }),
  payload: fc.oneof(anyBytes(20), anyBytes(600)),
});
const untyped = fc.record({
  tnf: fc.constant(TNF.unknown),
  type: fc.constant(NONE),
  id: fc.option(anyBytes(20), { nil: undefined }),
  payload: anyBytes(300),
});
const empty = fc.constant<NdefRecord>({ tnf: TNF.empty, type: NONE, id: undefined, payload: NONE });
const record: fc.Arbitrary<NdefRecord> = fc.oneof(typed, untyped, empty);
const message = fc.array(record, { minLength: 1, maxLength: 5 });

const plain = (records: readonly NdefRecord[]): unknown =>
  records.map((r) => [r.tnf, list(r.type), r.id && list(r.id), list(r.payload)]);
const text: NdefRecord = { tnf: TNF.wellKnown, type: ascii('T'), id: undefined, payload: ascii('\x02enhi') };

describe('encodeNdef', () => {
  it('writes a text record as every tag has it', () => {
    expect(hex(encodeNdef([text]))).toBe('d101055402656e6869');
  });

  it('takes the long form beyond 255 bytes only', () => {
    const of = (n: number) => encodeNdef([{ ...text, payload: new Uint8Array(n) }]);
    expect(hex(of(255).subarray(0, 4))).toBe('d101ff54');
    expect(hex(of(256).subarray(0, 7))).toBe('c1010000010054');
  });

  it('refuses, as a bug, records that cannot be', () => {
    expect(() => encodeNdef([])).toThrow('Bug: ');
    for (const wrong of [
      { ...text, type: NONE },
      { ...text, tnf: TNF.unknown },
      { ...text, tnf: TNF.empty, type: NONE },
      { ...text, type: new Uint8Array(256) },
      { ...text, id: new Uint8Array(256) },
    ]) {
      expect(() => encodeNdef([wrong])).toThrow('Bug: ');
    }
  });
});

describe('decodeNdef', () => {
  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(message, (m) => {
        expect(plain(decodeNdef(encodeNdef(m)))).toEqual(plain(m));
      }),
    );
  });

  it('answers any bytes with records or with an error that it names', () => {
    const codes = ['accepted', 'truncated', 'trailing_bytes', 'bad_value', 'too_long'];
    fc.assert(
      fc.property(anyBytes(60), (b) => {
        expect(codes).toContain(codeOf(() => decodeNdef(b)));
      }),
    );
  });

  it('accepts no message that was cut, and none with something behind it', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 9 }), (m, n, more) => {
        const bytes = encodeNdef(m);
        expect(codeOf(() => decodeNdef(bytes.subarray(0, n % bytes.length)))).toBe('truncated');
        expect(codeOf(() => decodeNdef(concat(bytes, more)))).toBe('trailing_bytes');
      }),
    );
  });

  it('reads every byte: what decodes is what its records say, long forms of short payloads aside', () => {
    const again = (bytes: Bytes): void => {
      const records = decodeNdef(bytes);
      expect(encodeNdef(records).length).toBeLessThanOrEqual(bytes.length);
      expect(plain(decodeNdef(encodeNdef(records)))).toEqual(plain(records));
    };
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 0, max: 7 }), (m, at, bit) => {
        const bytes = encodeNdef(m);
        const spoilt = bytes.map((b, i) => (i === at % bytes.length ? b ^ (1 << bit) : b));
        if (codeOf(() => decodeNdef(spoilt)) === 'accepted') again(spoilt);
      }),
    );
    again(fromHex('c101000000055402656e6869'));
  });

  const first = '910101540a';
  const last = '510101540b';
  it.each([
    ['nothing', '', 'truncated'],
    ['no message begin', '5101015400', 'bad_value'],
    ['no message end', '9101015400', 'truncated'],
    ['message begin twice', `${first}d10101540b`, 'bad_value'],
    ['a message behind a message', 'd101015400d101015400', 'trailing_bytes'],
    ['a chunk', 'b101015400', 'bad_value'],
    ['type name format 6', 'd60001aa', 'bad_value'],
    ['type name format 7', 'd70001aa', 'bad_value'],
    ['a well-known record without a type', 'd10001aa', 'bad_value'],
    ['an unknown record with a type', 'd5010154aa', 'bad_value'],
    ['an empty record with a payload', 'd00001aa', 'bad_value'],
    ['an empty record with an ID', 'd8000000', 'bad_value'],
    ['a payload of 4 GB', 'c101ffffffff5400', 'truncated'],
    ['half a length', 'c1010000', 'truncated'],
  ])('refuses %s', (_, bytes, code) => {
    expect(codeOf(() => decodeNdef(fromHex(bytes)))).toBe(code);
  });

  it('is bounded in bytes and records', () => {
    const two = fromHex(first + last);
    expect(decodeNdef(two, { maxRecords: 2, maxLength: 10 })).toHaveLength(2);
    expect(codeOf(() => decodeNdef(two, { maxRecords: 1 }))).toBe('too_long');
    expect(codeOf(() => decodeNdef(two, { maxLength: 9 }))).toBe('too_long');
  });
});
