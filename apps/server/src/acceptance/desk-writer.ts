/**
 * Group commit: messages that come together share transactions, as transfers do (ADR 9).
 *
 * What must hold: a message is answered after its COMMIT, and never before; nothing is remembered from one batch to the next, so that
 * any number of programs may serve the same accounts. A batch may be written again after any failure, even one that leaves its COMMIT in
 * doubt, because the key of a message has one answer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { mayPass, WriterBusy } from '../store/transfer-writer.ts';
import type { ShopAnswer } from './desk.ts';
import type { DeskRequest } from './desk-batch.ts';

const BATCH = 512;
/** Beyond this many waiting messages, callers are sent away: their terminals ask again. */
const MOST_WAITING = 16_384;
const ATTEMPTS = 10;
/** Batches on their way at the same time: while one waits for the disk, the next is decided. */
export const DESK_LANES = 2;

interface Waiting {
  readonly request: DeskRequest;
  resolve(answer: ShopAnswer): void;
  reject(error: unknown): void;
}

type Answering = (client: pg.ClientBase, requests: readonly DeskRequest[]) => Promise<readonly ShopAnswer[]>;

export interface DeskWriter {
  submit(request: DeskRequest): Promise<ShopAnswer>;
  close(): Promise<void>;
}

/** `pool`: of connections with `pipeline: true`, for nobody else. */
export function deskWriter(pool: pg.Pool, lanes: number, answering: Answering): DeskWriter {
  const waiting: Waiting[] = [];
  let busy = 0;
  let woken = false;
  const work = async () => {
    busy += 1;
    for (let batch = waiting.splice(0, BATCH); batch.length > 0; batch = waiting.splice(0, BATCH))
      await settle(pool, batch, answering);
    busy -= 1;
  };
  const wake = () => {
    woken = false;
    // A second lane pays when the first cannot take all: else it would split what one COMMIT could carry.
    if (busy === 0 || (busy < lanes && waiting.length >= BATCH)) void work();
  };
  return {
    submit(request) {
      if (waiting.length > MOST_WAITING) return Promise.reject(new WriterBusy('Too many messages wait'));
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        if (woken) return;
        woken = true;
        // After all messages that have arrived by now.
        setImmediate(wake);
      });
    },
    close: () => pool.end(),
  };
}

async function settle(pool: pg.Pool, batch: readonly Waiting[], answering: Answering): Promise<void> {
  try {
    const answers = await write(
      pool,
      batch.map(({ request }) => request),
      answering,
    );
    for (const [i, { resolve, reject }] of batch.entries()) {
      const answer = answers[i];
      if (answer === undefined) reject(new Error('Bug: every message has an answer'));
      else resolve(answer);
    }
  } catch (error) {
    // What one message brought must not fail the others'.
    if (batch.length > 1 && !mayPass(error)) for (const one of batch) await settle(pool, [one], answering);
    else for (const { reject } of batch) reject(error);
  }
}

async function write(
  pool: pg.Pool,
  requests: readonly DeskRequest[],
  answering: Answering,
): Promise<readonly ShopAnswer[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, requests, answering);
    } catch (error) {
      if (attempt === ATTEMPTS || !mayPass(error)) throw error;
      await sleep(attempt * 10 * Math.random());
    }
  }
}

async function once(
  pool: pg.Pool,
  requests: readonly DeskRequest[],
  answering: Answering,
): Promise<readonly ShopAnswer[]> {
  const client = await pool.connect();
  try {
    const answers = await answering(client, requests);
    client.release();
    return answers;
  } catch (error) {
    // The connection may be within a transaction, or broken: the pool opens another one.
    client.release(true);
    throw error;
  }
}
