/** The log of privileged acts. */
import { hex } from '@sokkin/codec';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { signedHead } from '../access/audit-log.ts';
import { ownerOf } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';

export const logRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/log',
      {
        config: { access: 'log:read' },
        schema: {
          tags: ['oversight'],
          summary: 'Privileged acts, oldest first. Who does not see all institutions sees those of their own',
          querystring: o.logQuery,
          response: { 200: s.listOf(o.logEntry) },
        },
      },
      async ({ query: { limit, cursor, ...filter }, principal }) => {
        const institution = ownerOf(principal)?.institution;
        const after = BigInt(cursor ?? '0');
        const rows = await b.store.read((tx) =>
          tx.log.list({ ...filter, limit: limit + 1, after, institution }),
        );
        return s.pageOf(rows, limit, (row) => row.no.toString(), o.showLogEntry);
      },
    );
    app.get(
      '/v1/log/head',
      {
        config: { access: 'log:read' },
        schema: {
          tags: ['oversight'],
          summary:
            'The last number and hash of the log, signed: keep it, and nothing before it can be changed unnoticed',
          response: { 200: o.logHead },
        },
      },
      async () => {
        const { no, hash, at, signature, authority, issuer } = await signedHead(b);
        return {
          no: no.toString(),
          hash: hex(hash),
          at: at.toISOString(),
          signature: hex(signature),
          authority: hex(authority),
          issuer: hex(issuer),
        };
      },
    );
  };
