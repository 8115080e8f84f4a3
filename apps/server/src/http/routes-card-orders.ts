/** Orders of cards, and the fate of each of their items; renewing a card, which is an order of one. */

import { ORDER_ITEM_STATES, type OrderItemRow } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pursePath } from '../access/owned.ts';
import { ownerOf } from '../access/principal.ts';
import { type Backend, purseName } from '../backend.ts';
import {
  type CardOrderWish,
  cancelItems,
  deliverItems,
  orderCards,
  orderPath,
  releaseItem,
  renew,
  type ShownOrder,
} from '../operations/card-orders.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';

/** Of one request; a larger delivery takes several orders. */
const MOST_ITEMS = 1000;
const byId = z.strictObject({ id: s.id('ord') });
const byPurse = z.strictObject({ id: s.purseId });
const itemNo = z.int().min(1).max(MOST_ITEMS);
const profile = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/, 'the name of a card profile is expected')
  .default('white-label');
const activation = z
  .enum(['at_once', 'by_holder'])
  .default('at_once')
  .describe('by_holder: the card is not active before POST /v1/purses/{id}/activate');
const newOrder = z.strictObject({
  profile,
  assurance: s.assurance.default('secure_element'),
  activation,
  items: z
    .array(
      z.strictObject({
        account: s.accountId,
        tier: s.tier.optional(),
        count: z.int().min(1).max(MOST_ITEMS).default(1).describe('So many cards for it'),
        replaces: s.purseId.optional().describe('The purse that this card is to come in place of'),
      }),
    )
    .min(1)
    .max(MOST_ITEMS),
});
const some = z.strictObject({
  items: z.array(itemNo).min(1).max(MOST_ITEMS).optional().describe('Left out: all that can be'),
});
const itemState = z.enum(ORDER_ITEM_STATES);
const order = z.object({
  id: s.id('ord'),
  state: itemState.describe('Where its slowest item is; cancelled: all are'),
  institution: z.string(),
  profile: z.string(),
  assurance: s.assurance,
  activation: z.enum(['at_once', 'by_holder']),
  counts: z.record(itemState, z.int()),
  created_by: z.string(),
  created_at: s.time,
});
const item = z.object({
  item: z.int(),
  state: itemState,
  account: s.accountId,
  tier: z.int(),
  replaces: s.purseId.nullable(),
  serial: z.string().nullable().describe('The chip that was taken for it'),
  purse: s.purseId.nullable(),
  says: z.string().nullable().describe('Why a chip that was taken for it before was given up'),
  changed_at: s.time,
});

const showOrder = (o: ShownOrder) => ({
  id: o.id,
  state: ORDER_ITEM_STATES.find((state) => o.counts[state] > 0) ?? 'cancelled',
  institution: o.institution,
  profile: o.profile,
  assurance: o.assurance,
  activation: o.activation,
  counts: { ...o.counts },
  created_by: o.createdBy,
  created_at: o.createdAt.toISOString(),
});

const maybePurse = (id: string | undefined) => (id === undefined ? null : purseName(id));
const showItem = (i: OrderItemRow) => ({
  item: i.item,
  state: i.state,
  account: i.account,
  tier: i.tier,
  replaces: maybePurse(i.replaces),
  serial: i.serial ?? null,
  purse: maybePurse(i.purse),
  says: i.says ?? null,
  changed_at: i.changedAt.toISOString(),
});

const idOf = (name: string): string => name.slice('pur_'.length);

function wishOf({ items, ...rest }: z.infer<typeof newOrder>): CardOrderWish {
  const each = items.flatMap(({ account, tier, count, replaces }) => {
    const one = { account, tier, replaces: replaces === undefined ? undefined : idOf(replaces) };
    return Array.from({ length: count }, () => one);
  });
  return { ...rest, items: each };
}

export const cardOrderRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/card-orders',
      {
        config: {
          access: 'cards:personalise',
          problems: [
            'tier_not_allowed',
            'account_unknown',
            'account_not_online',
            'profile_unknown',
            'purse_unknown',
            'owner_mismatch',
            'purse_act_refused',
          ],
        },
        schema: {
          tags: ['fleet'],
          summary: 'Order cards: at most 1,000 at once',
          headers: s.idempotencyHeader,
          body: newOrder
            .refine(
              ({ items }) => items.reduce((sum, { count }) => sum + count, 0) <= MOST_ITEMS,
              `an order has at most ${MOST_ITEMS} cards`,
            )
            .refine(
              ({ items }) => items.every(({ count, replaces }) => replaces === undefined || count === 1),
              'one card comes in the place of one purse',
            ),
          response: { 201: order },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) =>
          showOrder(await orderCards(b, tx, request.principal, wishOf(request.body))),
        ),
    );
    app.get(
      '/v1/card-orders',
      {
        config: { access: 'cards:read' },
        schema: {
          tags: ['fleet'],
          summary: 'Orders of cards that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(order) },
        },
      },
      async ({ query, principal }) => {
        const page = { limit: query.limit + 1, after: query.cursor, of: ownerOf(principal) };
        const rows = await b.store.read(async (tx) => {
          const orders = await tx.cardOrders.list(page);
          const shown: ShownOrder[] = [];
          for (const row of orders) shown.push({ ...row, counts: await tx.cardOrders.counts(row.id) });
          return shown;
        });
        return s.pageOf(rows, query.limit, (row) => row.id, showOrder);
      },
    );
    app.get(
      '/v1/card-orders/:id',
      {
        config: { access: 'cards:read' },
        schema: { tags: ['fleet'], summary: 'One order', params: byId, response: { 200: order } },
      },
      async ({ params, principal }) =>
        showOrder(await b.store.read((tx) => orderPath(tx, principal, params.id, 'see'))),
    );
    app.get(
      '/v1/card-orders/:id/items',
      {
        config: { access: 'cards:read' },
        schema: {
          tags: ['fleet'],
          summary: 'The items of an order, in their order',
          params: byId,
          querystring: s.pageQuery.extend({ cursor: s.numberCursor, state: itemState.optional() }),
          response: { 200: s.listOf(item) },
        },
      },
      async ({ params, query, principal }) => {
        const page = { limit: query.limit + 1, after: query.cursor };
        const rows = await b.store.read(async (tx) => {
          await orderPath(tx, principal, params.id, 'see');
          return tx.cardOrders.items(params.id, page, query.state);
        });
        return s.pageOf(rows, query.limit, (row) => row.item.toString(), showItem);
      },
    );
    for (const [verb, act, summary] of [
      ['delivery', deliverItems, 'Cards were handed over: those that they replace are over'],
      ['cancel', cancelItems, 'Items that nobody has begun are not wanted any more'],
    ] as const)
      app.post(
        `/v1/card-orders/:id/${verb}`,
        {
          config: {
            access: 'cards:personalise',
            problems: ['order_item_state', 'purse_replaced', 'owner_mismatch', 'purse_act_refused'],
          },
          schema: {
            tags: ['fleet'],
            summary,
            params: byId,
            headers: s.idempotencyHeader,
            body: some,
            response: { 200: order },
          },
        },
        (request, reply) =>
          once(b, request, reply, 200, async (tx) =>
            showOrder(await act(b, tx, request.principal, request.params.id, request.body.items)),
          ),
      );
    app.post(
      '/v1/card-orders/:id/release',
      {
        config: { access: 'cards:personalise', problems: ['order_item_state'] },
        schema: {
          tags: ['fleet'],
          summary: 'Give up the chip of an item, so that it takes another',
          params: byId,
          headers: s.idempotencyHeader,
          body: z.strictObject({ item: itemNo, reason: s.words(200) }),
          response: { 200: item },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) =>
          showItem(await releaseItem(b, tx, request.principal, request.params.id, request.body)),
        ),
    );
    app.post(
      '/v1/purses/:id/renew',
      {
        config: { access: 'cards:personalise', problems: ['purse_act_refused', 'profile_unknown'] },
        schema: {
          tags: ['fleet'],
          summary: 'Order the card that comes in the place of this purse, before it expires or after',
          params: byPurse,
          headers: s.idempotencyHeader,
          body: z.strictObject({ profile, activation }),
          response: { 201: order },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { principal, params, body } = request;
          await pursePath(tx, principal, idOf(params.id), 'act');
          return showOrder(await renew(b, tx, principal, idOf(params.id), body));
        }),
    );
  };
