/** How acquirers connect to the ISO 8583 host. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { addLink, closeLink, linkPath } from '../operations/acquirer-links.ts';
import * as l from './acquirer-link-schemas.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';

const byLink = z.strictObject({ id: l.linkId });
const tags = ['acceptance'] as const;
const nothing = z.strictObject({}).nullish();

export const acquirerLinkRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/acquirer-connections',
      {
        config: {
          access: 'acquirers:write',
          problems: [
            'institution_unknown',
            'not_an_acquirer',
            'profile_invalid',
            'link_unprotected',
            'too_many_links',
            'name_taken',
            'link_taken',
          ],
        },
        schema: {
          tags,
          summary: "Let an acquirer's connections in. A key that is made is shown now, and never again",
          headers: s.idempotencyHeader,
          body: l.newLink,
          response: { 201: l.madeLink },
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          201,
          async (tx) => l.showMadeLink(await addLink(b, tx, request.principal, l.orderOf(request.body))),
          l.withoutKey,
        ),
    );
    app.get(
      '/v1/acquirer-connections',
      {
        config: { access: 'acquirers:read' },
        schema: {
          tags,
          summary: 'All links that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(l.link) },
        },
      },
      async ({ query, principal }) => {
        const page = { limit: query.limit + 1, after: query.cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.acquirerLinks.list(page));
        return s.pageOf(rows, query.limit, (row) => row.id, l.showLink);
      },
    );
    app.get(
      '/v1/acquirer-connections/:id',
      {
        config: { access: 'acquirers:read' },
        schema: { tags, summary: 'One link', params: byLink, response: { 200: l.link } },
      },
      async ({ params, principal }) =>
        l.showLink(await b.store.read((tx) => linkPath(tx, principal, params.id, 'see'))),
    );
    app.post(
      '/v1/acquirer-connections/:id/close',
      {
        config: { access: 'acquirers:write' },
        schema: {
          tags,
          summary: 'Close a link for good: its connections end within two seconds',
          params: byLink,
          body: nothing,
          response: { 200: l.link },
        },
      },
      async ({ params, principal }) =>
        b.store.write(async (tx) => l.showLink(await closeLink(b, tx, principal, params.id))),
    );
  };
