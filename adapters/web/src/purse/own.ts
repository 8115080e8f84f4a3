/**
 * The page's side of its own purse.
 *
 * What must hold: whoever uses the purse has it alone until they are done, so that no two taps mix; a worker that fails rejects what
 * waits, and nothing hangs; a tab that the purse was not free for can learn when it is.
 */
import { SokkinError } from '@sokkin/codec';
import type { ApduTransport } from '@sokkin/terminal';
import { isMemoryInUse } from '../nvm.ts';
import { lineTo } from '../worker-talk.ts';
import { type Asked, memoryOf, type Told } from './words.ts';

const BROKEN = 'purse_broken';

/** A purse that is at hand at any time: in this browser, or a secure element behind a bridge. */
export interface OwnPurse {
  /**
   * Runs when nobody else uses the purse, and alone. `givesWay`: as soon as somebody else wants it, they have it, and the next command of this
   * one fails with `purse_taken`. For what may be torn anywhere, such as a sync that waits for a slow network.
   */
  use<T>(run: (purse: ApduTransport) => Promise<T>, manners?: { readonly givesWay?: boolean }): Promise<T>;
}

/** In a worker of its own. Fails with `purse_in_use` where another tab has it. */
export async function openOwnPurse(name: string): Promise<OwnPurse> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const { ask, end } = lineTo<Asked, Told>(worker, BROKEN);
  try {
    await ask({ do: 'open', name });
  } catch (error) {
    end(new SokkinError(BROKEN, 'The purse could not be opened.'));
    throw error;
  }
  const transport: ApduTransport = {
    extended: true,
    async transmit(command) {
      const answer = await ask({ do: 'transmit', apdu: command });
      if (answer === undefined) throw new SokkinError(BROKEN, 'The purse did not answer a command.');
      return answer;
    },
  };
  return inTurns(transport);
}

/** How often a window that waits looks; the purse is free when two looks in a row say so: a tab that is only loaded anew keeps it. */
const LOOK_MS = 1_000;

/** When no tab has the purse of this name any more, and this one is looked at. */
export async function untilFree(name: string): Promise<void> {
  for (let looks = 0; looks < 2; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const isFree = document.visibilityState === 'visible' && !(await isMemoryInUse(memoryOf(name)));
    looks = isFree ? looks + 1 : 0;
  }
}

export function inTurns(transport: ApduTransport): OwnPurse {
  let last: Promise<unknown> = Promise.resolve();
  const lent = new Set<Lent>();
  return {
    use(run, { givesWay = false } = {}) {
      const before = last;
      if (!givesWay) {
        for (const one of lent) one.take();
        const turn = before.then(() => run(transport));
        last = turn.catch(() => undefined);
        return turn;
      }
      const one = lend(transport);
      lent.add(one);
      const turn = before.then(() => run(one.transport)).finally(() => lent.delete(one));
      const ended = turn.catch(() => undefined);
      last = before.then(() => Promise.race([ended, one.free]));
      return turn;
    },
  };
}

interface Lent {
  readonly transport: ApduTransport;
  /** Nothing of it reaches the purse any more. */
  readonly free: Promise<void>;
  take(): void;
}

/** What was sent is answered, then it is over. */
function lend(transport: ApduTransport): Lent {
  let [isTaken, isBusy] = [false, false];
  let release: () => void = () => undefined;
  const free = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    free,
    take() {
      isTaken = true;
      if (!isBusy) release();
    },
    transport: {
      ...transport,
      async transmit(command) {
        if (isTaken) throw new SokkinError('purse_taken', 'Somebody else uses the purse now.');
        isBusy = true;
        try {
          return await transport.transmit(command);
        } finally {
          isBusy = false;
          if (isTaken) release();
        }
      },
    },
  };
}
