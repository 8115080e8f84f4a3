/** Chips, personalisation sessions, cards; and the keys with which terminals authenticate them. */
import { hex } from '@sokkin/codec';
import type { CardRow } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Backend, purseName } from '../backend.ts';
import { makeChips } from '../operations/chips.ts';
import type { Made } from '../personalisation/make-card.ts';
import { PROFILE_NAMES } from '../personalisation/profiles.ts';
import type { Reply } from '../personalisation/relay.ts';
import type { PersonalisationSessions } from '../personalisation/sessions.ts';
import { Problem } from '../problems.ts';
import * as s from './schemas.ts';

const serial = z
  .string()
  .regex(/^[0-9a-f]{20}$/, '20 hexadecimal digits are expected')
  .describe("The chip's serial number");
const key = s.octets(32, 'A static key of the security domain');
const bySerial = z.strictObject({ serial });
const byId = z.strictObject({ id: s.id('prs') });

const chips = z.object({
  chips: z.array(z.object({ serial, keys: z.object({ version: z.int(), enc: key, mac: key, dek: key }) })),
});
const newPersonalisation = z.strictObject({
  serial,
  account: s.accountId,
  assurance: z.enum(['secure_element', 'tee', 'software']),
  tier: z.int().min(0).max(255).default(0),
  profile: z.enum(PROFILE_NAMES).default('white-label'),
  pin: z
    .string()
    .regex(/^[0-9]{4,12}$/, '4 to 12 digits are expected')
    .optional(),
});
const apdu = (what: string) => s.octets(65_544, what);
const begun = z.object({ id: z.string(), number: z.int(), command: apdu('Command APDU for the card') });
const exchange = z.strictObject({
  number: z.int().min(1).describe('Of the command that is answered'),
  response: apdu('Response APDU of the card'),
});
const certificates = z.object({ root: s.certificate, issuer: s.certificate, purse: s.certificate });
const result = z.object({
  serial,
  purse: s.purseId.optional(),
  pan_last4: z.string().optional(),
  certificates: certificates.optional(),
  key_number: z.int().optional(),
  uses: z.int().optional(),
});
const exchanged = z.object({
  status: z.enum(['command', 'done', 'failed']),
  number: z.int().optional(),
  command: apdu('Command APDU for the card').optional(),
  result: result.optional(),
  problem: z.object({ code: z.string(), detail: z.string() }).optional(),
});
const card = z.object({
  serial,
  state: z.enum(['manufactured', 'personalised']),
  purse: s.purseId.optional(),
  profile: z.string().optional(),
  pan_last4: z.string().optional(),
  expiry: z.string().optional().describe('YYMM'),
  key_number: z.int().describe('The newest limited-use key; 0: none'),
  created_at: s.time,
  personalised_at: s.time.optional(),
});
const caKey = z.object({
  rid: s.octets(5, 'Registered application provider identifier'),
  index: z.int(),
  modulus: s.octets(248, 'RSA modulus'),
  exponent: s.octets(3, 'RSA exponent'),
});

const showCard = (row: CardRow) => ({
  serial: row.serial,
  state: row.state,
  ...(row.purse === undefined ? {} : { purse: purseName(row.purse) }),
  ...(row.profile === undefined ? {} : { profile: row.profile }),
  ...(row.panLast4 === undefined ? {} : { pan_last4: row.panLast4 }),
  ...(row.expiry === undefined ? {} : { expiry: row.expiry }),
  key_number: row.keyNumber,
  created_at: row.createdAt.toISOString(),
  ...(row.personalisedAt === undefined ? {} : { personalised_at: row.personalisedAt.toISOString() }),
});

function showReply(b: Backend, reply: Reply<Made>): z.infer<typeof exchanged> {
  if (reply.status === 'command')
    return { status: 'command', number: reply.number, command: hex(reply.command) };
  const { outcome } = reply;
  switch (outcome.kind) {
    case 'failed':
      return { status: 'failed', problem: { code: outcome.code, detail: outcome.detail } };
    case 'key':
      return {
        status: 'done',
        result: { serial: outcome.serial, key_number: outcome.number, uses: outcome.uses },
      };
    case 'card': {
      const { purse, panLast4 } = outcome;
      const { root, issuer } = b.pki;
      return {
        status: 'done',
        result: {
          serial: outcome.serial,
          purse: purseName(purse.id),
          pan_last4: panLast4,
          certificates: {
            root: hex(root.bytes),
            issuer: hex(issuer.bytes),
            purse: hex(purse.certificate),
          },
        },
      };
    }
  }
}

/** A session that failed before its first command has no session to go on with. */
function showBegun({ id, reply }: { id: string; reply: Reply<Made> }): z.infer<typeof begun> {
  if (reply.status === 'command') return { id, number: reply.number, command: hex(reply.command) };
  const { outcome } = reply;
  const detail = outcome.kind === 'failed' ? outcome.detail : 'There was nothing to do.';
  throw new Problem('personalisation_failed', detail);
}

export const cardRoutes =
  (b: Backend, sessions: PersonalisationSessions): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/chips',
      {
        schema: {
          tags: ['cards'],
          summary:
            "Deliver simulated chips: stands for the chip maker's delivery, with the keys of their domains",
          body: z.strictObject({ count: z.int().min(1).max(1000).default(1) }),
          response: { 201: chips },
        },
      },
      async (request, reply) => {
        reply.code(201);
        return { chips: await makeChips(b, request.body.count) };
      },
    );
    app.post(
      '/v1/personalisations',
      {
        schema: {
          tags: ['cards'],
          summary:
            'Begin to personalise a card, through whoever carries its APDUs; a session before it is over',
          body: newPersonalisation,
          response: { 201: begun },
        },
      },
      async (request, reply) => {
        const { serial: of, profile, pin, account, assurance, tier } = request.body;
        const began = await sessions.personalise(of, { profile, pin, account, assurance, tier });
        reply.code(201);
        return showBegun(began);
      },
    );
    app.post(
      '/v1/personalisations/:id/exchange',
      {
        schema: {
          tags: ['cards'],
          summary: "Bring the card's answer, and get the next command, or what came of it",
          params: byId,
          body: exchange,
          response: { 200: exchanged },
        },
      },
      async ({ params, body }) =>
        showReply(b, await sessions.exchange(params.id, body.number, s.toBytes(body.response))),
    );
    app.post(
      '/v1/cards/:serial/keys',
      {
        schema: {
          tags: ['cards'],
          summary: 'Begin to give a phone its next limited-use key',
          params: bySerial,
          body: z.strictObject({}).nullish(),
          response: { 201: begun },
        },
      },
      async ({ params }, reply) => {
        const began = await sessions.refill(params.serial);
        reply.code(201);
        return showBegun(began);
      },
    );
    app.get(
      '/v1/cards',
      {
        schema: {
          tags: ['cards'],
          summary: 'All cards, oldest first',
          querystring: s.pageQuery.extend({ cursor: serial.optional() }),
          response: { 200: s.listOf(card) },
        },
      },
      async ({ query }) => {
        const rows = await b.store.read((tx) =>
          tx.cards.list({ limit: query.limit + 1, after: query.cursor }),
        );
        return s.pageOf(rows, query.limit, (row) => row.serial, showCard);
      },
    );
    app.get(
      '/v1/cards/:serial',
      { schema: { tags: ['cards'], summary: 'One card', params: bySerial, response: { 200: card } } },
      async ({ params }) => {
        const row = await b.store.read((tx) => tx.cards.bySerial(params.serial));
        if (row === undefined) throw new Problem('not_found', `There is no card ${params.serial}.`);
        return showCard(row);
      },
    );
    app.get(
      '/v1/emv/ca-keys',
      {
        schema: {
          tags: ['cards'],
          summary: 'What a terminal needs to authenticate these cards (EMV Book 2, 5.2)',
          response: { 200: z.object({ data: z.array(caKey) }) },
        },
      },
      async () => ({
        data: (await b.cardKeys.issuers()).map(({ ca }) => ({
          rid: hex(ca.rid),
          index: ca.index,
          modulus: hex(ca.modulus),
          exponent: hex(ca.exponent),
        })),
      }),
    );
  };
