/** Health, audit, alerts. */
import { audit } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { alertPath } from '../access/owned.ts';
import { ownerOf } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import * as s from './schemas.ts';
import { showAlert, showAudit } from './show.ts';

export const oversightRoutes =
  (b: Backend, about: { readonly version: string; readonly database: string }): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/health',
      {
        config: { access: 'open' },
        schema: {
          tags: ['oversight'],
          summary: 'Answers when the server serves',
          response: { 200: s.health },
        },
      },
      async () => {
        await b.store.read(async () => undefined);
        return { status: 'ok' as const, ...about };
      },
    );
    app.get(
      '/v1/audit',
      {
        config: { access: 'audit:read' },
        schema: { tags: ['oversight'], summary: 'Is all the money there?', response: { 200: s.auditReport } },
      },
      async () => {
        const at = b.clock();
        const found = audit(await b.store.read((tx) => tx.auditTotals()));
        b.audits.note(found, at);
        return showAudit(found, at);
      },
    );
    app.get(
      '/v1/alerts',
      {
        config: { access: 'alerts:read' },
        schema: {
          tags: ['oversight'],
          summary: 'All alerts about purses that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(s.alert) },
        },
      },
      async ({ query, principal }) => {
        const page = { limit: query.limit + 1, after: query.cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.alerts.list(page));
        return s.pageOf(rows, query.limit, (row) => row.id, showAlert);
      },
    );
    app.get(
      '/v1/alerts/:id',
      {
        config: { access: 'alerts:read' },
        schema: {
          tags: ['oversight'],
          summary: 'One alert, with its evidence',
          params: z.strictObject({ id: s.id('alt') }),
          response: { 200: s.alert },
        },
      },
      async ({ params, principal }) =>
        showAlert(await b.store.read((tx) => alertPath(tx, principal, params.id))),
    );
  };
