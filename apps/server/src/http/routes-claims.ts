/** Lost, stolen, broken and expired purses: reported, seen, taken back, refunded before their date; and their policy. */
import type { LedgerTx } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf, type Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { claimPath } from '../operations/claims/claim.ts';
import { claimsInForce, claimsPolicy, claimsProposal } from '../operations/claims/policy.ts';
import { askToSettle } from '../operations/claims/propose.ts';
import { refuse, report, withdraw } from '../operations/claims/report.ts';
import { viewOf } from '../operations/claims/view.ts';
import { propose } from '../operations/proposals.ts';
import * as c from './claims-schemas.ts';
import { once } from './idempotency.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';

const byClaim = z.strictObject({ id: s.id('clm') });

export const claimRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    const shown = async (tx: LedgerTx, who: Principal, id: string) =>
      c.showClaim(await viewOf(b, tx, await claimPath(tx, who, id, 'see')));
    app.post(
      '/v1/claims',
      {
        config: { access: 'claims:write', problems: ['purse_unknown', 'claim_exists'] },
        schema: {
          tags: ['claims'],
          summary:
            'Report a purse as lost, stolen or broken: it is blocked at once, and refunded on the date given',
          headers: s.idempotencyHeader,
          body: c.newClaim,
          response: { 201: c.claim },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { purse, kind } = request.body;
          const wish = { purse: purse.slice('pur_'.length), kind };
          const { id } = await report(b, tx, request.principal, wish);
          return shown(tx, request.principal, id);
        }),
    );
    app.get(
      '/v1/claims',
      {
        config: { access: 'claims:read' },
        schema: {
          tags: ['claims'],
          summary: 'All claims that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(c.claimSummary) },
        },
      },
      async ({ query: { limit, cursor }, principal }) => {
        const page = { limit: limit + 1, after: cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.claims.list(page));
        return s.pageOf(rows, limit, (row) => row.id, c.showSummary);
      },
    );
    app.get(
      '/v1/claims/:id',
      {
        config: { access: 'claims:read' },
        schema: {
          tags: ['claims'],
          summary: 'One claim, with its steps, their dates, and what would be refunded now',
          params: byClaim,
          response: { 200: c.claim },
        },
      },
      async ({ params, principal }) => b.store.read((tx) => shown(tx, principal, params.id)),
    );
    app.post(
      '/v1/claims/:id/withdraw',
      {
        config: { access: 'claims:write', problems: ['claim_not_waiting'] },
        schema: {
          tags: ['claims'],
          summary: 'The purse was found before its refund: its block is lifted',
          params: byClaim,
          headers: s.idempotencyHeader,
          body: z.strictObject({}).nullish(),
          response: { 200: c.claim },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          await withdraw(b, tx, request.principal, request.params.id);
          return shown(tx, request.principal, request.params.id);
        }),
    );
    app.post(
      '/v1/claims/:id/refuse',
      {
        config: { access: 'claims:settle', problems: ['claim_not_waiting'] },
        schema: {
          tags: ['claims'],
          summary: 'Refuse the refund, and say why',
          params: byClaim,
          headers: s.idempotencyHeader,
          body: c.refusal,
          response: { 200: c.claim },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { params, principal, body } = request;
          await refuse(b, tx, principal, params.id, body.reason);
          return shown(tx, principal, params.id);
        }),
    );
    app.post(
      '/v1/claims/:id/settle',
      {
        config: { access: 'claims:settle', problems: ['claim_not_waiting'] },
        schema: {
          tags: ['claims'],
          summary: 'Refund before the date; above the amount of the policy, propose it (see `proposal`)',
          params: byClaim,
          headers: s.idempotencyHeader,
          body: z.strictObject({}).nullish(),
          response: { 200: c.claim },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          await askToSettle(b, tx, request.principal, request.params.id);
          return shown(tx, request.principal, request.params.id);
        }),
    );
    await app.register(claimPolicyRoutes(b));
  };

const claimsVersion = z.object({
  version: z.int(),
  document: claimsPolicy,
  proposal: s.id('prp').nullable().describe('null: it came with the program'),
});

const claimPolicyRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/policies/claims',
      {
        config: { access: 'claims:read' },
        schema: {
          tags: ['claims'],
          summary: 'By which dates and amounts purses are refunded',
          response: { 200: claimsVersion },
        },
      },
      async () => {
        const { version, document, proposal = null } = await b.store.read(claimsInForce);
        return { version, document, proposal };
      },
    );
    app.post(
      '/v1/policies/claims',
      {
        config: { access: 'policy:request', problems: ['policy_invalid', 'policy_outdated'] },
        schema: {
          tags: ['claims'],
          summary: 'Propose other dates and amounts',
          headers: s.idempotencyHeader,
          body: claimsProposal,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const what = { kind: 'claims_policy', subject: 'claims', body: request.body } as const;
          return o.showProposal(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
  };
