/** What tokens stand for, and who has them made (docs/tokens.md). */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { addLink, linkPath, orderLink } from '../operations/tokens/links.ts';
import { addRequestor, closeRequestor, requestorPath } from '../operations/tokens/requestors.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';
import * as t from './token-schemas.ts';

const byId = (prefix: string) => z.strictObject({ id: s.id(prefix) });
const nothing = z.strictObject({}).nullish();

export const requestorRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/token-requestors',
      {
        config: { access: 'tokens:provide', problems: ['institution_unknown', 'vault_busy'] },
        schema: {
          tags: ['tokens'],
          summary: 'Register who may have tokens made',
          headers: s.idempotencyHeader,
          body: t.newRequestor,
          response: { 201: t.requestor },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) =>
          t.showRequestor(await addRequestor(b, tx, request.principal, request.body)),
        ),
    );
    app.get(
      '/v1/token-requestors',
      {
        config: { access: 'tokens:read' },
        schema: {
          tags: ['tokens'],
          summary: 'Token requestors that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(t.requestor) },
        },
      },
      async ({ query: { limit, cursor }, principal }) => {
        const page = { limit: limit + 1, after: cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.vault.requestors(page));
        return s.pageOf(rows, limit, (row) => row.id, t.showRequestor);
      },
    );
    app.get(
      '/v1/token-requestors/:id',
      {
        config: { access: 'tokens:read' },
        schema: {
          tags: ['tokens'],
          summary: 'One token requestor',
          params: byId('trq'),
          response: { 200: t.requestor },
        },
      },
      async ({ params, principal }) =>
        t.showRequestor(await b.store.read((tx) => requestorPath(tx, principal, params.id))),
    );
    app.post(
      '/v1/token-requestors/:id/close',
      {
        config: { access: 'tokens:provide' },
        schema: {
          tags: ['tokens'],
          summary: 'No more tokens for a requestor; those that it has go on',
          params: byId('trq'),
          headers: s.idempotencyHeader,
          body: nothing,
          response: { 200: t.requestor },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) =>
          t.showRequestor(await closeRequestor(b, tx, request.principal, request.params.id)),
        ),
    );
  };

export const linkRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/links',
      {
        config: {
          access: 'tokens:link',
          problems: [
            'account_unknown',
            'account_not_online',
            'card_not_linkable',
            'card_linked_elsewhere',
            'keys_unavailable',
            'vault_busy',
          ],
        },
        schema: {
          tags: ['tokens'],
          summary: 'Link an account, or a payment card of another issuer, so that it pays from the account',
          headers: s.idempotencyHeader,
          body: t.newLink,
          response: { 201: t.link },
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          201,
          async (tx) => t.showLink(await addLink(b, tx, request.principal, request.body)),
          undefined,
          // A plain hash of a card number is found by trying numbers.
          (text) => b.identities.requestMacs(text),
        ),
    );
    app.get(
      '/v1/links',
      {
        config: { access: 'tokens:read' },
        schema: {
          tags: ['tokens'],
          summary: 'Links of your accounts, oldest first',
          querystring: t.linkQuery,
          response: { 200: s.listOf(t.link) },
        },
      },
      async ({ query: { limit, cursor, account }, principal }) => {
        const page = { limit: limit + 1, after: cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.vault.links(page, { account }));
        return s.pageOf(rows, limit, (row) => row.id, t.showLink);
      },
    );
    app.get(
      '/v1/links/:id',
      {
        config: { access: 'tokens:read' },
        schema: { tags: ['tokens'], summary: 'One link', params: byId('lnk'), response: { 200: t.link } },
      },
      async ({ params, principal }) =>
        t.showLink(await b.store.read((tx) => linkPath(tx, principal, params.id, 'see'))),
    );
    for (const order of ['block', 'unblock', 'remove'] as const)
      app.post(
        `/v1/links/:id/${order}`,
        {
          // The holder may block a card, from a wallet.
          config: {
            access: order === 'block' ? 'tokens:write' : 'tokens:link',
            problems: ['link_not_active', 'vault_busy'],
          },
          schema: {
            tags: ['tokens'],
            summary: LINK_SAYS[order],
            params: byId('lnk'),
            headers: s.idempotencyHeader,
            body: nothing,
            response: { 200: t.link },
          },
        },
        (request, reply) =>
          once(b, request, reply, 200, async (tx) =>
            t.showLink(await orderLink(b, tx, request.principal, request.params.id, order)),
          ),
      );
  };

const LINK_SAYS = {
  block: 'Let a linked card pay nothing, nor any token of it',
  unblock: 'Lift the block of a link',
  remove: 'Remove a link for good: its card number is gone, and its tokens have ended',
} as const;
