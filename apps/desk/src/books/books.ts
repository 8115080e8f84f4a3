/** The back-end's books, as a sandbox shows them to everybody. */
import { useEffect, useState } from 'react';

export interface Books {
  readonly holds: boolean;
  readonly issued: bigint;
  readonly online: bigint;
  readonly offline: bigint;
  readonly inFlight: bigint;
  readonly redeemed: bigint;
}

const EVERY_MS = 2000;

/** undefined: not heard of yet, or not reachable. */
export function useBooks(): Books | undefined {
  const [books, setBooks] = useState<Books>();
  useEffect(() => {
    let isOn = true;
    const look = async () => {
      const found = await read().catch(() => undefined);
      if (isOn) setBooks(found);
    };
    void look();
    const timer = setInterval(() => void look(), EVERY_MS);
    return () => {
      isOn = false;
      clearInterval(timer);
    };
  }, []);
  return books;
}

async function read(): Promise<Books> {
  const answer = await fetch('/v1/sandbox/books', { signal: AbortSignal.timeout(EVERY_MS) });
  if (!answer.ok) throw new Error(`The back-end answered ${answer.status}`);
  const told: Readonly<Record<string, unknown>> = Object(await answer.json());
  const amount = (name: string) => BigInt(String(told[name]));
  return {
    holds: told.holds === true,
    issued: amount('issued'),
    online: amount('online'),
    offline: amount('offline'),
    inFlight: amount('in_flight'),
    redeemed: amount('redeemed'),
  };
}
