/** A customer's own devices: seen, added with a code, given up when they are gone. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { giveUp, join, makeCodeFor, makeOwnCode, ownDevices, takeOver } from '../operations/own-devices.ts';
import { deviceId } from './credentials-schemas.ts';
import { once } from './idempotency.ts';
import * as o from './own-devices-schemas.ts';
import { detailed } from './routes-purses.ts';
import * as s from './schemas.ts';

const tags = ['access'];

export const ownDeviceRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/own/devices',
      {
        config: { access: 'devices:own' },
        schema: {
          tags,
          operationId: 'listOwnDevices',
          summary: "All devices of this wallet's customer, with the purses that live on them",
          response: { 200: o.ownDevices },
        },
      },
      async ({ principal }) =>
        b.store.read(async (tx) => {
          const data = (await ownDevices(b, tx, principal)).map((one) => o.showOwnDevice(one, principal.id));
          const waiting = await tx.ownDevices.codeOf(principal.party ?? '');
          const isGood = waiting !== undefined && waiting.expiresAt > b.clock();
          return { data, code_until: isGood ? waiting.expiresAt.toISOString() : null };
        }),
    );
    app.post(
      '/v1/own/device-codes',
      {
        config: { access: 'devices:own' },
        schema: {
          tags,
          operationId: 'makeOwnDeviceCode',
          summary: 'A code with which one more device becomes a wallet of this customer; the one before ends',
          headers: s.idempotencyHeader,
          body: o.newCode,
          response: { 201: o.code },
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          201,
          async (tx) => o.showCode(await makeOwnCode(b, tx, request.principal, request.body.days)),
          o.withoutCode,
        ),
    );
    app.post(
      '/v1/parties/:id/device-codes',
      {
        config: { access: 'clients:write', problems: ['party_unknown'] },
        schema: {
          tags,
          operationId: 'makeDeviceCode',
          summary: 'The same for a customer of yours whom you have seen: who has the code acts for them',
          params: z.strictObject({ id: s.partyId }),
          headers: s.idempotencyHeader,
          body: o.newCode,
          response: { 201: o.code },
        },
      },
      (request, reply) => {
        const { principal, params, body } = request;
        return once(
          b,
          request,
          reply,
          201,
          async (tx) => o.showCode(await makeCodeFor(b, tx, principal, params.id, body.days)),
          o.withoutCode,
        );
      },
    );
    app.post(
      '/v1/device-codes',
      {
        config: {
          access: 'open',
          problems: ['device_code_unknown', 'device_key_invalid', 'device_key_taken'],
        },
        schema: {
          tags,
          operationId: 'joinWithDeviceCode',
          summary: 'Use a code: this key becomes a wallet of its customer',
          body: o.joining,
          response: { 201: o.joined },
        },
      },
      async ({ body }, reply) => {
        const done = await b.store.write((tx) => join(b, tx, body));
        return reply.code(201).send(o.showJoined(done));
      },
    );
    app.post(
      '/v1/own/devices/:id/give-up',
      {
        config: { access: 'devices:own', problems: ['device_is_own'] },
        schema: {
          tags,
          operationId: 'giveUpOwnDevice',
          summary:
            'Block a device that is gone, for good, and report the purses that live on it: they are refunded by date',
          params: z.strictObject({ id: deviceId }),
          headers: s.idempotencyHeader,
          body: o.givingUp,
          response: { 200: o.givenUp },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { principal, params, body } = request;
          const claims = await giveUp(b, tx, principal, { device: params.id, kind: body.kind });
          return { device: params.id, claims };
        }),
    );
    app.post(
      '/v1/own/purses/:id/take-over',
      {
        config: { access: 'devices:own', problems: ['purse_act_refused'] },
        schema: {
          tags,
          operationId: 'takeOverOwnPurse',
          summary: 'A purse of a device that was given up lives on this one from now on: it was found',
          params: z.strictObject({ id: s.purseId }),
          headers: s.idempotencyHeader,
          body: z.strictObject({}).nullish(),
          response: { 200: s.purse },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { principal, params } = request;
          const id = params.id.slice('pur_'.length);
          await takeOver(b, tx, principal, id);
          return detailed(b, tx, principal, id);
        }),
    );
  };
