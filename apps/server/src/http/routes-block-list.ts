/** The signed list of blocked purses, for anybody; and revoking an issuer, which puts all of its purses on it. */
import { hex } from '@sokkin/codec';
import { FIRST_ISSUER } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { blockLists, type SignedBlockList } from '../operations/block-list.ts';
import { propose } from '../operations/proposals.ts';
import * as f from './fleet-schemas.ts';
import { once } from './idempotency.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';

const show = (list: SignedBlockList) => ({
  number: list.number,
  base: list.base,
  epoch: f.isoDay(list.epoch),
  issuer: hex(list.issuer),
  authority: hex(list.authority),
  list: hex(list.message),
});

export const blockListRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    const lists = blockLists(b, FIRST_ISSUER);
    app.get(
      '/v1/block-list',
      {
        config: { access: 'open', problems: ['not_found'] },
        schema: {
          tags: ['fleet'],
          summary:
            'Purses and issuers that are not to be paid or believed, signed. With If-None-Match: 304 while nothing changed',
          querystring: f.blockListQuery,
          response: { 200: f.blockList, 304: z.null().describe('You have it') },
        },
      },
      async ({ query, headers }, reply) => {
        const tag = `"${await lists.tagFor(query)}"`;
        reply.header('etag', tag).header('cache-control', 'no-cache');
        if (headers['if-none-match'] === tag) {
          reply.code(304);
          return null;
        }
        return show(await lists.get(query));
      },
    );
    app.post(
      '/v1/issuer-revocations',
      {
        config: { access: 'keys:write', problems: ['institution_unknown', 'issuer_revoked'] },
        schema: {
          tags: ['fleet'],
          summary: 'Propose that an issuer is not believed any more, where the block list is carried',
          headers: s.idempotencyHeader,
          body: f.revocation,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { body, principal } = request;
          const what = { kind: 'issuer_revocation', subject: body.issuer, body } as const;
          return o.showProposal(await propose(b, tx, principal, what), b.clock());
        }),
    );
  };
