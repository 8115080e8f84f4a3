/** docs/spec/card-profiles.md says what the code does: profiles, members, names, groupings. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AIP_FLAGS,
  AUC_FLAGS,
  CVM_CONDITION,
  CVM_METHOD,
  DGI,
  encodeFlags,
  hex,
  TVR_FLAGS,
} from '@sokkin/codec';
import { describe, expect, test } from 'vitest';
import { ALL_PROFILES, profileNamed, profileText } from './cards.ts';

const text = readFileSync(join(import.meta.dirname, '../../../docs/spec/card-profiles.md'), 'utf8');
const section = (n: number): string => text.split(/^## \d+\. /m)[n] ?? '';
const rows = (of: string): string[][] =>
  of
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
const upper = (bytes: Uint8Array): string => hex(bytes).toUpperCase();

test('section 1: each profile with its AID, kernel and interchange profile', () => {
  const table = rows(section(1)).slice(1);
  const shown = table.map(([file, aid, kernel, , , , aip]) => [file, aid, kernel, aip]);
  const wanted = ALL_PROFILES.map((name) => {
    const { control, interchange } = profileNamed(name);
    const aip = encodeFlags(AIP_FLAGS, interchange);
    return [`\`${name}.json\``, upper(control.aid), upper(control.kernel), upper(aip)];
  });
  expect(shown).toEqual(wanted);
});

describe('section 2', () => {
  test('every member of a file stands in the table', () => {
    const table = rows(section(2))
      .map(([member = '']) => member)
      .join(' ');
    const file = JSON.parse(profileText('white-label'));
    const members = Object.entries(file).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.keys(value).map((child) => [name, child])
        : [[name]],
    );
    for (const [name = '', child] of members) {
      const found =
        child === undefined
          ? table.includes(`\`${name}\``)
          : table.includes(`\`${name}.${child}\``) || table.includes(`\`.${child}\``);
      expect(found, `${name}.${child}`).toBe(true);
    }
  });

  test.each([
    ['`interchange`', AIP_FLAGS.bits],
    ['`usage`', AUC_FLAGS.bits],
    ['`method`', CVM_METHOD],
    ['`when`', CVM_CONDITION],
    ['`actionCodes`', TVR_FLAGS.bits],
  ])('names of %s, all and in order', (member, names) => {
    const row = rows(section(2)).find(
      ([first = '', second = '']) =>
        first.startsWith(`${member} (C`) || (first.startsWith(`${member} (Book`) && second !== ''),
    );
    expect([...(row?.[1] ?? '').matchAll(/`(\w+)`/g)].map((m) => m[1])).toEqual(Object.keys(names));
  });
});

test('section 5: the groupings of the payment application, and their numbers', () => {
  const told = rows(section(5))
    .slice(1)
    .map(([dgi = '']) => dgi)
    .join(' ');
  const { purseKey: _, purseIdentity: __, ...payment } = DGI;
  for (const dgi of Object.values(payment)) {
    const isRange = dgi > DGI.rsaCoefficient && dgi < DGI.rsaPrimeP;
    if (!isRange) expect(told).toContain(dgi.toString(16).toUpperCase());
  }
});
