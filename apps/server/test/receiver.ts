/** An endpoint for webhooks that does what it is told: a real HTTP server on this machine. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
/** What it answers: a status, or nothing at all. */
export type Behaviour = number | 'silence' | 'hang_up' | { readonly redirect: string };

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** From now on. */
  behave(as: Behaviour): void;
  /** Waits until so many were received. */
  wait(count: number, withinMs?: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let behaviour: Behaviour = 200;
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body });
      answer(response, behaviour);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    behave: (as) => {
      behaviour = as;
    },
    async wait(count, withinMs = 20_000) {
      const until = Date.now() + withinMs;
      while (received.length < count) {
        if (Date.now() > until) throw new Error(`Only ${received.length} of ${count} came in time.`);
        await sleep(10);
      }
      return received;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: http.ServerResponse, as: Behaviour): void {
  if (as === 'silence') return;
  if (as === 'hang_up') {
    response.destroy();
    return;
  }
  if (typeof as === 'number') response.writeHead(as).end(`I say ${as}`);
  else response.writeHead(302, { location: as.redirect }).end();
}
