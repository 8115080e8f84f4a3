/**
 * Starting, serving, stopping.
 *
 * What must hold: from the moment a stop is asked for, readiness says no, so that nobody new is sent here; every answer from then on, also to
 * what was already being worked on, tells its client to use another connection next time; what is being worked on has `limit` to end. A
 * connection whose client was told nothing yet is not closed under a request that may be on its way: it has `QUIET_MS` to bring it.
 */

import type { ServerResponse } from 'node:http';
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
  /** When a client was last left in the belief that its connection stays. */
  let keptAt = Number.NEGATIVE_INFINITY;
  return {
    state: () => state,
    inFlight: () => inFlight.size,
    ready: () => {
      state = 'ready';
    },
    install(app) {
      // Before Fastify's own listener, which may answer at once.
      app.server.prependListener('request', (_request, response) => {
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
      // No new connections; idle ones are closed, busy ones when they have answered.
      const closed = app.close();
      while (inFlight.size > 0 && performance.now() < end) await sleep(STEP_MS);
      const all = inFlight.size === 0;
      app.server.closeAllConnections();
      await closed;
      return all;
    },
  };
}
