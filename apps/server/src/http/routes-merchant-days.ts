/** A merchant's day: sums, payments, and the same on paper, as CSV and as camt.053. */
import type { LedgerTx } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { merchantText, movementsCsv } from '../acceptance/settlement/print.ts';
import { allMovements, camtOfDay } from '../acceptance/settlement/statement.ts';
import { dayHead, merchantDay, merchantPath } from '../acceptance/settlement/view.ts';
import type { Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import * as s from './schemas.ts';
import { sendText, textAnswer } from './send-text.ts';
import * as t from './settlement-schemas.ts';

const byMerchantDay = z.strictObject({
  id: t.merchantId,
  day: z.coerce.number().int().min(1).max(1_000_000),
});
type Wish = z.infer<typeof byMerchantDay>;

export const statementOfDayRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    const read = <T>(
      who: Principal,
      { id, day }: Wish,
      show: (tx: LedgerTx, found: Awaited<ReturnType<typeof merchantDay>>) => Promise<T>,
    ) =>
      b.store.read(async (tx) =>
        show(tx, await merchantDay(b, tx, await merchantPath(tx, who, id, 'see'), day)),
      );
    app.get(
      '/v1/merchants/:id/days/:day',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: "A merchant's day: what it got, gave back and owes",
          params: byMerchantDay,
          response: { 200: t.merchantDay },
        },
      },
      ({ principal, params }) => read(principal, params, async (_tx, day) => t.showMerchantDay(day)),
    );
    app.get(
      '/v1/merchants/:id/days/:day/payments',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'What these sums are made of: every transfer, oldest first',
          params: byMerchantDay,
          querystring: s.pageQuery.extend({ cursor: s.numberCursor }),
          response: { 200: s.listOf(t.movement) },
        },
      },
      async ({ principal, params, query: { limit, cursor } }) =>
        b.store.read(async (tx) => {
          const { id: merchant, acquirer } = await merchantPath(tx, principal, params.id, 'see');
          const { day } = await dayHead(b, tx, acquirer, params.day);
          const rows = await tx.settlement.movements({ acquirer, day, merchant }, cursor, limit + 1);
          return s.pageOf(rows, limit, ({ number }) => number, t.showMovement);
        }),
    );
    app.get(
      '/v1/merchants/:id/days/:day/csv',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'The payments as CSV',
          params: byMerchantDay,
          response: textAnswer('text/csv', 'A line for each transfer'),
        },
      },
      async ({ principal, params }, reply) => {
        const text = await read(principal, params, async (tx, day) =>
          movementsCsv(await allMovements(tx, day)),
        );
        return sendText(reply, 'text/csv', text);
      },
    );
    app.get(
      '/v1/merchants/:id/days/:day/text',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'The day as a page for people',
          params: byMerchantDay,
          response: textAnswer('text/plain', 'Sums, then every transfer'),
        },
      },
      async ({ principal, params }, reply) => {
        const text = await read(principal, params, async (tx, day) =>
          merchantText(day, await allMovements(tx, day)),
        );
        return sendText(reply, 'text/plain', text);
      },
    );
    app.get(
      '/v1/merchants/:id/days/:day/camt.053',
      {
        config: { access: 'settlement:read', problems: ['statement_too_long'] },
        schema: {
          tags: ['settlement'],
          summary: "All entries of the merchant's account in this day, as ISO 20022 camt.053.001.08",
          params: byMerchantDay,
          response: textAnswer('application/xml', 'BankToCustomerStatement'),
        },
      },
      async ({ principal, params }, reply) =>
        sendText(reply, 'application/xml', await read(principal, params, (tx, day) => camtOfDay(b, tx, day))),
    );
  };
