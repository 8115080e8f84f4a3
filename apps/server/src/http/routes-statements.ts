/** Statements of accounts, and the ISO 20022 messages made of them. */
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { type StatementPage, statementPage, statementXml, transferXml } from '../operations/statements.ts';
import * as s from './schemas.ts';
import { transferId } from './transfer-schemas.ts';

const byAccount = z.strictObject({ id: s.accountId });
const byTransfer = z.strictObject({ id: transferId });
const period = {
  from: s.time.optional().describe('Of this time and later; without it, from the first entry on'),
  to: s.time.optional().describe('Before this time; without it, until now'),
};
const entry = s.accountEntry.omit({ balance_after: true }).extend({
  memo: z.string().nullable(),
  end_to_end: z.string().nullable().describe('What the payer called the transfer'),
  counterpart: s.accountId,
});
const statement = s.listOf(entry).extend({
  account: s.accountId,
  currency: s.currency,
  from: s.time,
  to: s.time,
  opening_balance: s.balance,
  closing_balance: s.balance,
});
const xml = (description: string) => ({
  200: { description, content: { 'application/xml': { schema: z.string() } } },
});

const show = (page: StatementPage, limit: number) => ({
  account: page.account,
  currency: s.CURRENCY,
  from: page.from.toISOString(),
  to: page.to.toISOString(),
  opening_balance: page.opening.toString(),
  closing_balance: page.closing.toString(),
  ...s.pageOf(
    page.entries,
    limit,
    (e) => e.id,
    ({ at, endToEnd, memo, amount, ...e }) => ({
      ...e,
      amount: amount.toString(),
      currency: s.CURRENCY,
      at: at.toISOString(),
      memo: memo ?? null,
      end_to_end: endToEnd ?? null,
    }),
  ),
});

const sendXml = (reply: FastifyReply, text: string): FastifyReply =>
  reply
    .type('application/xml; charset=utf-8')
    .serializer((body: unknown) => String(body))
    .send(text);

export const statementRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/accounts/:id/statements',
      {
        config: { access: 'accounts:read' },
        schema: {
          tags: ['accounts'],
          summary: 'What moved on an account in a period, oldest first, with the balances around it',
          params: byAccount,
          querystring: s.pageQuery.extend({ ...period, cursor: s.numberCursor }),
          response: { 200: statement },
        },
      },
      async ({ principal, params, query }) => {
        const wish = { ...query, account: params.id, limit: query.limit + 1 };
        return show(await b.store.read((tx) => statementPage(b, tx, principal, wish)), query.limit);
      },
    );
    app.get(
      '/v1/accounts/:id/statements/camt.053',
      {
        config: { access: 'accounts:read' },
        schema: {
          tags: ['accounts'],
          summary: 'The same as ISO 20022 camt.053.001.08',
          params: byAccount,
          querystring: z.strictObject(period),
          response: xml('BankToCustomerStatement'),
        },
      },
      async ({ principal, params, query }, reply) =>
        sendXml(
          reply,
          await b.store.read((tx) => statementXml(b, tx, principal, { ...query, account: params.id })),
        ),
    );
    app.get(
      '/v1/transfers/:id/pacs.008',
      {
        config: { access: 'transfers:read' },
        schema: {
          tags: ['transfers'],
          summary: 'One transfer as ISO 20022 pacs.008.001.08',
          params: byTransfer,
          response: xml('FIToFICustomerCreditTransfer'),
        },
      },
      async ({ principal, params }, reply) =>
        sendXml(reply, await b.store.read((tx) => transferXml(b, tx, principal, params.id))),
    );
  };
