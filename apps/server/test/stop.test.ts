/** Stopping a real process under load: whoever was let in is answered, and what was answered is there. */
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { freshKey, newPurse, type Purse } from './kit.ts';
import { dataFolder, type ServerChild, serverChild } from './server-child.ts';

async function served(env: Record<string, string> = {}) {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const child = await serverChild({ DATABASE_URL: database.url, SOKKIN_DATA: await dataFolder(), ...env });
  const purse = await newPurse(child.api);
  // The journal of the issuer's purse begins with its first ticket.
  await child.api.make('/v1/redemptions', { account: purse.account, purse: purse.id, max_amount: '1' });
  return { child, purse, url: database.url };
}

type Outcome =
  | { readonly status: number; readonly connection: string | undefined }
  | { readonly failed: string };

/** Asks the issuer's purse for a ticket: a signature, and rows that have to fit those before them. */
async function redeem(child: ServerChild, agent: Agent, { account, id }: Purse): Promise<Outcome> {
  const body = JSON.stringify({ account, purse: id, max_amount: '7' });
  const authorization = await child.api.authorization();
  return new Promise((resolve) => {
    const sent = request(
      `${child.url}/v1/redemptions`,
      {
        agent,
        method: 'POST',
        headers: {
          ...authorization,
          'content-type': 'application/json',
          'content-length': body.length,
          'idempotency-key': freshKey(),
        },
      },
      (response) => {
        response.on('error', (error) => resolve({ failed: error.message }));
        response
          .resume()
          .on('end', () =>
            resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }),
          );
      },
    );
    sent.on('error', (error) => resolve({ failed: 'code' in error ? String(error.code) : error.message }));
    sent.end(body);
  });
}

test('SIGTERM under load: not ready at once, no connection reset, everything acknowledged is there', async () => {
  const { child, purse, url } = await served();
  const outcomes: Outcome[] = [];
  const worker = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const outcome = await redeem(child, agent, purse);
      outcomes.push(outcome);
      // Who is told to go elsewhere goes.
      if ('failed' in outcome || outcome.connection === 'close') break;
    }
    agent.destroy();
  };
  const workers = Array.from({ length: 12 }, worker);
  await expect.poll(() => outcomes.length, { timeout: 60_000 }).toBeGreaterThan(40);
  child.process.kill('SIGTERM');
  await expect.poll(async () => (await child.api.get('/health/ready')).status, { interval: 5 }).toBe(503);
  const code = await child.gone;
  await Promise.all(workers);
  expect(code).toBe(0);
  // Nobody was cut off in the middle.
  expect(outcomes.filter((o) => 'failed' in o)).toEqual([]);
  const answered = outcomes.flatMap((o) => ('status' in o ? [o] : []));
  expect(new Set(answered.map((o) => o.status))).toEqual(new Set([201]));
  // Who came after the signal was served.
  expect(answered.filter((o) => o.connection === 'close')).toHaveLength(12);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SELECT count(*)::int AS n FROM redemptions');
  await client.end();
  expect(rows[0].n).toBe(answered.length + 1);
});

/** Keeps the row of the issuer's purse until told. */
async function holdRow(url: string) {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM journals WHERE is_issuer FOR UPDATE');
  return {
    /** Until somebody waits for it. */
    async waitedFor() {
      const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      const watcher = new pg.Client({ connectionString: url });
      await watcher.connect();
      await expect.poll(async () => (await watcher.query(waiting)).rows[0].n, { timeout: 60_000 }).toBe(1);
      await watcher.end();
    },
    async release() {
      await client.query('COMMIT');
      await client.end();
    },
  };
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a request that is being worked on is finished first', async () => {
  const { child, purse, url } = await served();
  const row = await holdRow(url);
  const pending = redeem(child, new Agent(), purse);
  await row.waitedFor();
  child.process.kill('SIGTERM');
  await pause(2_000);
  expect(child.process.exitCode).toBeNull();
  await row.release();
  expect(await pending).toMatchObject({ status: 201 });
  expect(await child.gone).toBe(0);
});

test('the time for stopping has an end, and a second signal ends it at once', async () => {
  const { child, purse, url } = await served({ SOKKIN_STOP_SECONDS: '1', SOKKIN_DB_SECONDS: '60' });
  const row = await holdRow(url);
  const pending = redeem(child, new Agent(), purse);
  await row.waitedFor();
  const begun = performance.now();
  expect(await child.kill('SIGTERM')).toBe(1);
  expect(performance.now() - begun).toBeLessThan(8_000);
  expect(await pending).toMatchObject({ failed: expect.any(String) });
  expect(child.said()).toContain('SOKKIN_STOP_SECONDS');
  await row.release();

  const second = await served({ SOKKIN_DB_SECONDS: '60' });
  const held = await holdRow(second.url);
  const cut = redeem(second.child, new Agent(), second.purse);
  await held.waitedFor();
  second.child.process.kill('SIGTERM');
  await pause(300);
  expect(await second.child.kill('SIGTERM')).toBe(130);
  await cut;
  await held.release();
});

test('a connection made just before the stop may still bring its request', async () => {
  const { child } = await served();
  const { port } = new URL(child.url);
  const connected = () =>
    new Promise<Socket | undefined>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined));
    });
  const early = await connected();
  const gone = child.kill('SIGTERM');
  for (let more = await connected(); more !== undefined; more = await connected()) more.destroy();
  let answer = '';
  early?.setEncoding('latin1').on('data', (part: string) => {
    answer += part;
  });
  early?.write('GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
  expect(await gone).toBe(0);
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(answer).toMatch(/\r\nconnection: close\r\n/i);
});
