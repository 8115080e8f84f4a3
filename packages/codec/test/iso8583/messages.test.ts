/** What a message may hold: types of values, refusals with their places, MTIs and their answers, codes, keys, MACs. */
import { describe, expect, test } from 'vitest';
import {
  amountOf,
  ascii,
  type Bytes,
  bytesOf,
  checkIsoMac,
  decodeIso,
  ECHOED,
  encodeIso,
  firstTime,
  formatMti,
  fromHex,
  hex,
  ISO_RESPONSE_CODES,
  IsoError,
  type IsoValue,
  isoMacInput,
  isoMatchingKey,
  isoMessage,
  isRepeat,
  MATCHED,
  parseMti,
  respondIso,
  responseMti,
  SokkinError,
  textOf,
  tlv,
  tlvsOf,
  withIsoMac,
} from '../../src/index.ts';
import { codeOf, messageOf } from '../support.ts';
import { ordered, plain, profile } from './support.ts';

const ascii87 = profile('1987-ascii');
const bcd87 = profile('1987-bcd');
const example = profile('example-acquirer');
const TPDU = fromHex('6000010002');

/** The refusal itself. */
function refusal(call: () => unknown): IsoError {
  try {
    call();
  } catch (error) {
    if (error instanceof IsoError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('a refusal', () => {
  test('is the one error class, with code, field, octet and what was expected', () => {
    const error = refusal(() => decodeIso(ascii87, ascii('08002020000000800000000000A00001')));
    expect(error).toBeInstanceOf(SokkinError);
    expect(error).toMatchObject({ code: 'bad_value', field: 11, offset: 26, expected: '6 digits' });
    expect(error.message).toBe(
      'ISO 8583 field 11 at octet 26: the octet is no character of this kind. Expected: 6 digits.',
    );
  });

  test('never shows a value', () => {
    const pan = '4761739001010119';
    for (const wrong of [`${pan}A`, `${pan}0000`, '476173900101 119'])
      expect(messageOf(() => encodeIso(ascii87, isoMessage('0100', { 2: wrong })))).not.toContain('4761');
    const text = encodeIso(ascii87, isoMessage('0100', { 2: pan }));
    text[30] = 0x41;
    expect(messageOf(() => decodeIso(ascii87, text))).not.toContain('4761');
  });

  test.each<[string, Readonly<Record<number, IsoValue>>, string, string]>([
    [
      'digits too few',
      { 11: '12345' },
      'bad_length',
      'ISO 8583 field 11: the value has a length of 5. Expected: 6 digits.',
    ],
    ['digits too many', { 2: '1'.repeat(20) }, 'bad_length', 'at most 19 digits'],
    ['a letter in digits', { 11: '12345A' }, 'bad_value', 'field 11: not all of it are digits'],
    ['an amount as text', { 4: '000000001250' }, 'bad_value', 'a bigint of 12 digits'],
    ['an amount below zero', { 4: -1n }, 'bad_value', 'field 4'],
    ['an amount too great', { 4: 10n ** 12n }, 'too_long', 'the amount has 13 digits'],
    ['text as octets', { 41: fromHex('00') }, 'bad_value', 'field 41: the value is no text'],
    ['octets as text', { 52: '0000000000000000' }, 'bad_value', 'field 52: the value is not binary'],
    ['an amount without a sign', { 28: 5n }, 'bad_value', 'field 28: the value has no sign C or D'],
    [
      'a blank before letters',
      { 37: 'A B         ' },
      'bad_value',
      'field 37: a blank stands before its end',
    ],
    [
      'a character beyond ASCII',
      { 41: 'TERMÄ001' },
      'bad_value',
      'field 41: character 5 is not of this kind',
    ],
    ['a control character', { 41: 'TERM\n001' }, 'bad_value', 'field 41: character 5 is not of this kind'],
    ['a track with letters', { 35: '4761D' }, 'bad_value', 'field 35: not all of it are digits'],
    ['a field of no standard', { 129: '' }, 'unknown_field', 'field 129: not in profile 1987-bcd'],
    ['the second bitmap', { 1: fromHex('00') }, 'unknown_field', 'field 1: not in profile'],
    ['the third bitmap', { 65: fromHex('00') }, 'unknown_field', 'field 65: not in profile'],
    [
      'a tag twice',
      {
        55: [
          { tag: 0x9a, value: fromHex('26') },
          { tag: 0x9a, value: fromHex('27') },
        ],
      },
      'bad_value',
      'occurs twice',
    ],
    ['no tag', { 55: [{ tag: 0x9f, value: fromHex('26') }] }, 'bad_tag', 'field 55: tag 9F'],
    ['a template of no objects', { 55: [{ tag: 0x77, value: fromHex('9a') }] }, 'bad_value', 'field 55'],
  ])('%s', (_, fields, code, sentence) => {
    const encode = () => encodeIso(bcd87, isoMessage('0200', fields));
    expect(codeOf(encode)).toBe(code);
    expect(messageOf(encode)).toContain(sentence);
  });

  test.each<[string, string, string, string]>([
    ['a reserved class', '09000000000000000000', 'bad_mti', 'MTI at octet 0: 0900 is reserved'],
    ['another version', '12000000000000000000', 'bad_mti', 'MTI at octet 0: the version is 1993'],
    [
      'a half octet that is no digit',
      '0a000000000000000000',
      'bad_value',
      'MTI at octet 0: a half octet is no digit',
    ],
    [
      'a second bitmap of nothing',
      `0800${'80'.padEnd(16, '0')}${'0'.repeat(16)}`,
      'bad_bitmap',
      'bitmap at octet 10: the second bitmap is empty',
    ],
    [
      'a third bitmap',
      `0800${'80'.padEnd(16, '0')}${'80'.padEnd(16, '0')}`,
      'unknown_field',
      'field 65 at octet 18',
    ],
    [
      'a filled half octet that is not zero',
      '02000000080000000000 1978'.replace(' ', ''),
      'bad_value',
      'field 21 at octet 10: the filling half octet is not as left-0',
    ],
    [
      'a half octet that is no digit, behind a filling one',
      '0200000008000000000009a8',
      'bad_value',
      'field 21 at octet 11: a half octet is no digit',
    ],
    [
      'a length beyond the maximum',
      '02004000000000000000 20'.replace(' ', ''),
      'too_long',
      'field 2 at octet 10: the length is 20',
    ],
    ['no sign before a fee', '020000000010000000002000000001', 'bad_value', 'field 28 at octet 10'],
  ])('%s', (_, octets, code, sentence) => {
    const decode = () => decodeIso(bcd87, fromHex(octets));
    expect(codeOf(decode)).toBe(code);
    expect(messageOf(decode)).toContain(sentence);
  });

  test('chip data that is not in its shortest form keeps its cause', () => {
    const good = hex(encodeIso(bcd87, isoMessage('0100', { 55: [{ tag: 0x9a, value: fromHex('261122') }] })));
    const bad = good.replace('0005 9a03261122'.replace(' ', ''), '00069a8103261122');
    expect(refusal(() => decodeIso(bcd87, fromHex(bad)))).toMatchObject({
      field: 55,
      cause: { code: 'bad_length' },
    });
  });

  test('a header that the profile does not have, lacks, or begins otherwise', () => {
    const code = (of: typeof bcd87, header?: Bytes) =>
      codeOf(() => encodeIso(of, isoMessage('0800', {}, header)));
    expect(code(bcd87, TPDU)).toBe('bad_value');
    expect(code(example)).toBe('bad_length');
    expect(code(example, fromHex('6100010002'))).toBe('bad_value');
    expect(code(example, TPDU)).toBe('accepted');
  });

  test('more octets than the profile allows are not read', () => {
    expect(messageOf(() => decodeIso(example, new Uint8Array(2049)))).toBe(
      'ISO 8583 message: 2049 octets. Expected: at most 2048.',
    );
  });
});

describe('subfields', () => {
  const terminal = (parts: [string, IsoValue][]) => isoMessage('0800', { 48: new Map(parts) }, TPDU);
  const required: [string, IsoValue][] = [
    ['terminal-type', '22'],
    ['capabilities', fromHex('e0b8c8')],
    ['software', 'v1'],
  ];

  test('optional ones may be missing from the end, and only from there', () => {
    const octets = encodeIso(example, terminal(required));
    expect(hex(octets)).toBe('6000010002 0800 0000000000010000 0007 22 e0b8c8 02 7631'.replaceAll(' ', ''));
    expect(plain(decodeIso(example, octets))).toEqual(plain(terminal(required)));
    const location: [string, IsoValue] = ['location', 'HERE'];
    expect(messageOf(() => encodeIso(example, terminal([...required, location])))).toContain(
      'field 48.floor-limit: the subfield is missing',
    );
    expect(codeOf(() => encodeIso(example, terminal([...required, ['floor-limit', 5n], location])))).toBe(
      'accepted',
    );
  });

  test('unknown and missing ones are refused by name', () => {
    expect(messageOf(() => encodeIso(example, terminal([...required, ['colour', 'red']])))).toContain(
      'subfield colour is not known',
    );
    expect(messageOf(() => encodeIso(example, terminal(required.slice(1))))).toContain(
      'field 48.terminal-type: the subfield is missing',
    );
  });

  test('what is left over in a field is refused at its octet', () => {
    const octets = fromHex('6000010002 0800 0000000000010000 0008 22 e0b8c8 02 7631 00');
    expect(refusal(() => decodeIso(example, octets))).toMatchObject({
      path: 'field 48.floor-limit',
      code: 'truncated',
    });
  });
});

describe('values by field', () => {
  const message = decodeIso(
    bcd87,
    encodeIso(
      bcd87,
      isoMessage('0200', {
        4: 1250n,
        11: '000042',
        52: fromHex('cd2c09cdca80244c'),
        55: [
          { tag: 0x9a, value: fromHex('261122') },
          { tag: 0x72, value: tlv(0x86, fromHex('8424000008')) },
          { tag: 0x72, value: tlv(0x86, fromHex('8418000004')) },
        ],
      }),
    ),
  );

  test('have their types', () => {
    expect(textOf(message, 11)).toBe('000042');
    expect(amountOf(message, 4)).toBe(1250n);
    expect(hex(bytesOf(message, 52) ?? new Uint8Array(0))).toBe('cd2c09cdca80244c');
    expect(textOf(message, 37)).toBeUndefined();
  });

  test('chip data by tag; several issuer scripts are allowed, the first is found', () => {
    const tlvs = tlvsOf(message, 55);
    expect(hex(tlvs?.get(0x9a) ?? new Uint8Array(0))).toBe('261122');
    expect(hex(tlvs?.get(0x72) ?? new Uint8Array(0))).toBe('86058424000008');
  });

  test('asking for another type is a bug', () => {
    expect(() => textOf(message, 4)).toThrow('Bug: field 4 is no text');
    expect(() => tlvsOf(message, 11)).toThrow('Bug: field 11 is no BER-TLV');
  });
});

describe('message types', () => {
  test('480 exist, and each writes back', () => {
    let count = 0;
    for (let n = 0; n < 10_000; n++) {
      const digits = String(n).padStart(4, '0');
      if (codeOf(() => parseMti(digits)) === 'bad_mti') continue;
      expect(formatMti(parseMti(digits))).toBe(digits);
      count++;
    }
    expect(count).toBe(2 * 8 * 5 * 6);
  });

  test.each([
    ['0100', '0110'],
    ['0101', '0110'],
    ['0200', '0210'],
    ['0220', '0230'],
    ['0221', '0230'],
    ['0400', '0410'],
    ['0421', '0430'],
    ['0500', '0510'],
    ['0520', '0530'],
    ['0800', '0810'],
    ['0302', '0312'],
    ['1804', '1814'],
    ['1805', '1814'],
  ])('%s is answered with %s', (request, response) => {
    const answer = responseMti(parseMti(request));
    expect(answer && formatMti(answer)).toBe(response);
  });

  test('responses and notifications are not answered; repeats are known', () => {
    for (const digits of ['0110', '0230', '0240']) expect(responseMti(parseMti(digits))).toBeUndefined();
    expect(isRepeat(parseMti('0401'))).toBe(true);
    expect(isRepeat(parseMti('0400'))).toBe(false);
    expect(formatMti(firstTime(parseMti('0421')))).toBe('0420');
  });
});

describe('a response', () => {
  const request = isoMessage(
    '0200',
    {
      2: '4761739001010119',
      4: 1250n,
      7: '1122213045',
      11: '000042',
      41: 'TERM0001',
      52: fromHex('cd2c09cdca80244c'),
    },
    TPDU,
  );

  test('repeats what the profile says, adds what is given, and turns the TPDU round', () => {
    const response = respondIso(example, request, { 39: '00', 4: 1000n });
    expect(plain(ordered(response))).toEqual(
      plain(
        ordered(
          isoMessage(
            '0210',
            { 2: '4761739001010119', 4: 1000n, 7: '1122213045', 11: '000042', 41: 'TERM0001', 39: '00' },
            fromHex('6000020001'),
          ),
        ),
      ),
    );
    expect(isoMatchingKey(example, response)).toBe(isoMatchingKey(example, request));
    expect(() => respondIso(example, response, {})).toThrow(/^Bug: /);
  });

  test('keys: a repeat has the same, another terminal, day, number or kind of message another', () => {
    const key = (mti: string, change: Readonly<Record<number, IsoValue>> = {}) =>
      isoMatchingKey(
        ascii87,
        isoMessage(mti, { 7: '1122213045', 11: '000042', 32: '12345678901', 41: 'TERM0001', ...change }),
      );
    expect(key('0401')).toBe(key('0400'));
    expect(key('0410')).toBe(key('0400'));
    expect(key('0430')).toBe(key('0421'));
    const keys = [
      key('0400'),
      key('0420'),
      key('0200'),
      key('0220'),
      key('0240'),
      key('0200', { 7: '1123213045' }),
      key('0200', { 11: '000043' }),
      key('0200', { 32: '1' }),
      key('0200', { 41: 'TERM0002' }),
      key('0200', { 37: '632621000042' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('every class repeats the fields of the key, and no secrets', () => {
    for (const version of ['1987', '1993'] as const)
      for (const fields of Object.values(ECHOED[version])) {
        expect(new Set(fields).size).toBe(fields.length);
        expect(MATCHED.filter((n) => !fields.includes(n))).toEqual([]);
        expect(fields.filter((n) => [35, 36, 45, 52, 55, 64, 128].includes(n))).toEqual([]);
      }
  });
});

test('codes of field 39 stand once, in order, and fit the field', () => {
  for (const [version, length] of [
    ['1987', 2],
    ['1993', 3],
  ] as const) {
    const codes = [...ISO_RESPONSE_CODES[version].keys()];
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(codes.filter((c) => !/^\d+$/.test(c) || c.length !== length)).toEqual([]);
  }
  expect(ISO_RESPONSE_CODES['1987'].get('51')).toEqual({
    code: '51',
    outcome: 'declined',
    meaning: 'not sufficient funds',
  });
  expect(ISO_RESPONSE_CODES['1993'].get('116')?.meaning).toBe(ISO_RESPONSE_CODES['1987'].get('51')?.meaning);
  expect(ISO_RESPONSE_CODES['1993'].get('400')?.outcome).toBe('accepted');
});

describe('the MAC', () => {
  /** No cryptography: it shows which octets were covered. */
  const last8 = (input: Bytes): Bytes => input.slice(-8);
  const sale = isoMessage('0200', { 4: 1250n, 11: '000042' });

  test('stands in 64, or in 128 beside a field beyond 64, and covers all before it', () => {
    const signed = withIsoMac(bcd87, sale, last8);
    expect([...signed.fields.keys()]).toEqual([4, 11, 64]);
    expect(hex(encodeIso(bcd87, signed))).toBe(
      '0200 1020000000000001 000000001250 000042 0000001250000042'.replaceAll(' ', ''),
    );
    expect(hex(isoMacInput(bcd87, signed))).toBe('02001020000000000001000000001250000042');
    const long = withIsoMac(bcd87, isoMessage('0800', { 11: '000042', 70: '301' }), last8);
    expect([...long.fields.keys()]).toEqual([11, 70, 128]);
  });

  test('covers the header where the profile says so', () => {
    const request = isoMessage('0800', { 11: '000042', 64: new Uint8Array(8) }, TPDU);
    expect(hex(isoMacInput(example, request)).slice(0, 4)).toBe('0800');
    const all = profile('example-acquirer', { mac: { covers: 'header-and-message' } });
    expect(hex(isoMacInput(all, request)).slice(0, 10)).toBe('6000010002');
  });

  test('of hexadecimal characters covers the characters', () => {
    expect(isoMacInput(ascii87, withIsoMac(ascii87, sale, last8))).toHaveLength(4 + 16 + 12 + 6);
  });

  test('is valid, invalid or absent; a short code is filled up with zeros', () => {
    const short = (input: Bytes): Bytes => input.slice(-4);
    const signed = withIsoMac(bcd87, sale, short);
    expect(hex(bytesOf(signed, 64) ?? new Uint8Array(0))).toBe('5000004200000000');
    expect(checkIsoMac(bcd87, signed, short)).toBe('valid');
    expect(checkIsoMac(bcd87, signed, last8)).toBe('invalid');
    const other = { ...signed, fields: new Map(signed.fields).set(11, '000043') };
    expect(checkIsoMac(bcd87, other, short)).toBe('invalid');
    expect(checkIsoMac(bcd87, sale, short)).toBe('absent');
  });

  test('of another length is the dialect’s; without a field for it there is none', () => {
    const four = profile('1987-bcd', { fields: { '64': { format: 'b 4' } } });
    const signed = withIsoMac(four, sale, (input) => input.slice(-4));
    expect(hex(encodeIso(four, signed)).slice(-8)).toBe('50000042');
    expect(checkIsoMac(four, signed, (input) => input.slice(-4))).toBe('valid');
    const none = profile('1987-bcd', { without: [64] });
    expect(codeOf(() => withIsoMac(none, sale, last8))).toBe('unknown_field');
  });

  test('anywhere but last is refused', () => {
    const early = isoMessage('0800', { 64: new Uint8Array(8), 70: '301' });
    expect(codeOf(() => checkIsoMac(bcd87, early, last8))).toBe('missing_field');
    const both = isoMessage('0800', { 64: new Uint8Array(8), 128: new Uint8Array(8) });
    expect(codeOf(() => checkIsoMac(bcd87, both, last8))).toBe('unknown_field');
  });
});
