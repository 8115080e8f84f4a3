/**
 * kill -9 between any two steps of uploads and of what follows from them: whatever the step, the same uploads sent again to a new
 * process end in the same state as if nothing had been, and the audit holds before that, too (I1, I2, I4).
 *
 * A step is a commit, or an answer to the phone: nothing else changes what outlives a process. SOKKIN_KILL_AT="every statement" takes each statement
 * of what writes for a step, too, and several times as long. Several servers, each with a database of its own, stand still at one step each; then their process is killed.
 */
import { concat, hex } from '@sokkin/codec';
import { object } from '@sokkin/purse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPool } from '../src/store/pool.ts';
import { DyingServers, ItIsDead } from './dying-servers.ts';
import {
  type Api,
  creditBy,
  fundPurse,
  httpApi,
  newPurse,
  type Purse,
  payOn,
  type Rig,
  rig,
  sandboxClient,
  sync,
  ticketOf,
  upload,
} from './kit.ts';
import { matchingState } from './matching-state.ts';

/** So many steps in one process. */
const AT_ONCE = 12;

let r: Rig;
const uploads: { readonly purse: string; readonly body: object }[] = [];
const push = async (purse: Purse, more: object = {}) => {
  uploads.push({ purse: purse.id, body: { ...(await upload(r.api, purse)), ...more } });
};

/** Payer and payee of a payment that is credited and of one that is refused; and a clone, of which a phone shows a Payment. */
beforeAll(async () => {
  r = await rig({ matching: false, webhooks: false });
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 5_000n);
  for (const purse of [a, b]) await sync(r.api, purse);
  const clone = await a.clone();
  await creditBy(b, a.certificate, await payOn(a, b.certificate, await ticketOf(b, 700n), 700n));
  const refused = await payOn(a, b.certificate, await ticketOf(b, 50n), 50n);
  await b.ok('cancel', concat(object('purse', a.certificate), object('payment', refused)));
  const cloned = await payOn(clone, b.certificate, await ticketOf(b, 90n), 90n);
  await creditBy(b, a.certificate, cloned);
  await push(b, { payments: [{ payment: hex(cloned), purse: hex(a.certificate) }] });
  await push(a);
  await r.server.close();
});
afterAll(() => r.close());

/** A database as it was before the uploads. */
async function copy(name: string): Promise<string> {
  const url = new URL(r.databaseUrl);
  const from = url.pathname.slice(1);
  url.pathname = `/${from}_${name}`;
  await asAdmin(`CREATE DATABASE ${from}_${name} TEMPLATE ${from}`);
  return url.href;
}
const drop = (url: string) => asAdmin(`DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
async function asAdmin(statement: string): Promise<void> {
  const admin = openPool(new URL('/postgres', r.databaseUrl).href);
  await admin.query(statement).finally(() => admin.end());
}

async function stateOf(url: string): Promise<unknown[]> {
  const pool = openPool(url);
  return matchingState(pool).finally(() => pool.end());
}

async function auditHolds(api: Api): Promise<void> {
  const { equations } = (await api.get('/v1/audit')).body;
  for (const name of ['money', 'float', 'double_entry'])
    expect(equations.find((e: { name: string }) => e.name === name)).toMatchObject({ holds: true });
}

/** All uploads, each met before the next one; so many steps. */
async function story(servers: DyingServers, name: string, api: Api): Promise<number> {
  let steps = 0;
  for (const { purse, body } of uploads) {
    const answer = await servers.unlessDead(name, api.post(`/v1/purses/${purse}/sync`, body));
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    steps = await servers.meet(name);
  }
  return steps;
}

interface Trial {
  readonly name: string;
  readonly databaseUrl: string;
  readonly last?: number;
}

/** Everyone's API, with a token that was given out before the first step is counted. */
async function opened(servers: DyingServers, trials: readonly Trial[]): Promise<Api[]> {
  const urls = await servers.open(trials.map((trial) => ({ ...trial, dataFolder: r.dataFolder })));
  const apis = urls.map((url) => httpApi(url, sandboxClient(r.dataFolder, 'first')));
  await Promise.all(apis.map((api) => api.authorization()));
  return apis;
}

/** All of them die at their step, and are taken up by another process. Those that came to the end before. */
async function killed(trials: readonly Trial[], expected: unknown[]): Promise<number[]> {
  const [dying, after] = [new DyingServers(), new DyingServers()];
  try {
    const alive: number[] = [];
    const apis = await opened(dying, trials);
    await Promise.all(
      trials.map(async ({ name, last = 0 }, i) => {
        await dying.count(name);
        await story(dying, name, apis[i] as Api).then(
          () => alive.push(last),
          (error: unknown) => {
            if (!(error instanceof ItIsDead)) throw error;
          },
        );
      }),
    );
    await dying.kill();
    const again = trials.map(({ name, databaseUrl }) => ({ name, databaseUrl }));
    const apisAgain = await opened(after, again);
    for (const [i, { name, databaseUrl, last }] of trials.entries()) {
      const api = apisAgain[i] as Api;
      await auditHolds(api);
      await story(after, name, api);
      await auditHolds(api);
      expect(await stateOf(databaseUrl), `killed at step ${last}`).toEqual(expected);
    }
    return alive;
  } finally {
    await Promise.all([dying.kill(), after.kill()]);
  }
}

test('I1, I2, I4 kill -9 at every step of two uploads and of their matching', {
  timeout: 600_000,
}, async () => {
  const straight: Trial = { name: 'straight', databaseUrl: await copy('straight') };
  const servers = new DyingServers();
  const [api] = await opened(servers, [straight]);
  await servers.count(straight.name);
  const steps = await story(servers, straight.name, api as Api);
  await servers.kill();
  const expected = await stateOf(straight.databaseUrl);
  // The clone is found, and what its payee credited is known to be false.
  expect(JSON.stringify(expected)).toMatch(/"fork","proven"/);
  expect(steps).toBeGreaterThan(15);
  for (let first = 1; first <= steps; first += AT_ONCE) {
    const trials: Trial[] = [];
    for (let last = first; last < first + AT_ONCE && last <= steps; last++)
      trials.push({ name: `at_${last}`, databaseUrl: await copy(`at_${last}`), last });
    expect(await killed(trials, expected)).toEqual([]);
    for (const { databaseUrl } of trials) await drop(databaseUrl);
  }
});
