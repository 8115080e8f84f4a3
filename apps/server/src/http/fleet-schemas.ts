/** Shapes of the fleet: acts on purses, filters and counts, and the block list. */
import { isoOfEpoch } from '@sokkin/codec';
import { FLEET_STATES, type FleetCount } from '@sokkin/issuer';
import { z } from 'zod';
import * as s from './schemas.ts';

export const day = z.iso.date().describe('YYYY-MM-DD');
export const fleetState = z.enum(FLEET_STATES);

export const purseQuery = s.pageQuery.extend({
  state: fleetState.optional(),
  tier: z.coerce.number().int().min(0).max(255).optional(),
  assurance: s.assurance.optional(),
  expires_before: day.optional().describe('The last day of its certificate lies before this one'),
  synced_before: s.time.optional().describe('It never synced, or last before this moment'),
});

export const newTier = z.strictObject({ tier: s.tier });
export const tierAnswer = z.object({
  purse: s.purseId,
  tier: z.int().describe('The one that Grants go by now'),
  proposal: s.id('prp').nullable().describe('Of a larger tier: it waits for a second person'),
});
export const replacement = z.strictObject({
  by: s.purseId.describe('The purse that comes in its place: of the same owner'),
});

export const fleetCounts = z.object({
  purses: z.int(),
  balance: s.balance.describe('What they hold by their proven journals'),
  currency: s.currency,
  by: z.array(
    z.object({
      state: fleetState,
      tier: z.int(),
      assurance: s.assurance,
      purses: z.int(),
      balance: s.balance,
    }),
  ),
});

export const showCounts = (counts: readonly FleetCount[]) => ({
  purses: counts.reduce((sum, c) => sum + c.purses, 0),
  balance: counts.reduce((sum, c) => sum + c.balance, 0n).toString(),
  currency: s.CURRENCY,
  by: counts.map((c) => ({ ...c, balance: c.balance.toString() })),
});

export const blockListQuery = z.strictObject({
  issuer: z
    .string()
    .regex(/^[0-9a-f]{16}$/, '16 hexadecimal digits are expected')
    .optional()
    .describe('The issuer in certificates whose authority signs; left out: the first one'),
  since: z.coerce
    .number()
    .int()
    .min(1)
    .max(0xffff_ffff)
    .optional()
    .describe('The number of the list that you hold: the answer has only what changed'),
});
export const blockList = z.object({
  number: z.int(),
  base: z.int().describe('The list that this one changes; 0: it is whole'),
  epoch: day,
  issuer: s.octets(8, 'The issuer in certificates'),
  authority: s.certificate,
  // Long: a pattern over millions of digits would cost more than what it finds.
  list: z.string().describe('BlockList: body and signature, in hexadecimal (docs/spec/block-list.md)'),
});
export const revocation = z.strictObject({
  issuer: z.string().regex(/^[0-9a-f]{16}$/, '16 hexadecimal digits are expected'),
  reason: s.words(500),
});

export const isoDay = isoOfEpoch;
