/**
 * The shapes of links, tokens and their requestors.
 *
 * What must hold: a card number comes in as digits and goes out as its last four, but for the one answer that is about it.
 */
import {
  ENTRY_MODES,
  type LinkRow,
  type RequestorRow,
  TOKEN_PARTIES,
  type TokenRow,
  tokenStateOf,
  tridOf,
} from '@sokkin/issuer';
import { z } from 'zod';
import type { SeenToken } from '../operations/tokens/tokens.ts';
import * as s from './schemas.ts';

export const newRequestor = z.strictObject({ name: s.name, institution: s.institutionId.optional() });
export const requestor = z.object({
  id: s.id('trq'),
  trid: z.string().describe('Token requestor identifier, 11 digits'),
  institution: s.id('ins'),
  name: z.string(),
  status: z.enum(['active', 'closed']),
  created_at: s.time,
});
export const showRequestor = (row: RequestorRow): z.infer<typeof requestor> => ({
  id: row.id,
  trid: tridOf(row.id),
  institution: row.institution,
  name: row.name,
  status: row.status,
  created_at: row.createdAt.toISOString(),
});

const month = z
  .string()
  .regex(/^[0-9]{2}(0[1-9]|1[0-2])$/, 'year and month, YYMM, are expected')
  .describe('The last month in which the card pays, YYMM');
const pan = z.string().regex(/^[0-9]{12,19}$/, '12 to 19 digits are expected');
export const cardNumber = z.strictObject({ pan: pan.describe('The number on the card'), expiry: month });
export type CardNumber = z.infer<typeof cardNumber>;

export const newLink = z.strictObject({ account: s.accountId, card: cardNumber.optional() });
export const link = z.object({
  id: s.id('lnk'),
  account: s.accountId,
  reference: z.string().describe('Payment account reference (PAR): the same for all tokens of this link'),
  status: z.enum(['active', 'blocked', 'removed']),
  card: z
    .object({ last_four: z.string(), expiry: month.nullable() })
    .nullable()
    .describe('null: the account itself is linked'),
  created_at: s.time,
});
export const showLink = (row: LinkRow): z.infer<typeof link> => ({
  id: row.id,
  account: row.account,
  reference: row.reference,
  status: row.status,
  card: row.card === undefined ? null : { last_four: row.card.lastFour, expiry: row.card.expiry ?? null },
  created_at: row.createdAt.toISOString(),
});
export const linkQuery = s.pageQuery.extend({ account: s.accountId.optional() });

const names = z
  .array(z.string().regex(/^[\x21-\x7e]{1,64}$/, '1 to 64 visible ASCII characters are expected'))
  .min(1)
  .max(100);
const domainFields = {
  devices: names.optional().describe('Devices that it may come from'),
  merchants: names.optional().describe('Merchants (mer_...) at which it pays'),
  entries: z.array(z.enum(ENTRY_MODES)).min(1).optional().describe('Ways in which the shop may read it'),
  currencies: z
    .array(z.string().regex(/^[0-9]{3}$/, 'three digits of ISO 4217 are expected'))
    .min(1)
    .max(100)
    .optional(),
  most_amount: s.amount.optional().describe('Most of one payment, minor units'),
  most_total: s.amount.optional().describe('Most of all payments together, minor units'),
  most_count: z.int().min(1).max(1_000_000_000).optional().describe('Payments'),
};
export const newDomain = z.strictObject({
  ...domainFields,
  valid_from: s.time.optional().describe('Left out: now'),
  valid_until: s.time,
  needs_cryptogram: z.boolean().default(true).describe('Whether a genuine cryptogram must come with it'),
});
const domain = z.object({
  ...domainFields,
  valid_from: s.time,
  valid_until: s.time,
  needs_cryptogram: z.boolean(),
});

export const newToken = z.strictObject({
  requestor: s.id('trq'),
  link: s.id('lnk').optional().describe('A link of your own; else say the card'),
  card: cardNumber.optional().describe('A card that its issuer has linked'),
  domain: newDomain,
  assurance: z
    .int()
    .min(0)
    .max(99)
    .default(0)
    .describe('How sure it is that the holder asked (token assurance), 00 to 99'),
  activate: z.boolean().default(false).describe('At once; for whoever may activate it'),
});
export const token = z.object({
  id: s.id('tok'),
  number: z.string().describe('The number that terminals see; in lists its last four digits'),
  status: z.enum(['inactive', 'active', 'suspended', 'deactivated']),
  suspended_by: z.array(z.enum(TOKEN_PARTIES)),
  requestor: s.id('trq'),
  reference: z.string().describe('Payment account reference (PAR)'),
  link: s.id('lnk').nullable().describe('null: it is not for you to see'),
  account: s.accountId.nullable().describe('null: it is not for you to see'),
  domain,
  used: z.object({ total: z.string(), count: z.int() }),
  assurance: z.int(),
  created_at: s.time,
});
export const tokenQuery = s.pageQuery.extend({
  account: s.accountId.optional(),
  link: s.id('lnk').optional(),
  requestor: s.id('trq').optional(),
});

function showDomain({ domain: d }: TokenRow): z.infer<typeof domain> {
  const list = (name: string, set: ReadonlySet<string> | undefined) =>
    set === undefined ? {} : { [name]: [...set] };
  return {
    ...list('devices', d.devices),
    ...list('merchants', d.merchants),
    ...(d.entries === undefined ? {} : { entries: [...d.entries] }),
    ...list('currencies', d.currencies),
    ...(d.mostAmount === undefined ? {} : { most_amount: d.mostAmount.toString() }),
    ...(d.mostTotal === undefined ? {} : { most_total: d.mostTotal.toString() }),
    ...(d.mostCount === undefined ? {} : { most_count: d.mostCount }),
    valid_from: new Date(d.validFrom).toISOString(),
    valid_until: new Date(d.validUntil).toISOString(),
    needs_cryptogram: d.needsCryptogram,
  };
}

export const showToken = (
  { token: row, link: of, seesAccount }: SeenToken,
  whole: boolean,
): z.infer<typeof token> => ({
  id: row.id,
  number: whole ? row.number : row.number.slice(-4),
  status: tokenStateOf(row.life),
  suspended_by: [...row.life.suspendedBy].sort(),
  requestor: `trq_${row.requestor}`,
  reference: of.reference,
  link: seesAccount ? of.id : null,
  account: seesAccount ? of.account : null,
  domain: showDomain(row),
  used: { total: row.use.total.toString(), count: row.use.count },
  assurance: row.assurance,
  created_at: row.createdAt.toISOString(),
});

export const detokenised = z.object({
  pan: z.string().describe('The number on the card. Keep it nowhere that is not made for it'),
  expiry: month.nullable(),
});
