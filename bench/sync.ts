/**
 * Area `sync`: offline payments that a real server process takes in through its HTTP API, on a durable PostgreSQL beside it.
 *
 * - known payers: a purse pays the next of a ring; both sides upload, and their journals are proven;
 * - unknown payers: only the payees upload, and hand in each Payment: every one is verified by itself.
 *
 * The limit that both are held against is bare P-256 verification on this machine, measured in the same run on as many processes
 * as there are cores. Uploads are made before the clock starts, several of each purse one after the other, and sent packed, a
 * gateway's share in each call: the client uses the same cores, and it is the server that is measured. The two sides of payments meet
 * beside the requests; how long that goes on afterwards is said, too.
 */
import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as lab from './ledger-lab.ts';
import type { Row } from './row.ts';
import { ENTRIES, fill, octetsOnDisk, untilMet } from './sync-fill.ts';
import {
  Client,
  type Member,
  makeFleet,
  type Packed,
  packRound,
  ringRound,
  strangersPay,
  uploadAll,
} from './sync-fleet.ts';
import { newAccount } from './sync-money.ts';

export interface SyncOptions {
  /** Also with 10^4, 10^5 and 10^6 purses, and 10^7 entries. */
  readonly full: boolean;
}

const PURSES = 256;
const PAYMENTS_EACH = 20;
const ROUNDS = 8;
const STRANGERS_ROUNDS = 3;
const IN_A_CALL = 64;
const GOAL = 20_000;
const UNKNOWN_GOAL = 0.6;
const FLAT = 0.8;
/** Purses, and what each has paid before: four entries each: more than 10^7 at the largest size. */
const SIZES = [
  { purses: 10_000, payments: 2 },
  { purses: 100_000, payments: 2 },
  { purses: 1_000_000, payments: 3 },
] as const;
const VERIFY_SECONDS = 2;
const ROOT = join(import.meta.dirname, '..', '..');

/** A server, its database, and purses that are at hand. */
interface Scene {
  readonly url: string;
  readonly client: Client;
  readonly fleet: readonly Member[];
}

export async function sync({ full }: SyncOptions): Promise<Row[]> {
  const folder = lab.labFolder();
  await mkdir(folder, { recursive: true });
  const there = await lab.openLab(folder);
  try {
    const url = await lab.database(there, 'sync');
    const server = await lab.startServer(there, url, {}, 'bench/sync-server.ts');
    const client = new Client(server.port, await server.token());
    const empty = await octetsOnDisk(url);
    const account = await newAccount(client, folder, url);
    const fleet = await makeFleet(client, account, PURSES);
    const scene = { url, client, fleet };
    await untilMet(url);
    const perPurse = ((await octetsOnDisk(url)) - empty) / PURSES;
    const verifies = await bareVerifyRate();
    const rows = await knownPayers(scene, verifies);
    rows.push(await unknownPayers(scene, verifies));
    rows.push(bytes('bytes on disk per purse, enrolled and funded', perPurse));
    if (full) rows.push(...(await bySize(scene)));
    client.close();
    await server.stop();
    return rows;
  } finally {
    await there.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const bytes = (name: string, value: number): Row => ({
  ...{ area: 'sync', name, value, unit: 'B', reference: 'all tables kept by purse, with their indexes' },
  ...{ ratio: null, goal: null, met: null },
});

/** Uploads of so many rounds, each purse's in their order. */
async function prepare({ client, fleet }: Scene, rounds: number): Promise<Packed[]> {
  const packed: Packed[] = [];
  for (let round = 0; round < rounds; round++) {
    ringRound(fleet, PAYMENTS_EACH);
    packed.push(...(await packRound(client, fleet, IN_A_CALL)));
  }
  return packed;
}

async function knownPayers(scene: Scene, verifies: number): Promise<Row[]> {
  // What runs for the first time is not what is asked about.
  await uploadAll(scene.client, await prepare(scene, 1));
  await untilMet(scene.url);
  const payments = PURSES * PAYMENTS_EACH * ROUNDS;
  const packed = await prepare(scene, ROUNDS);
  const before = await octetsOnDisk(scene.url);
  const seconds = await uploadAll(scene.client, packed);
  const meeting = await untilMet(scene.url);
  const perPayment = ((await octetsOnDisk(scene.url)) - before) / payments;
  const [rate, allRate] = [payments / seconds, payments / (seconds + meeting)];
  const reference = referenceOf(verifies);
  return [
    {
      area: 'sync',
      name: `known payers: offline payments accepted per second, both sides (${PURSES} purses, ${PAYMENTS_EACH} payments an upload)`,
      ...{ value: rate, unit: '1/s', reference, ratio: rate / verifies },
      ...{ goal: `>= ${GOAL}/s, and above 1`, met: rate >= GOAL && rate > verifies },
    },
    {
      area: 'sync',
      name: 'known payers: the same until both sides of all have met',
      ...{ value: allRate, unit: '1/s', reference, ratio: allRate / verifies, goal: null, met: null },
    },
    bytes('bytes on disk per payment, both sides, met', perPayment),
  ];
}

async function unknownPayers({ url, client, fleet }: Scene, verifies: number): Promise<Row> {
  const half = Math.floor(fleet.length / 2);
  const [payers, payees] = [fleet.slice(0, half), fleet.slice(half, 2 * half)];
  const packed: Packed[] = [];
  for (let round = 0; round < STRANGERS_ROUNDS; round++) {
    const shown = await strangersPay(payers, payees, PAYMENTS_EACH);
    packed.push(...(await packRound(client, payees, IN_A_CALL, (member) => shown.get(member) ?? [])));
  }
  const rate = (half * PAYMENTS_EACH * STRANGERS_ROUNDS) / (await uploadAll(client, packed));
  await untilMet(url);
  return {
    area: 'sync',
    name: 'unknown payers: payments accepted per second, each verified by itself (payees upload, and hand in the Payments)',
    ...{ value: rate, unit: '1/s', reference: referenceOf(verifies), ratio: rate / verifies },
    ...{ goal: `ratio >= ${UNKNOWN_GOAL}`, met: rate >= UNKNOWN_GOAL * verifies },
  };
}

/** The first size is the reference of the others. */
async function bySize(scene: Scene): Promise<Row[]> {
  const rows: Row[] = [];
  let first: number | undefined;
  let there = 0;
  for (const { purses, payments } of SIZES) {
    await fill(scene.url, there, purses, payments);
    there = purses;
    await uploadAll(scene.client, await prepare(scene, 1));
    await untilMet(scene.url);
    const rate =
      (PURSES * PAYMENTS_EACH * ROUNDS) / (await uploadAll(scene.client, await prepare(scene, ROUNDS)));
    await untilMet(scene.url);
    first ??= rate;
    rows.push({
      area: 'sync',
      name: `known payers, among ${counted(purses)} purses and ${counted(purses * payments * ENTRIES)} journal entries`,
      ...{ value: rate, unit: '1/s', reference: `the same among ${SIZES[0].purses.toLocaleString('en-US')}` },
      ...{ ratio: rate / first, goal: `ratio >= ${FLAT}`, met: rate >= FLAT * first },
    });
  }
  return rows;
}

const counted = (n: number): string => n.toLocaleString('en-US');

const referenceOf = (verifies: number): string =>
  `bare P-256 verification on ${availableParallelism()} cores: ${Math.round(verifies)}/s`;

/** All cores at once, because the back-end may use all of them. */
async function bareVerifyRate(): Promise<number> {
  const workers = Array.from({ length: availableParallelism() }, () => verifyInProcess());
  return (await Promise.all(workers)).reduce((sum, rate) => sum + rate, 0);
}

function verifyInProcess(): Promise<number> {
  const child = fork(join(ROOT, '.cache', 'bench', 'verify.mjs'), [String(VERIFY_SECONDS)]);
  return new Promise((resolve, reject) => {
    child.once('message', (rate) => resolve(Number(rate)));
    child.once('error', reject);
  });
}
