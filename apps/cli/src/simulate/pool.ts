/**
 * Runs side by side, each in a thread of its own.
 *
 * What must hold: results come back in the order of the jobs; a stop ends each run at the end of its day, with what it has
 * found until then, and begins no other.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Stop } from '../io/stop.ts';
import type { Job } from './plan.ts';
import type { RunResult } from './result.ts';

export type Report =
  | { readonly kind: 'day' }
  | { readonly kind: 'done'; readonly result: RunResult }
  | { readonly kind: 'failed'; readonly message: string };

export interface WorkerInput extends Job {
  /** Not zero: end with this day. */
  readonly stop: Int32Array;
}

/** Runs TypeScript as it is, as the program itself does. */
const START = `
const { workerData } = require('node:worker_threads');
import(workerData.tsx).then(({ register }) => { register(); return import(workerData.main); });`;

const YOUNG_MB = 128;
const OLD_MB = 12_288;

export const usualWorkers = (): number => availableParallelism();

/** As many results as runs were begun, fewer than the jobs only after a stop. */
export async function runAll(
  jobs: readonly Job[],
  workers: number,
  stop: Stop,
  onDay: () => void,
): Promise<RunResult[]> {
  const flag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  void stop.asked.then(() => Atomics.store(flag, 0, 1));
  const results: (RunResult | undefined)[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < jobs.length && !stop.isAsked(); at = next++) {
      const job = jobs[at];
      if (job !== undefined) results[at] = await runOne({ ...job, stop: flag }, onDay);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, worker));
  return results.filter((r) => r !== undefined);
}

function runOne(input: WorkerInput, onDay: () => void): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(START, {
      eval: true,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB, maxOldGenerationSizeMb: OLD_MB },
      workerData: {
        input,
        tsx: import.meta.resolve('tsx/esm/api'),
        main: new URL('./worker-main.ts', import.meta.url).href,
      },
    });
    thread.on('message', (report: Report) => {
      if (report.kind === 'day') onDay();
      else if (report.kind === 'done') resolve(report.result);
      else reject(new Error(report.message));
    });
    thread.on('error', reject);
    // After an answer this changes nothing.
    thread.on('exit', () => reject(new Error('A run ended without a result: is there enough memory?')));
  });
}
