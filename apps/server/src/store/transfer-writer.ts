/**
 * Group commit: transfers that are asked for at the same time share transactions.
 *
 * What must hold: a transfer is answered after its COMMIT, and never before; nothing is remembered from one batch to
 * the next, so that any number of programs may write the same accounts. A batch may be written again after any failure,
 * even one that leaves its COMMIT in doubt, because a name (TransferOrder.reference) moves money once.
 *
 * While one batch is on its way to the disk, the next gathers; so batches are small when little is asked for, and grow
 * with the load. ADR 9 says why, and gives the figures.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TransferOrder, TransferResult } from '@sokkin/issuer';
import type pg from 'pg';
import { tryBatch, writeBatch } from './transfer-batch.ts';

/** A batch takes requests until it has this many transfers. A request stays whole. */
const BATCH_TRANSFERS = 512;
/** Beyond this many waiting transfers, callers are sent away. */
const MOST_WAITING = 16_384;
const ATTEMPTS = 10;
/** Batches on their way at the same time: while one waits for the disk, the next is decided. */
export const WRITER_LANES = 2;

export interface TransferWriter {
  /** The results, in the order of the orders, when they are on disk. */
  submit(orders: readonly TransferOrder[]): Promise<readonly TransferResult[]>;
  /** What would become of them now. */
  tryOut(orders: readonly TransferOrder[]): Promise<readonly TransferResult[]>;
  close(): Promise<void>;
}

/** More waits than is taken; nothing was done. */
export class WriterBusy extends Error {}

interface Request {
  readonly orders: readonly TransferOrder[];
  resolve(results: readonly TransferResult[]): void;
  reject(error: unknown): void;
}

/** `pool`: of connections with `pipeline: true`, for nobody else. As many batches are on their way as it has. */
export function transferWriter(pool: pg.Pool, lanes: number, clock: () => Date): TransferWriter {
  const waiting: Request[] = [];
  let waitingTransfers = 0;
  let busy = 0;
  let woken = false;

  const take = (): Request[] => {
    const batch: Request[] = [];
    let transfers = 0;
    while (transfers < BATCH_TRANSFERS) {
      const request = waiting.shift();
      if (request === undefined) break;
      batch.push(request);
      transfers += request.orders.length;
    }
    waitingTransfers -= transfers;
    return batch;
  };
  const work = async () => {
    busy += 1;
    for (let batch = take(); batch.length > 0; batch = take()) await answer(pool, batch, clock);
    busy -= 1;
  };
  const wake = () => {
    woken = false;
    // A second lane pays when the first cannot take all: else it would split what one COMMIT could carry.
    if (busy === 0 || (busy < lanes && waitingTransfers >= BATCH_TRANSFERS)) void work();
  };
  return {
    submit(orders) {
      if (waitingTransfers > MOST_WAITING) return Promise.reject(new WriterBusy('Too many transfers wait'));
      return new Promise((resolve, reject) => {
        waiting.push({ orders, resolve, reject });
        waitingTransfers += orders.length;
        if (woken) return;
        woken = true;
        // After all requests that have arrived by now.
        setImmediate(wake);
      });
    },
    tryOut: (orders) => tryBatch(pool, orders, clock()),
    close: () => pool.end(),
  };
}

async function answer(pool: pg.Pool, batch: readonly Request[], clock: () => Date): Promise<void> {
  try {
    const results = await write(
      pool,
      batch.flatMap((r) => r.orders),
      clock(),
    );
    let at = 0;
    for (const { orders, resolve } of batch) {
      resolve(results.slice(at, at + orders.length));
      at += orders.length;
    }
  } catch (error) {
    // What one request brought must not fail the others'.
    if (batch.length > 1 && !mayPass(error))
      for (const request of batch) await answer(pool, [request], clock);
    else for (const { reject } of batch) reject(error);
  }
}

async function write(
  pool: pg.Pool,
  orders: readonly TransferOrder[],
  at: Date,
): Promise<readonly TransferResult[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, orders, at, attempt > 1);
    } catch (error) {
      if (attempt === ATTEMPTS || !mayPass(error)) throw error;
      await sleep(attempt * 10 * Math.random());
    }
  }
}

async function once(
  pool: pg.Pool,
  orders: readonly TransferOrder[],
  at: Date,
  careful: boolean,
): Promise<readonly TransferResult[]> {
  const client = await pool.connect();
  try {
    const results = await writeBatch(client, orders, at, careful);
    client.release();
    return results;
  } catch (error) {
    // The connection may be within a transaction, or broken: the pool opens another one.
    client.release(true);
    throw error;
  }
}

/** Conflicts between writers (40001, 40P01, 23505, 55P03), and a database that is away, starting or stopping. */
const PASSES = /^(40001|40P01|23505|55P03|08...|53300|57P0.|ECONN.*|EPIPE|ETIMEDOUT)$/;
export function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') return PASSES.test(error.code);
  return /^Connection terminated|timeout exceeded/.test(error.message);
}
