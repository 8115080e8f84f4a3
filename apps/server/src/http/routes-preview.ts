/** What other limits would have refused. */
import { ASSURANCES, type ClassFigures, type Refusals, TIERS } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { previewLimits } from '../operations/limits-preview.ts';
import { limitsPolicy, situation } from '../operations/policy-documents.ts';
import * as s from './schemas.ts';

const figures = z.object({
  payments: z.int(),
  purses: z.int().describe('With one such payment at least'),
  value: s.balance,
});
const refusals = z.object({
  per_payment: figures,
  cumulative: figures,
  count: figures,
  holding: figures.describe('Money that came in beyond what the purse may hold'),
  pin_needed: figures.describe('No refusal: payments that would have taken a PIN'),
});
const preview = z.object({
  situation,
  since: s.time.describe(
    'Payments count that a sync has proven since then: a journal has no clock of its own',
  ),
  until: s.time,
  purses: z.int().describe('That were looked at'),
  is_whole: z.boolean().describe('False: these are the first ones by their ids, which are random: a sample'),
  classes: z.array(
    z.object({
      tier: z.enum(TIERS),
      assurance: z.enum(ASSURANCES),
      purses: z.int(),
      payments: z.int(),
      value: s.balance,
      in_force: refusals,
      proposed: refusals,
    }),
  ),
});

const showFigures = (f: Refusals[keyof Refusals]) => ({ ...f, value: f.value.toString() });
const showRefusals = (r: Refusals): z.infer<typeof refusals> => ({
  per_payment: showFigures(r.per_payment),
  cumulative: showFigures(r.cumulative),
  count: showFigures(r.count),
  holding: showFigures(r.holding),
  pin_needed: showFigures(r.pin_needed),
});
const showClass = ({ inForce, proposed, value, ...rest }: ClassFigures) => ({
  ...rest,
  value: value.toString(),
  in_force: showRefusals(inForce),
  proposed: showRefusals(proposed),
});

export const previewRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/policies/limits/preview',
      {
        config: { access: 'policy:request', problems: ['policy_invalid'] },
        schema: {
          tags: ['four eyes'],
          summary:
            'What these limits would have refused in the last 30 days, against those in force. It changes nothing',
          body: z.strictObject({
            document: limitsPolicy,
            situation: situation.optional().describe('Left out: the one in force'),
          }),
          response: { 200: preview },
        },
      },
      async ({ body }) => {
        const {
          since,
          until,
          situation: where,
          purses,
          isWhole,
          classes,
        } = await previewLimits(b, body.document, body.situation);
        return {
          ...{ situation: where, since: since.toISOString(), until: until.toISOString() },
          ...{ purses, is_whole: isWhole, classes: classes.map(showClass) },
        };
      },
    );
  };
