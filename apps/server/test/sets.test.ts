/** Columns as parameters: what PostgreSQL reads is what was given. */
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { openPool } from '../src/store/pool.ts';
import { numbers, octets, shortNumbers, words } from '../src/store/sets.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: pg.Pool;
beforeAll(async () => {
  database = await testDatabase();
  pool = openPool(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Element by element, in their order. */
async function read(type: string, list: Buffer): Promise<unknown[]> {
  const { rows } = await pool.query(
    `SELECT v FROM unnest($1::${type}[]) WITH ORDINALITY AS u (v, n) ORDER BY n`,
    [list],
  );
  return rows.map((row) => row.v);
}

test('Numbers arrive as they are, also those beyond 32 bits, below zero, and none at all', async () => {
  const most = Number.MAX_SAFE_INTEGER;
  const given = [0, 1, -1, 2 ** 32 - 1, 2 ** 32, most, -most, -(2 ** 31), 9_223_372_036_854_775_807n, -5n];
  expect(await read('int8', numbers(given))).toEqual(given.map(BigInt));
  expect(await read('int8', numbers([]))).toEqual([]);
  expect(await read('int4', shortNumbers([0, 65_535, -7]))).toEqual([0, 65_535, -7]);
  expect(() => shortNumbers([2 ** 31])).toThrow('Bug');
});

test('Octets arrive as they are, empty ones and NULL among them', async () => {
  const list = fc.array(fc.option(fc.uint8Array({ maxLength: 300 })), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(list, async (given) => {
      expect(await read('bytea', octets(given))).toEqual(given);
    }),
    { numRuns: 30 },
  );
});

test('Words arrive as they are; what is not ASCII is a bug of ours', async () => {
  const given = ['0123456789abcdef', 'open', '', 'a,b"c\\{}', 'null'];
  expect(await read('text', words(given))).toEqual(given);
  expect(() => words(['café'])).toThrow('Bug');
});
