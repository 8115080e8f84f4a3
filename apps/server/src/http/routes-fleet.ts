/** The fleet: what moves a purse through its life, and how many are where. */
import type { LedgerTx } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pursePath } from '../access/owned.ts';
import { ownerOf, type Principal } from '../access/principal.ts';
import { type Backend, dayOf, purseName } from '../backend.ts';
import {
  activate,
  checkTier,
  isRaise,
  replace,
  resetPinTries,
  retire,
  setTier,
} from '../operations/fleet.ts';
import { propose } from '../operations/proposals.ts';
import * as f from './fleet-schemas.ts';
import { once } from './idempotency.ts';
import { detailed } from './routes-purses.ts';
import * as s from './schemas.ts';

const byPurse = z.strictObject({ id: s.purseId });
const idOf = (name: string): string => name.slice('pur_'.length);

export const fleetRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/fleet',
      {
        config: { access: 'purses:read' },
        schema: {
          tags: ['fleet'],
          summary: 'How many of the purses that you may see are in which state, tier and assurance',
          response: { 200: f.fleetCounts },
        },
      },
      async ({ principal }) =>
        f.showCounts(await b.store.read((tx) => tx.fleet.counts(ownerOf(principal), dayOf(b.clock())))),
    );
    app.post(
      '/v1/purses/:id/activate',
      {
        // A wallet may: it is its customer who holds the card.
        config: { access: 'purses:sync', problems: ['purse_act_refused'] },
        schema: {
          tags: ['fleet'],
          summary: 'Activate a purse that waits for its holder: its next sync brings it',
          params: byPurse,
          body: z.strictObject({}).nullish(),
          response: { 200: s.purse },
        },
      },
      async ({ params, principal }) =>
        b.store.write(async (tx) => {
          await activate(b, tx, principal, idOf(params.id));
          return detailed(b, tx, principal, idOf(params.id));
        }),
    );
    app.post(
      '/v1/purses/:id/reset-pin-tries',
      {
        config: { access: 'purses:write', problems: ['purse_act_refused'] },
        schema: {
          tags: ['fleet'],
          summary: 'Give the PIN of a purse its tries back: its next syncs bring them, once',
          params: byPurse,
          headers: s.idempotencyHeader,
          body: z.strictObject({}).nullish(),
          response: { 200: s.purse },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { principal, params } = request;
          await resetPinTries(b, tx, principal, idOf(params.id));
          return detailed(b, tx, principal, idOf(params.id));
        }),
    );
    app.post(
      '/v1/purses/:id/tier',
      {
        config: { access: 'purses:write', problems: ['purse_act_refused', 'tier_not_allowed'] },
        schema: {
          tags: ['fleet'],
          summary: 'Give a purse another tier: a larger one takes a second person',
          params: byPurse,
          headers: s.idempotencyHeader,
          body: f.newTier,
          response: { 200: f.tierAnswer },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, (tx) =>
          changeTier(b, tx, request.principal, idOf(request.params.id), request.body.tier),
        ),
    );
    app.post(
      '/v1/purses/:id/replace',
      {
        config: {
          access: 'purses:write',
          problems: ['purse_act_refused', 'purse_unknown', 'purse_replaced', 'owner_mismatch'],
        },
        schema: {
          tags: ['fleet'],
          summary: 'Another purse of the same owner comes in the place of this one, for good',
          params: byPurse,
          headers: s.idempotencyHeader,
          body: f.replacement,
          response: { 200: s.purse },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { principal, params, body } = request;
          await replace(b, tx, principal, idOf(params.id), idOf(body.by));
          return detailed(b, tx, principal, idOf(params.id));
        }),
    );
    app.post(
      '/v1/purses/:id/retire',
      {
        config: { access: 'purses:write', problems: ['purse_act_refused', 'purse_not_empty'] },
        schema: {
          tags: ['fleet'],
          summary: 'End a purse that is empty, for good: its next sync brings it',
          params: byPurse,
          headers: s.idempotencyHeader,
          body: z.strictObject({}).nullish(),
          response: { 200: s.purse },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { principal, params } = request;
          await retire(b, tx, principal, idOf(params.id));
          return detailed(b, tx, principal, idOf(params.id));
        }),
    );
  };

async function changeTier(b: Backend, tx: LedgerTx, who: Principal, id: string, tier: number) {
  await pursePath(tx, who, id, 'act');
  const before = await checkTier(b, tx, who, { purse: id, tier });
  const purse = purseName(id);
  if (!isRaise(before, tier)) {
    await setTier(b, tx, who, { purse: id, tier });
    return { purse, tier, proposal: null };
  }
  const what = { kind: 'purse_tier', subject: purse, body: { purse: id, tier } } as const;
  return { purse, tier: before.tier, proposal: (await propose(b, tx, who, what)).id };
}
