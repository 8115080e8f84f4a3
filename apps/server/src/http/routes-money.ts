/** Accounts, funding, redemption. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { fundingPath, redemptionPath } from '../access/owned.ts';
import { ownerOf, visibleAccount } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { createAccount } from '../operations/accounts.ts';
import { fund, takeFundingReceipt } from '../operations/funding.ts';
import { openRedemption, takeRedemptionPayment } from '../operations/redemption.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';
import { showAccount, showEntry, showFunding, showRedemption, showRedemptionAnswer } from './show.ts';

const byAccount = z.strictObject({ id: s.accountId });

export const moneyRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/accounts',
      {
        config: {
          access: 'accounts:write',
          problems: ['institution_unknown', 'party_unknown', 'anonymous_with_party'],
        },
        schema: {
          tags: ['accounts'],
          summary: 'Open an account',
          body: s.newAccount,
          response: { 201: s.account },
        },
      },
      async (request, reply) => {
        reply.code(201);
        const { name, institution, party, anonymous: isAnonymous } = request.body;
        return b.store.write(async (tx) =>
          showAccount(
            await createAccount(b, tx, request.principal, { name, institution, party, isAnonymous }),
          ),
        );
      },
    );
    app.get(
      '/v1/accounts',
      {
        config: { access: 'accounts:read' },
        schema: {
          tags: ['accounts'],
          summary: 'All online accounts that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(s.account) },
        },
      },
      async ({ query, principal }) => {
        const page = { limit: query.limit + 1, after: query.cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.accounts.list(page));
        return s.pageOf(rows, query.limit, (row) => row.id, showAccount);
      },
    );
    app.get(
      '/v1/accounts/:id',
      {
        config: { access: 'accounts:read' },
        schema: {
          tags: ['accounts'],
          summary: 'One account',
          params: byAccount,
          response: { 200: s.account },
        },
      },
      async ({ params, principal }) =>
        showAccount(await b.store.read((tx) => visibleAccount(tx, principal, params.id))),
    );
    app.get(
      '/v1/accounts/:id/entries',
      {
        config: { access: 'accounts:read' },
        schema: {
          tags: ['accounts'],
          summary: 'What moved on an account, newest first',
          params: byAccount,
          querystring: s.pageQuery.extend({ cursor: s.numberCursor }),
          response: { 200: s.listOf(s.accountEntry) },
        },
      },
      async ({ params, query, principal }) => {
        const rows = await b.store.read(async (tx) => {
          await visibleAccount(tx, principal, params.id);
          return tx.accounts.entries(params.id, { limit: query.limit + 1, after: query.cursor });
        });
        return s.pageOf(rows, query.limit, (row) => row.id, showEntry);
      },
    );
    app.post(
      '/v1/fundings',
      {
        config: {
          access: 'fundings:write',
          problems: [
            'anonymous_limit',
            'account_unknown',
            'account_not_online',
            'message_malformed',
            'signature_invalid',
            'certificate_invalid',
            'wrong_currency',
            'purse_unknown',
            'ticket_already_used',
            'amount_over_ticket',
            'purse_blocked',
            'ticket_spent',
            'insufficient_funds',
          ],
        },
        schema: {
          tags: ['money'],
          summary: 'Pay from an account into a purse, on a ticket of the purse',
          headers: s.idempotencyHeader,
          body: s.newFunding,
          response: { 201: s.funding },
        },
      },
      async (request, reply) => {
        const payers: string[] = [];
        const answer = await once(b, request, reply, 201, async (tx) => {
          const { account, ticket, payee, amount } = request.body;
          const funding = await fund(b, tx, request.principal, {
            account,
            ticket: s.toBytes(ticket),
            payee: s.toBytes(payee.purse),
            amount: BigInt(amount),
          });
          payers.push(funding.payer);
          return showFunding(b, funding);
        });
        await b.bell.ring(payers);
        return answer;
      },
    );
    const byFunding = z.strictObject({ id: s.id('fnd') });
    app.get(
      '/v1/fundings/:id',
      {
        config: { access: 'fundings:read' },
        schema: { tags: ['money'], summary: 'One funding', params: byFunding, response: { 200: s.funding } },
      },
      async ({ params, principal }) =>
        showFunding(b, await b.store.read((tx) => fundingPath(tx, principal, params.id, 'see'))),
    );
    app.post(
      '/v1/fundings/:id/receipt',
      {
        config: {
          access: 'fundings:write',
          problems: ['message_malformed', 'signature_invalid', 'certificate_invalid', 'receipt_unrelated'],
        },
        schema: {
          tags: ['money'],
          summary: "Bring the purse's Receipt: closes the funding, or returns the money",
          params: byFunding,
          body: s.fundingReceipt,
          response: { 200: s.funding },
        },
      },
      async ({ params, body, principal }) => {
        const receipt = s.toBytes(body.receipt);
        const funding = await b.store.write((tx) => takeFundingReceipt(b, tx, principal, params.id, receipt));
        await b.bell.ring([funding.payer]);
        return showFunding(b, funding);
      },
    );
    app.post(
      '/v1/redemptions',
      {
        config: {
          access: 'fundings:write',
          problems: ['account_unknown', 'account_not_online', 'purse_unknown'],
        },
        schema: {
          tags: ['money'],
          summary: 'Get a ticket of the issuer, to pay from a purse into an account',
          headers: s.idempotencyHeader,
          body: s.newRedemption,
          response: { 201: s.redemption },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { account, purse, max_amount } = request.body;
          const redemption = await openRedemption(b, tx, request.principal, {
            account,
            purse: purse.slice('pur_'.length),
            maxAmount: BigInt(max_amount),
          });
          return showRedemption(b, redemption);
        }),
    );
    const byRedemption = z.strictObject({ id: s.id('rdm') });
    app.get(
      '/v1/redemptions/:id',
      {
        config: { access: 'fundings:read' },
        schema: {
          tags: ['money'],
          summary: 'One redemption',
          params: byRedemption,
          response: { 200: s.redemption },
        },
      },
      async ({ params, principal }) =>
        showRedemption(b, await b.store.read((tx) => redemptionPath(tx, principal, params.id, 'see'))),
    );
    app.post(
      '/v1/redemptions/:id/payment',
      {
        config: {
          access: 'fundings:write',
          problems: [
            'message_malformed',
            'signature_invalid',
            'certificate_invalid',
            'purse_unknown',
            'payment_unrelated',
          ],
        },
        schema: {
          tags: ['money'],
          summary: 'Hand in the Payment of a redemption. The same Payment again gets the same Receipt',
          params: byRedemption,
          body: s.redemptionPayment,
          response: { 200: s.redemptionAnswer },
        },
      },
      async ({ params, body, principal }) => {
        const shown = { payment: s.toBytes(body.payment), payer: s.toBytes(body.payer.purse) };
        const answer = await b.store.write((tx) => takeRedemptionPayment(b, tx, principal, params.id, shown));
        await b.bell.ring([answer.redemption.payee]);
        return showRedemptionAnswer(b, answer);
      },
    );
  };
