/** docs/threat-model.md claims nothing that no test shows: each test that it names is there, in that file, under that title. */
import { describe, expect, test } from 'vitest';
import { hasTest, missingOf, namedIn, pageOf } from './named-tests.ts';

const page = pageOf('docs/threat-model.md');
const named = namedIn(page);
/** Rows of the tables of threats: three columns. */
const rows = page.split('\n').filter((line) => /^\|([^|]+\|){3}$/.test(line) && line.includes('.test.ts'));

describe('every test that the threat model names', () => {
  test('is there, under its title', () => {
    expect(named.length).toBeGreaterThan(50);
    expect(missingOf(named)).toEqual([]);
  });

  test('stands in a row of threat, control and test, and no row has none', () => {
    expect(rows.length).toBeGreaterThan(30);
    const found = rows.flatMap((row) => [...row.matchAll(/\.test\.ts` "/g)]);
    expect(found.length).toBe(named.length);
    for (const row of rows) expect(row).toMatch(/` "[^"]+" \|$/);
  });
});

test('a title that is no test is found out', () => {
  expect(hasTest("test('one', () => {});", 'one')).toBe(true);
  expect(hasTest("test.skipIf(x)('one', () => {});", 'one')).toBe(true);
  expect(hasTest("say('one');", 'one')).toBe(false);
  expect(hasTest("test('one and two', () => {});", 'one')).toBe(false);
});
