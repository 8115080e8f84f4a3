/** Tokens: made, ordered, and the way back to a card number (docs/tokens.md). */
import { TOKEN_ORDERS, type TokenDomain, tridOf } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import {
  detokenise,
  listTokens,
  orderToken,
  requestToken,
  type TokenWish,
  tokenPath,
} from '../operations/tokens/tokens.ts';
import { Problem } from '../problems.ts';
import { once } from './idempotency.ts';
import { linkRoutes, requestorRoutes } from './routes-links.ts';
import * as s from './schemas.ts';
import * as t from './token-schemas.ts';

const byId = z.strictObject({ id: s.id('tok') });
const nothing = z.strictObject({}).nullish();

export const tokenRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(requestorRoutes(b));
    await app.register(linkRoutes(b));
    app.post(
      '/v1/tokens',
      {
        config: {
          access: 'tokens:write',
          problems: [
            'requestor_unknown',
            'link_unknown',
            'link_not_active',
            'card_not_linkable',
            'token_domain_invalid',
            'token_order_refused',
            'token_range_used_up',
            'keys_unavailable',
            'vault_busy',
          ],
        },
        schema: {
          tags: ['tokens'],
          summary: 'Have a token made that pays from a linked account within its domain',
          headers: s.idempotencyHeader,
          body: t.newToken,
          response: { 201: t.token },
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          201,
          async (tx) => {
            const wish = wishOf(b, request.body);
            return t.showToken(await requestToken(b, tx, request.principal, wish), true);
          },
          undefined,
          (text) => b.identities.requestMacs(text),
        ),
    );
    app.get(
      '/v1/tokens',
      {
        config: { access: 'tokens:read' },
        schema: {
          tags: ['tokens'],
          summary: 'Tokens of your accounts, and those that your requestors had made, oldest first',
          querystring: t.tokenQuery,
          response: { 200: s.listOf(t.token) },
        },
      },
      async ({ query: { limit, cursor, requestor, ...filter }, principal }) => {
        const page = { limit: limit + 1, after: cursor, of: ownerOf(principal) };
        const wanted = { ...filter, requestor: requestor && tridOf(requestor) };
        const rows = await b.store.read((tx) => listTokens(tx, principal, page, wanted));
        return s.pageOf(
          rows,
          limit,
          ({ token }) => token.id,
          (row) => t.showToken(row, false),
        );
      },
    );
    app.get(
      '/v1/tokens/:id',
      {
        config: { access: 'tokens:read' },
        schema: {
          tags: ['tokens'],
          summary: 'One token, with its number, its domain and who suspends it',
          params: byId,
          response: { 200: t.token },
        },
      },
      async ({ params, principal }) =>
        t.showToken(await b.store.read((tx) => tokenPath(tx, principal, params.id)), true),
    );
    for (const order of TOKEN_ORDERS)
      app.post(
        `/v1/tokens/:id/${order}`,
        {
          config: { access: 'tokens:write', problems: ['token_order_refused', 'vault_busy'] },
          schema: {
            tags: ['tokens'],
            summary: ORDER_SAYS[order],
            params: byId,
            headers: s.idempotencyHeader,
            body: nothing,
            response: { 200: t.token },
          },
        },
        (request, reply) =>
          once(b, request, reply, 200, async (tx) =>
            t.showToken(await orderToken(b, tx, request.principal, request.params.id, order), true),
          ),
      );
    app.post(
      '/v1/tokens/:id/detokenise',
      {
        config: { access: 'tokens:detokenise', problems: ['no_card_number', 'keys_unavailable'] },
        schema: {
          tags: ['tokens'],
          summary: 'See the card number behind a token; the log says that you did, and no answer is kept',
          params: byId,
          body: nothing,
          response: { 200: t.detokenised },
        },
      },
      async ({ params, principal }, reply) => {
        const shown = await b.store.write((tx) => detokenise(b, tx, principal, params.id));
        reply.header('cache-control', 'no-store');
        return { pan: shown.pan.reveal(), expiry: shown.expiry ?? null };
      },
    );
  };

const ORDER_SAYS = {
  activate: 'Let a token pay: for the institution of the account, or whoever keeps the vault',
  suspend: 'Suspend a token, as holder, requestor, issuer or provider: whoever you are to it',
  resume: 'Lift your own suspension of a token; it pays again when nobody suspends it',
  deactivate: 'End a token, for good',
} as const;

function wishOf(b: Backend, body: z.infer<typeof t.newToken>): TokenWish {
  const { requestor, link, card, domain: d, assurance, activate } = body;
  if ((link === undefined) === (card === undefined))
    throw new Problem(
      'validation_failed',
      'Say link, or card, and not both.',
      link === undefined ? 'link' : 'card',
    );
  const of = link === undefined && card !== undefined ? { card } : { link: link ?? '' };
  const set = <T>(list: readonly T[] | undefined) => list && new Set(list);
  const amount = (text: string | undefined) => (text === undefined ? undefined : BigInt(text));
  const domain: TokenDomain = {
    devices: set(d.devices),
    merchants: set(d.merchants),
    entries: set(d.entries),
    currencies: set(d.currencies),
    mostAmount: amount(d.most_amount),
    mostTotal: amount(d.most_total),
    mostCount: d.most_count,
    validFrom: d.valid_from === undefined ? b.clock().getTime() : Date.parse(d.valid_from),
    validUntil: Date.parse(d.valid_until),
    needsCryptogram: d.needs_cryptogram,
  };
  return { requestor, of, domain, assurance, activate };
}
