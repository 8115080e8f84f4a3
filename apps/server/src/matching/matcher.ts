/**
 * All that looks across purses, beside the requests: whatever journal has more than has met is taken up, by whichever
 * process gets to it first.
 *
 * What must hold: what is due stands in the database, so a process that dies loses nothing, and another one takes it up
 * within a poll; a round that fails is tried again, and does not keep other purses waiting. Uploads go first, because somebody
 * waits for them; but a round comes twice a second, however many there are.
 */
import type { LedgerTx } from '@sokkin/issuer';
import { type Backend, issuerPurseId } from '../backend.ts';
import { deliver, judgeMessages } from './deliver.ts';
import { round } from './round.ts';

export interface MatcherOptions {
  /** How often it looks by itself. */
  readonly pollMs?: number;
  /** Purses in one round. */
  readonly batch?: number;
  /** Whoever rings waits until what he rings for has met, ten seconds at most: for sandboxes and tests. */
  readonly isAwaited?: boolean;
  /** What went wrong; the matcher goes on. */
  readonly onError?: (error: unknown) => void;
}

export interface Matcher {
  /** Nothing is due any more, here and elsewhere; or ten seconds have passed. */
  settled(): Promise<void>;
  /** Ends the round that is under way, and begins none. */
  stop(): Promise<void>;
}

const HEX = '0123456789abcdef';
/** How often one who waits looks again, and how long at most. */
const [LOOK_MS, PATIENCE_MS] = [3, 10_000];
/** How long a round waits for uploads at most, and how often it looks whether there are any. */
const [GIVE_WAY_MS, LOOK_AGAIN_MS] = [500, 10];

export function startMatcher(b: Backend, options: MatcherOptions = {}): Matcher {
  const { pollMs = 1000, batch = 128, isAwaited = false, onError = () => undefined } = options;
  const signers = new Set<string>();
  let [isStopping, isRung] = [false, false];
  let wake = (): void => undefined;

  const giveWay = async (): Promise<void> => {
    const last = performance.now() + GIVE_WAY_MS;
    while (!isStopping && b.uploads.isBusy() && performance.now() < last)
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  };
  /** Everything that is due from this name on; one by one after a failure, so that the purse that fails is alone. */
  const sweep = async (from: string): Promise<void> => {
    let limit = batch;
    while (!isStopping) {
      if (!isAwaited) await giveWay();
      const done = await round(b, from, limit).catch((error: unknown) => {
        if (limit === 1) throw error;
        onError(error);
        return undefined;
      });
      if (done === 0) return;
      if (done === undefined) limit = 1;
    }
  };
  const pass = async (): Promise<void> => {
    const named = [...signers];
    signers.clear();
    await judgeMessages(b, named);
    // Processes begin in different places, so that they meet seldom.
    await sweep(HEX.charAt(Math.floor(Math.random() * HEX.length)));
    await sweep('');
  };
  const loop = async (): Promise<void> => {
    while (!isStopping) {
      isRung = false;
      await pass().catch(onError);
      if (isRung || isStopping) continue;
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
  };
  const ring = (): void => {
    isRung = true;
    wake();
  };
  const until = async (isDone: (tx: LedgerTx) => Promise<boolean>): Promise<void> => {
    const last = performance.now() + PATIENCE_MS;
    while (!(isStopping || performance.now() > last)) {
      if (await b.store.read(isDone)) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  const met = async (purses: readonly string[]): Promise<void> => {
    const due = await b.store.read((tx) => tx.matcher.positions(purses));
    await until(async (tx) => {
      const now = await tx.matcher.positions(purses);
      return due.every(({ purse, upTo }) => now.some((p) => p.purse === purse && p.after >= upTo));
    });
  };
  b.bell.answeredBy(async (purses, named) => {
    for (const signer of named) signers.add(signer);
    ring();
    if (!isAwaited) return;
    await deliver(b, purses);
    await judgeMessages(b, named);
    await met(purses);
    // What the issuers' purses have answered to it.
    await met(b.pki.lines.map(issuerPurseId));
  });
  const running = loop();
  return {
    settled: () => {
      ring();
      return until((tx) => tx.matcher.isDone());
    },
    stop: () => {
      b.bell.answeredBy(undefined);
      isStopping = true;
      wake();
      return running;
    },
  };
}
