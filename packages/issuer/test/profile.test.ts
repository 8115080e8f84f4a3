/** Profile files: those that come with this package, and every way in which one can be wrong. */
import { AIP_FLAGS, encodeFlags, hex } from '@sokkin/codec';
import { parseProfile, readProfile } from '@sokkin/issuer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALL_PROFILES, profileNamed, profileText } from './cards.ts';

type Json = { [name: string]: Json } & (string | number | boolean | Json[]);

/** The white-label file with one member replaced, or taken out. */
function changed(path: string, value: unknown): unknown {
  const root = JSON.parse(profileText('white-label'));
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce((node: Json, name) => node[name] as Json, root as Json) as Record<
    string,
    unknown
  >;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return root;
}

/** What is changed in the white-label profile, and the refusal. */
const WRONG: readonly (readonly [path: string, value: unknown, says: string])[] = [
  [
    'format',
    'sokkin-card-profile-2',
    'profile.format: "sokkin-card-profile-2" is not known. Allowed: sokkin-card-profile-1.',
  ],
  ['name', 'White Label', 'profile.name: "White Label" does not fit. Allowed: small letters, digits'],
  ['risk', undefined, 'profile: "risk" is missing. Allowed: all of format, name'],
  ['colour', 'red', 'profile: "colour" is not known. Allowed: format, name'],
  ['application', [], 'profile.application: [] is no object. Allowed: an object with aid, label'],
  [
    'application.aid',
    'F053',
    'profile.application.aid: 2 bytes do not fit. Allowed: 5 to 16 bytes in hexadecimal.',
  ],
  [
    'application.aid',
    'F0 5',
    'profile.application.aid: "F0 5" does not fit. Allowed: 5 to 16 bytes in hexadecimal.',
  ],
  [
    'application.label',
    '即金',
    'profile.application.label: "即金" does not fit. Allowed: 1 to 16 printable ASCII',
  ],
  ['application.codeTable', undefined, 'preferredName and codeTable need each other'],
  [
    'application.priority',
    16,
    'profile.application.priority: 16 does not fit. Allowed: a whole number from 0 to 15.',
  ],
  ['application.kernel', '41', 'profile.application.kernel: bits 8 and 7 are 01, which is reserved'],
  [
    'application.kernel',
    'C1',
    'profile.application.kernel: a domestic kernel is not whole. Allowed: 3 to 8 bytes',
  ],
  ['application.kernel', 'C00392', 'profile.application.kernel: a domestic kernel is not whole'],
  ['application.languages', [], 'profile.application.languages: 0 do not fit. Allowed: 1 to 4 languages'],
  ['application.languages', ['JA'], 'profile.application.languages[0]: "JA" does not fit'],
  [
    'interchange',
    ['dda', 'dda'],
    'profile.interchange[1]: "dda" stands here twice. Allowed: each name once.',
  ],
  [
    'interchange',
    ['DDA'],
    'profile.interchange[0]: "DDA" is not known. Allowed: sda, dda, cardholderVerification',
  ],
  [
    'lists.pdol',
    '9F3804',
    'profile.lists.pdol: 9F38 (Processing Options Data Object List) is not the terminal',
  ],
  [
    'lists.pdol',
    '9F02',
    'profile.lists.pdol: DOL: tag 9F02 without its length. Allowed: tags with their lengths',
  ],
  ['lists.cdol1', '9F0206 5F2A02 9C01 9F3704 9F0206', 'profile.lists.cdol1: 9F02 stands here twice'],
  [
    'lists.cdol1',
    '9F0206 5F2A02 9C01',
    'profile.lists.cdol1: 9F37 is missing. Allowed: a list that has it, with 4 bytes.',
  ],
  [
    'lists.cdol1',
    '9F0205 5F2A02 9C01 9F3704',
    'profile.lists.cdol1: 9F02 (Amount, Authorised (Numeric)) with 5 bytes',
  ],
  ['lists.cdol2', '9F3704', 'profile.lists.cdol2: 8A is missing'],
  ['lists.cdol2', '8A02', 'profile.lists.cdol2: 9F37 is missing. Allowed: a list that has it: CDA signs it'],
  [
    'lists.cdol2',
    '8A02 9F3704 9107',
    'profile.lists.cdol2: 91 (Issuer Authentication Data) with 7 bytes. Allowed: 8 to 16.',
  ],
  ['lists.ddol', '', 'profile.lists.ddol: 9F37 is missing'],
  ['lists.drdol', '9F3704 9F2103', 'profile.lists.drdol: 9F21 was never shown to the card'],
  ['lists.drdol', '9A03', 'profile.lists.drdol: too short to tell transactions apart'],
  [
    'actionCodes.denial',
    ['unlucky'],
    'profile.actionCodes.denial[0]: "unlucky" is not known. Allowed: odaNotPerformed',
  ],
  ['usage', 'all', 'profile.usage: "all" is no list. Allowed: a list in [ ].'],
  ['cvm.rules', [], 'profile.cvm.rules: 0 do not fit. Allowed: 1 to 20 rules.'],
  [
    'cvm.rules',
    [{ method: 'face', when: 'always', else: 'next' }],
    'profile.cvm.rules[0].method: "face" is not known',
  ],
  ['cvm.rules', [{ method: 'noCvm', when: 'always' }], 'profile.cvm.rules[0]: "else" is missing'],
  ['cvm.x', 1.5, 'profile.cvm.x: 1.5 does not fit. Allowed: a whole number from 0 to 4294967295.'],
  [
    'issuer.country',
    'JPN',
    'profile.issuer.country: "JPN" does not fit. Allowed: three digits (ISO 3166-1).',
  ],
  ['risk.lowerCount', 30, 'profile.risk.lowerCount: above upperCount. Allowed: 0 to 20.'],
  ['cryptogram.cipher', 'rot13', 'profile.cryptogram.cipher: "rot13" is not known. Allowed: tdes, aes.'],
  ['cryptogram.masterKey', 'C', 'profile.cryptogram.masterKey: C is not for tdes. Allowed: A, B.'],
  ['cryptogram.data', '9F0206 9F3602', 'profile.cryptogram.data: 9F37 is missing'],
  ['cryptogram.data', '9F3704', 'profile.cryptogram.data: 9F36 is missing'],
  [
    'cryptogram.data',
    '9F3704 9F3602 9F1008',
    'profile.cryptogram.data: 9F10 with 8 bytes. Allowed: 32, as the layout',
  ],
  [
    'cryptogram.data',
    '9F3704 9F3602 9F4102',
    'profile.cryptogram.data: 9F41 with 2 bytes is unknown to the card',
  ],
  [
    'cryptogram.iad',
    ['cvr 6'],
    'profile.cryptogram.iad[0]: "cvr 6" is not known. Allowed: "fixed" and hexadecimal',
  ],
  ['cryptogram.iad', ['version', 'version'], 'profile.cryptogram.iad: version stands here twice'],
  ['cryptogram.iad', [], 'profile.cryptogram.iad: 0 bytes. Allowed: 1 to 32 bytes.'],
  ['cryptogram.arpcMethod', 3, 'profile.cryptogram.arpcMethod: 3 is not known. Allowed: 1, 2.'],
  ['cryptogram.arpcMethod', 1, 'profile.lists.cdol2: 91 with 8 bytes. Allowed: 10 bytes for ARPC method 1.'],
  ['scripts.macLength', 3, 'profile.scripts.macLength: 3 does not fit. Allowed: a whole number from 4 to 8.'],
  ['behaviour.offline', 'yes', 'profile.behaviour.offline: "yes" is no flag. Allowed: true, false.'],
  ['rsa.icc', 1000, 'profile.rsa.icc: 1000 does not fit. Allowed: a whole number from 1024 to 1984.'],
  ['rsa.icc', 1025, 'profile.rsa.icc: 1025 bits are no whole bytes'],
  ['rsa.issuer', 1024 - 8 + 1024, 'profile.rsa.issuer: 2040 does not fit'],
  ['rsa.ca', 1024, 'profile.rsa.issuer: longer than the key that certifies it. Allowed: at most 1024.'],
  ['rsa.icc', 1680, 'profile.rsa.icc: longer than the key that certifies it'],
  [
    'rsa',
    { ca: 1984, issuer: 1984, icc: 1024, exponent: 3 },
    'profile.rsa.issuer: its certificate fits no record',
  ],
  [
    'rsa',
    { ca: 1984, issuer: 1976, icc: 1976, exponent: 3 },
    'profile.rsa.icc: its signature fits no short answer',
  ],
  ['rsa.exponent', 17, 'profile.rsa.exponent: 17 is not known. Allowed: 3, 65537.'],
];

describe('profiles of this package', () => {
  test.each(ALL_PROFILES)('%s parses, and its file is named after it', (name) => {
    expect(profileNamed(name).name).toBe(name);
  });

  test('interchange profiles are those that the document shows', () => {
    const shown = ALL_PROFILES.map((name) => hex(encodeFlags(AIP_FLAGS, profileNamed(name).interchange)));
    expect(shown).toEqual(['3900', '3900', '3d00', '3b00', '1a00']);
  });
});

describe('a wrong file', () => {
  test.each(WRONG)('%s = %j', (path, value, says) => {
    const parse = () => parseProfile(changed(path, value));
    expect(parse).toThrow(says);
    expect(parse).toThrow(expect.objectContaining({ code: 'bad_profile' }));
  });

  test.each([
    [
      'dda',
      { interchange: ['cardholderVerification'] },
      'cvm.rules: an enciphered PIN, and the card has no key',
    ],
    [
      'a phone',
      { interchange: ['dda', 'onDeviceCardholderVerification'] },
      'cvm.rules: a PIN in the chip of a device that verifies by itself',
    ],
    [
      'issuer authentication twice',
      { interchange: ['dda', 'issuerAuthentication'] },
      'lists.cdol2: 91, and issuerAuthentication in interchange',
    ],
  ])('parts that contradict each other: %s', (_, members, says) => {
    expect(() => parseProfile({ ...JSON.parse(profileText('white-label')), ...members })).toThrow(says);
  });

  test('issuer data that no cryptogram protects', () => {
    const json = JSON.parse(profileText('jcb-shaped'));
    json.cryptogram.data = json.cryptogram.data.replace('9F1009', 'DF0105');
    expect(() => parseProfile(json)).toThrow('profile.cryptogram.iad: debited is not covered');
    json.cryptogram.iad.pop();
    expect(parseProfile(json).control.cryptogramData.at(-1)).toEqual({ tag: 0xdf01, length: 5 });
  });

  test('limited-use keys that the issuer could not tell apart', () => {
    const json = JSON.parse(profileText('phone'));
    json.cryptogram.iad = json.cryptogram.iad.map((f: string) => (f === 'keyNumber' ? 'fixed 0000' : f));
    expect(() => parseProfile(json)).toThrow('could not tell which limited-use key');
  });

  test('text that is no JSON', () => {
    expect(() => readProfile('{')).toThrow('profile: not JSON');
  });

  test('whatever JSON: a refusal that says where', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(() => parseProfile(json)).toThrow(/^profile.*\. Allowed: /);
      }),
    );
  });

  test('whatever stands in place of any member of a good file', () => {
    const paths = leaves(JSON.parse(profileText('white-label')));
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 1 }), (path, value) => {
        try {
          parseProfile(changed(path, value));
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad_profile' });
          expect(String(error)).toContain('Allowed: ');
        }
      }),
      { numRuns: 500 },
    );
  });
});

function leaves(node: unknown, path = ''): string[] {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return [path];
  return Object.entries(node).flatMap(([k, v]) => leaves(v, path === '' ? k : `${path}.${k}`));
}
