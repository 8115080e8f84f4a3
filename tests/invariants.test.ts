/** docs/reconciliation.md says of each invariant which tests show it: they are there, and carry its number. */
import { expect, test } from 'vitest';
import { missingOf, namedIn, pageOf } from './named-tests.ts';

const rows = pageOf('docs/reconciliation.md')
  .split('\n')
  .filter((line) => /^\| I[1-8] /.test(line));

test('each of I1 to I8 has its row', () => {
  expect(rows.map((row) => row.slice(2, 4))).toEqual(['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8']);
});

test.each(rows)('every test of the row is there, and names the invariant: %s', (row) => {
  const named = namedIn(row);
  expect(missingOf(named)).toEqual([]);
  expect(named.length).toBe(2);
  for (const { title } of named) expect(title).toMatch(new RegExp(`\\b${row.slice(2, 4)}\\b`));
});
