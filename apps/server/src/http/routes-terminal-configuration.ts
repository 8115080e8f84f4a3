/** What terminals are told: the configuration of one, and the rules that it follows from. */
import { hash } from 'node:crypto';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { propose } from '../operations/proposals.ts';
import { configurationOf, terminalsInForce } from '../operations/terminals/configuration.ts';
import { terminalsProposal } from '../operations/terminals/documents.ts';
import { speakingTerminal } from '../operations/terminals/terminals.ts';
import { once } from './idempotency.ts';
import { showMerchant } from './merchant-schemas.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';
import * as t from './terminal-schemas.ts';

const tags = ['acceptance'] as const;

export const terminalConfigurationRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/terminals/configuration',
      {
        config: { access: 'terminals:speak' },
        schema: {
          tags,
          operationId: 'getTerminalConfiguration',
          summary:
            'The configuration of the terminal that asks. With If-None-Match: 304 while nothing changed',
          response: { 200: t.configuration, 304: z.null().describe('You have it') },
        },
      },
      async ({ principal, headers }, reply) => {
        const answer = await b.store.read(async (tx) => {
          const { row, merchant, link } = await speakingTerminal(tx, principal);
          const { version, emv, most_list_days, tips } = await configurationOf(b, tx, row, merchant);
          return {
            ...{ version, terminal: t.showTerminal(row), merchant: showMerchant(merchant), emv },
            profile: z.record(z.string(), z.unknown()).parse(link.profile),
            ...{ most_list_days, tips, currency: s.CURRENCY },
          };
        });
        const tag = `"${hash('sha256', JSON.stringify(answer), 'hex').slice(0, 32)}"`;
        reply.header('etag', tag).header('cache-control', 'private, no-cache');
        if (has(headers['if-none-match'], tag)) {
          reply.code(304);
          return null;
        }
        return answer;
      },
    );
    app.get(
      '/v1/policies/terminals',
      {
        config: { access: 'terminals:read' },
        schema: {
          tags,
          summary: 'What all terminals are told, and what some of them are told otherwise',
          response: { 200: t.policyVersion },
        },
      },
      async () => {
        const { version, document, proposal = null } = await b.store.read(terminalsInForce);
        return { version, document, proposal };
      },
    );
    app.post(
      '/v1/policies/terminals',
      {
        config: { access: 'policy:request', problems: ['policy_invalid', 'policy_outdated'] },
        schema: {
          tags,
          summary: 'Propose other rules for terminals',
          headers: s.idempotencyHeader,
          body: terminalsProposal,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const what = { kind: 'terminals_policy', subject: 'terminals', body: request.body } as const;
          return o.showProposal(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
  };

/** RFC 9110, 13.1.2: a list of tags, weak ones too, or any. */
const has = (shown: string | undefined, tag: string): boolean =>
  (shown ?? '')
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
    .some((one) => one === tag || one === '*');
