/** Events as an async iterable: nothing is lost between two reads, and it ends with the sale. */
export interface EventStream<T> extends AsyncIterable<T> {
  push(event: T): void;
  /** No more events; with an error, the reader of them gets it. */
  end(error?: unknown): void;
}

/** For one reader. */
export function eventStream<T>(): EventStream<T> {
  const waiting: T[] = [];
  let over: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const changed = () => {
    wake?.();
    wake = undefined;
  };
  return {
    push(event) {
      waiting.push(event);
      changed();
    },
    end(error) {
      over ??= { error };
      changed();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const [event] = waiting.splice(0, 1);
        if (event !== undefined) yield event;
        else if (over !== undefined) {
          if (over.error !== undefined) throw over.error;
          return;
        } else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}
