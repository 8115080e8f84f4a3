/** Tokens as payment cards in phones: what a phone is loaded with, its next keys, and in a sandbox a token for whoever asks. */
import { hex } from '@sokkin/codec';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { openSandboxPhoneCard } from '../operations/sandbox-phone-cards.ts';
import { type ForPhone, makePhoneCard, nextPhoneKey } from '../operations/tokens/phone-cards.ts';
import { Problem } from '../problems.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';

const byId = z.strictObject({ id: s.id('tok') });
const nothing = z.strictObject({}).nullish();
const forPhone = z
  .object({
    groupings: z
      .array(
        z.object({
          dgi: z.string().describe('Data grouping identifier, hexadecimal'),
          value: z.string().describe('Hexadecimal. Keys are among them: they are for the phone alone'),
        }),
      )
      .describe('For the card application of the phone (EMV Card Personalization Specification)'),
    key_number: z.int(),
    uses: z.int().describe('Transactions that the phone may make with this key'),
  })
  .meta({ id: 'PhoneCard' });

const show = ({ groupings, limitedUse }: ForPhone): z.infer<typeof forPhone> => ({
  groupings: groupings.map(({ dgi, value }) => ({
    dgi: dgi.toString(16).padStart(4, '0'),
    value: hex(value),
  })),
  key_number: limitedUse.number,
  uses: limitedUse.uses,
});

const WAYS = [
  {
    path: '/v1/tokens/:id/phone-card',
    operationId: 'makePhoneCard',
    summary: 'A phone of the holder takes the token as a payment card; no answer is kept',
    run: makePhoneCard,
  },
  {
    path: '/v1/tokens/:id/phone-card/keys',
    operationId: 'givePhoneCardKey',
    summary: 'The next limited-use key for the phone that has the token; no answer is kept',
    run: nextPhoneKey,
  },
] as const;

export const phoneCardRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    for (const { path, operationId, summary, run } of WAYS)
      app.post(
        path,
        {
          config: { access: 'tokens:write', problems: ['phone_card_refused', 'keys_unavailable'] },
          schema: {
            ...{ tags: ['tokens'], operationId, summary, params: byId, body: nothing },
            response: { 200: forPhone },
          },
        },
        async ({ params, principal }, reply) => {
          reply.header('cache-control', 'no-store');
          return show(await run(b, principal, params.id));
        },
      );
    app.post(
      '/v1/sandbox/phone-cards',
      {
        config: {
          access: 'tokens:write',
          problems: [
            'route_not_found',
            'account_unknown',
            'account_not_online',
            'token_range_used_up',
            'vault_busy',
          ],
        },
        schema: {
          tags: ['sandbox'],
          operationId: 'openSandboxPhoneCard',
          summary: 'A token of this account for a phone, as if its institution had had it made',
          headers: s.idempotencyHeader,
          body: z.strictObject({ account: s.accountId }),
          response: { 201: z.object({ token: s.id('tok') }) },
        },
      },
      (request, reply) => {
        if (b.mode !== 'sandbox')
          throw new Problem('route_not_found', 'There is no POST /v1/sandbox/phone-cards here.');
        return once(b, request, reply, 201, async (tx) => ({
          token: await openSandboxPhoneCard(b, tx, request.principal, request.body.account),
        }));
      },
    );
  };
