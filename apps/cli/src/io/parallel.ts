/**
 * Many like tasks, a few at a time.
 *
 * What must hold: never more than `jobs` run; once `isStopped`, what runs comes to its end and nothing new begins; the
 * first failure is thrown when all that ran has ended.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  jobs: number,
  isStopped: () => boolean,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (failures.length === 0 && !isStopped()) {
      const next = waiting.next();
      if (next.done === true) return;
      await work(next.value).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  if (failures.length > 0) throw failures[0];
}
