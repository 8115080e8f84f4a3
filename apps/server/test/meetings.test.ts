/**
 * Meetings over a real database: whatever the order, the pieces, the process and the moment of its death, the same stands
 * at the end, and the audit holds all the while (I1, I2, I7).
 */
import { concat, hex } from '@sokkin/codec';
import { object } from '@sokkin/purse';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../src/backend.ts';
import { createServer, type Server } from '../src/index.ts';
import { round } from '../src/matching/round.ts';
import { openPool } from '../src/store/pool.ts';
import {
  type Api,
  creditBy,
  fundPurse,
  newPurse,
  type Purse,
  payOffline,
  payOn,
  type Rig,
  rig,
  sync,
  TEST_KEYS,
  ticketOf,
  upload,
} from './kit.ts';
import { matchingState } from './matching-state.ts';

interface Upload {
  readonly purse: string;
  readonly body: object;
}

let r: Rig;
/** Each purse's uploads in its own order: the last one has all. */
const uploads: Upload[] = [];
let copies = 0;

/** What happened offline. `x` is the clone of `a` that never syncs; `m` credits itself what `c` never paid. */
beforeAll(async () => {
  r = await rig({ matching: false });
  const [a, b, c, m] = [
    await newPurse(r.api),
    await newPurse(r.api),
    await newPurse(r.api),
    await newPurse(r.api),
  ];
  for (const purse of [a, b, c]) await fundPurse(r.api, purse, 5_000n);
  for (const purse of [a, b, c, m]) await sync(r.api, purse);
  const x = await a.clone();
  const push = async (purse: Purse, more: object = {}) => {
    uploads.push({ purse: purse.id, body: { ...(await upload(r.api, purse)), ...more } });
  };
  await payOffline(a, b, 700n);
  await push(a);
  await payOffline(b, c, 900n);
  // On a ticket that its payee refuses, and on one that goes to another.
  const refused = await payOn(a, b.certificate, await ticketOf(b, 50n), 50n);
  await b.ok('cancel', concat(object('purse', a.certificate), object('payment', refused)));
  await push(b);
  const shared = await ticketOf(c, 80n);
  await creditBy(c, b.certificate, await payOn(b, c.certificate, shared, 80n));
  await payOn(a, c.certificate, shared, 80n);
  // On its way for ever.
  await payOn(a, b.certificate, await ticketOf(b, 9n), 9n);
  // The clone pays c, whose phone has the Payment.
  const cloned = await payOffline(x, c, 1_000n);
  const shown = { payments: [{ payment: hex(cloned), purse: hex(a.certificate) }] };
  await push(c, shown);
  const invented = await ticketOf(m, 9_000n);
  const ticketNo = new DataView(invented.buffer, invented.byteOffset).getUint32(11);
  await m.mint(c.certificate, { ticketNo, amount: 9_000n, paymentNo: 77 });
  await payOffline(m, b, 300n);
  for (const purse of [m, a, b]) await push(purse);
  await push(c, shown);
  await r.server.close();
}, 120_000);
afterAll(() => r.close());

interface Copy {
  readonly server: Server;
  readonly api: Api;
  readonly pool: pg.Pool;
  readonly url: string;
  close(): Promise<void>;
}

/** A server on a database as it was before any upload. */
async function copy(matching: false | { isAwaited?: boolean }): Promise<Copy> {
  const url = new URL(r.databaseUrl);
  const [from, name] = [url.pathname.slice(1), `${url.pathname.slice(1)}_${copies++}`];
  const admin = openPool(new URL('/postgres', url).href);
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${from}`);
  url.pathname = `/${name}`;
  const options = { databaseUrl: url.href, dataFolder: r.dataFolder, keyStore: TEST_KEYS };
  const server = await createServer({ ...options, logLevel: 'silent', webhooks: false, matching });
  const pool = openPool(url.href);
  return {
    ...{ server, api: r.over(server), pool, url: url.href },
    async close() {
      await server.close();
      await pool.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

const stateOf = ({ pool }: Copy) => matchingState(pool);

async function send(api: Api, { purse, body }: Upload): Promise<string> {
  const { status, body: answer } = await api.post(`/v1/purses/${purse}/sync`, body);
  return status === 200 ? 'ok' : answer.code;
}

async function auditHolds(api: Api): Promise<void> {
  const { equations } = (await api.get('/v1/audit')).body;
  for (const name of ['money', 'float', 'double_entry'])
    expect(equations.find((e: { name: string }) => e.name === name)).toMatchObject({ holds: true });
}

async function drain(backend: Backend): Promise<void> {
  while ((await round(backend, '', 3)) > 0);
}

/** Where all uploads lead, one after the other, each met before the next one. */
let expected: Promise<unknown[]> | undefined;
const straight = (): Promise<unknown[]> => {
  expected ??= (async () => {
    const one = await copy({});
    for (const item of uploads) expect(await send(one.api, item)).toBe('ok');
    await auditHolds(one.api);
    const state = await stateOf(one);
    await one.close();
    return state;
  })();
  return expected;
};

describe('meetings', () => {
  test('find the clone, the inventor, and nobody else (I1, I7)', { timeout: 120_000 }, async () => {
    const [, , , , alerts] = (await straight()) as string[][][];
    const [a] = uploads;
    const found = (alerts ?? []).map(([kind, severity, purse]) => ({
      kind,
      severity,
      purse: `pur_${purse}`,
    }));
    // What c credited from the clone; and what m credited, which is more than c can have paid.
    expect(found.map((f) => f.kind)).toEqual(['fork', 'payment_contradicted', 'shadow_negative']);
    expect(found.filter((f) => f.severity === 'proven')).toEqual([
      { kind: 'fork', severity: 'proven', purse: a?.purse },
    ]);
  });

  test('any order, any pieces, and repeats end in the same state', { timeout: 300_000 }, async () => {
    const state = await straight();
    const all = uploads.map((_, i) => i);
    const order = fc.shuffledSubarray([...all, ...all.slice(-4)], { minLength: all.length + 4 });
    await fc.assert(
      fc.asyncProperty(
        order,
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        async (names, meets) => {
          const one = await copy(false);
          try {
            for (const [i, name] of names.entries()) {
              // An older Statement after a newer one is stale, and nothing else.
              expect(['ok', 'statement_stale', 'journal_rolled_back']).toContain(
                await send(one.api, uploads[name] as Upload),
              );
              if (meets[i]) await drain(one.server.backend);
              await auditHolds(one.api);
            }
            await drain(one.server.backend);
            expect(await stateOf(one)).toEqual(state);
          } finally {
            await one.close();
          }
        },
      ),
      { numRuns: 3 },
    );
  });

  test('cut off after any of its steps, and taken up again: the same state, and the audit holds', {
    timeout: 300_000,
  }, async () => {
    const state = await straight();
    const one = await copy(false);
    const { backend } = one.server;
    for (const item of uploads) await send(one.api, item);
    let [cut, isDone] = [1, false];
    while (!isDone) {
      let left = cut++;
      const write: Backend['store']['write'] = async (work) => {
        if (left-- === 0) throw new Error('cut off');
        return backend.store.write(work);
      };
      isDone = await drain({ ...backend, store: { ...backend.store, write } }).then(
        () => true,
        () => false,
      );
      await auditHolds(one.api);
    }
    expect(cut).toBeGreaterThan(10);
    expect(await stateOf(one)).toEqual(state);
    await one.close();
  });

  test('two at once, while uploads come in', { timeout: 120_000 }, async () => {
    const state = await straight();
    const one = await copy({ isAwaited: false });
    const other = await createServer({
      databaseUrl: one.url,
      dataFolder: r.dataFolder,
      ...{ keyStore: TEST_KEYS, logLevel: 'silent', webhooks: false, matching: { pollMs: 5, batch: 2 } },
    });
    for (const item of uploads) await send(one.api, item);
    for (let tries = 0; tries < 500; tries++) {
      if (await one.server.backend.store.read((tx) => tx.matcher.isDone())) break;
      await new Promise((go) => setTimeout(go, 20));
    }
    expect(await stateOf(one)).toEqual(state);
    await other.close();
    await one.close();
  });
});
