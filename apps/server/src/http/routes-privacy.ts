/** Customers and merchants as people: what is written of them, how they are found, held and forgotten. */
import type { HoldRow } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { holdsOf, placeHold } from '../operations/erasure.ts';
import { findParty, writePerson } from '../operations/identity-records.ts';
import { propose } from '../operations/proposals.ts';
import * as c from './credentials-schemas.ts';
import { once } from './idempotency.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';

const byParty = z.strictObject({ id: s.partyId });
const holdId = s.id('hld');
const nothing = z.strictObject({}).nullish();
const reason = z
  .string()
  .trim()
  .min(8)
  .max(500)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'control characters are not allowed')
  .describe('Why, such as the number of a case. No names');
const hold = z.object({
  id: holdId,
  party: s.partyId,
  reason: z.string(),
  placed_by: z.string(),
  placed_at: s.time,
  lifted_at: s.time.nullable(),
});
const showHold = (h: HoldRow): z.infer<typeof hold> => ({
  id: h.id,
  party: h.party,
  reason: h.reason,
  placed_by: h.placedBy,
  placed_at: h.placedAt.toISOString(),
  lifted_at: h.liftedAt?.toISOString() ?? null,
});

export const privacyRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/party-lookups',
      {
        config: { access: 'institutions:read', problems: ['institution_unknown', 'not_found'] },
        schema: {
          tags: ['access'],
          summary:
            'Find the customer or merchant whom you know under a reference. A POST, so that no address has it',
          body: c.partyLookup,
          response: { 200: c.party },
        },
      },
      async ({ body: { institution, reference }, principal }) =>
        c.showParty(await b.store.read((tx) => findParty(b, tx, principal, { institution, reference }))),
    );
    app.post(
      '/v1/parties/:id/person',
      {
        config: { access: 'institutions:write', problems: ['identity_erased'] },
        schema: {
          tags: ['access'],
          summary:
            'Write who they are into the identity store, in place of what is there. It is read by re-identification alone',
          headers: s.idempotencyHeader,
          params: byParty,
          body: c.person,
          response: { 200: c.party },
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          200,
          async (tx) =>
            c.showParty(await writePerson(b, tx, request.principal, request.params.id, request.body)),
          undefined,
          (text) => b.identities.requestMacs(text),
        ),
    );
    app.post(
      '/v1/parties/:id/erasure',
      {
        config: { access: 'institutions:write', problems: ['identity_erased', 'erasure_refused'] },
        schema: {
          tags: ['four eyes'],
          summary: 'Propose that nobody can read any more who they were. They are closed first',
          headers: s.idempotencyHeader,
          params: byParty,
          body: nothing,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { id: party } = request.params;
          const what = { kind: 'erasure', subject: party, body: { party } } as const;
          return o.showProposal(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
    app.get(
      '/v1/parties/:id/holds',
      {
        config: { access: 'identity:request' },
        schema: {
          tags: ['four eyes'],
          summary: 'What keeps their identity from being erased, oldest first',
          params: byParty,
          response: { 200: z.object({ data: z.array(hold) }) },
        },
      },
      async ({ params, principal }) => ({
        data: (await b.store.read((tx) => holdsOf(tx, principal, params.id))).map(showHold),
      }),
    );
    app.post(
      '/v1/parties/:id/holds',
      {
        config: { access: 'identity:request', problems: ['identity_erased'] },
        schema: {
          tags: ['four eyes'],
          summary: 'Place a legal hold: while it stands, their identity is not erased',
          headers: s.idempotencyHeader,
          params: byParty,
          body: z.strictObject({ reason }),
          response: { 201: hold },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) =>
          showHold(await placeHold(b, tx, request.principal, request.params.id, request.body.reason)),
        ),
    );
    app.post(
      '/v1/holds/:id/lift',
      {
        config: { access: 'identity:request' },
        schema: {
          tags: ['four eyes'],
          summary: 'Propose to lift a legal hold',
          headers: s.idempotencyHeader,
          params: z.strictObject({ id: holdId }),
          body: nothing,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { id: name } = request.params;
          const what = { kind: 'hold_lift', subject: name, body: { hold: name } } as const;
          return o.showProposal(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
  };
