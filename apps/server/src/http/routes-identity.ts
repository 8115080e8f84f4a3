/** Who is behind a pseudonym: proposed, approved by another, read once. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Backend, purseName } from '../backend.ts';
import { personSchema } from '../identity/sealing.ts';
import { readIdentity } from '../operations/identity.ts';
import { propose } from '../operations/proposals.ts';
import { once } from './idempotency.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';

const inquiry = z.strictObject({
  purse: s.purseId,
  reason: z
    .string()
    .trim()
    .min(8)
    .max(500)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'control characters are not allowed')
    .describe('Why it must be known, for who decides. No names'),
});
const identity = z.object({
  purse: s.purseId,
  institution: z.string().describe('Who knows the customer'),
  account: s.accountId,
  party: z.string().nullable(),
  reference: z.string().nullable().describe("The institution's own word for the customer or merchant"),
  person: personSchema.nullable().describe('What the institution has written of them'),
  account_name: z.string().nullable().describe('What they call the account'),
  erased: z.boolean().describe('It was erased: nobody can read any more who it was'),
});

export const identityRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/reidentifications',
      {
        config: { access: 'identity:request', problems: ['purse_unknown'] },
        schema: {
          tags: ['four eyes'],
          summary: 'Propose to learn who is behind a purse',
          headers: s.idempotencyHeader,
          body: inquiry,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { reason } = request.body;
          const purse = request.body.purse.slice('pur_'.length);
          const what = { kind: 'reidentification', subject: purse, body: { purse, reason } } as const;
          return o.showProposal(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
    // Without Idempotency-Key: an answer that is kept could be read twice.
    app.post(
      '/v1/reidentifications/:id/read',
      {
        config: { access: 'identity:request', problems: ['proposal_not_approved', 'already_read'] },
        schema: {
          tags: ['four eyes'],
          summary: 'Read, once, what was approved. Each reading is in the log',
          params: z.strictObject({ id: s.id('prp') }),
          response: { 200: identity },
        },
      },
      async ({ params, principal }) => {
        const found = await b.store.write((tx) => readIdentity(b, tx, principal, params.id));
        const { purse, account, party } = found;
        return {
          purse: purseName(purse),
          institution: account.institution,
          account: account.id,
          party: party?.id ?? null,
          reference: found.reference ?? null,
          person: found.person ?? null,
          account_name: found.accountName ?? null,
          erased: party?.isErased ?? false,
        };
      },
    );
  };
