/** docs/threat-model.md claims nothing that no test shows: each test that it names is there, in that file, under that title. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8');
const named = [...page.matchAll(/`([a-z0-9/-]+(?:\.[a-z]+)*\.test\.ts)` "([^"]+)"/g)].map(
  ([, file = '', title = '']) => ({ file, title }),
);
/** Rows of the tables of threats: three columns. */
const rows = page.split('\n').filter((line) => /^\|([^|]+\|){3}$/.test(line) && line.includes('.test.ts'));

/** Whether a test of this name is called, whatever quotes it has and whatever `each` or `skipIf` stands before it. */
function hasTest(source: string, title: string): boolean {
  const quoted = [`'${title.replaceAll("'", "\\'")}'`, `"${title}"`, `\`${title}\``];
  return quoted.some((text) => {
    const at = source.indexOf(text);
    return at >= 0 && /\b(?:test|it)\b[^;]{0,200}\(\s*$/.test(source.slice(Math.max(0, at - 220), at));
  });
}

describe('every test that the threat model names', () => {
  test('is there, under its title', () => {
    expect(named.length).toBeGreaterThan(50);
    const missing = named.filter(({ file, title }) => {
      try {
        return !hasTest(readFileSync(join(ROOT, file), 'utf8'), title);
      } catch {
        return true;
      }
    });
    expect(missing).toEqual([]);
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
