/** The situation in force: what it is, what it was, and how it is switched, by two or in an emergency by one. */
import { type PolicyVersion, type SituationInForce, situationAt } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import {
  emergencyRequest,
  situation,
  situationProposal,
  storedSituation,
} from '../operations/policy-documents.ts';
import { propose } from '../operations/proposals.ts';
import {
  documentOf,
  situationHistory,
  situationVersion,
  switchInEmergency,
} from '../operations/situation.ts';
import { once } from './idempotency.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';

const inForce = z.object({
  situation,
  since: s.time,
  until: s.time.nullable().describe('From then on it is normal again'),
  confirm_by: s.time
    .nullable()
    .describe('One person switched it: by then a second one confirms it, or it falls back'),
});
const situationVersionAnswer = z.object({
  version: z.int(),
  in_force: inForce.describe('What follows from this version now'),
  document: storedSituation,
  proposal: s.id('prp').nullable(),
  created_at: s.time,
});
const switched = z.object({
  version: z.int(),
  in_force: inForce,
  proposal: s.id('prp').describe('The confirmation: somebody else approves it'),
});

const showInForce = (found: SituationInForce) => ({
  situation: found.situation,
  since: found.since.toISOString(),
  until: found.until?.toISOString() ?? null,
  confirm_by: found.confirmBy?.toISOString() ?? null,
});
const showVersion = (v: PolicyVersion, now: Date) => ({
  version: v.version,
  in_force: showInForce(situationAt(documentOf(v), now)),
  document: storedSituation.parse(v.document),
  proposal: v.proposal ?? null,
  created_at: v.createdAt.toISOString(),
});

export const situationRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/policies/situation',
      {
        config: { access: 'proposals:read' },
        schema: {
          tags: ['four eyes'],
          summary: 'The situation whose limits the next Grants give',
          response: { 200: situationVersionAnswer },
        },
      },
      async () => showVersion(await b.store.read(situationVersion), b.clock()),
    );
    app.get(
      '/v1/policies/situation/versions',
      {
        config: { access: 'proposals:read' },
        schema: {
          tags: ['four eyes'],
          summary: 'All switches of the situation, newest first',
          querystring: s.pageQuery.extend({
            cursor: z
              .string()
              .regex(/^[1-9][0-9]{0,8}$/)
              .optional(),
          }),
          response: { 200: s.listOf(situationVersionAnswer) },
        },
      },
      async ({ query: { limit, cursor } }) => {
        const before = cursor === undefined ? undefined : Number(cursor);
        const rows = await b.store.read((tx) => situationHistory(tx, before, limit + 1));
        return s.pageOf(
          rows,
          limit,
          (row) => row.version.toString(),
          (v) => showVersion(v, b.clock()),
        );
      },
    );
    app.post(
      '/v1/policies/situation',
      {
        config: { access: 'policy:request', problems: ['policy_invalid', 'policy_outdated'] },
        schema: {
          tags: ['four eyes'],
          summary: 'Propose another situation',
          headers: s.idempotencyHeader,
          body: situationProposal,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const what = { kind: 'situation', subject: 'situation', body: request.body } as const;
          return o.showProposal(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
    app.post(
      '/v1/policies/situation/emergency',
      {
        config: {
          access: 'policy:emergency',
          problems: ['policy_invalid', 'policy_outdated', 'emergency_unconfirmed'],
        },
        schema: {
          tags: ['four eyes'],
          summary:
            'Switch the situation alone, at once; a second person confirms it within a day, or it falls back',
          headers: s.idempotencyHeader,
          body: emergencyRequest,
          response: { 201: switched },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { principal, body } = request;
          const version = await switchInEmergency(b, tx, principal, body);
          const { situation: wanted, until } = body;
          const confirmation = { from_version: version, situation: wanted, until };
          const what = { kind: 'situation', subject: 'situation', body: confirmation } as const;
          const proposal = await propose(b, tx, principal, what);
          const { in_force } = showVersion(await situationVersion(tx), b.clock());
          return { version, in_force, proposal: proposal.id };
        }),
    );
  };
