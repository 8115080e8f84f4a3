/** Institutions, and their customers and merchants. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import {
  addInstitution,
  addParty,
  closeParty,
  institutionPath,
  makeFirstClient,
  partyPath,
  setSuspended,
} from '../operations/institutions.ts';
import * as c from './credentials-schemas.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';

const byInstitution = z.strictObject({ id: s.institutionId });
const byParty = z.strictObject({ id: s.partyId });
const nothing = z.strictObject({}).nullish();
const pageOfOwn = (query: z.infer<typeof s.pageQuery>, of: ReturnType<typeof ownerOf>) => ({
  limit: query.limit + 1,
  after: query.cursor,
  of,
});

export const institutionRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(parties(b));
    app.post(
      '/v1/institutions',
      {
        config: { access: 'institutions:write', problems: ['name_taken'] },
        schema: {
          tags: ['access'],
          summary: 'Add an issuer or an acquirer, with its first client (the central bank)',
          headers: s.idempotencyHeader,
          body: c.newInstitution,
          response: { 201: c.madeInstitution },
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          201,
          async (tx) => {
            const made = await addInstitution(b, tx, request.principal, request.body);
            return { ...c.showInstitution(made.institution), client: c.showMadeClient(made.first) };
          },
          c.withoutSecret,
        ),
    );
    app.get(
      '/v1/institutions',
      {
        config: { access: 'institutions:read' },
        schema: {
          tags: ['access'],
          summary: 'All institutions that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(c.institution) },
        },
      },
      async ({ query, principal }) => {
        const page = pageOfOwn(query, ownerOf(principal));
        const rows = await b.store.read((tx) => tx.institutions.list(page));
        return s.pageOf(rows, query.limit, (row) => row.id, c.showInstitution);
      },
    );
    app.get(
      '/v1/institutions/:id',
      {
        config: { access: 'institutions:read' },
        schema: {
          tags: ['access'],
          summary: 'One institution',
          params: byInstitution,
          response: { 200: c.institution },
        },
      },
      async ({ params, principal }) =>
        c.showInstitution(await b.store.read((tx) => institutionPath(tx, principal, params.id))),
    );
    app.post(
      '/v1/institutions/:id/first-client',
      {
        config: { access: 'institutions:write' },
        schema: {
          tags: ['access'],
          summary:
            'Make the first client of an institution that has none (the central bank); the secret is shown once',
          headers: s.idempotencyHeader,
          params: byInstitution,
          body: nothing,
          response: { 201: c.madeClient },
        },
      },
      (request, reply) => {
        const make = (tx: Parameters<typeof makeFirstClient>[1]) =>
          makeFirstClient(b, tx, request.principal, request.params.id);
        return once(b, request, reply, 201, async (tx) => c.showMadeClient(await make(tx)), c.withoutSecret);
      },
    );
    for (const [verb, isSuspended, summary] of [
      ['suspend', true, 'Suspend an institution: nobody of it is believed, from five seconds later on'],
      ['resume', false, 'End the suspension of an institution'],
    ] as const) {
      app.post(
        `/v1/institutions/:id/${verb}`,
        {
          config: { access: 'institutions:write' },
          schema: {
            tags: ['access'],
            summary,
            params: byInstitution,
            body: nothing,
            response: { 200: c.institution },
          },
        },
        async ({ params, principal }) =>
          b.store.write(async (tx) =>
            c.showInstitution(await setSuspended(b, tx, principal, params.id, isSuspended)),
          ),
      );
    }
  };

const parties =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/parties',
      {
        config: { access: 'institutions:write', problems: ['institution_unknown', 'reference_taken'] },
        schema: {
          tags: ['access'],
          summary: 'Add a customer of an issuer, or a merchant of an acquirer',
          headers: s.idempotencyHeader,
          body: c.newParty,
          response: { 201: c.party },
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          201,
          async (tx) => {
            const { institution, reference, person } = request.body;
            return c.showParty(await addParty(b, tx, request.principal, { institution, reference, person }));
          },
          undefined,
          (text) => b.identities.requestMacs(text),
        ),
    );
    app.get(
      '/v1/parties',
      {
        config: { access: 'institutions:read' },
        schema: {
          tags: ['access'],
          summary: 'All customers and merchants that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(c.party) },
        },
      },
      async ({ query, principal }) => {
        const page = pageOfOwn(query, ownerOf(principal));
        const rows = await b.store.read((tx) => tx.institutions.parties(page));
        return s.pageOf(rows, query.limit, (row) => row.id, c.showParty);
      },
    );
    app.get(
      '/v1/parties/:id',
      {
        config: { access: 'institutions:read' },
        schema: {
          tags: ['access'],
          summary: 'One customer or merchant',
          params: byParty,
          response: { 200: c.party },
        },
      },
      async ({ params, principal }) =>
        c.showParty(await b.store.read((tx) => partyPath(tx, principal, params.id, 'see'))),
    );
    app.post(
      '/v1/parties/:id/close',
      {
        config: { access: 'institutions:write' },
        schema: {
          tags: ['access'],
          summary: 'Close a customer or merchant: their devices are not believed any more',
          params: byParty,
          body: nothing,
          response: { 200: c.party },
        },
      },
      async ({ params, principal }) =>
        b.store.write(async (tx) => c.showParty(await closeParty(b, tx, principal, params.id))),
    );
  };
