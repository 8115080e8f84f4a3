/**
 * A PC/SC reader as a CardReader (docs/readers.md): cards as they come, one at a time.
 *
 * What must hold: the contract in @sokkin/terminal's reader.ts. A card that was given once is waited out: whether it was let
 * go of or lost, the slot must be seen empty before the next one is given.
 */
import {
  type CardInField,
  type CardReader,
  noCardCame,
  type StopSignal,
  TransportError,
} from '@sokkin/terminal';
import type { PcscService } from './service.ts';

/** As long as a timer goes: 24 days. */
const FOR_EVER_MS = 0x7fff_ffff;

/** `name`: the whole name of a reader, as `readers()` tells it. */
export function pcscReader(service: Pick<PcscService, 'tap' | 'until'>, name: string): CardReader {
  /** Resolves when the card that was given last has left; it never rejects. */
  let left: Promise<void> = Promise.resolve();
  const empty = (): Promise<void> => service.until(name, 'empty', FOR_EVER_MS).catch(() => undefined);

  async function take(signal: StopSignal | undefined): Promise<CardInField> {
    const tap = await service.tap({ reader: name, waitMs: FOR_EVER_MS, signal });
    left = empty();
    const lost = newPromise();
    return {
      extended: tap.extended,
      gone: Promise.race([left, lost.promise]),
      async transmit(command) {
        try {
          return await tap.transmit(command);
        } catch (error) {
          lost.resolve();
          throw error;
        }
      },
      async close() {
        await tap.close();
      },
    };
  }

  return {
    async next(signal) {
      for (;;) {
        if ((await orStopped(left, signal)) === 'stopped') throw noCardCame();
        try {
          return await take(signal);
        } catch (error) {
          if (signal?.aborted === true) throw noCardCame();
          // A card that cannot be used lies there until somebody takes it away.
          if (!(error instanceof TransportError) || error.code !== 'no_card') throw error;
          left = empty();
        }
      }
    },
  };
}

function newPromise(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function orStopped(work: Promise<void>, signal: StopSignal | undefined): Promise<'stopped' | 'done'> {
  return new Promise((resolve) => {
    const stop = () => end('stopped');
    const end = (how: 'stopped' | 'done') => {
      signal?.removeEventListener('abort', stop);
      resolve(how);
    };
    if (signal?.aborted === true) return end('stopped');
    signal?.addEventListener('abort', stop);
    void work.then(() => end('done'));
  });
}
