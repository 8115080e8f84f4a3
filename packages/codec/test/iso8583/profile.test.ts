/** The file of a dialect is read strictly: every refusal names the path, what is wrong and what is allowed. */
import { describe, expect, test } from 'vitest';
import { ISO_DICTIONARY, readIsoProfile } from '../../src/index.ts';
import { codeOf, messageOf } from '../support.ts';
import { PROFILE_NAMES, profile, profileJson } from './support.ts';

const read = (change: Readonly<Record<string, unknown>>, name = '1987-bcd') =>
  readIsoProfile(JSON.stringify({ ...profileJson(name), ...change }));

describe('shipped profiles', () => {
  test.each(PROFILE_NAMES)('%s reads under its own name', (name) => {
    expect(readIsoProfile(JSON.stringify(profileJson(name))).name).toBe(name);
  });

  test('a profile has the fields of its version, without those that it leaves out', () => {
    const numbers = (name: string) => profile(name).fields.flatMap((f) => f?.field ?? []);
    expect(numbers('1993-bcd')).toEqual([...ISO_DICTIONARY['1993'].keys()]);
    const without = new Set([44, 45, 46, 47, 56, 57, 58, 59]);
    expect(numbers('example-acquirer')).toEqual(
      [...ISO_DICTIONARY['1987'].keys()].filter((n) => !without.has(n)),
    );
  });
});

describe('the dictionaries', () => {
  test('1987 has all fields from 2 to 128 but the third bitmap, 1993 all', () => {
    const all = Array.from({ length: 127 }, (_, i) => i + 2);
    expect([...ISO_DICTIONARY['1987'].keys()]).toEqual(all.filter((n) => n !== 65));
    expect([...ISO_DICTIONARY['1993'].keys()]).toEqual(all);
  });

  test.each<['1987' | '1993', number, string, number, number]>([
    ['1987', 2, 'n', 19, 2],
    ['1987', 12, 'n', 6, 0],
    ['1987', 28, 'x+n', 8, 0],
    ['1987', 39, 'an', 2, 0],
    ['1987', 43, 'ans', 40, 0],
    ['1987', 90, 'n', 42, 0],
    ['1993', 12, 'n', 12, 0],
    ['1993', 22, 'an', 12, 0],
    ['1993', 39, 'n', 3, 0],
    ['1993', 43, 'ans', 99, 2],
    ['1993', 53, 'b', 48, 2],
    ['1993', 56, 'n', 35, 2],
  ])('%s, field %i is %s %i', (version, number, kind, most, lengthDigits) => {
    expect(ISO_DICTIONARY[version].get(number)).toMatchObject({ kind, most, lengthDigits });
  });
});

describe('what is wrong is named', () => {
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['an unknown member', { colour: 1 }, 'profile: "colour" is not known. Allowed: format, '],
    [
      'another format',
      { format: 'x' },
      'profile.format: "x" is not known. Allowed: sokkin-iso8583-profile-1.',
    ],
    ['a version', { version: '2003' }, 'profile.version: "2003" is not known. Allowed: 1987, 1993.'],
    [
      'a character set',
      { charset: 'utf-8' },
      'profile.charset: "utf-8" is not known. Allowed: ascii, cp037, cp500.',
    ],
    [
      'packed digits without a pad',
      { numeric: { coding: 'bcd' } },
      'profile.numeric: "pad" is for coding bcd',
    ],
    [
      'a pad of text',
      { numeric: { coding: 'text', pad: 'left-0' } },
      'profile.numeric: "pad" is for coding bcd',
    ],
    ['a field that does not exist', { fields: { '129': {} } }, 'profile.fields.129: "129" is no field.'],
    ['a field 1', { fields: { '1': {} } }, 'profile.fields.1: "1" is no field. Allowed: 2 to 128.'],
    [
      'a field of no version without a format',
      { fields: { '65': {} } },
      'profile.fields.65: the standard has no field 65.',
    ],
    ['no notation', { fields: { '48': { format: 'n..999' } } }, 'profile.fields.48.format: no notation.'],
    [
      'text in packed digits',
      { fields: { '48': { coding: 'bcd' } } },
      'profile.fields.48.coding: "bcd" is not known. Allowed: text.',
    ],
    [
      'a prefix of a fixed field',
      { fields: { '3': { prefix: {} } } },
      'profile.fields.3.prefix: the field has a fixed length.',
    ],
    [
      'a prefix that is too short',
      { fields: { '48': { prefix: { coding: 'binary', size: 1, counts: 'value' } } } },
      'profile.fields.48: field 48: a length of 999 does not fit the prefix. Allowed: at most 255',
    ],
    [
      'a length in octets that does not tell an odd number of digits',
      { fields: { '2': { prefix: { coding: 'bcd', size: 2, counts: 'wire' } } } },
      'profile.fields.2: field 2: the length counts octets',
    ],
    [
      'BER-TLV in text',
      { fields: { '48': { content: { form: 'ber-tlv' } } } },
      'profile.fields.48.content: BER-TLV in a field of kind ans.',
    ],
    [
      'subfields in packed digits',
      { fields: { '3': { content: { form: 'list', items: [] } } } },
      'profile.fields.3.content: subfields in kind n, coding bcd.',
    ],
    [
      'an amount with a variable length',
      { fields: { '2': { amount: true } } },
      'profile.fields.2: field 2: an amount.',
    ],
    ['a TPDU of four octets', { header: { octets: 4, reply: 'tpdu' } }, 'profile.header: no TPDU.'],
    [
      'a header that begins beyond its end',
      { header: { octets: 1, begins: '6000' } },
      'profile.header.begins: 2 bytes do not fit.',
    ],
    [
      'a frame that cannot say its greatest length',
      { frame: { coding: 'text', size: 4, includesItself: true, most: 9996 } },
      'profile.frame.most: 9996 does not fit. Allowed: a whole number from 1 to 9995.',
    ],
    [
      'a repeated field that the profile lacks',
      { without: [37], match: [11, 37] },
      'profile.match[1]: field 37 is missing',
    ],
    [
      'lengths in octets and digits filled up with zeros',
      { prefix: { coding: 'bcd', counts: 'wire' } },
      'profile.prefix: field 2: the length counts octets',
    ],
    ['a key of octets', { match: [11, 52] }, 'profile.match: field 52 is no text.'],
    ['an echo of no class', { echo: { payments: [11] } }, 'profile.echo: "payments" is not known.'],
  ])('%s', (_, change, message) => {
    expect(codeOf(() => read(change))).toBe('bad_profile');
    expect(messageOf(() => read(change))).toContain(message);
  });

  test('subfields: names once, optional ones at the end, three levels', () => {
    const list = (items: unknown[]) => ({ fields: { '48': { content: { form: 'list', items } } } });
    const at = 'profile.fields.48.content.items';
    const a = { name: 'a', format: 'n 2', coding: 'text' };
    expect(messageOf(() => read(list([a, a])))).toContain(`${at}[1].name: "a" stands here twice`);
    expect(
      messageOf(() =>
        read(
          list([
            { ...a, optional: true },
            { ...a, name: 'b' },
          ]),
        ),
      ),
    ).toContain(`${at}[1]: a required subfield after an optional one`);
    const nest = (inner: unknown): unknown[] => [
      { name: 'a', format: 'ans..99', content: { form: 'list', items: inner } },
    ];
    expect(codeOf(() => read(list(nest(nest([a])))))).toBe('accepted');
    expect(codeOf(() => read(list(nest(nest(nest([a]))))))).toBe('bad_profile');
  });

  test('what is not JSON', () => {
    expect(messageOf(() => readIsoProfile('{'))).toMatch(/^profile: not JSON: /);
    expect(messageOf(() => readIsoProfile('[]'))).toContain('profile: [] is no object');
  });
});
