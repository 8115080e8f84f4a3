/** kill -9 of a server while it refunds what is due, by its own habit and the sandbox's clock: each claim is paid once. */
import { expect, test } from 'vitest';
import { type Api, bothOf, fundPurse, httpApi, newPurse, sandboxClient, sync } from './kit.ts';
import { dataFolder, serverChild } from './server-child.ts';

const CLAIMS = 8;

test('kill -9 among refunds', { timeout: 300_000 }, async () => {
  const SOKKIN_DATA = await dataFolder();
  const start = async () => {
    const child = await serverChild({ SOKKIN_DATA, SOKKIN_CLAIMS_SECONDS: '1' });
    return { child, api: bothOf((name) => httpApi(child.url, sandboxClient(SOKKIN_DATA, name))).api };
  };
  const first = await start();
  const account = (await first.api.make('/v1/accounts', { name: 'Holder' })).id;
  const ids: string[] = [];
  for (let i = 0; i < CLAIMS; i++) {
    const purse = await newPurse(first.api, { account });
    await fundPurse(first.api, purse, 700n);
    await sync(first.api, purse);
    ids.push((await first.api.make('/v1/claims', { purse: purse.id, kind: 'broken' })).id);
  }
  await first.api.make('/v1/sandbox/clock', { advance_seconds: 15 * 86_400 });
  // Of those that are due, some are refunded when it is killed, and one may be half done.
  await until(first.api, ids, 1);
  await first.child.kill('SIGKILL');

  const second = await start();
  await until(second.api, ids, CLAIMS);
  expect((await second.api.get(`/v1/accounts/${account}`)).body.balance).toBe((700 * CLAIMS).toString());
  for (const id of ids)
    expect((await second.api.get(`/v1/claims/${id}`)).body.entries).toMatchObject([
      { kind: 'refund', amount: '700' },
    ]);
  const { body } = await second.api.get('/v1/audit');
  expect(body).toMatchObject({ holds: true, refunded: (700 * CLAIMS).toString() });
  await second.child.kill('SIGTERM');
});

/** Until at least so many of the claims are refunded. */
async function until(api: Api, ids: readonly string[], wanted: number): Promise<void> {
  for (;;) {
    const { data } = (await api.get('/v1/claims?limit=100')).body;
    const done = data.filter(
      (c: { id: string; status: string }) => ids.includes(c.id) && c.status === 'refunded',
    );
    if (done.length >= wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
