/** For how long what is kept, and what the next run would remove. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { propose } from '../operations/proposals.ts';
import { dryRun } from '../operations/retention.ts';
import { RETENTION_CLASSES, retentionDocument, retentionProposal } from '../operations/retention-policy.ts';
import { once } from './idempotency.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';

const counts = z.record(z.enum(RETENTION_CLASSES), z.int());
const retention = z.object({
  version: z.int(),
  document: retentionDocument,
  would_remove: counts.describe('What a run would remove now'),
  is_complete: z.boolean().describe('False: it did not look at everything, and there may be more'),
  last_run: z.object({ at: s.time, removed: counts, milliseconds: z.int() }).nullable(),
});

export const retentionRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/retention',
      {
        config: { access: 'audit:read' },
        schema: {
          tags: ['oversight'],
          summary: 'For how many days what is kept, and what the next run would remove. It removes nothing',
          response: { 200: retention },
        },
      },
      async () => {
        const { version, document, wouldRemove, isComplete, last } = await dryRun(b);
        return {
          version,
          document,
          would_remove: wouldRemove,
          is_complete: isComplete,
          last_run:
            last === undefined
              ? null
              : {
                  at: last.at.toISOString(),
                  removed: counts.parse(last.removed),
                  milliseconds: last.milliseconds,
                },
        };
      },
    );
    app.post(
      '/v1/policies/retention',
      {
        config: { access: 'policy:request', problems: ['policy_outdated'] },
        schema: {
          tags: ['four eyes'],
          summary: 'Propose other periods',
          headers: s.idempotencyHeader,
          body: retentionProposal,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const what = { kind: 'retention_policy', subject: 'retention', body: request.body } as const;
          return o.showProposal(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
  };
