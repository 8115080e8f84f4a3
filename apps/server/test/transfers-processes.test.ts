/**
 * Two server processes that write the same accounts of one database at once, one of which is killed with SIGKILL in the
 * middle of it: every acknowledged transfer is there, what was cut off happens once, no update is lost.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { openPool } from '../src/store/pool.ts';
import { type Api, agreed } from './kit.ts';
import { type ServerChild, serverChild } from './server-child.ts';

const startChild = (dataFolder: string, databaseUrl: string): Promise<ServerChild> =>
  serverChild({ SOKKIN_DATA: dataFolder, DATABASE_URL: databaseUrl });

interface Wish {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly amount: string;
}
interface Tally {
  /** Key to id, of what was answered as done. */
  readonly done: Map<string, string>;
  /** What got no answer. */
  readonly cutOff: Wish[];
}

/** Single transfers and batches until `until`, or until the server is gone. */
async function load(api: Api, worker: string, accounts: readonly string[], tally: Tally, until: number) {
  for (let i = 0; Date.now() < until; i++) {
    const wishes = Array.from({ length: i % 3 === 0 ? 20 : 1 }, (_, n): Wish => {
      const from = (i * 7 + n * 3) % accounts.length;
      const to = (from + 1 + ((i + n) % (accounts.length - 1))) % accounts.length;
      return {
        ...{ key: `${worker}-${i}-${n}`, from: accounts[from] ?? '', to: accounts[to] ?? '' },
        amount: `${1 + (n % 4)}`,
      };
    });
    try {
      for (const [key, id] of await send(api, wishes)) tally.done.set(key, id);
    } catch {
      tally.cutOff.push(...wishes);
      return;
    }
  }
}

async function send(api: Api, wishes: readonly Wish[]): Promise<[string, string][]> {
  const [first] = wishes;
  if (first === undefined) return [];
  if (wishes.length === 1) {
    const { key, ...wish } = first;
    const answer = await api.post('/v1/transfers', wish, { 'idempotency-key': key });
    if (answer.status === 422) return [];
    expect(answer.status).toBe(201);
    return [[key, answer.body.id]];
  }
  const answer = await api.post('/v1/transfers/batch', { items: wishes });
  expect(answer.status).toBe(200);
  const done = answer.body.results.filter((x: { status: string }) => x.status === 'done');
  return done.map((x: { key: string; id: string }): [string, string] => [x.key, x.id]);
}

test('two processes at once, one of them killed', { timeout: 300_000 }, async () => {
  const database = await testDatabase();
  const dataFolder = await mkdtemp(join(tmpdir(), 'sokkin-two-'));
  const one = await startChild(dataFolder, database.url);
  let two = await startChild(dataFolder, database.url);
  const accounts: string[] = [];
  for (let i = 0; i < 6; i++) {
    const { id } = await one.api.make('/v1/accounts', { name: `A${i}` });
    accounts.push(id);
    await agreed(one.api, '/v1/issuances', { account: id, amount: '200' });
  }
  const tally: Tally = { done: new Map(), cutOff: [] };
  for (let round = 0; round < 3; round++) {
    const until = Date.now() + 2_500;
    const workers = [one, two].flatMap((server, s) =>
      [0, 1, 2, 3].map((w) => load(server.api, `r${round}s${s}w${w}`, accounts, tally, until)),
    );
    await new Promise((resolve) => setTimeout(resolve, 700 + 400 * round));
    await two.kill('SIGKILL');
    await Promise.all(workers);
    two = await startChild(dataFolder, database.url);
    // Whatever became of what was cut off: asked again, it has happened once, or it cannot happen.
    for (const wish of tally.cutOff.splice(0))
      for (const [key, id] of await send(two.api, [wish])) tally.done.set(key, id);
  }
  expect(tally.done.size).toBeGreaterThan(100);

  const pool = openPool(database.url);
  const found = await pool.query<{ reference: string }>(
    `SELECT reference FROM transfers WHERE kind = 'transfer'`,
  );
  // All that was answered as done is there, and nothing else is.
  expect(new Set(found.rows.map((row) => row.reference))).toEqual(new Set(tally.done.values()));
  const lost = await pool.query(`SELECT id FROM accounts a WHERE balance <> coalesce(
      (SELECT sum(amount) FROM postings p WHERE p.account = a.id), 0)
    UNION ALL SELECT account FROM (SELECT account, balance_after, sum(amount) OVER (PARTITION BY account ORDER BY id)
      AS sum FROM postings) chain WHERE balance_after <> sum`);
  expect(lost.rows).toEqual([]);
  const halves = await pool.query(
    `SELECT t.id FROM transfers t LEFT JOIN postings p ON p.transfer = t.id GROUP BY t.id
      HAVING count(p.id) <> 2 OR sum(p.amount) <> 0`,
  );
  expect(halves.rows).toEqual([]);
  expect((await one.api.get('/v1/audit')).body).toMatchObject({
    holds: true,
    issued: '1200',
    online: '1200',
  });
  await pool.end();
  await Promise.all([one.kill('SIGTERM'), two.kill('SIGTERM')]);
  await database.drop();
  await rm(dataFolder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
});
