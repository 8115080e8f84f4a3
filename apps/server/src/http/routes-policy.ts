/** Limits: what is in force, what was, and what is proposed. */
import type { PolicyVersion } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { limitsHistory, limitsInForce } from '../operations/policy.ts';
import { limitsPolicy, limitsProposal, readLimitsPolicy } from '../operations/policy-documents.ts';
import { propose } from '../operations/proposals.ts';
import { once } from './idempotency.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';

const limitsVersion = z.object({
  version: z.int(),
  document: limitsPolicy,
  proposal: s.id('prp').nullable().describe('null: it came with the program'),
  created_at: s.time,
});

const showVersion = (v: PolicyVersion) => ({
  version: v.version,
  document: readLimitsPolicy(v.document),
  proposal: v.proposal ?? null,
  created_at: v.createdAt.toISOString(),
});

export const policyRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/policies/limits',
      {
        config: { access: 'proposals:read' },
        schema: {
          tags: ['four eyes'],
          summary: 'The limits that the next Grants give',
          response: { 200: limitsVersion },
        },
      },
      async () => showVersion(await b.store.read(limitsInForce)),
    );
    app.get(
      '/v1/policies/limits/versions',
      {
        config: { access: 'proposals:read' },
        schema: {
          tags: ['four eyes'],
          summary: 'All versions of the limits, newest first',
          querystring: s.pageQuery.extend({
            cursor: z
              .string()
              .regex(/^[1-9][0-9]{0,8}$/)
              .optional(),
          }),
          response: { 200: s.listOf(limitsVersion) },
        },
      },
      async ({ query: { limit, cursor } }) => {
        const before = cursor === undefined ? undefined : Number(cursor);
        const rows = await b.store.read((tx) => limitsHistory(tx, before, limit + 1));
        return s.pageOf(rows, limit, (row) => row.version.toString(), showVersion);
      },
    );
    app.post(
      '/v1/policies/limits',
      {
        config: { access: 'policy:request', problems: ['policy_invalid', 'policy_outdated'] },
        schema: {
          tags: ['four eyes'],
          summary: 'Propose other limits',
          headers: s.idempotencyHeader,
          body: limitsProposal,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const what = { kind: 'limits_policy', subject: 'limits', body: request.body } as const;
          return o.showProposal(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
  };
