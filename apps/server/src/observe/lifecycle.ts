/**
 * Starting, serving, stopping.
 *
 * What must hold: from the moment a stop is asked for, readiness says no, so that nobody new is sent here; every answer from then on, also to
 * what was already being worked on, tells its client to use another connection next time; what is being worked on has `limit` to end. A
 * connection whose client was told nothing yet is not closed under a request that may be on its way: it has `QUIET_MS` to bring it,
 * also if it was made in the last moment and has brought none yet.
 */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

const QUIET_MS = 2_000;
const STEP_MS = 20;

export interface Lifecycle {
  state(): 'starting' | 'ready' | 'stopping';
  inFlight(): number;
  ready(): void;
  install(app: FastifyInstance): void;
  /** Ends the app. True: everything that was being worked on has been answered. */
  stop(app: FastifyInstance, limitMs: number): Promise<boolean>;
}

export function lifecycle(): Lifecycle {
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  const inFlight = new Set<ServerResponse>();
  /** Connections that have brought no request. */
  const unused = new Set<Socket>();
  /** When a client was last left in the belief that its connection stays. */
  let keptAt = Number.NEGATIVE_INFINITY;
  return {
    state: () => state,
    inFlight: () => inFlight.size,
    ready: () => {
      state = 'ready';
    },
    install(app) {
      app.server.on('connection', (socket: Socket) => {
        unused.add(socket);
        socket.once('close', () => unused.delete(socket));
      });
      // Before Fastify's own listener, which may answer at once.
      app.server.prependListener('request', (request, response) => {
        unused.delete(request.socket);
        inFlight.add(response);
        if (state === 'stopping') response.shouldKeepAlive = false;
        response.once('close', () => {
          inFlight.delete(response);
          if (response.shouldKeepAlive) keptAt = performance.now();
        });
      });
    },
    async stop(app, limitMs) {
      state = 'stopping';
      const end = performance.now() + limitMs;
      for (const response of inFlight) if (!response.headersSent) response.shouldKeepAlive = false;
      while (performance.now() < Math.min(keptAt + QUIET_MS, end)) await sleep(STEP_MS);
      // Connections that are made but not yet taken are cut off by this: so in the turn in which all were just taken, before any other work.
      // Idle ones are closed, busy ones when they have answered.
      setImmediate(() => app.server.close());
      await new Promise(setImmediate);
      const closed = app.close();
      const patience = Math.min(performance.now() + QUIET_MS, end);
      while (unused.size > 0 && performance.now() < patience) await sleep(STEP_MS);
      while (inFlight.size > 0 && performance.now() < end) await sleep(STEP_MS);
      const all = inFlight.size === 0;
      app.server.closeAllConnections();
      await closed;
      return all;
    },
  };
}
