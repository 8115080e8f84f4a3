/** kill -9 of the server under load, on its own database: what was acknowledged is there, nothing is half there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type Answer,
  type Api,
  applyGrant,
  bothOf,
  fundPurse,
  httpApi,
  newPurse,
  type Purse,
  payOffline,
  sandboxClient,
  sync,
  upload,
} from './kit.ts';
import { serverChild } from './server-child.ts';

type Both = ReturnType<typeof bothOf>;

/** Proposed by one and approved by the other, under this key of both. */
async function issueOnce(api: Both, account: string, key: string): Promise<Answer> {
  const headers = { 'idempotency-key': key };
  const made = await api.api.post('/v1/issuances', { account, amount: '7' }, headers);
  if (made.status !== 201) return made;
  return api.second.post(`/v1/proposals/${made.body.proposal}/approve`, {}, headers);
}

/** Requests until the server is gone; every answer that came is noted. */
async function load(
  api: Both,
  account: string,
  worker: string,
  acknowledged: Map<string, string>,
): Promise<string> {
  for (let i = 0; ; i++) {
    const key = `${worker}-${i}`;
    try {
      const answer = await issueOnce(api, account, key);
      if (answer.status === 200) acknowledged.set(key, answer.body.subject);
    } catch {
      return key;
    }
  }
}

/** A card that pays another and syncs, until the server is gone. */
async function syncing(api: Api, from: Purse, to: Purse): Promise<void> {
  try {
    for (;;) {
      await payOffline(from, to, 10n);
      await sync(api, to);
      await sync(api, from);
    }
  } catch {
    // The server is gone, or it came back before the next round.
  }
}

test('kill -9 at any moment', { timeout: 300_000 }, async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sokkin-kill-'));
  const acknowledged = new Map<string, string>();
  let expected = 0n;
  let [account, purses]: [string, Purse[]] = ['', []];
  for (let round = 0; round < 3; round++) {
    const child = await serverChild({ SOKKIN_DATA: dataFolder });
    const both = bothOf((name) => httpApi(child.url, sandboxClient(dataFolder, name)));
    const { api } = both;
    if (round === 0) {
      account = (await api.make('/v1/accounts', { name: 'Load' })).id;
      purses = [await newPurse(api), await newPurse(api)];
      for (const p of purses) await fundPurse(api, p, 5_000n);
    }
    const [a, b] = purses as [Purse, Purse];
    const workers = [0, 1, 2, 3].map((w) => load(both, account, `r${round}w${w}`, acknowledged));
    const cards = syncing(api, a, b);
    await new Promise((resolve) => setTimeout(resolve, 1000 + 500 * round));
    await child.kill('SIGKILL');
    const cutOff = await Promise.all(workers);
    await cards;

    const again = await serverChild({ SOKKIN_DATA: dataFolder });
    const bothAfter = bothOf((name) => httpApi(again.url, sandboxClient(dataFolder, name)));
    const after = bothAfter.api;
    // What was acknowledged is kept: the same key gets the same answer.
    for (const [key, id] of acknowledged) {
      const answer = await issueOnce(bothAfter, account, key);
      expect([answer.status, answer.body.subject, answer.headers['idempotent-replayed']]).toEqual([
        200,
        id,
        'true',
      ]);
    }
    // What was cut off happens once, whether it happened before or not.
    for (const key of cutOff) {
      const answer = await issueOnce(bothAfter, account, key);
      expect(answer.status).toBe(200);
      acknowledged.set(key, answer.body.subject);
    }
    expected = 7n * BigInt(acknowledged.size);
    expect((await after.get(`/v1/accounts/${account}`)).body.balance).toBe(expected.toString());
    expect((await after.get('/v1/audit')).body).toMatchObject({ holds: true });
    // The cards find their way back, whatever of their last sync was lost.
    for (const p of [a, b, a]) {
      const answer = await after.post(`/v1/purses/${p.id}/sync`, await upload(after, p));
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      expect(await applyGrant(p, answer.body)).toBe('ok');
    }
    for (const p of [a, b]) await sync(after, p);
    expect((await after.get('/v1/audit')).body).toMatchObject({
      holds: true,
      offline: '10000',
      inFlight: '0',
    });
    expect(
      (await after.get('/v1/alerts')).body.data.filter((x: { severity: string }) => x.severity === 'proven'),
    ).toEqual([]);
    await again.kill('SIGKILL');
  }
  expect(acknowledged.size).toBeGreaterThan(20);
  // The database of the last round may still be on its way down.
  await rm(dataFolder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
});
