/**
 * What a server does now and then beside the requests. What must hold: one run at a time, none after `stop`, which waits for the one that is under way; a run
 * that fails is told of, and the next one comes.
 */
export interface Habit {
  stop(): Promise<void>;
}

export interface HabitOptions {
  /** 0: never. */
  readonly seconds: number;
  /** A run that fails is said to be of this: "The audit". */
  readonly name: string;
  /** Hears of what failed. */
  readonly say: (line: string) => void;
}

export function habit({ seconds, name, say }: HabitOptions, run: () => Promise<unknown>): Habit {
  let running: Promise<unknown> = Promise.resolve();
  const told = (error: unknown) =>
    say(`${name} could not run: ${error instanceof Error ? error.message : String(error)}`);
  const timer = setInterval(() => {
    running = running.then(run).catch(told);
  }, seconds * 1000);
  if (seconds === 0) clearInterval(timer);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
