/** What only a sandbox has: a shop for whoever asks. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { openSandboxShop } from '../operations/sandbox-shops.ts';
import { Problem } from '../problems.ts';
import { jwk } from './credentials-schemas.ts';
import * as s from './schemas.ts';
import * as t from './terminal-schemas.ts';

/** Miscellaneous shops. */
const CATEGORY = '5999';

export const sandboxShopRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/sandbox/shops',
      {
        config: { access: 'open', problems: ['route_not_found', 'device_key_invalid', 'device_key_taken'] },
        schema: {
          tags: ['sandbox'],
          operationId: 'openSandboxShop',
          summary: 'This device becomes the terminal of a new shop that has an account',
          body: z.strictObject({
            name: s.name,
            category: z
              .string()
              .regex(/^\d{4}$/, 'four digits')
              .default(CATEGORY)
              .describe('Merchant category code (ISO 18245)'),
            jwk,
          }),
          response: { 201: t.enrolled },
        },
      },
      async ({ body }, reply) => {
        if (b.mode !== 'sandbox')
          throw new Problem('route_not_found', 'There is no POST /v1/sandbox/shops here.');
        const made = await b.store.write((tx) => openSandboxShop(b, tx, body));
        return reply.code(201).send(t.showEnrolled(made));
      },
    );
  };
