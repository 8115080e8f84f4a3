/** Health and audit. */
import { audit } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Backend } from '../backend.ts';
import * as s from './schemas.ts';
import { showAudit } from './show.ts';

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
  };
