/**
 * Three server processes on one database, uploads to all of them at once, each of them killed with SIGKILL at any moment, or cut off
 * from the database.
 *
 * What must hold: what was acknowledged is there, once, and answered alike by whoever is asked; I1 and I2: the cards' money is the books'
 * money; what a dead process had begun (matching, webhooks, the audit by itself) the others bring to its end.
 */
import { hex } from '@sokkin/codec';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { wire } from './fault-trial.ts';
import { type Api, applyGrant, fundPurse, newPurse, type Purse, payOffline, upload } from './kit.ts';
import { startReceiver } from './receiver.ts';
import { dataFolder, type ServerChild, serverChild } from './server-child.ts';

const PAIRS = 4;
const FUNDED = 20_000n;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Acknowledged {
  readonly purse: string;
  readonly body: object;
  readonly answer: { readonly id: string; readonly acknowledged_seq: number };
}

/** Tries one server after the other until one of them answers. What may be sent again is sent again, the very same. */
async function insist(servers: readonly ServerChild[], start: number, path: string, body?: object) {
  for (let i = start; ; i++) {
    const api = servers[i % servers.length]?.api;
    const answer = await api?.post(path, body).catch(() => undefined);
    if (answer !== undefined && answer.status < 300) return answer.body;
    if (answer !== undefined && answer.body?.retryable !== true)
      throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    await pause(30);
  }
}

/** Purses pay each other offline and sync, now here, now there. */
async function trade(
  servers: readonly ServerChild[],
  [a, b]: readonly [Purse, Purse],
  offset: number,
  isOver: () => boolean,
  done: Acknowledged[],
): Promise<void> {
  for (let round = offset; !isOver(); round++) {
    const [payer, payee] = round % 3 === 0 ? [b, a] : [a, b];
    if ((await payer.summary()).balance > 50n) await payOffline(payer, payee, BigInt(1 + (round % 40)));
    for (const purse of [payee, payer]) await syncAt(servers, purse, round, done);
  }
}

async function syncAt(servers: readonly ServerChild[], purse: Purse, at: number, done: Acknowledged[]) {
  const insisting: Pick<Api, 'make'> = { make: (path, body) => insist(servers, at, path, body) };
  const body = await upload({ ...insisting } as Api, purse);
  const answer = await insist(servers, at + 1, `/v1/purses/${purse.id}/sync`, body);
  done.push({ purse: purse.id, body, answer });
  expect(await applyGrant(purse, answer)).toBe('ok');
}

test('uploads to three processes, which are killed and cut off: nothing acknowledged is lost, nothing happens twice', {
  timeout: 600_000,
}, async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const line = await wire(database.url);
  const folder = await dataFolder();
  // The third is behind a wire that can be cut.
  const start = (n: number) =>
    serverChild({
      DATABASE_URL: n === 2 ? line.url : database.url,
      SOKKIN_DATA: folder,
      SOKKIN_AUDIT_SECONDS: '1',
      SOKKIN_RATE_PER_SECOND: '0',
    });
  const servers = [await start(0)];
  const [first] = servers;
  if (first === undefined) throw new Error('no server');
  servers.push(await start(1), await start(2));
  await first.api.make('/v1/webhooks', { url: `${receiver.url}/`, types: ['purse.synced'] });
  const pairs: [Purse, Purse][] = [];
  for (let i = 0; i < PAIRS; i++) {
    const pair: [Purse, Purse] = [await newPurse(first.api), await newPurse(first.api)];
    for (const purse of pair) await fundPurse(first.api, purse, FUNDED);
    pairs.push(pair);
  }

  let isOver = false;
  const done: Acknowledged[] = [];
  const trades = pairs.map((pair, i) => trade(servers, pair, i, () => isOver, done));
  const more = async (count: number) => {
    const target = done.length + count;
    await expect.poll(() => done.length, { timeout: 120_000, interval: 20 }).toBeGreaterThanOrEqual(target);
  };
  for (let round = 0; round < 3; round++) {
    await more(4);
    await pause(Math.random() * 200);
    if (round === 1) line.cut();
    const victim = round % 3;
    await servers[victim]?.kill('SIGKILL');
    await more(4);
    servers[victim] = await start(victim);
  }
  isOver = true;
  await Promise.all(trades);

  // One is left, and takes over whatever the others had begun.
  const [last, ...others] = servers;
  if (last === undefined) throw new Error('no server is left');
  for (const other of others) await other.kill('SIGKILL');
  for (const pair of pairs) for (const purse of pair) await syncAt([last], purse, 0, done);
  const total = FUNDED * BigInt(2 * PAIRS);
  await expect
    .poll(async () => (await last.api.get('/v1/audit')).body, { timeout: 60_000, interval: 200 })
    .toMatchObject({ holds: true, offline: total.toString(), in_flight: '0' });
  expect((await last.api.get('/v1/alerts')).body.data).toEqual([]);

  // Every acknowledged upload is answered by the one that is left as it was by whoever it was sent to.
  for (const { purse, body, answer } of done) {
    const again = await last.api.post(`/v1/purses/${purse}/sync`, body);
    expect([again.status, again.body.id, again.body.acknowledged_seq]).toEqual([
      200,
      answer.id,
      answer.acknowledged_seq,
    ]);
  }
  expect(new Set(done.map(({ answer }) => answer.id)).size).toBe(done.length);
  let held = 0n;
  for (const pair of pairs)
    for (const purse of pair) {
      const { balance } = await purse.summary();
      held += balance;
      expect((await last.api.get(`/v1/purses/${purse.id}`)).body.acknowledged.balance).toBe(
        balance.toString(),
      );
    }
  expect(held).toBe(total);

  // All of them were told of; the audit goes on by itself.
  const told = () =>
    new Set(
      receiver.received.map(({ body }) => {
        const { data } = JSON.parse(body);
        return `${data.purse}/${data.acknowledged_seq}`;
      }),
    );
  const expected = done.map(({ purse, answer }) => `${purse}/${answer.acknowledged_seq}`);
  await expect
    .poll(() => expected.filter((one) => !told().has(one)), { timeout: 90_000, interval: 500 })
    .toEqual([]);
  const runs = async () => (await last.api.get('/v1/audit/runs')).body.data;
  const newest = (await runs())[0].at;
  await expect.poll(async () => (await runs())[0].at > newest, { timeout: 60_000 }).toBe(true);
  expect((await runs()).every((run: { holds: boolean }) => run.holds)).toBe(true);
  expect(await last.kill('SIGTERM')).toBe(0);
});

test('two processes, one journal with two continuations: one is acknowledged, the other is a fork with evidence (I7)', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const folder = await dataFolder();
  const start = () => serverChild({ DATABASE_URL: database.url, SOKKIN_DATA: folder });
  const one = await start();
  const two = await start();
  for (let round = 0; round < 3; round++) {
    const [payer, payee, other] = [await newPurse(one.api), await newPurse(one.api), await newPurse(one.api)];
    await fundPurse(one.api, payer, 1_000n);
    const clone = await payer.clone();
    await payOffline(payer, payee, 700n);
    await payOffline(clone, other, 800n);
    const [real, cloned] = [await upload(one.api, payer), await upload(two.api, clone)];
    const path = `/v1/purses/${payer.id}/sync`;
    const answers = await Promise.all([one.api.post(path, real), two.api.post(path, cloned)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 422]);
    expect(answers.find((answer) => answer.status === 422)?.body.code).toBe('journal_fork');
    const alerts = (await one.api.get('/v1/alerts')).body.data.filter(
      (alert: { kind: string; purse: string }) => alert.kind === 'fork' && alert.purse === payer.id,
    );
    expect(alerts).toHaveLength(1);
    expect(hex(payer.certificate)).toBe(alerts[0].evidence.certificates.purse);
  }
  expect(await one.kill('SIGTERM')).toBe(0);
  expect(await two.kill('SIGTERM')).toBe(0);
});
