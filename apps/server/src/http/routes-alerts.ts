/** Alerts: the list, the evidence, closing; and the policy of which of them block at once. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { alertPath } from '../access/owned.ts';
import { ownerOf } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { blockingInForce, blockingPolicy, blockingProposal, closeAlert } from '../operations/blocking.ts';
import { propose } from '../operations/proposals.ts';
import { once } from './idempotency.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';
import { showAlert } from './show.ts';

const byAlert = z.strictObject({ id: s.id('alt') });
const alertQuery = s.pageQuery.extend({
  kind: s.alert.shape.kind.optional(),
  severity: s.alert.shape.severity.optional(),
  status: s.alert.shape.status.optional(),
  purse: s.purseId.optional(),
});
const closing = z.strictObject({
  reason: s.words(500).describe('Why; it stands in the log, so it names no person'),
  lift_block: z.boolean().default(false).describe('Also lift what the policy has blocked'),
});
const blockingVersion = z.object({
  version: z.int().describe('0: it came with the program'),
  document: blockingPolicy,
  proposal: s.id('prp').nullable(),
});

export const alertRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/alerts',
      {
        config: { access: 'alerts:read' },
        schema: {
          tags: ['oversight'],
          summary: 'All alerts about purses that you may see, oldest first',
          querystring: alertQuery,
          response: { 200: s.listOf(s.alert) },
        },
      },
      async ({ query, principal }) => {
        const { limit, cursor, kind, severity, status, purse } = query;
        const about = { kind, severity, status, purse: purse?.slice('pur_'.length) };
        const page = { limit: limit + 1, after: cursor, of: ownerOf(principal), ...about };
        const rows = await b.store.read((tx) => tx.alerts.list(page));
        return s.pageOf(rows, limit, (row) => row.id, showAlert);
      },
    );
    app.get(
      '/v1/alerts/:id',
      {
        config: { access: 'alerts:read' },
        schema: {
          tags: ['oversight'],
          summary: 'One alert, with its evidence',
          params: byAlert,
          response: { 200: s.alert },
        },
      },
      async ({ params, principal }) =>
        showAlert(await b.store.read((tx) => alertPath(tx, principal, params.id, 'see'))),
    );
    app.post(
      '/v1/alerts/:id/close',
      {
        config: { access: 'alerts:write', problems: ['alert_closed'] },
        schema: {
          tags: ['oversight'],
          summary: 'Close an alert that was looked into; it is raised anew if it is found anew',
          params: byAlert,
          headers: s.idempotencyHeader,
          body: closing,
          response: { 200: s.alert },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { reason, lift_block: lift } = request.body;
          return showAlert(await closeAlert(b, tx, request.principal, request.params.id, { reason, lift }));
        }),
    );
    app.get(
      '/v1/policies/blocking',
      {
        config: { access: 'proposals:read' },
        schema: {
          tags: ['four eyes'],
          summary: 'Which alerts block their purse at once',
          response: { 200: blockingVersion },
        },
      },
      async () => {
        const { proposal = null, ...version } = await b.store.read(blockingInForce);
        return { ...version, proposal };
      },
    );
    app.post(
      '/v1/policies/blocking',
      {
        config: { access: 'policy:request', problems: ['policy_outdated'] },
        schema: {
          tags: ['four eyes'],
          summary: 'Propose that other alerts block at once',
          headers: s.idempotencyHeader,
          body: blockingProposal,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const what = { kind: 'blocking_policy', subject: 'blocking', body: request.body } as const;
          return o.showProposal(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
  };
