/**
 * Area `sync`: what the back-end accepts through its real HTTP API, on a durable PostgreSQL beside it.
 *
 * Purses pay round a ring, offline; then all of them sync at once. Counted are the payments whose both sides have been
 * proven and stored when the last answer is there. The limit it is held against is bare P-256 verification on this
 * machine, measured in the same run on as many processes as there are cores. Reported, without a goal yet.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cardMemorySize, createCard, inMemoryNvm } from '@sokkin/card';
import type { Bytes } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import {
  type ApduTransport,
  fund,
  journalOf,
  meet,
  type Outcome,
  payDirect,
  provision,
  purseName,
  type SyncRequest,
  statement,
  syncPurse,
  type Verifier,
} from '@sokkin/terminal';
import { inProcess } from '@sokkin/testkit/transports';
import { HttpApi } from '../apps/cli/src/api/http-api.ts';
import { moveMoney } from '../apps/cli/src/api/oversight.ts';
import { credentialsPath, readCredentials } from '../apps/cli/src/data/credentials.ts';
import type { Row } from './row.ts';

const PURSES = 24;
const PAYMENTS_EACH = 20;
const ROUNDS = 4;
const VERIFY_SECONDS = 2;
const ROOT = join(import.meta.dirname, '..', '..');

export async function sync(): Promise<Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'sokkin-bench-'));
  const port = await freePort();
  const server = spawn(process.execPath, ['--import', 'tsx', 'apps/server/src/main.ts'], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), SOKKIN_DATA: data, LOG_LEVEL: 'error' },
    stdio: 'ignore',
  });
  try {
    const credentials = () => readCredentials(credentialsPath(data), 'first');
    const api = new HttpApi(`http://127.0.0.1:${port}`, credentials);
    await until(async () => (await api.health()) !== undefined);
    const second = () => readCredentials(credentialsPath(data), 'second');
    const ring = await makeRing(api, new HttpApi(api.url, second));
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) rates.push(await syncRound(api, ring, round));
    const verifies = await bareVerifyRate();
    const rate = Math.max(...rates);
    return [
      {
        area: 'sync',
        name: `offline payments accepted per second, both sides (${PURSES} purses, ${PAYMENTS_EACH} payments each a sync)`,
        value: rate,
        unit: '1/s',
        reference: `bare P-256 verification on ${availableParallelism()} cores: ${Math.round(verifies)}/s`,
        ratio: rate / verifies,
        goal: null,
        met: null,
      },
    ];
  } finally {
    await stop(server);
    rmSync(data, { recursive: true, force: true });
  }
}

interface Member {
  readonly transport: ApduTransport;
  readonly verifier: Verifier;
  readonly purse: string;
}

async function makeRing(api: HttpApi, approver: HttpApi): Promise<Member[]> {
  const crypto = nodeCrypto();
  const { root, issuers } = await api.pki();
  const account = await api.createAccount('bench');
  const order = { account: account.id, amount: 1_000_000n, key: globalThis.crypto.randomUUID() };
  await moveMoney(api, approver, { ...order, kind: 'issue' });
  const epoch = Math.floor(Date.now() / 86_400_000);
  const verifier: Verifier = { crypto, trust: { root, knownIssuers: issuers, epoch } };
  const ring: Member[] = [];
  for (let i = 0; i < PURSES; i++) {
    const card = await createCard({ nvm: inMemoryNvm(cardMemorySize()), crypto });
    const transport = inProcess(card);
    const wish = { account: account.id, assurance: 'secure_element', pin: '1234', root } as const;
    const born = value(await provision(transport, crypto, api, wish));
    const key = globalThis.crypto.randomUUID();
    value(
      await fund(transport, verifier, api, { account: account.id, amount: 1_000n, reference: mark(0), key }),
    );
    ring.push({ transport, verifier, purse: purseName(born.purse.subjectRef) });
  }
  return ring;
}

/** Everybody pays the next one, offline; then all uploads go out together. Payments per second. */
async function syncRound(api: HttpApi, ring: readonly Member[], round: number): Promise<number> {
  for (const [i, payer] of ring.entries()) {
    const payee = ring[(i + 1) % ring.length];
    for (let n = 0; payee !== undefined && n < PAYMENTS_EACH; n++) {
      const reference = mark(1 + round * PAYMENTS_EACH + n);
      value(await payDirect(payer.transport, payee.transport, payer.verifier, { amount: 1n, reference }));
    }
  }
  const uploads: { readonly purse: string; readonly request: SyncRequest }[] = [];
  for (const member of ring) {
    const nonce = await api.challenge();
    const met = value(await meet(member.transport, member.verifier));
    const said = value(await statement(met, member.verifier, nonce));
    const entries = value(await journalOf(member.transport, said.fields));
    uploads.push({
      purse: member.purse,
      request: { statement: said.message, entries, payments: [], receipts: [] },
    });
  }
  const start = performance.now();
  await Promise.all(uploads.map(({ purse, request }) => api.sync(purse, request)));
  const seconds = (performance.now() - start) / 1000;
  for (const member of ring) value(await syncPurse(member.transport, member.verifier, api));
  return (ring.length * PAYMENTS_EACH) / seconds;
}

const mark = (n: number): Bytes => Uint8Array.of(0, 0, 0, 0, n >>> 24, n >>> 16, n >>> 8, n);

function value<T>(outcome: Outcome<T>): T {
  if (outcome.status !== 'ok') throw new Error(`A tap of the bench ended in ${JSON.stringify(outcome)}`);
  return outcome.value;
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

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string') throw new Error('No port is free');
  return address.port;
}

async function until(ready: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await ready().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error('The server did not start within 20 s');
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await gone;
}
