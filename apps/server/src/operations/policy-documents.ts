/** Documents of policies, as they are asked for and stored. What must hold: what an older program stored is read as today's shape. */
import { SITUATIONS, wholeDocument } from '@sokkin/issuer';
import { z } from 'zod';

export const yen = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,15})$/, 'yen in decimal digits are expected')
  .describe('Yen in decimal digits');
const perClass = z.strictObject({ per_payment: yen, cumulative: yen });
const perAssurance = <T extends z.ZodType>(item: T) =>
  z.strictObject({ secure_element: item, tee: item, software: item });
export const purseLimits = z.strictObject({
  holding: yen.describe('The most that a purse holds'),
  count: z.int().min(0).max(0xffff).describe('Payments between two syncs'),
  per_payment_without_pin: yen,
  cumulative_without_pin: yen,
  by_class: perAssurance(perClass).describe("By the payee's assurance"),
});
export const tierLimits = perAssurance(purseLimits);
export const situationLimits = z.strictObject({
  anonymous: tierLimits.describe('Tier 0: nobody knows whose purse it is'),
  basic: tierLimits.describe('Tier 1'),
  verified: tierLimits.describe('Tier 2'),
});
export const limitsPolicy = z.strictObject({
  normal: situationLimits,
  outage: situationLimits,
  disaster: situationLimits,
});
const fromVersion = z.int().min(1).describe('The version that this is to follow');
export const limitsProposal = z.strictObject({ from_version: fromVersion, document: limitsPolicy });
export type LimitsDocumentInput = z.infer<typeof limitsPolicy>;
export type LimitsProposal = z.infer<typeof limitsProposal>;

/** Documents of every version of this program. */
export const readLimitsPolicy = (stored: unknown) => limitsPolicy.parse(wholeDocument(stored));
/** As a proposal waits for its approval; it may have been made by the program before. */
export const storedLimitsProposal = z.strictObject({
  from_version: fromVersion,
  document: z.unknown().transform(readLimitsPolicy),
});

export const situation = z.enum(SITUATIONS);
const time = z.iso.datetime();
const wish = z.strictObject({
  from_version: fromVersion,
  situation,
  until: time
    .optional()
    .describe('When it is normal again by itself; required but for normal, and 90 days ahead at most'),
});
export const situationProposal = wish;
export type SituationProposal = z.infer<typeof situationProposal>;
export const emergencyRequest = wish.extend({
  reason: z
    .string()
    .trim()
    .min(8)
    .max(500)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'control characters are not allowed')
    .describe('Why it cannot wait for a second person; it stands in the log'),
});
export type EmergencyRequest = z.infer<typeof emergencyRequest>;

const period = z.strictObject({ situation, since: time, until: time.nullable() });
export const storedSituation = period.extend({
  emergency: z.strictObject({ confirm_by: time, by: z.string(), before: period }).nullable(),
});
export type StoredSituation = z.infer<typeof storedSituation>;
