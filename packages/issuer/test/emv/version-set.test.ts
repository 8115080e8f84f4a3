/** Which version a card's issuer data is of: one, or none. */
import { fromHex } from '@sokkin/codec';
import { versionSet } from '@sokkin/issuer';
import { expect, test } from 'vitest';
import { VECTORS, VERSION_NAMES, versionNamed } from './versions.ts';

const SCHEMES = [
  ['cvn10', 'cvn17', 'cvn18'],
  ['mc-cvn16', 'mc-cvn17', 'mc-cvn20', 'mc-cvn21'],
  ['ccd-tdes', 'ccd-aes'],
  ['cvn133'],
];

test('the versions of one scheme stand in one set, and each vector finds its own', () => {
  expect(SCHEMES.flat().sort()).toEqual([...VERSION_NAMES].sort());
  for (const names of SCHEMES) {
    const set = versionSet(names.map(versionNamed));
    expect(set.names).toEqual(names);
    for (const { elements, profile } of VECTORS.profiles.filter((v) => names.includes(v.profile)))
      expect(set.of(fromHex(elements['9f10'] ?? ''))?.name).toBe(profile);
  }
});

test('versions of two schemes do not: a key index of one is a length of the other', () => {
  expect(() => versionSet([versionNamed('cvn10'), versionNamed('mc-cvn16')])).toThrow('could be of cvn10');
});

test('data of no version is of none', () => {
  const set = versionSet([versionNamed('cvn10')]);
  for (const iad of ['', '06010a03a060', '06010b03a06010', '07010a03a06010'])
    expect(set.of(fromHex(iad))).toBeUndefined();
});

test('two that the same data fits are refused by name', () => {
  const one = versionNamed('cvn10');
  expect(() => versionSet([one, { ...one, name: 'cvn10-too' }])).toThrow(
    'could be of cvn10 and of cvn10-too',
  );
  expect(() => versionSet([one, { ...versionNamed('cvn18'), name: 'cvn10' }])).toThrow('cvn10');
});
