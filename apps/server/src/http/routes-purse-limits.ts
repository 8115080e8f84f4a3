/**
 * What a purse may do, and why: the limits that its journal proves, those that its next sync brings, and by which situation and tier.
 *
 * What must hold: whoever may see the purse may see this, its customer first of all; every limit that is to change has its date.
 */
import { type LedgerTx, limitsDocument, TIERS, tierOf } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pursePath } from '../access/owned.ts';
import type { Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { limitsNow, profilesNow } from '../operations/policy.ts';
import { purseLimits, situation } from '../operations/policy-documents.ts';
import { situationNow } from '../operations/situation.ts';
import * as s from './schemas.ts';

const answer = z.object({
  purse: s.purseId,
  currency: s.currency,
  tier: z.enum(TIERS),
  assurance: s.assurance,
  situation: z.object({
    situation,
    since: s.time,
    until: s.time.nullable().describe('From then on a sync brings the limits of normal days'),
  }),
  in_purse: z
    .object({ limits: purseLimits, synced_at: s.time.nullable() })
    .describe('By its proven journal: what it goes by, unless it has taken a Grant since'),
  next_sync: purseLimits.describe('What a sync brings now'),
  after: purseLimits
    .nullable()
    .describe('What a sync brings after `situation.until`; null: there is no such date'),
  changes: z.boolean().describe('A sync now brings other limits than it has'),
});

async function limitsOf(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<z.infer<typeof answer>> {
  const purse = await pursePath(tx, who, id, 'see');
  const view = await tx.journals.view(id, b.currency);
  if (view === undefined) throw new Error('Bug: a registered purse has a journal');
  const found = await situationNow(b, tx);
  const [has, gets] = [limitsDocument(view.limits), limitsDocument(await limitsNow(b, tx, purse))];
  const normal = (await profilesNow(tx)).normal[tierOf(purse)][purse.assurance];
  return {
    purse: `pur_${id}`,
    currency: s.CURRENCY,
    tier: tierOf(purse),
    assurance: purse.assurance,
    situation: {
      situation: found.situation,
      since: found.since.toISOString(),
      until: found.until?.toISOString() ?? null,
    },
    in_purse: { limits: has, synced_at: purse.lastSyncAt?.toISOString() ?? null },
    next_sync: gets,
    after: found.until === undefined ? null : limitsDocument(normal),
    changes: JSON.stringify(has) !== JSON.stringify(gets),
  };
}

export const purseLimitsRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/purses/:id/limits',
      {
        config: { access: 'purses:read' },
        schema: {
          tags: ['purses'],
          summary: 'What a purse may do until its next sync, what that brings, and until when',
          params: z.strictObject({ id: s.purseId }),
          response: { 200: answer },
        },
      },
      async ({ params, principal }) =>
        b.store.read((tx) => limitsOf(b, tx, principal, params.id.slice('pur_'.length))),
    );
  };
