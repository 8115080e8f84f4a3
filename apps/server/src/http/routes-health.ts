/**
 * For whoever watches the process: is it alive, is it ready, what are its numbers?
 *
 * What must hold: `live` never asks anything outside of the process, so that a dead database does not get healthy processes killed.
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { isFromThisMachine } from '../observe/loopback.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Readiness } from '../operations/readiness.ts';
import { Problem } from '../problems.ts';

export interface HealthSources {
  readonly ready: () => Promise<Readiness>;
  readonly metrics: Omit<Metrics, 'registry'>;
  readonly metricsFor: Config['metrics'];
  readonly trustsProxy: boolean;
}

const ok = z.object({ status: z.literal('ok') });

export const healthRoutes =
  ({ ready, metrics, metricsFor, trustsProxy }: HealthSources): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/health/live',
      {
        config: { access: 'open' },
        schema: { tags: ['oversight'], summary: 'Answers while the process is alive', response: { 200: ok } },
      },
      async () => ({ status: 'ok' as const }),
    );
    app.get(
      '/health/ready',
      {
        config: { access: 'open' },
        schema: {
          tags: ['oversight'],
          summary: 'Answers 200 while requests may be sent here, else 503',
          response: { 200: ok },
        },
      },
      async () => {
        const found = await ready();
        if (found.status === 'not_ready') throw new Problem('not_ready', found.why);
        return { status: 'ok' as const };
      },
    );
    if (metricsFor === 'off') return;
    app.get(
      '/metrics',
      {
        config: {
          access: 'audit:read',
          openTo: (request) =>
            metricsFor === 'open' || (metricsFor === 'loopback' && isFromThisMachine(request, trustsProxy)),
        },
        schema: { hide: true },
      },
      async (_request, reply) => {
        const text = await metrics.text();
        return reply.type(metrics.contentType).send(text);
      },
    );
  };
