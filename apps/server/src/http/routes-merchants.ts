/** Merchants, and what shops asked of accounts (docs/acceptance.md). */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf, visibleAccount } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { addMerchant, merchantPath, setMerchantState } from '../operations/merchants.ts';
import { releaseHold, shopPaymentPath } from '../operations/shop-payments.ts';
import { once } from './idempotency.ts';
import * as m from './merchant-schemas.ts';
import * as s from './schemas.ts';

const tags = ['acceptance'] as const;
const byMerchant = z.strictObject({ id: m.merchantId });
const byPayment = z.strictObject({ id: m.paymentId });
const byAccount = z.strictObject({ id: s.accountId });
const nothing = z.strictObject({}).nullish();
const pageOfPayments = s.pageQuery.extend({ cursor: s.numberCursor });

export const merchantRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(shopPaymentRoutes(b));
    app.post(
      '/v1/merchants',
      {
        config: {
          access: 'merchants:write',
          problems: [
            'institution_unknown',
            'not_an_acquirer',
            'account_unknown',
            'account_not_online',
            'same_account',
            'merchant_taken',
          ],
        },
        schema: {
          tags,
          summary: 'Add a merchant: what its terminals are paid comes to its account at once',
          headers: s.idempotencyHeader,
          body: m.newMerchant,
          response: { 201: m.merchant },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { takes_partial: takesPartial, institution, reserve, ...order } = request.body;
          return m.showMerchant(
            await addMerchant(b, tx, request.principal, { ...order, institution, reserve, takesPartial }),
          );
        }),
    );
    app.get(
      '/v1/merchants',
      {
        config: { access: 'merchants:read' },
        schema: {
          tags,
          summary: 'All merchants that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(m.merchant) },
        },
      },
      async ({ query: { limit, cursor }, principal }) => {
        const page = { limit: limit + 1, after: cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.merchants.list(page));
        return s.pageOf(rows, limit, (row) => row.id, m.showMerchant);
      },
    );
    app.get(
      '/v1/merchants/:id',
      {
        config: { access: 'merchants:read' },
        schema: { tags, summary: 'One merchant', params: byMerchant, response: { 200: m.merchant } },
      },
      async ({ params, principal }) =>
        m.showMerchant(await b.store.read((tx) => merchantPath(tx, principal, params.id, 'see'))),
    );
    for (const [order, state, summary] of [
      ['block', 'blocked', 'Block a merchant: it is paid nothing new, and still gives back'],
      ['unblock', 'open', 'Let a merchant be paid again'],
    ] as const)
      app.post(
        `/v1/merchants/:id/${order}`,
        {
          config: { access: 'merchants:write' },
          schema: { tags, summary, params: byMerchant, body: nothing, response: { 200: m.merchant } },
        },
        async ({ params, principal }) =>
          m.showMerchant(await b.store.write((tx) => setMerchantState(b, tx, principal, params.id, state))),
      );
  };

const shopPaymentRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/merchants/:id/payments',
      {
        config: { access: 'merchants:read' },
        schema: {
          tags,
          summary: 'What a merchant was promised and paid, newest first',
          params: byMerchant,
          querystring: pageOfPayments,
          response: { 200: s.listOf(m.payment) },
        },
      },
      async ({ params: { id }, query: { limit, cursor }, principal }) => {
        const rows = await b.store.read(async (tx) => {
          await merchantPath(tx, principal, id, 'see');
          return tx.shopPayments.ofMerchant(id, { limit: limit + 1, after: cursor });
        });
        return s.pageOf(rows, limit, (row) => row.number, m.showPayment);
      },
    );
    app.get(
      '/v1/accounts/:id/payments',
      {
        config: { access: 'payments:read' },
        schema: {
          tags,
          summary: 'What shops asked of an account, newest first',
          params: byAccount,
          querystring: pageOfPayments,
          response: { 200: s.listOf(m.payment) },
        },
      },
      async ({ params: { id }, query: { limit, cursor }, principal }) => {
        const rows = await b.store.read(async (tx) => {
          await visibleAccount(tx, principal, id);
          return tx.shopPayments.ofAccount(id, { limit: limit + 1, after: cursor });
        });
        return s.pageOf(rows, limit, (row) => row.number, m.showPayment);
      },
    );
    app.get(
      '/v1/payments/:id',
      {
        config: { access: 'payments:read' },
        schema: { tags, summary: 'One payment', params: byPayment, response: { 200: m.payment } },
      },
      async ({ params, principal }) =>
        m.showPayment(await b.store.read((tx) => shopPaymentPath(tx, principal, params.id, 'see'))),
    );
    app.post(
      '/v1/payments/:id/release',
      {
        config: { access: 'payments:write', problems: ['nothing_held'] },
        schema: {
          tags,
          summary: 'Let go what is held for a payment',
          headers: s.idempotencyHeader,
          params: byPayment,
          body: nothing,
          response: { 200: m.payment },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) =>
          m.showPayment(await releaseHold(b, tx, request.principal, request.params.id)),
        ),
    );
  };
