/** Days of acquirers, their totals, and what their merchants got. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { setCalendar, setTerms, showCalendar } from '../acceptance/settlement/calendar.ts';
import { compareStated } from '../acceptance/settlement/compare.ts';
import { cutOver, settleDays } from '../acceptance/settlement/days.ts';
import { acquirerCsv } from '../acceptance/settlement/print.ts';
import { acquirerDay, acquirerPath, dayHead, merchantPath } from '../acceptance/settlement/view.ts';
import type { Backend } from '../backend.ts';
import { keyOf, once } from './idempotency.ts';
import { statementOfDayRoutes } from './routes-merchant-days.ts';
import * as s from './schemas.ts';
import { sendText, textAnswer } from './send-text.ts';
import * as t from './settlement-schemas.ts';

const byAcquirer = z.strictObject({ id: s.institutionId });
const dayNumber = z.coerce.number().int().min(1).max(1_000_000);
const byDay = byAcquirer.extend({ day: dayNumber });
const byMerchant = z.strictObject({ id: t.merchantId });

export const settlementRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/institutions/:id/settlement',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'When the days of an acquirer end, and the day that is open, with its merchants',
          params: byAcquirer,
          response: { 200: t.calendar.extend({ open: t.acquirerDay }) },
        },
      },
      async ({ principal, params }) =>
        b.store.read(async (tx) => {
          const acquirer = await acquirerPath(tx, principal, params.id, 'see');
          const open = t.showDay(await acquirerDay(b, tx, acquirer, undefined));
          return { ...showCalendar(await tx.settlement.calendar(acquirer)), open };
        }),
    );
    app.post(
      '/v1/institutions/:id/settlement',
      {
        config: { access: 'settlement:write', problems: ['account_unknown', 'account_not_online'] },
        schema: {
          tags: ['settlement'],
          summary: 'Set when days end, and where fees go',
          params: byAcquirer,
          headers: s.idempotencyHeader,
          body: t.calendar,
          response: { 200: t.calendar },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { principal, params, body } = request;
          const acquirer = await acquirerPath(tx, principal, params.id, 'act');
          return setCalendar(b, tx, principal, acquirer, body);
        }),
    );
    app.post(
      '/v1/institutions/:id/settlement/cut-overs',
      {
        config: { access: 'settlement:write' },
        schema: {
          tags: ['settlement'],
          summary: 'End the day that is open: what comes now is of the next',
          params: byAcquirer,
          headers: s.idempotencyHeader,
          body: z.strictObject({}).nullish(),
          response: { 201: t.dayHead },
        },
      },
      async (request, reply) => {
        const { principal, params } = request;
        const shown = await once(b, request, reply, 201, async (tx) => {
          const acquirer = await acquirerPath(tx, principal, params.id, 'act');
          const key = `api/${principal.id}/${keyOf(request)}`;
          const { day } = await cutOver(b, tx, principal, { acquirer, key });
          return t.showHead(await dayHead(b, tx, acquirer, day));
        });
        await settleDays(b, params.id);
        return shown;
      },
    );
    app.get(
      '/v1/institutions/:id/settlement/days',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'Days that are over, newest first',
          params: byAcquirer,
          querystring: s.pageQuery.extend({ cursor: s.numberCursor }),
          response: { 200: s.listOf(t.dayHead) },
        },
      },
      async ({ principal, params, query: { limit, cursor } }) =>
        b.store.read(async (tx) => {
          const acquirer = await acquirerPath(tx, principal, params.id, 'see');
          const before = cursor === undefined ? undefined : Number(cursor);
          const rows = await tx.settlement.days(acquirer, before, limit + 1);
          const heads = rows.map(({ isSettled, ...row }) => ({
            ...row,
            status: isSettled ? ('settled' as const) : ('cut' as const),
          }));
          return s.pageOf(heads, limit, ({ day }) => day.toString(), t.showHead);
        }),
    );
    app.get(
      '/v1/institutions/:id/settlement/days/:day',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'One day, with what each merchant got, gave back and owes',
          params: byDay,
          response: { 200: t.acquirerDay },
        },
      },
      async ({ principal, params: { id, day } }) =>
        b.store.read(async (tx) =>
          t.showDay(await acquirerDay(b, tx, await acquirerPath(tx, principal, id, 'see'), day)),
        ),
    );
    app.get(
      '/v1/institutions/:id/settlement/days/:day/csv',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'The same as CSV, a line for each merchant',
          params: byDay,
          response: textAnswer('text/csv', 'A line for each merchant'),
        },
      },
      async ({ principal, params: { id, day } }, reply) => {
        const text = await b.store.read(async (tx) =>
          acquirerCsv(await acquirerDay(b, tx, await acquirerPath(tx, principal, id, 'see'), day)),
        );
        return sendText(reply, 'text/csv', text);
      },
    );
    await app.register(totalsRoutes(b));
    await app.register(termsRoutes(b));
    await app.register(statementOfDayRoutes(b));
  };

const totalsRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/institutions/:id/settlement/totals',
      {
        config: { access: 'settlement:write', problems: ['merchant_unknown', 'validation_failed'] },
        schema: {
          tags: ['settlement'],
          summary: 'Compare totals with ours, as 0500 does',
          params: byAcquirer,
          headers: s.idempotencyHeader,
          body: t.newTotals,
          response: { 201: t.compared },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { principal, params, body } = request;
          const acquirer = await acquirerPath(tx, principal, params.id, 'act');
          const { card_acceptor: acceptor, terminal, day, totals } = body;
          const key = `api/${principal.id}/${keyOf(request)}`;
          const stated = { acquirer, key, acceptor, terminal, day, totals: t.readBatchTotals(totals) };
          return t.showCompared(await compareStated(b, tx, stated));
        }),
    );
    app.get(
      '/v1/institutions/:id/settlement/totals',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'What was compared, newest first: theirs, ours, and what differs',
          params: byAcquirer,
          querystring: s.pageQuery.extend({ cursor: s.numberCursor, day: dayNumber.optional() }),
          response: { 200: s.listOf(t.compared) },
        },
      },
      async ({ principal, params, query: { limit, cursor, day } }) =>
        b.store.read(async (tx) => {
          const acquirer = await acquirerPath(tx, principal, params.id, 'see');
          const rows = await tx.settlement.compared(acquirer, day, cursor, limit + 1);
          return s.pageOf(rows, limit, ({ number }) => number, t.showCompared);
        }),
    );
  };

const termsRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/merchants/:id/fee-terms',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'What a merchant pays its acquirer; version 0: nothing was agreed',
          params: byMerchant,
          response: { 200: t.shownTerms },
        },
      },
      async ({ principal, params }) =>
        b.store.read(async (tx) => {
          const { id: merchant } = await merchantPath(tx, principal, params.id, 'see');
          const { version = 0, terms } = (await tx.settlement.terms(merchant)) ?? {};
          const { basisPoints: basis_points = 0, fixed = 0n } = terms ?? {};
          return { merchant, version, basis_points, fixed: fixed.toString() };
        }),
    );
    app.post(
      '/v1/merchants/:id/fee-terms',
      {
        config: { access: 'settlement:write' },
        schema: {
          tags: ['settlement'],
          summary: 'Set them: they count for the day that is open, whole, and for those after it',
          params: byMerchant,
          headers: s.idempotencyHeader,
          body: t.feeTerms,
          response: { 201: t.shownTerms },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { principal, params, body } = request;
          const { id: merchant } = await merchantPath(tx, principal, params.id, 'act');
          const terms = { basisPoints: body.basis_points, fixed: BigInt(body.fixed) };
          const version = await setTerms(b, tx, principal, merchant, terms);
          return { ...body, merchant, version };
        }),
    );
  };
