/**
 * All that looks across purses, beside the requests: whatever journal has more than has met is taken up, by whichever
 * process gets to it first.
 *
 * What must hold: what is due stands in the database, so a process that dies loses nothing, and another one takes it up
 * within a poll; a round that fails is tried again, and does not keep other purses waiting.
 */
import type { Backend } from '../backend.ts';
import { judgeMessages, round } from './round.ts';

export interface MatcherOptions {
  /** How often it looks by itself. */
  readonly pollMs?: number;
  /** Purses in one round. */
  readonly batch?: number;
  /** Whoever rings waits until all that is due has met: for sandboxes and tests. */
  readonly isAwaited?: boolean;
  /** What went wrong; the matcher goes on. */
  readonly onError?: (error: unknown) => void;
}

export interface Matcher {
  /** All that was due when this is called has met, wherever. Rejects if it cannot be. */
  settled(): Promise<void>;
  /** Ends the round that is under way, and begins none. */
  stop(): Promise<void>;
}

const HEX = '0123456789abcdef';
/** How long one waits for what another process works on. */
const OTHERS_MS = 10;

export function startMatcher(b: Backend, options: MatcherOptions = {}): Matcher {
  const { pollMs = 1000, batch = 128, isAwaited = false, onError = () => undefined } = options;
  const signers = new Set<string>();
  let [isStopping, isRung] = [false, false];
  let wake = (): void => undefined;
  let failure: unknown;
  /** Those who wait for a pass that begins after they came. */
  let waiting: (() => void)[] = [];

  const pass = async (): Promise<void> => {
    const named = [...signers];
    signers.clear();
    await judgeMessages(b, named);
    // Processes begin in different places, so that they meet seldom.
    const from = [HEX.charAt(Math.floor(Math.random() * HEX.length)), ''];
    let limit = batch;
    for (const start of from) {
      for (;;) {
        if (isStopping) return;
        const done = await round(b, start, limit).catch((error: unknown) => {
          if (limit === 1) throw error;
          onError(error);
          return undefined;
        });
        // One by one, the purse that fails is alone with it.
        if (done === undefined) limit = 1;
        else if (done === 0) break;
      }
    }
  };
  const loop = async (): Promise<void> => {
    while (!isStopping) {
      isRung = false;
      const told = waiting;
      waiting = [];
      failure = undefined;
      await pass().catch((error: unknown) => {
        failure = error;
        onError(error);
      });
      for (const resolve of told) resolve();
      if (!isRung && !isStopping) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pollMs);
          // A program that has nothing else to do may end.
          timer.unref();
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
    for (const resolve of waiting) resolve();
  };
  const ring = (): void => {
    isRung = true;
    wake();
  };
  const nextPass = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      ring();
    });
  const settled = async (): Promise<void> => {
    while (!isStopping) {
      await nextPass();
      if (failure !== undefined) throw new Error('The matcher could not go on.', { cause: failure });
      if (await b.store.read((tx) => tx.matcher.isDone())) return;
      await new Promise((resolve) => setTimeout(resolve, OTHERS_MS));
    }
  };
  b.bell.answeredBy(async (named) => {
    for (const signer of named) signers.add(signer);
    ring();
    // A matcher that cannot go on has said so; nobody's request fails for it.
    if (isAwaited) await settled().catch(() => undefined);
  });
  const running = loop();
  return {
    settled,
    stop: () => {
      b.bell.answeredBy(undefined);
      isStopping = true;
      wake();
      return running;
    },
  };
}
