/** One run, in a thread: says when a day is over, and in the end what was found. */
import { parentPort, workerData } from 'node:worker_threads';
import { Nation } from './nation.ts';
import type { Report, WorkerInput } from './pool.ts';

const port = parentPort;
if (port === null) throw new Error('Bug: this is a thread of its own');
const tell = (report: Report): void => port.postMessage(report);

const { input } = workerData as { readonly input: WorkerInput };
try {
  const nation = new Nation(input.scenario, input.seed);
  const result = await nation.run(() => {
    tell({ kind: 'day' });
    return Atomics.load(input.stop, 0) === 0;
  });
  tell({ kind: 'done', result });
} catch (error) {
  tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
}
