/** Events, and whom the back-end tells of them. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { maySee, ownerOf } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import * as op from '../operations/webhooks.ts';
import { Problem } from '../problems.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';
import * as w from './webhook-schemas.ts';

const byWebhook = z.strictObject({ id: w.webhookId });
const byDelivery = z.strictObject({ id: w.deliveryId });
const tags = ['webhooks'] as const;
const nothing = z.strictObject({}).nullish();

export const webhookRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/events',
      {
        config: { access: 'webhooks:read' },
        schema: {
          tags,
          summary: 'What happened, newest first',
          querystring: s.pageQuery.extend({ type: w.eventType.optional() }),
          response: { 200: s.listOf(w.event) },
        },
      },
      async ({ query, principal }) => {
        const { limit, cursor: after, type } = query;
        const page = { limit: limit + 1, after, of: ownerOf(principal), type };
        const rows = await b.store.read((tx) => tx.events.list(page));
        return s.pageOf(rows, limit, (row) => row.id, w.showEvent);
      },
    );
    app.get(
      '/v1/events/:id',
      {
        config: { access: 'webhooks:read' },
        schema: {
          tags,
          summary: 'One event',
          params: z.strictObject({ id: w.eventId }),
          response: { 200: w.event },
        },
      },
      async ({ params, principal }) => {
        const row = await b.store.read((tx) => tx.events.byId(params.id));
        if (row === undefined || principal.party !== undefined || !maySee(principal, row))
          throw new Problem('not_found', `There is no event ${params.id}.`);
        return w.showEvent(row);
      },
    );
    app.post(
      '/v1/webhooks',
      {
        config: { access: 'webhooks:write', problems: ['webhook_url_refused', 'too_many_webhooks'] },
        schema: {
          tags,
          summary: 'Have an address told of events. Its secret is shown now, and never again',
          headers: s.idempotencyHeader,
          body: w.newWebhook,
          response: { 201: w.webhookWithSecret },
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          201,
          async (tx) => w.showWithSecret(await op.addWebhook(b, tx, request.principal, request.body)),
          w.withoutSecret,
        ),
    );
    app.get(
      '/v1/webhooks',
      {
        config: { access: 'webhooks:read' },
        schema: {
          tags,
          summary: 'All webhooks, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(w.webhook) },
        },
      },
      async ({ query, principal }) => {
        const page = { limit: query.limit + 1, after: query.cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.webhooks.list(page));
        return s.pageOf(rows, query.limit, (row) => row.id, w.showWebhook);
      },
    );
    app.get(
      '/v1/webhooks/:id',
      {
        config: { access: 'webhooks:read' },
        schema: { tags, summary: 'One webhook', params: byWebhook, response: { 200: w.webhook } },
      },
      async ({ params, principal }) =>
        w.showWebhook(await b.store.read((tx) => op.visibleWebhook(tx, principal, params.id))),
    );
    app.delete(
      '/v1/webhooks/:id',
      {
        config: { access: 'webhooks:write' },
        schema: {
          tags,
          summary: 'Tell this address no more. What waits for it is dropped',
          params: byWebhook,
          response: { 200: w.webhook },
        },
      },
      async ({ params, principal }) =>
        w.showWebhook(
          await b.store.write((tx) => op.setWebhookStatus(b, tx, principal, params.id, 'deleted')),
        ),
    );
    app.post(
      '/v1/webhooks/:id/resume',
      {
        config: { access: 'webhooks:write' },
        schema: {
          tags,
          summary: 'Tell a webhook again that was disabled because it failed for days',
          params: byWebhook,
          body: nothing,
          response: { 200: w.webhook },
        },
      },
      async ({ params, principal }) =>
        w.showWebhook(
          await b.store.write((tx) => op.setWebhookStatus(b, tx, principal, params.id, 'active')),
        ),
    );
    app.post(
      '/v1/webhooks/:id/rotate',
      {
        config: { access: 'webhooks:write' },
        schema: {
          tags,
          summary: 'Give a webhook a new secret. For a day the one before signs, too',
          params: byWebhook,
          headers: s.idempotencyHeader,
          body: nothing,
          response: { 200: w.webhookWithSecret },
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          200,
          async (tx) => w.showWithSecret(await op.rotateSecret(b, tx, request.principal, request.params.id)),
          w.withoutSecret,
        ),
    );
    app.post(
      '/v1/webhooks/:id/ping',
      {
        config: { access: 'webhooks:write', problems: ['webhook_disabled'] },
        schema: {
          tags,
          summary: 'Send a test event to this webhook',
          params: byWebhook,
          body: nothing,
          response: { 201: w.delivery },
        },
      },
      async ({ params, principal }, reply) => {
        const made = await b.store.write((tx) => op.ping(b, tx, principal, params.id));
        reply.code(201);
        return w.showDelivery(made);
      },
    );
    app.post(
      '/v1/webhooks/:id/replay',
      {
        config: { access: 'webhooks:write', problems: ['webhook_disabled'] },
        schema: {
          tags,
          summary: 'Send again what happened since: up to 10,000 events, with the ids that they had',
          params: byWebhook,
          headers: s.idempotencyHeader,
          body: z.strictObject({ since: s.time }),
          response: { 200: z.object({ events: z.int() }) },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const since = new Date(request.body.since);
          return { events: await op.replay(b, tx, request.principal, request.params.id, since) };
        }),
    );
    app.get(
      '/v1/webhooks/:id/deliveries',
      {
        config: { access: 'webhooks:read' },
        schema: {
          tags,
          summary: 'What was sent to a webhook, newest first',
          params: byWebhook,
          querystring: s.pageQuery,
          response: { 200: s.listOf(w.delivery) },
        },
      },
      async ({ params, query, principal }) => {
        const page = { limit: query.limit + 1, after: query.cursor };
        const rows = await b.store.read(async (tx) => {
          await op.visibleWebhook(tx, principal, params.id);
          return tx.deliveries.list(params.id, page);
        });
        return s.pageOf(rows, query.limit, (row) => row.id, w.showDelivery);
      },
    );
    app.get(
      '/v1/webhooks/deliveries/:id',
      {
        config: { access: 'webhooks:read' },
        schema: {
          tags,
          operationId: 'getWebhookDelivery',
          summary: 'One delivery',
          params: byDelivery,
          response: { 200: w.delivery },
        },
      },
      async ({ params, principal }) =>
        w.showDelivery(await b.store.read((tx) => op.visibleDelivery(tx, principal, params.id))),
    );
    app.post(
      '/v1/webhooks/deliveries/:id/retry',
      {
        config: { access: 'webhooks:write', problems: ['webhook_disabled'] },
        schema: {
          tags,
          operationId: 'retryWebhookDelivery',
          summary: 'Send a delivery again, now',
          params: byDelivery,
          body: nothing,
          response: { 200: w.delivery },
        },
      },
      async ({ params, principal }) =>
        w.showDelivery(await b.store.write((tx) => op.retryDelivery(b, tx, principal, params.id))),
    );
  };
