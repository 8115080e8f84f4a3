/** Chips, personalisation sessions, cards; and the keys with which terminals authenticate them. */
import { hex } from '@sokkin/codec';
import type { CardRow } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cardPath } from '../access/owned.ts';
import { ownerOf } from '../access/principal.ts';
import { type Backend, newId, purseName } from '../backend.ts';
import { type Chip, makeChips } from '../operations/cards.ts';
import { openSandboxPaymentCard } from '../operations/sandbox-payment-cards.ts';
import { ridsOf } from '../operations/terminals/configuration.ts';
import { beginPersonalisation, beginReplenishment, type CardSessions } from '../personalisation/begin.ts';
import { failureOf } from '../personalisation/failure.ts';
import type { Personalised } from '../personalisation/order.ts';
import type { Step } from '../personalisation/relay.ts';
import { type Begun, Sessions } from '../personalisation/sessions.ts';
import { Problem } from '../problems.ts';
import * as s from './schemas.ts';
import { certificatesOf } from './show.ts';

const serial = z
  .string()
  .regex(/^[0-9a-f]{20}$/, '20 hexadecimal digits are expected')
  .describe("The chip's serial number");
const key = s.octets(32, 'A static key of the security domain');
const bySerial = z.strictObject({ serial });
const byId = z.strictObject({ id: s.id('prs') });

const chip = z.object({ serial, keys: z.object({ version: z.int(), enc: key, mac: key, dek: key }) });
const chips = z.object({ chips: z.array(chip) });
const newPersonalisation = z.strictObject({
  serial,
  account: s.accountId,
  assurance: z.enum(['secure_element', 'tee', 'software']),
  tier: s.tier.optional(),
  device: s.id('dev').optional().describe('The wallet that the purse lives on; no other device sees it'),
  profile: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'the name of a card profile is expected')
    .default('white-label'),
  pin: z
    .string()
    .regex(/^[0-9]{4,12}$/, '4 to 12 digits are expected')
    .optional()
    .describe('Left out: one that nobody knows, until the issuer sets another by a script'),
  order: s.id('ord').optional().describe('The card is an item of this order; then `item` says which'),
  item: z.int().min(1).optional(),
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
  expiry: z.string().optional().describe('YYMM'),
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
  pan_sequence: z.string().optional(),
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

const showCard = ({ application: a, ...row }: CardRow) => ({
  serial: row.serial,
  state: row.state,
  ...(row.purse === undefined ? {} : { purse: purseName(row.purse) }),
  ...(a === undefined
    ? {}
    : { profile: a.profile, pan_last4: a.panLast4, pan_sequence: a.panSequence, expiry: a.expiry }),
  key_number: row.keyNumber,
  created_at: row.createdAt.toISOString(),
  ...(row.personalisedAt === undefined ? {} : { personalised_at: row.personalisedAt.toISOString() }),
});

function showStep(b: Backend, step: Step<Personalised>): z.infer<typeof exchanged> {
  switch (step.status) {
    case 'command':
      return { status: 'command', number: step.number, command: hex(step.command) };
    case 'failed':
      return { status: 'failed', problem: { code: step.failure.code, detail: step.failure.message } };
    case 'done':
      return { status: 'done', result: showResult(b, step.result) };
  }
}

function showResult(b: Backend, made: Personalised): z.infer<typeof result> {
  return {
    serial: made.serial,
    purse: purseName(made.purse),
    pan_last4: made.application.panLast4,
    expiry: made.application.expiry,
    certificates: certificatesOf(b, made.certificate),
    ...(made.limitedUse === undefined
      ? {}
      : { key_number: made.limitedUse.number, uses: made.limitedUse.uses }),
  };
}

const showChip = ({ serial, keys: { version, enc, mac, dek } }: Chip): z.infer<typeof chip> => ({
  serial,
  keys: { version, enc: hex(enc), mac: hex(mac), dek: hex(dek) },
});

/** A session that failed before its first command has no session to go on with. */
function showBegun({ id, step }: Begun<Personalised>): z.infer<typeof begun> {
  if (step.status === 'command') return { id, number: step.number, command: hex(step.command) };
  const detail = step.status === 'failed' ? step.failure.message : 'There was nothing to do.';
  throw new Problem('personalisation_failed', detail);
}

export const cardRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    const sessions: CardSessions = new Sessions({
      newId: () => newId(b, 'prs'),
      now: () => b.clock().getTime(),
      failureOf(error) {
        const failure = failureOf(error);
        if (failure.code === 'server_failed') app.log.error({ err: error }, 'a session with a card failed');
        return failure;
      },
    });
    app.post(
      '/v1/chips',
      {
        config: { access: 'cards:manufacture' },
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
        const chips = await makeChips(b, request.principal, request.body.count);
        return { chips: chips.map(showChip) };
      },
    );
    app.post(
      '/v1/sandbox/payment-cards',
      {
        config: {
          access: 'cards:carry',
          problems: [
            'route_not_found',
            'account_unknown',
            'account_not_online',
            'too_many_sessions',
            'personalisation_failed',
          ],
        },
        schema: {
          tags: ['sandbox'],
          operationId: 'openSandboxPaymentCard',
          summary:
            'A chip for this account, with its keys, and the session that makes an ordinary payment card of it',
          body: z.strictObject({ account: s.accountId }),
          response: { 201: chip.extend({ session: begun }) },
        },
      },
      async ({ principal, body }, reply) => {
        if (b.mode !== 'sandbox')
          throw new Problem('route_not_found', 'There is no POST /v1/sandbox/payment-cards here.');
        const made = await openSandboxPaymentCard(b, sessions, principal, body.account);
        reply.code(201);
        return { ...showChip(made.chip), session: showBegun(made.begun) };
      },
    );
    app.post(
      '/v1/personalisations',
      {
        config: {
          access: 'cards:personalise',
          problems: [
            'not_found',
            'device_unknown',
            'tier_not_allowed',
            'account_unknown',
            'account_not_online',
            'profile_unknown',
            'order_item_taken',
            'order_item_differs',
            'order_item_state',
            'card_personalised',
            'too_many_sessions',
            'personalisation_failed',
          ],
        },
        schema: {
          tags: ['cards'],
          summary:
            'Begin to personalise a card, through whoever carries its APDUs; a session before it is over',
          body: newPersonalisation.refine(
            ({ order, item }) => (order === undefined) === (item === undefined),
            'an order and its item go together',
          ),
          response: { 201: begun },
        },
      },
      async (request, reply) => {
        const { serial: of, profile, pin, account, assurance, tier, device, order: id, item } = request.body;
        const wanted = id === undefined || item === undefined ? undefined : { order: id, item };
        const order = { serial: of, profile, pin, account, assurance, tier, device, wanted };
        const began = await beginPersonalisation(b, sessions, request.principal, order);
        reply.code(201);
        return showBegun(began);
      },
    );
    app.post(
      '/v1/personalisations/:id/exchange',
      {
        config: { access: 'cards:carry', problems: ['exchange_out_of_turn', 'personalisation_failed'] },
        schema: {
          tags: ['cards'],
          summary: "Bring the card's answer, and get the next command, or what came of it",
          params: byId,
          body: exchange,
          response: { 200: exchanged },
        },
      },
      async ({ params, body, principal }) =>
        showStep(b, await sessions.answer(principal, params.id, body.number, s.toBytes(body.response))),
    );
    app.post(
      '/v1/cards/:serial/keys',
      {
        config: {
          access: 'cards:carry',
          problems: [
            'card_not_personalised',
            'card_without_limited_keys',
            'too_many_sessions',
            'personalisation_failed',
          ],
        },
        schema: {
          tags: ['cards'],
          summary: 'Begin to give a phone its next limited-use key',
          params: bySerial,
          body: z.strictObject({}).nullish(),
          response: { 201: begun },
        },
      },
      async ({ params, principal }, reply) => {
        const began = await beginReplenishment(b, sessions, principal, params.serial);
        reply.code(201);
        return showBegun(began);
      },
    );
    app.get(
      '/v1/cards',
      {
        config: { access: 'cards:read' },
        schema: {
          tags: ['cards'],
          summary: 'All cards that you may see, oldest first',
          querystring: s.pageQuery.extend({ cursor: serial.optional() }),
          response: { 200: s.listOf(card) },
        },
      },
      async ({ query, principal }) => {
        const page = { limit: query.limit + 1, after: query.cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.cards.list(page));
        return s.pageOf(rows, query.limit, (row) => row.serial, showCard);
      },
    );
    app.get(
      '/v1/cards/:serial',
      {
        config: { access: 'cards:read' },
        schema: { tags: ['cards'], summary: 'One card', params: bySerial, response: { 200: card } },
      },
      async ({ params, principal }) =>
        showCard(await b.store.read((tx) => cardPath(tx, principal, params.serial, 'see'))),
    );
    app.get(
      '/v1/emv/ca-keys',
      {
        config: { access: 'open' },
        schema: {
          tags: ['cards'],
          summary: 'What a terminal needs to authenticate these cards (EMV Book 2, 5.2)',
          response: { 200: z.object({ data: z.array(caKey) }) },
        },
      },
      async () => {
        const { ca } = await b.emvKeys.get();
        return {
          data: ridsOf(b).map((rid) => ({
            rid: hex(rid),
            index: ca.index,
            modulus: hex(ca.modulus),
            exponent: hex(ca.exponent),
          })),
        };
      },
    );
  };
