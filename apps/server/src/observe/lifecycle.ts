/**
 * Starting, serving, stopping.
 *
 * What must hold: from the moment a stop is asked for, readiness says no, so that nobody new is sent here; whoever still comes is
 * served, and told to use another connection next time; what is being worked on has `limit` to end. A connection is not closed under a
 * request that is on its way: those that were used lately are given `QUIET_MS` to bring one more request, or to be closed by their side.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

const QUIET_MS = 1_000;
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
  let inFlight = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    state: () => state,
    inFlight: () => inFlight,
    ready: () => {
      state = 'ready';
    },
    install(app) {
      // Before Fastify's own listener, which may answer at once.
      app.server.prependListener('request', (_request, response) => {
        inFlight++;
        lastAt = performance.now();
        if (state === 'stopping') response.shouldKeepAlive = false;
        response.once('close', () => {
          inFlight--;
        });
      });
    },
    async stop(app, limitMs) {
      state = 'stopping';
      const end = performance.now() + limitMs;
      const quietAt = lastAt + QUIET_MS;
      while (performance.now() < Math.min(quietAt, end)) await sleep(STEP_MS);
      // No new connections; idle ones are closed, busy ones when they have answered.
      const closed = app.close();
      while (inFlight > 0 && performance.now() < end) await sleep(STEP_MS);
      const all = inFlight === 0;
      app.server.closeAllConnections();
      await closed;
      return all;
    },
  };
}
