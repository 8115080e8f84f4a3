/**
 * How a page and a worker of its own talk: it asks, the worker answers, one after the other.
 *
 * What must hold: what is asked first is done first, to its end; a worker that fails, or is ended, rejects what waits, and nothing hangs; errors keep
 * their code on the way.
 */
import { SokkinError } from '@sokkin/codec';

type Question<A> = { readonly no: number; readonly asked: A };
type Answer<T> =
  | { readonly no: number; readonly told: T }
  | { readonly no: number; readonly fault: { readonly code: string; readonly message: string } };

/** The page's side. */
export interface Line<A, T> {
  ask(asked: A): Promise<T>;
  /** The worker is gone, and whatever it held is free; what waits fails with this. */
  end(error: SokkinError): void;
}

/** `broken`: the code of what is no SokkinError. */
export function lineTo<A, T>(worker: Worker, broken: string): Line<A, T> {
  const waiting = new Map<number, { resolve(told: T): void; reject(error: unknown): void }>();
  let count = 0;
  let ended: SokkinError | undefined;
  const fail = (error: SokkinError) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.addEventListener('message', ({ data }: MessageEvent<Answer<T>>) => {
    const asker = waiting.get(data.no);
    waiting.delete(data.no);
    if ('fault' in data) asker?.reject(new SokkinError(data.fault.code, data.fault.message));
    else asker?.resolve(data.told);
  });
  worker.addEventListener('error', ({ message }) => fail(new SokkinError(broken, message)));
  return {
    ask: (asked) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const question: Question<A> = { no: ++count, asked };
        waiting.set(question.no, { resolve, reject });
        worker.postMessage(question);
      }),
    end(error) {
      ended = error;
      worker.terminate();
      fail(error);
    },
  };
}

/** The worker's side. */
export function answerWith<A, T>(broken: string, answer: (asked: A) => Promise<T>): void {
  const answerTo = async ({ no, asked }: Question<A>): Promise<Answer<T>> => {
    try {
      return { no, told: await answer(asked) };
    } catch (error) {
      const code = error instanceof SokkinError ? error.code : broken;
      return { no, fault: { code, message: error instanceof SokkinError ? error.message : String(error) } };
    }
  };
  let last: Promise<void> = Promise.resolve();
  self.addEventListener('message', ({ data }: MessageEvent<Question<A>>) => {
    last = last.then(async () => {
      self.postMessage(await answerTo(data));
    });
  });
}
