/** Transfers between accounts. */
import type { TransferOrder, TransferResult, TransferRow } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { visibleAccount } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import {
  askerOf,
  orderOf,
  refusalProblem,
  reverse,
  transfer,
  transferName,
  visibleTransfer,
} from '../operations/transfers.ts';
import { keyOf, once } from './idempotency.ts';
import * as s from './schemas.ts';
import * as t from './transfer-schemas.ts';

const byId = z.strictObject({ id: t.transferId });
const currency = s.CURRENCY;

const showRow = (row: TransferRow) => ({
  id: row.id,
  kind: row.kind === 'reversal' ? ('reversal' as const) : ('transfer' as const),
  from: row.from,
  to: row.to,
  amount: row.amount.toString(),
  currency,
  memo: row.memo ?? null,
  reference: row.endToEnd ?? null,
  reverses: row.reverses ?? null,
  created_at: row.at.toISOString(),
});
type Done = Extract<TransferResult, { status: 'done' }>;
const showOrder = ({ reference: id, ...order }: TransferOrder, { at }: Done) =>
  showRow({ id, number: 0n, entry: '', kind: 'transfer', reverses: undefined, ...order, at });
const showBalances = ({ after }: Done) =>
  after === undefined ? undefined : { from: after.from.toString(), to: after.to?.toString() ?? null };

function showItem(key: string, order: TransferOrder, result: TransferResult, dryRun: boolean) {
  if (result.status !== 'done') {
    const { code, message: detail, param } = refusalProblem(result, order);
    return { status: 'refused' as const, key, code, detail, ...(param === undefined ? {} : { param }) };
  }
  const balances = dryRun ? showBalances(result) : undefined;
  return {
    status: 'done' as const,
    key,
    id: order.reference,
    repeated: result.after === undefined,
    created_at: result.at.toISOString(),
    ...(balances === undefined ? {} : { balances }),
  };
}

export const transferRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/transfers',
      {
        config: {
          access: 'transfers:write',
          problems: [
            'account_unknown',
            'account_not_online',
            'insufficient_funds',
            'balance_too_large',
            'same_account',
          ],
        },
        schema: {
          tags: ['transfers'],
          summary: 'Move money from one account to another',
          headers: s.idempotencyHeader,
          body: t.newTransfer,
          response: { 200: t.transferTrial, 201: t.transfer },
        },
      },
      async (request, reply) => {
        const { dry_run: dryRun, ...wish } = request.body;
        const name = dryRun ? newId(b, 'trf') : transferName(request.principal, keyOf(request));
        const order = orderOf(askerOf(request.principal), name, wish);
        const [result] = await transfer(b, [order], dryRun);
        if (result?.status !== 'done') {
          if (result === undefined) throw new Error('Bug: every order has a result');
          throw refusalProblem(result, order);
        }
        if (dryRun) {
          const { from, to, amount } = wish;
          const balances = showBalances(result) ?? { from: amount, to: null };
          return { dry_run: true as const, from, to, amount, currency, balances };
        }
        if (result.after === undefined) reply.header('idempotent-replayed', 'true');
        reply.code(201);
        return showOrder(order, result);
      },
    );
    app.post(
      '/v1/transfers/batch',
      {
        config: { access: 'transfers:write' },
        schema: {
          tags: ['transfers'],
          summary: 'Up to 1000 transfers, each with its own key and its own result',
          body: t.newBatch,
          response: { 200: t.batchAnswer },
        },
      },
      async ({ principal, body }) => {
        const { items, dry_run } = body;
        const asker = askerOf(principal);
        const orders = items.map((item) => orderOf(asker, transferName(principal, item.key), item));
        const decided = await transfer(b, orders, dry_run);
        const results = items.map(({ key }, i) => {
          const [order, result] = [orders[i], decided[i]];
          if (order === undefined || result === undefined) throw new Error('Bug: every item has a result');
          return showItem(key, order, result, dry_run);
        });
        const done = results.filter((r) => r.status === 'done').length;
        return { dry_run, done, refused: results.length - done, results };
      },
    );
    app.post(
      '/v1/transfers/:id/reversal',
      {
        config: {
          access: 'transfers:write',
          problems: [
            'transfer_not_reversible',
            'reversal_too_large',
            'insufficient_funds',
            'balance_too_large',
          ],
        },
        schema: {
          tags: ['transfers'],
          summary: 'Send a transfer back, or a part of it',
          headers: s.idempotencyHeader,
          params: byId,
          body: t.newReversal,
          response: { 201: t.transfer },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { amount, reason } = request.body;
          const { id } = request.params;
          const wish = { id, amount: amount === undefined ? undefined : BigInt(amount), reason };
          return showRow(await reverse(b, tx, request.principal, wish));
        }),
    );
    app.get(
      '/v1/transfers/:id',
      {
        config: { access: 'transfers:read' },
        schema: { tags: ['transfers'], summary: 'One transfer', params: byId, response: { 200: t.transfer } },
      },
      async ({ principal, params }) =>
        showRow(await b.store.read((tx) => visibleTransfer(tx, principal, params.id))),
    );
    app.get(
      '/v1/transfers',
      {
        config: { access: 'transfers:read', problems: ['not_found'] },
        schema: {
          tags: ['transfers'],
          summary: 'The transfers of an account, newest first',
          querystring: t.transferQuery,
          response: { 200: s.listOf(t.transfer) },
        },
      },
      async ({ principal, query }) => {
        const rows = await b.store.read(async (tx) => {
          await visibleAccount(tx, principal, query.account);
          return tx.transfers.ofAccount(query.account, { limit: query.limit + 1, after: query.cursor });
        });
        return s.pageOf(rows, query.limit, (row) => row.entry, showRow);
      },
    );
  };
