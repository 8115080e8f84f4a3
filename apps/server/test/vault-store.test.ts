/** The token vault's rows over PostgreSQL: the suite of every store of a vault, and what payments ask of this one. */
import type { LedgerStore, LinkRow, TokenRow, UseChange, VaultStore } from '@sokkin/issuer';
import { NEW_TOKEN_LIFE, UNUSED } from '@sokkin/issuer';
import { vaultStoreConformance } from '@sokkin/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPool } from '../src/store/pool.ts';
import { sqlStore } from '../src/store/sql-store.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: pg.Pool;
let store: LedgerStore;
beforeAll(async () => {
  database = await testDatabase();
  pool = openPool(database.url);
  await migrate(pool, () => undefined);
  store = sqlStore(pool);
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

/** Each call in a transaction of its own. */
const alone = (of: LedgerStore): VaultStore => ({
  addLink: (row) => of.write((tx) => tx.vault.addLink(row)),
  link: (id) => of.read((tx) => tx.vault.link(id)),
  linkOfPan: (indexes) => of.read((tx) => tx.vault.linkOfPan(indexes)),
  saveLink: (row) => of.write((tx) => tx.vault.saveLink(row)),
  staleLinks: (current, most) => of.read((tx) => tx.vault.staleLinks(current, most)),
  addToken: (row) => of.write((tx) => tx.vault.addToken(row)),
  token: (number) => of.read((tx) => tx.vault.token(number)),
  saveToken: (row) => of.write((tx) => tx.vault.saveToken(row)),
  tokensOfLink: (link) => of.read((tx) => tx.vault.tokensOfLink(link)),
});

vaultStoreConformance('PostgreSQL', async () => alone(store));

let made = 0;
function rows(account = 'acc_a'): { link: LinkRow; token: TokenRow } {
  made += 1;
  const n = String(made).padStart(12, '0');
  const createdAt = new Date(0);
  const link: LinkRow = {
    ...{ id: `lnk_x${n}`, account, reference: `SKKNX${n}000000000000`, pan: undefined, card: undefined },
    ...{ status: 'active', createdAt, version: 1 },
  };
  const token: TokenRow = {
    ...{ id: `tok_x${n}`, number: `9999${n}`, link: link.id, requestor: '99900000001' },
    ...{ life: NEW_TOKEN_LIFE, use: UNUSED, assurance: 0, createdAt, version: 1 },
    domain: {
      ...{ devices: undefined, merchants: undefined, entries: undefined, currencies: undefined },
      ...{ mostAmount: undefined, mostTotal: 5n, mostCount: undefined },
      ...{ validFrom: 0, validUntil: 1, needsCryptogram: false },
    },
  };
  return { link, token };
}

async function stored(account?: string) {
  const { link, token } = rows(account);
  await store.write(async (tx) => {
    await tx.vault.addLink(link);
    await tx.vault.addToken(token);
  });
  return { link, token };
}

test('many numbers are resolved at once, each with its link; what is no token is left out', async () => {
  const [a, b] = [await stored(), await stored('acc_b')];
  const found = await store.read((tx) =>
    tx.vault.resolve([b.token.number, '1234567890123', a.token.number, a.token.number]),
  );
  expect(found).toEqual(
    new Map([
      [a.token.number, a],
      [b.token.number, b],
    ]),
  );
  expect(await store.read((tx) => tx.vault.resolve([]))).toEqual(new Map());
});

const use = (number: string, total: bigint, count: number): UseChange => ({
  number,
  change: { total, count },
});

test('use is added in the transaction of what uses it, and lost with it', async () => {
  const [a, b] = [await stored(), await stored()];
  await store.write((tx) => tx.vault.addUse([use(a.token.number, 7n, 1), use(b.token.number, 2n, 2)]));
  await store.write((tx) => tx.vault.addUse([use(a.token.number, -3n, 0)]));
  const failed = store.write(async (tx) => {
    await tx.vault.addUse([use(a.token.number, 100n, 1)]);
    throw new Error('the payment was not written');
  });
  await expect(failed).rejects.toThrow('not written');
  const found = await store.read((tx) => tx.vault.resolve([a.token.number, b.token.number]));
  expect([found.get(a.token.number)?.token.use, found.get(b.token.number)?.token.use]).toEqual([
    { total: 4n, count: 1 },
    { total: 2n, count: 2 },
  ]);
});

test('whoever saw a token before it was used does not write over its use', async () => {
  const { token } = await stored();
  await store.write((tx) => tx.vault.addUse([use(token.number, 5n, 1)]));
  const suspended = {
    ...token,
    life: { stage: 'active', suspendedBy: new Set<never>() },
    version: 2,
  } as const;
  expect(await store.write((tx) => tx.vault.saveToken(suspended))).toBe(false);
});

test('a number that many draw at once is one token, and nobody fails', async () => {
  const { link, token } = rows();
  await store.write((tx) => tx.vault.addLink(link));
  const drawn = Array.from({ length: 8 }, () => ({ ...rows().token, link: link.id, number: token.number }));
  const taken = await Promise.all(drawn.map((row) => store.write((tx) => tx.vault.addToken(row))));
  expect(taken.sort()).toEqual(['added', ...Array.from({ length: 7 }, () => 'taken')]);
});

test('for use, tokens are locked: uses from many sides take turns, and none is lost', async () => {
  const some = [await stored(), await stored(), await stored()].map(({ token }) => token.number);
  await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      store.write(async (tx) => {
        const mine = i % 2 === 0 ? some : [...some].reverse();
        const before = await tx.vault.resolve(mine, true);
        const count = (number: string) => before.get(number)?.token.use.count ?? 0;
        await tx.vault.addUse(mine.map((number) => use(number, BigInt(count(number)), 1)));
      }),
    ),
  );
  const after = await store.read((tx) => tx.vault.resolve(some));
  // 0 + 1 + ... + 7: each saw the use of all before it.
  expect([...after.values()].map(({ token }) => token.use)).toEqual(
    some.map(() => ({ total: 28n, count: 8 })),
  );
});

test('one PAN is linked once, whichever of its keys two processes find it by', async () => {
  const value = (mark: number) => new Uint8Array(32).fill(mark);
  const [old, young] = [
    { key: 'pan_index.1', value: value(200) },
    { key: 'pan_index.2', value: value(201) },
  ];
  const register = (index: typeof old) =>
    store.write(async (tx) => {
      await tx.vault.lockPan([old, young]);
      const known = await tx.vault.linkOfPan([old, young]);
      if (known !== undefined) return known.id;
      const envelope = Uint8Array.from([1, 5, ...new TextEncoder().encode('pan.1'), ...value(9)]);
      const link = {
        ...rows().link,
        pan: { envelope, index },
        card: { lastFour: '1234', expiry: undefined },
      };
      expect(await tx.vault.addLink(link)).toBe('added');
      return link.id;
    });
  const ids = await Promise.all([register(old), register(young), register(old), register(young)]);
  expect(new Set(ids).size).toBe(1);
});

test('tokens are found by index, by number and by account', async () => {
  const plan = async (text: string) =>
    (await pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`)).rows
      .map((row) => row['QUERY PLAN'])
      .join('\n');
  await pool.query(`INSERT INTO tokens (number, id, link, account, requestor, stage, suspended_by, domain, used_total, used_count, assurance, version, created_at)
    SELECT (8000000000000000 + n)::text, 'tok_many' || n, 'lnk_many', 'acc_many' || n % 1000, '99900000002', 'active', '{}', '{}', 0, 0, 0, 1, now()
    FROM generate_series(1, 20000) AS n`);
  await pool.query('ANALYZE tokens');
  expect(
    await plan(`SELECT * FROM tokens WHERE number = ANY('{8000000000000001,8000000000000002}')`),
  ).toContain('tokens_pkey');
  expect(await plan(`SELECT * FROM tokens WHERE account = 'acc_many7' ORDER BY place LIMIT 20`)).toContain(
    'tokens_of_account',
  );
});
