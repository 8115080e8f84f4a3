/** Credentials of institutions, and devices of their customers and merchants. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { clientPath, createClient, rotateClient, withdrawClient } from '../operations/clients.ts';
import { blockDevice, devicePath, registerDevice } from '../operations/devices.ts';
import * as c from './credentials-schemas.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';

const byClient = z.strictObject({ id: c.clientId });
const byDevice = z.strictObject({ id: c.deviceId });
const nothing = z.strictObject({}).nullish();

export const clientRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(devices(b));
    app.post(
      '/v1/clients',
      {
        config: { access: 'clients:write', problems: ['institution_unknown', 'scope_not_grantable'] },
        schema: {
          tags: ['access'],
          summary: 'Make credentials for a program of an institution; the secret is shown once',
          headers: s.idempotencyHeader,
          body: c.newClient,
          response: { 201: c.madeClient },
        },
      },
      (request, reply) => {
        const { institution, name, scopes } = request.body;
        const wish = { institution, name, scopes };
        const make = (tx: Parameters<typeof createClient>[1]) => createClient(b, tx, request.principal, wish);
        return once(b, request, reply, 201, async (tx) => c.showMadeClient(await make(tx)), c.withoutSecret);
      },
    );
    app.get(
      '/v1/clients',
      {
        config: { access: 'clients:write' },
        schema: {
          tags: ['access'],
          summary: 'All clients that you may see, oldest first, without their secrets',
          querystring: s.pageQuery,
          response: { 200: s.listOf(c.client) },
        },
      },
      async ({ query, principal }) => {
        const page = { limit: query.limit + 1, after: query.cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.credentials.clients(page));
        return s.pageOf(rows, query.limit, (row) => row.id, c.showClient);
      },
    );
    app.get(
      '/v1/clients/:id',
      {
        config: { access: 'clients:write' },
        schema: { tags: ['access'], summary: 'One client', params: byClient, response: { 200: c.client } },
      },
      async ({ params, principal }) =>
        c.showClient(await b.store.read((tx) => clientPath(tx, principal, params.id, 'see'))),
    );
    app.post(
      '/v1/clients/:id/rotate',
      {
        config: { access: 'clients:write', problems: ['client_withdrawn'] },
        schema: {
          tags: ['access'],
          summary: 'Give a client a new secret; the old one, and its tokens, end',
          headers: s.idempotencyHeader,
          params: byClient,
          body: nothing,
          response: { 200: c.madeClient },
        },
      },
      (request, reply) => {
        const rotate = (tx: Parameters<typeof rotateClient>[1]) =>
          rotateClient(b, tx, request.principal, request.params.id);
        return once(
          b,
          request,
          reply,
          200,
          async (tx) => c.showMadeClient(await rotate(tx)),
          c.withoutSecret,
        );
      },
    );
    app.post(
      '/v1/clients/:id/withdraw',
      {
        config: { access: 'clients:write' },
        schema: {
          tags: ['access'],
          summary: 'Withdraw a client for good: it is not believed, from five seconds later on',
          params: byClient,
          body: nothing,
          response: { 200: c.client },
        },
      },
      async ({ params, principal }) =>
        b.store.write(async (tx) => c.showClient(await withdrawClient(b, tx, principal, params.id))),
    );
  };

const devices =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/devices',
      {
        config: {
          access: 'clients:write',
          problems: ['party_unknown', 'device_key_invalid', 'device_key_taken'],
        },
        schema: {
          tags: ['access'],
          summary: 'Register the key of a wallet of a customer, or of a terminal of a merchant',
          headers: s.idempotencyHeader,
          body: c.newDevice,
          response: { 201: c.device },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) =>
          c.showDevice(await registerDevice(b, tx, request.principal, request.body)),
        ),
    );
    app.get(
      '/v1/devices',
      {
        config: { access: 'clients:write' },
        schema: {
          tags: ['access'],
          summary: 'All devices that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(c.device) },
        },
      },
      async ({ query, principal }) => {
        const page = { limit: query.limit + 1, after: query.cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.credentials.devices(page));
        return s.pageOf(rows, query.limit, (row) => row.id, c.showDevice);
      },
    );
    app.get(
      '/v1/devices/:id',
      {
        config: { access: 'clients:write' },
        schema: { tags: ['access'], summary: 'One device', params: byDevice, response: { 200: c.device } },
      },
      async ({ params, principal }) =>
        c.showDevice(await b.store.read((tx) => devicePath(tx, principal, params.id, 'see'))),
    );
    app.post(
      '/v1/devices/:id/block',
      {
        config: { access: 'clients:write' },
        schema: {
          tags: ['access'],
          summary: 'Block a device for good: it is not believed, from five seconds later on',
          params: byDevice,
          body: nothing,
          response: { 200: c.device },
        },
      },
      async ({ params, principal }) =>
        b.store.write(async (tx) => c.showDevice(await blockDevice(b, tx, principal, params.id))),
    );
  };
