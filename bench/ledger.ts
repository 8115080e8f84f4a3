/**
 * Area `ledger`: transfers per second through the real API of a real server process, over loopback HTTP, with a durable
 * PostgreSQL on the same machine. Beside each figure its peers at the same number of clients, on the same PostgreSQL, in
 * the same run and in turns: pgbench's TPC-B, pgledger, and a bare Fastify as the limit of single calls.
 *
 * DATABASE_URL names a PostgreSQL to use in place of the one that npm brings; it must be on this machine to compare.
 * pgledger is not ours and not here: SOKKIN_PGLEDGER=FILE (or .cache/pgledger.sql) names its SQL.
 *   --full        also 10^6 accounts, and 10^7 postings: right after a checkpoint, where PostgreSQL writes each page whole that it
 *                 changes for the first time, and again after a minute of load
 *   --minutes N   also N minutes of half the load, with the server's memory at the end of each
 */
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import * as lab from './ledger-lab.ts';
import type { Load, Loaded } from './ledger-load.ts';
import type { Row } from './row.ts';

export interface LedgerOptions {
  readonly full: boolean;
  readonly minutes: number;
}

/** Of which the best counts: what else the machine does can only slow them. */
const ROUNDS = 2;
const SECONDS = 3;
const CLIENTS = [8, 32];
const BULK = 100;
const MANY = 10_000_000;
/** Seconds of full load after which most pages were changed since the last checkpoint. */
const SETTLING = 60;

export async function ledger(options: LedgerOptions): Promise<Row[]> {
  const folder = lab.labFolder();
  await mkdir(folder, { recursive: true });
  const there = await lab.openLab(folder);
  try {
    const rows = await againstPeers(there);
    rows.push(...(await bySize(there, options.full)));
    if (options.minutes > 0) rows.push(...(await soak(there, options.minutes)));
    rows.push(await startTime(there));
    return rows;
  } finally {
    await there.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const best = (rates: readonly number[] = []): number =>
  rates.length === 0 ? Number.NaN : Math.max(...rates);

const row = (more: Partial<Row> & Pick<Row, 'name' | 'value' | 'unit'>): Row => ({
  ...{ area: 'ledger', reference: '', ratio: null, goal: null, met: null },
  ...more,
});

async function againstPeers(there: lab.Lab): Promise<Row[]> {
  const accounts = 10_000;
  const { server, stop } = await serverWith(there, 'peers', accounts);
  const tpcB = await lab.makeTpcB(there);
  const pgledger = await lab.makePgledger(there, accounts);
  const rows: Row[] = [];
  for (const clients of CLIENTS) {
    const [tpc, other, bare, single, bulk]: number[][] = [[], [], [], [], []];
    const { port } = server;
    const wish = { port, token: await server.token(), clients, accounts, warmSeconds: 1, seconds: SECONDS };
    // In turns, so that what else this machine does hits all alike.
    for (let round = 0; round < ROUNDS; round++) {
      tpc?.push((await lab.pgbench(tpcB, clients, SECONDS)) ?? Number.NaN);
      single?.push((await lab.load({ ...wish, items: 1 })).transfers);
      if (pgledger !== undefined)
        other?.push((await lab.pgbench(pgledger.url, clients, SECONDS, pgledger.script)) ?? Number.NaN);
      bulk?.push((await lab.load({ ...wish, items: BULK })).transfers);
      bare?.push(await lab.bareRate(clients, 2));
    }
    const peers = [
      { name: 'pgbench TPC-B', rate: best(tpc), absent: 'skipped, install postgresql' },
      { name: 'pgledger', rate: best(other), absent: 'not measured, no SOKKIN_PGLEDGER' },
    ];
    const limit = best(bare);
    rows.push(
      row({ name: `bare Fastify POST, ${clients} clients`, value: limit, unit: '1/s' }),
      ...peers.flatMap((peer) => [
        versus(`single calls, ${clients} clients`, best(single), peer),
        versus(`bulk calls of ${BULK}, ${clients} clients`, best(bulk), peer),
      ]),
      row({
        ...{ name: `single calls, ${clients} clients`, value: best(single), unit: 'transfers/s' },
        ...{ reference: `bare Fastify POST: ${Math.round(limit)}/s`, ratio: best(single) / limit },
      }),
    );
  }
  await stop();
  return rows;
}

interface Peer {
  readonly name: string;
  readonly rate: number;
  readonly absent: string;
}
const versus = (name: string, value: number, peer: Peer): Row =>
  Number.isNaN(peer.rate)
    ? row({ name, value, unit: 'transfers/s', reference: `${peer.name}: ${peer.absent}` })
    : row({
        ...{ name, value, unit: 'transfers/s', reference: `${peer.name}: ${Math.round(peer.rate)}/s` },
        ...{ ratio: value / peer.rate, goal: '>= 5x', met: value / peer.rate >= 5 },
      });

/** A server on a database of its own with this many accounts. */
async function serverWith(there: lab.Lab, name: string, accounts: number) {
  const url = await lab.database(there, name);
  // Its first start migrates; statistics and caches are those of the accounts that come then.
  await (await lab.startServer(there, url)).stop();
  await lab.fill(url, accounts);
  const server = await lab.startServer(there, url);
  return { url, server, stop: () => server.stop() };
}

interface Measured {
  readonly rate: number;
  readonly half: Loaded;
}

type Target = Pick<lab.RunningServer, 'port' | 'token'>;

/** The full rate, then the latencies at half of it. */
async function measure(server: Target, accounts: number, items: number): Promise<Measured> {
  const wish = await fullLoad(server, accounts, items, SECONDS);
  await lab.load(wish);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rates.push((await lab.load({ ...wish, warmSeconds: 1, seconds: SECONDS })).transfers);
  const rate = best(rates);
  if (rate === 0)
    throw new Error('No transfer was answered in time: this machine is too busy to measure on.');
  const half = await lab.load({ ...wish, warmSeconds: 2, seconds: 2 * SECONDS, rate: rate / items / 2 });
  return { rate, half };
}

/** As many calls as go. */
const fullLoad = async (server: Target, accounts: number, items: number, seconds: number): Promise<Load> => ({
  ...{ port: server.port, token: await server.token(), clients: 32, accounts, items },
  ...{ warmSeconds: 0, seconds },
});

async function bySize(there: lab.Lab, full: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  const first = new Map<number, Measured>();
  for (const accounts of [10_000, 100_000, ...(full ? [1_000_000] : [])]) {
    const { url, server, stop } = await serverWith(there, `size_${accounts}`, accounts);
    const state = `${accounts} accounts`;
    rows.push(...(await figures(server, accounts, state, first)));
    if (accounts === 1_000_000) {
      await lab.age(url, accounts, MANY);
      const aged = `${state}, ${MANY} postings`;
      rows.push(...(await figures(server, accounts, aged, first)));
      await lab.load(await fullLoad(server, accounts, BULK, SETTLING));
      rows.push(...(await figures(server, accounts, `${aged}, ${SETTLING} s later`, first)));
    }
    await stop();
    await lab.sql(there.postgres, `DROP DATABASE sokkin_bench_size_${accounts}`);
  }
  return rows;
}

/** Single and bulk, each against what it was with the fewest accounts. */
async function figures(server: Target, accounts: number, state: string, first: Map<number, Measured>) {
  const rows: Row[] = [];
  for (const items of [1, BULK]) {
    const now = await measure(server, accounts, items);
    const base = first.get(items);
    if (base === undefined) first.set(items, now);
    const what = `${items === 1 ? 'single calls' : `bulk calls of ${items}`}, 32 clients, ${state}`;
    rows.push(flat(`rate, ${what}`, now.rate, 'transfers/s', base?.rate, 1));
    rows.push(
      row({
        ...{ name: `p99 at half load, ${what}`, value: now.half.p99Ms, unit: 'ms', goal: '< 50 ms' },
        met: now.half.p99Ms < 50,
      }),
    );
    if (base !== undefined)
      rows.push(flat(`p99 at half load, ${what}`, now.half.p99Ms, 'ms', base.half.p99Ms, -1));
  }
  return rows;
}

/** Within 20 % of what it was; `sense` 1: more is better. */
function flat(name: string, value: number, unit: string, base: number | undefined, sense: 1 | -1): Row {
  if (base === undefined) return row({ name, value, unit });
  const ratio = sense === 1 ? value / base : base / value;
  const reference = `with 10000 accounts: ${base.toPrecision(3)} ${unit}`;
  return row({ name, value, unit, reference, ratio, goal: 'flat within 20 %', met: ratio >= 0.8 });
}

/** Half the load for minutes: does the server's memory stay where it was after the first tenth? */
async function soak(there: lab.Lab, minutes: number): Promise<Row[]> {
  const accounts = 100_000;
  const { server, stop } = await serverWith(there, 'soak', accounts);
  const { rate } = await measure(server, accounts, 1);
  const rows: Row[] = [];
  const sizes: number[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    const token = await server.token();
    const wish = { port: server.port, token, clients: 32, accounts, items: 1, warmSeconds: 0, seconds: 60 };
    const { transfers } = await lab.load({ ...wish, rate: rate / 2 });
    sizes.push(server.memory());
    const name = `memory of the server after ${minute} min of ${Math.round(transfers)} transfers/s`;
    rows.push(row({ name, value: sizes.at(-1) ?? Number.NaN, unit: 'MB' }));
  }
  await stop();
  const settled = Math.max(...sizes.slice(0, Math.ceil(minutes / 5)));
  const last = Math.max(...sizes.slice(-Math.ceil(minutes / 5)));
  rows.push(
    row({
      ...{ name: `memory after ${minutes} min of half load`, value: last, unit: 'MB', ratio: settled / last },
      ...{
        reference: `in the first fifth: ${settled.toFixed(0)} MB`,
        goal: 'flat within 20 %',
        met: last <= 1.2 * settled,
      },
    }),
  );
  return rows;
}

/** From spawning the server, with its own PostgreSQL, to its first answer; on a folder that has been used. */
async function startTime(there: lab.Lab): Promise<Row> {
  await (await lab.startServer(there)).stop();
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const server = await lab.startServer(there);
    seconds.push(server.startSeconds);
    await server.stop();
  }
  const value = Math.min(...seconds);
  return row({ name: 'start on an existing folder', value, unit: 's', goal: '< 5 s', met: value < 5 });
}
