/**
 * kill -9 of one of two processes that take uploads for the same purses: what was acknowledged is there, what was not is taken
 * when it comes again, and no journal has a gap.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex } from '@sokkin/codec';
import type { ScriptedPurse } from '@sokkin/testkit/scripted-purse';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import type { Answer, Api } from './kit.ts';
import { serverChild } from './server-child.ts';
import { bodyOf, enrich, newAccount, scripted, send } from './upload-kit.ts';

interface Sent {
  readonly purse: ScriptedPurse;
  readonly body: object;
  readonly answer: Answer;
}

/** Uploads of one purse, one after the other, until its process is gone. */
async function load(api: Api, purse: ScriptedPurse, acknowledged: Sent[]): Promise<object | undefined> {
  for (;;) {
    enrich(purse, 3n);
    let body: object | undefined;
    try {
      body = await bodyOf(api, purse);
      const answer = await send(api, purse, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      acknowledged.push({ purse, body, answer });
      purse.drop();
      purse.apply(fromHex(answer.body.grant));
    } catch (error) {
      if (error instanceof Error && error.name === 'AssertionError') throw error;
      return body;
    }
  }
}

test('I2, I4 kill -9 while uploads are on their way', { timeout: 300_000 }, async () => {
  const database = await testDatabase();
  const dataFolder = await mkdtemp(join(tmpdir(), 'sokkin-uploads-'));
  onTestFinished(async () => {
    await database.drop();
    await rm(dataFolder, { recursive: true, force: true });
  });
  const start = () => serverChild({ SOKKIN_DATA: dataFolder, DATABASE_URL: database.url });
  let child = await start();
  const other = await start();
  const account = await newAccount(child.api);
  const purses = [];
  for (let i = 0; i < 8; i++) purses.push(await scripted(child.api, account));
  const acknowledged: Sent[] = [];
  for (let round = 0; round < 3; round++) {
    const { api } = child;
    const running = purses.map((purse) => load(api, purse, acknowledged));
    const enough = acknowledged.length + 8;
    await expect
      .poll(() => acknowledged.length, { timeout: 60_000, interval: 5 })
      .toBeGreaterThanOrEqual(enough);
    await new Promise((resolve) => setTimeout(resolve, 17 * round));
    await child.kill('SIGKILL');
    const cutOff = await Promise.all(running);
    // The other process serves the purses of the one that is gone, at once.
    for (const [i, purse] of purses.entries()) {
      const body = cutOff[i];
      if (body === undefined) continue;
      const answer = await send(other.api, purse, body);
      expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
      expect(answer.body.acknowledged_seq).toBe(purse.seq);
      expect((await send(other.api, purse, body)).body).toEqual(answer.body);
      purse.drop();
      purse.apply(fromHex(answer.body.grant));
    }
    child = await start();
  }
  for (const { purse, body, answer } of acknowledged)
    expect((await send(child.api, purse, body)).body).toEqual(answer.body);
  for (const purse of purses) {
    const seqs: number[] = [];
    for (let cursor = 0; ; cursor = seqs.at(-1) ?? 0) {
      const page = (await child.api.get(`/v1/purses/${purse.name}/journal?limit=100&cursor=${cursor}`)).body;
      seqs.push(...page.data.map((e: { seq: number }) => e.seq));
      if (!page.has_more) break;
    }
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  }
  expect((await child.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});
