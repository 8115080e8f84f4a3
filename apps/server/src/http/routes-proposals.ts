/** Four eyes: issuance and destruction as they are proposed, and what is decided on proposals. */
import type { LedgerTx, ProposalRow } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import {
  approveProposal,
  getProposal,
  propose,
  refuseProposal,
  visible,
  withdrawProposal,
} from '../operations/proposals.ts';
import { once } from './idempotency.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';

const byId = z.strictObject({ id: s.id('prp') });

type Decide = (b: Backend, tx: LedgerTx, who: Principal, id: string) => Promise<ProposalRow>;
const DECISIONS = {
  approve: { decide: approveProposal, summary: 'Approve what somebody else proposed: it takes effect now' },
  refuse: { decide: refuseProposal, summary: 'Refuse what somebody else proposed' },
  withdraw: { decide: withdrawProposal, summary: 'Withdraw what you proposed yourself' },
} as const satisfies Readonly<Record<string, { decide: Decide; summary: string }>>;

export const proposalRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(moneyOrders(b, 'issuance'));
    await app.register(moneyOrders(b, 'destruction'));
    app.get(
      '/v1/proposals',
      {
        config: { access: 'proposals:read' },
        schema: {
          tags: ['four eyes'],
          summary: 'What was proposed, oldest first',
          querystring: o.proposalQuery,
          response: { 200: s.listOf(o.proposal) },
        },
      },
      async ({ query: { limit, cursor, status, kind }, principal }) => {
        const now = b.clock();
        const rows = await b.store.read((tx) =>
          tx.proposals.list({
            limit: limit + 1,
            after: cursor,
            status,
            kind,
            institution: ownerOf(principal)?.institution,
            now,
          }),
        );
        return s.pageOf(
          rows,
          limit,
          (p) => p.id,
          (p) => o.showProposal(p, now),
        );
      },
    );
    app.get(
      '/v1/proposals/:id',
      {
        config: { access: 'proposals:read' },
        schema: {
          tags: ['four eyes'],
          summary: 'One proposal',
          params: byId,
          response: { 200: o.proposal },
        },
      },
      async ({ params, principal }) =>
        o.showProposal(await b.store.read((tx) => getProposal(tx, principal, params.id)), b.clock()),
    );
    for (const [name, { decide, summary }] of Object.entries(DECISIONS)) {
      app.post(
        `/v1/proposals/:id/${name}`,
        {
          // Which scope it takes to decide is the kind's matter (operations/proposal-kinds.ts).
          config: {
            access: 'proposals:read',
            problems: [
              'proposal_not_waiting',
              'second_person_needed',
              'account_unknown',
              'account_not_online',
              'insufficient_funds',
              'balance_too_large',
              'policy_invalid',
              'policy_outdated',
              'operator_dismissed',
              'purse_unknown',
              'not_found',
              'claim_not_waiting',
            ],
          },
          schema: {
            tags: ['four eyes'],
            summary,
            params: byId,
            headers: s.idempotencyHeader,
            response: { 200: o.proposal },
          },
        },
        (request, reply) =>
          once(b, request, reply, 200, async (tx) =>
            o.showProposal(await decide(b, tx, request.principal, request.params.id), b.clock()),
          ),
      );
    }
  };

const MONEY = {
  issuance: {
    path: '/v1/issuances',
    prefix: 'iss',
    answer: o.issuance,
    make: 'Propose that CBDC be issued to an account',
    list: 'Issuances, oldest first',
    one: 'One issuance',
  },
  destruction: {
    path: '/v1/destructions',
    prefix: 'dst',
    answer: o.destruction,
    make: 'Propose that CBDC of an account be taken back and destroyed',
    list: 'Destructions, oldest first',
    one: 'One destruction',
  },
} as const;

const moneyOrders =
  (b: Backend, kind: keyof typeof MONEY): FastifyPluginAsyncZod =>
  async (app) => {
    const { path, prefix, answer, make, list, one } = MONEY[kind];
    app.post(
      path,
      {
        config: {
          access: 'issuance:request',
          problems: ['account_unknown', 'account_not_online', 'insufficient_funds', 'balance_too_large'],
        },
        schema: {
          tags: ['money'],
          summary: make,
          headers: s.idempotencyHeader,
          body: s.moneyRequest,
          response: { 201: answer },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { account, amount } = request.body;
          const what = { kind, subject: newId(b, prefix), body: { account, amount } };
          return o.showMoneyOrder(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
    app.get(
      path,
      {
        config: { access: 'proposals:read' },
        schema: {
          tags: ['money'],
          summary: list,
          querystring: s.pageQuery,
          response: { 200: s.listOf(answer) },
        },
      },
      async ({ query: { limit, cursor }, principal }) => {
        const now = b.clock();
        const institution = ownerOf(principal)?.institution;
        const rows = await b.store.read((tx) =>
          tx.proposals.list({ limit: limit + 1, after: cursor, kind, institution, now }),
        );
        return s.pageOf(
          rows,
          limit,
          (p) => p.subject,
          (p) => o.showMoneyOrder(p, now),
        );
      },
    );
    app.get(
      `${path}/:id`,
      {
        config: { access: 'proposals:read' },
        schema: {
          tags: ['money'],
          summary: one,
          params: z.strictObject({ id: s.id(prefix) }),
          response: { 200: answer },
        },
      },
      async ({ params, principal }) => {
        const found = await b.store.read((tx) => tx.proposals.bySubject(kind, params.id));
        return o.showMoneyOrder(visible(found, principal, params.id), b.clock());
      },
    );
  };
