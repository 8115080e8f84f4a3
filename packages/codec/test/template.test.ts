import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type Bytes, concat, fromHex, hex, parseTemplate, tlv } from '../src/index.ts';
import { anyBytes, codeOf, messageOf } from './support.ts';

const REQUIRED = { issuer: 0x42, key: 0x7f49 };
const OPTIONAL = { holder: 0x5f20 };
const parse = (bytes: Bytes) => parseTemplate(bytes, 'certificate', REQUIRED, OPTIONAL);

const ISSUER = tlv(0x42, fromHex('aa'));
const KEY = tlv(0x7f49, tlv(0x86, fromHex('04')));
const HOLDER = tlv(0x5f20, fromHex('bbcc'));

describe('parseTemplate', () => {
  it('gives the values by name, in any order', () => {
    const { issuer, key, holder } = parse(concat(HOLDER, KEY, ISSUER));
    expect([hex(issuer), hex(key), holder && hex(holder)]).toEqual(['aa', '860104', 'bbcc']);
    expectTypeOf(issuer).toEqualTypeOf<Bytes>();
    expectTypeOf(holder).toEqualTypeOf<Bytes | undefined>();
  });

  it('leaves out what is optional and absent', () => {
    expect(Object.keys(parse(concat(ISSUER, KEY)))).toEqual(['issuer', 'key']);
    expect(parseTemplate(new Uint8Array(0), 'nothing', {})).toEqual({});
  });

  it('leaves the inside of a nested template to its own call', () => {
    const unread = tlv(0x7f49, fromHex('ffff'));
    expect(hex(parse(concat(ISSUER, unread)).key)).toBe('ffff');
  });

  it.each([
    ['a missing tag', ISSUER, 'missing_tag'],
    ['an unknown tag', concat(ISSUER, KEY, tlv(0x99)), 'unexpected_tag'],
    ['a required tag twice', concat(ISSUER, KEY, ISSUER), 'duplicate_tag'],
    ['an optional tag twice', concat(ISSUER, HOLDER, KEY, HOLDER), 'duplicate_tag'],
    ['padding', concat(ISSUER, KEY, fromHex('00')), 'bad_tag'],
    ['a long length', concat(ISSUER, KEY, fromHex('5f208100')), 'bad_length'],
    ['a value cut', concat(ISSUER, KEY).subarray(0, -1), 'truncated'],
  ])('refuses %s', (_, bytes, code) => {
    expect(codeOf(() => parse(bytes))).toBe(code);
  });

  it('names the template, the tag and the field', () => {
    expect(messageOf(() => parse(ISSUER))).toBe('certificate: tag 7F49 (key) is missing');
    expect(messageOf(() => parse(tlv(0x9f02)))).toBe('certificate: tag 9F02 does not belong here');
    expect(messageOf(() => parse(concat(HOLDER, HOLDER)))).toBe(
      'certificate: tag 5F20 (holder) occurs twice',
    );
  });

  it('takes two names for one tag for a bug', () => {
    expect(() => parseTemplate(ISSUER, 'x', { a: 0x42 }, { b: 0x42 })).toThrow(/^Bug: x: two names/);
  });

  it('survives random bytes, and refuses every truncation', () => {
    fc.assert(fc.property(anyBytes(30), (bytes) => codeOf(() => parse(bytes)).length > 0));
    const whole = concat(ISSUER, HOLDER, KEY);
    for (let n = 0; n < whole.length; n++) {
      expect(['truncated', 'missing_tag']).toContain(codeOf(() => parse(whole.subarray(0, n))));
    }
  });
});
