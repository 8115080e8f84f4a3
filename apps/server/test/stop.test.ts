/** Stopping a real process under load: whoever was let in is answered, and what was answered is there. */
import { Agent, request } from 'node:http';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { freshKey } from './kit.ts';
import { dataFolder, type ServerChild, serverChild } from './server-child.ts';

async function served(env: Record<string, string> = {}) {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const child = await serverChild({ DATABASE_URL: database.url, SOKKIN_DATA: await dataFolder(), ...env });
  const account: string = (await child.api.make('/v1/accounts', { name: 'Load' })).id;
  return { child, account, url: database.url };
}

type Outcome =
  | { readonly status: number; readonly connection: string | undefined }
  | { readonly failed: string };

function issue(child: ServerChild, agent: Agent, account: string): Promise<Outcome> {
  const body = JSON.stringify({ account, amount: '7' });
  return new Promise((resolve) => {
    const sent = request(
      `${child.url}/v1/issuances`,
      {
        agent,
        method: 'POST',
        headers: {
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
  const { child, account, url } = await served();
  const outcomes: Outcome[] = [];
  const worker = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const outcome = await issue(child, agent, account);
      outcomes.push(outcome);
      if ('failed' in outcome) break;
    }
    agent.destroy();
  };
  const workers = Array.from({ length: 12 }, worker);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const before = outcomes.length;
  child.process.kill('SIGTERM');
  await expect.poll(async () => (await child.api.get('/health/ready')).status, { interval: 5 }).toBe(503);
  const code = await child.gone;
  await Promise.all(workers);
  expect(code).toBe(0);
  const failed = outcomes.filter((o) => 'failed' in o).map((o) => ('failed' in o ? o.failed : ''));
  // Each worker ends when it can no longer connect; nobody was cut off in the middle.
  expect(failed).toEqual(Array.from({ length: 12 }, () => 'ECONNREFUSED'));
  const answered = outcomes.flatMap((o) => ('status' in o ? [o] : []));
  expect(new Set(answered.map((o) => o.status))).toEqual(new Set([201]));
  expect(before).toBeGreaterThan(20);
  // Who came after the signal was served, and told to go elsewhere next time.
  expect(answered.filter((o) => o.connection === 'close').length).toBeGreaterThan(12);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SELECT balance FROM accounts WHERE id = $1', [account]);
  await client.end();
  expect(rows[0].balance).toBe(String(7 * answered.length));
});

/** Keeps the account's row until told. */
async function holdRow(url: string, account: string) {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE', [account]);
  return {
    async release() {
      await client.query('COMMIT');
      await client.end();
    },
  };
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a request that is being worked on is finished first', async () => {
  const { child, account, url } = await served();
  const row = await holdRow(url, account);
  const pending = issue(child, new Agent(), account);
  await pause(300);
  child.process.kill('SIGTERM');
  await pause(2_000);
  expect(child.process.exitCode).toBeNull();
  await row.release();
  expect(await pending).toMatchObject({ status: 201 });
  expect(await child.gone).toBe(0);
});

test('the time for stopping has an end, and a second signal ends it at once', async () => {
  const { child, account, url } = await served({ SOKKIN_STOP_SECONDS: '1', SOKKIN_DB_SECONDS: '60' });
  const row = await holdRow(url, account);
  const pending = issue(child, new Agent(), account);
  await pause(300);
  const begun = performance.now();
  expect(await child.kill('SIGTERM')).toBe(1);
  expect(performance.now() - begun).toBeLessThan(8_000);
  expect(await pending).toMatchObject({ failed: expect.any(String) });
  expect(child.said()).toContain('SOKKIN_STOP_SECONDS');
  await row.release();

  const second = await served({ SOKKIN_DB_SECONDS: '60' });
  const held = await holdRow(second.url, second.account);
  const cut = issue(second.child, new Agent(), second.account);
  await pause(300);
  second.child.process.kill('SIGTERM');
  await pause(300);
  expect(await second.child.kill('SIGTERM')).toBe(130);
  await cut;
  await held.release();
});
