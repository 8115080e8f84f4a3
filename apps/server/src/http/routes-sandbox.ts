/** What only a sandbox has: its clock, magic amounts, and endpoints that answer what they are asked to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { audit } from '@sokkin/issuer';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Backend, purseName } from '../backend.ts';
import { type Magic, magicOf, type SandboxClock } from '../operations/sandbox.ts';
import { openSandboxCard } from '../operations/sandbox-cards.ts';
import { openSandboxWallet } from '../operations/sandbox-wallets.ts';
import { Problem } from '../problems.ts';
import { deviceId, jwk } from './credentials-schemas.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';
import { certificatesOf, showAudit } from './show.ts';

const YEAR_S = 366 * 86_400;
const clockShape = z
  .object({ now: s.time, advanced_seconds: z.int().describe('By how much it is ahead of the real time') })
  .meta({ id: 'SandboxClock' });
const tags = ['sandbox'] as const;

/** In live mode there is nothing here. */
function sandboxOf(b: Backend, request: FastifyRequest): SandboxClock {
  if (b.mode === 'sandbox' && b.sandboxClock !== undefined) return b.sandboxClock;
  throw new Problem('route_not_found', `There is no ${request.method} ${request.url.split('?')[0]} here.`);
}

const showClock = (clock: SandboxClock) => ({
  now: clock.now().toISOString(),
  advanced_seconds: Math.floor(clock.aheadMs() / 1000),
});

export const sandboxRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/sandbox/clock',
      {
        config: { access: 'sandbox:write', problems: ['route_not_found'] },
        schema: { tags, summary: "The sandbox's clock", response: { 200: clockShape } },
      },
      async (request) => showClock(sandboxOf(b, request)),
    );
    app.post(
      '/v1/sandbox/clock',
      {
        config: { access: 'sandbox:write', problems: ['route_not_found', 'sandbox_clock_too_far'] },
        schema: {
          tags,
          operationId: 'advanceSandboxClock',
          summary: 'Move the clock forward, for all processes. It never goes back',
          body: z
            .strictObject({ advance_seconds: z.int().min(1).max(YEAR_S) })
            .meta({ examples: [{ advance_seconds: 86_400 }] }),
          response: { 200: clockShape },
        },
      },
      async (request) => {
        const clock = sandboxOf(b, request);
        await clock.advance(request.body.advance_seconds * 1000);
        return showClock(clock);
      },
    );
    app.get(
      '/v1/sandbox/books',
      {
        config: { access: 'open', problems: ['route_not_found'] },
        schema: {
          tags,
          operationId: 'getSandboxBooks',
          summary: 'Whether all the money is there: a sandbox shows it to everybody',
          response: { 200: s.auditReport },
        },
      },
      async (request) => {
        sandboxOf(b, request);
        return showAudit(audit(await b.store.read((tx) => tx.auditTotals())), b.clock());
      },
    );
    app.post(
      '/v1/sandbox/wallets',
      {
        config: { access: 'open', problems: ['route_not_found', 'device_key_invalid', 'device_key_taken'] },
        schema: {
          tags,
          operationId: 'openSandboxWallet',
          summary: 'This device becomes the wallet of a new customer who has some money',
          body: z.strictObject({ name: s.name, jwk }),
          response: {
            201: z.object({
              party: s.partyId,
              account: s.accountId,
              device: deviceId,
              balance: s.amount,
            }),
          },
        },
      },
      async (request, reply) => {
        sandboxOf(b, request);
        const made = await b.store.write((tx) => openSandboxWallet(b, tx, request.body));
        return reply.code(201).send({ ...made, balance: made.balance.toString() });
      },
    );
    app.post(
      '/v1/sandbox/cards',
      {
        config: {
          access: 'purses:enrol',
          problems: [
            'route_not_found',
            'account_unknown',
            'account_not_online',
            'message_malformed',
            'signature_invalid',
            'nonce_unknown',
            'key_already_certified',
          ],
        },
        schema: {
          tags,
          operationId: 'openSandboxCard',
          summary: 'A blank card becomes one of this account, as if the issuer had personalised a chip',
          headers: s.idempotencyHeader,
          body: s.newPurse.pick({ account: true, enrolment: true }),
          response: { 201: s.provisioned },
        },
      },
      (request, reply) => {
        sandboxOf(b, request);
        return once(b, request, reply, 201, async (tx) => {
          const { account, enrolment } = request.body;
          const wish = { account, enrolment: s.toBytes(enrolment) };
          const card = await openSandboxCard(b, tx, request.principal, wish);
          return {
            id: purseName(card.id),
            purse: card.id,
            certificates: certificatesOf(b, card.certificate),
          };
        });
      },
    );
    app.post(
      '/v1/sandbox/answers/:status',
      {
        config: { access: 'open', problems: ['route_not_found'] },
        schema: {
          tags,
          operationId: 'getSandboxAnswer',
          summary: 'An endpoint for webhooks that answers with this status',
          params: z.strictObject({ status: z.coerce.number().int().min(200).max(599) }),
          querystring: z.strictObject({ delay_ms: z.coerce.number().int().min(0).max(20_000).default(0) }),
          response: { 200: z.object({ status: z.int() }), default: z.object({ status: z.int() }) },
        },
      },
      async (request, reply) => {
        sandboxOf(b, request);
        const { status } = request.params;
        await sleep(request.query.delay_ms);
        return answerWith(reply, status);
      },
    );
  };

const answerWith = (reply: FastifyReply, status: number): FastifyReply =>
  reply
    .code(status)
    .type('application/json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send({ status });

const WAIT_MS = 5000;
/** How many keys are remembered as met. */
const MOST_MET = 1000;

function amountIn(body: unknown): Magic | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  return magicOf('amount' in body ? body.amount : 'max_amount' in body ? body.max_amount : undefined);
}

/** Makes each failure happen for whoever sends a magic amount. */
export function installMagic(app: FastifyInstance, b: Backend): void {
  const met = new Set<string>();
  const isFirst = (request: FastifyRequest): boolean => {
    const key = `${request.principal.id} ${String(request.headers['idempotency-key'])}`;
    if (met.has(key)) return false;
    if (met.size >= MOST_MET) met.clear();
    met.add(key);
    return true;
  };
  app.addHook('preHandler', async (request, reply) => {
    const magic = b.mode === 'sandbox' ? amountIn(request.body) : undefined;
    if (magic === undefined) return;
    if (magic.does === 'wait') await sleep(WAIT_MS);
    else if (magic.does === 'refuse' || (magic.does === 'refuse_once' && isFirst(request)))
      refuse(magic, reply);
  });
  app.addHook('onSend', async (request, reply) => {
    const magic = b.mode === 'sandbox' ? amountIn(request.body) : undefined;
    const isNew = reply.statusCode < 300 && reply.getHeader('idempotent-replayed') === undefined;
    if (magic?.does === 'lose_answer' && isNew) request.raw.socket.destroy();
  });
}

function refuse({ code = 'internal_error', amount }: Magic, reply: FastifyReply): never {
  if (code === 'rate_limited') reply.header('retry-after', '1');
  throw new Problem(code, `The amount ${amount} makes this happen in the sandbox.`, 'amount');
}
