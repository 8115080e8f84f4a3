/** Orders for cards (docs/acceptance.md, section 5). */
import { fromHex } from '@sokkin/codec';
import type { CardScriptRow, LedgerTx } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import {
  linkedCard,
  type OrderedCard,
  orderScript,
  ownCard,
  type ScriptWish,
  withdrawScript,
} from '../operations/card-scripts.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';

const tags = ['cards'] as const;
const scriptId = s.id('scr');
const nothing = z.strictObject({}).nullish();

const newScript = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.enum(['block_application', 'unblock_application', 'block_card', 'unblock_pin']),
  }),
  z.strictObject({
    action: z.literal('change_pin'),
    pin: z
      .string()
      .regex(/^\d{4,12}$/, '4 to 12 digits')
      .describe('Sealed at once, and shown nowhere'),
  }),
  z.strictObject({
    action: z.literal('put_data'),
    tag: z
      .string()
      .regex(/^[0-9a-f]{4}$/, 'a tag of two bytes in hexadecimal')
      .describe('What the card takes: 9f14 and 9f23 are its offline limits'),
    value: z.string().regex(/^([0-9a-f]{2}){1,16}$/, '1 to 16 bytes in hexadecimal'),
  }),
]);

const script = z.object({
  id: scriptId,
  action: z.enum([
    'block_application',
    'unblock_application',
    'block_card',
    'unblock_pin',
    'change_pin',
    'put_data',
  ]),
  state: z
    .enum(['waiting', 'sent', 'done', 'failed', 'withdrawn'])
    .describe('sent: it goes with each answer until the card says what became of it'),
  created_at: s.time,
  sent_at: s.time.nullable(),
  ended_at: s.time.nullable(),
});

const NAMES = {
  blockApplication: 'block_application',
  unblockApplication: 'unblock_application',
  blockCard: 'block_card',
  unblockPin: 'unblock_pin',
  changePin: 'change_pin',
  putData: 'put_data',
} as const;
const ACTIONS = {
  block_application: 'blockApplication',
  unblock_application: 'unblockApplication',
  block_card: 'blockCard',
  unblock_pin: 'unblockPin',
} as const;

function wishOf(body: z.infer<typeof newScript>): ScriptWish {
  switch (body.action) {
    case 'change_pin':
      return { action: 'changePin', pin: body.pin };
    case 'put_data':
      return { action: 'putData', tag: Number.parseInt(body.tag, 16), value: fromHex(body.value) };
    default:
      return { action: ACTIONS[body.action] };
  }
}

const show = (row: CardScriptRow): z.infer<typeof script> => ({
  id: row.id,
  action: NAMES[row.action],
  state: row.state,
  created_at: row.createdAt.toISOString(),
  sent_at: row.sentAt?.toISOString() ?? null,
  ended_at: row.endedAt?.toISOString() ?? null,
});

type Finding = (tx: LedgerTx, who: Principal, params: unknown, sequence: string) => Promise<OrderedCard>;

const bySerial = z.strictObject({ serial: z.string().regex(/^[0-9a-f]{20}$/, '20 hexadecimal digits') });
const byLink = z.strictObject({ id: s.id('lnk') });
const PLACES: readonly {
  readonly path: string;
  readonly params: typeof bySerial | typeof byLink;
  readonly find: Finding;
}[] = [
  {
    path: '/v1/cards/:serial/scripts',
    params: bySerial,
    find: (tx, who, params) => ownCard(tx, who, bySerial.parse(params).serial),
  },
  {
    path: '/v1/links/:id/scripts',
    params: byLink,
    find: (tx, who, params, sequence) => linkedCard(tx, who, byLink.parse(params).id, sequence),
  },
];
/** Of a linked card whose issuer gave it another number, that is another card. */
const SEQUENCE = '00';

export const cardScriptRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    for (const { path, params, find } of PLACES) {
      app.post(
        path,
        {
          config: {
            access: 'cards:order',
            problems: ['card_takes_no_scripts', 'too_many_scripts', 'keys_unavailable'],
          },
          schema: {
            tags,
            summary: 'Order a card: it gets it with the answer to its next question online',
            headers: s.idempotencyHeader,
            params,
            body: newScript,
            response: { 201: script },
          },
        },
        (request, reply) =>
          once(
            b,
            request,
            reply,
            201,
            async (tx) => {
              const of = await find(tx, request.principal, request.params, SEQUENCE);
              return show(await orderScript(b, tx, request.principal, of, wishOf(request.body)));
            },
            undefined,
            (text) => b.identities.requestMacs(text),
          ),
      );
      app.get(
        path,
        {
          config: { access: 'cards:order', problems: ['card_takes_no_scripts'] },
          schema: {
            tags,
            summary: 'Orders for a card, and what became of them; oldest first',
            params,
            querystring: s.pageQuery,
            response: { 200: s.listOf(script) },
          },
        },
        async ({ principal, params: of, query: { limit, cursor } }) => {
          const rows = await b.store.read(async (tx) => {
            const { account, card } = await find(tx, principal, of, SEQUENCE);
            return tx.cardScripts.ofCard(account, card, { limit: limit + 1, after: cursor });
          });
          return s.pageOf(rows, limit, (row) => row.id, show);
        },
      );
    }
    app.post(
      '/v1/scripts/:id/withdraw',
      {
        config: { access: 'cards:order', problems: ['script_sent'] },
        schema: {
          tags,
          summary: 'Take back an order that no answer has brought to its card yet',
          params: z.strictObject({ id: scriptId }),
          body: nothing,
          response: { 200: script },
        },
      },
      async ({ params, principal }) =>
        show(await b.store.write((tx) => withdrawScript(b, tx, principal, params.id))),
    );
  };
