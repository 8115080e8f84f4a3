/**
 * The documents of terminals: what the scheme says to all of them, and the configuration of one, as its kernel reads it
 * (docs/spec/terminal-kernel.md, 3). Members of the kernel's have the kernel's names.
 *
 * What must hold: shapes here are no wider than the kernel's; whether values fit each other, its reader says (configuration.ts).
 */
import { TVR_FLAGS, type TvrFlag } from '@sokkin/codec';
import { z } from 'zod';

const bytes = (least: number, most: number) =>
  z
    .string()
    .regex(/^[0-9A-Fa-f]{2}( ?[0-9A-Fa-f]{2})*$/, 'hexadecimal octets are expected')
    .refine((text) => {
      const { length } = text.replaceAll(' ', '');
      return length >= 2 * least && length <= 2 * most;
    }, `${least} to ${most} octets are expected`);
const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,11})$/, 'minor units in decimal digits, at most twelve, are expected');
const percent = z.int().min(0).max(99);
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'YYYY-MM-DD is expected');
const [firstFlag, ...flags] = Object.keys(TVR_FLAGS.bits) as TvrFlag[];
const tvr = z.array(z.enum([firstFlag, ...flags] as [TvrFlag, ...TvrFlag[]])).max(40);
const methods = z.array(z.enum(['noCvm', 'signature', 'onlinePin', 'onDevice'])).max(4);

const limits = z.strictObject({
  transaction: amount.optional().describe('Refused from this amount on'),
  floor: amount.optional().describe('Asked of the issuer above this amount'),
  cvmRequired: amount.optional().describe('The holder is verified from this amount on'),
});

const combination = z.strictObject({
  aid: bytes(5, 16).describe('AID, or its beginning'),
  kernel: bytes(1, 3),
  version: bytes(2, 2),
  qualifiers: bytes(4, 4),
  limits,
  zeroAmount: z.enum(['allowed', 'refused']),
  statusCheck: z.boolean().optional(),
  extendedSelection: z.boolean().optional(),
  methods: z.strictObject({ below: methods, above: methods }),
  actionCodes: z.strictObject({ denial: tvr, online: tvr, default: tvr }),
  randomSelection: z.strictObject({ threshold: amount, target: percent, maximum: percent }).optional(),
  defaultDdol: bytes(1, 252).optional(),
  defaultTdol: bytes(1, 252).optional(),
});

const rid = bytes(5, 5);
const caKey = z.strictObject({
  rid,
  index: bytes(1, 1),
  modulus: bytes(64, 248),
  exponent: bytes(1, 3),
  checksum: bytes(20, 20).describe('SHA-1 (EMV Book 2, 11.2.2)'),
  expires: day.optional(),
});
const revoked = z.strictObject({ rid, index: bytes(1, 1), serial: bytes(3, 3) });

/** What of a terminal does not depend on whose it is. */
const device = {
  type: bytes(1, 1).describe('Terminal type (9F35)'),
  typeWithoutNetwork: bytes(1, 1).optional(),
  country: z.string().regex(/^\d{3}$/, 'three digits of ISO 3166-1 are expected'),
  contacts: z.boolean(),
  additionalCapabilities: bytes(5, 5),
};
const torn = z.strictObject({ depth: z.int().min(0).max(64), lifetimeSeconds: z.int().min(0).max(86_400) });

const MOST_DAYS = 3650;
const listDays = z
  .int()
  .min(0)
  .max(MOST_DAYS)
  .nullable()
  .describe('How old the block list may be with which purses are taken offline; null: as old as it is');
const tips = z
  .strictObject({
    offered: z
      .array(z.int().min(1).max(100))
      .max(5)
      .describe('In percent, as buttons; none: no tip is asked for'),
    most_percent: z.int().min(0).max(100).describe('Of the amount, the most that may be typed'),
  })
  .describe('What the terminal may ask of the payer beside the amount');

const overrides = z.strictObject({
  limits: limits.optional().describe('In place of those of every combination, each for itself'),
  most_list_days: listDays.optional(),
  tips: tips.optional(),
});
export type TerminalOverrides = z.infer<typeof overrides>;

const MOST_KEYS = 256;
const MOST_REVOKED = 1000;
const MOST_OVERRIDES = 2000;
const atMost = (most: number) => (map: object) => Object.keys(map).length <= most;

export const terminalsPolicy = z.strictObject({
  terminal: z.strictObject(device),
  combinations: z.array(combination).min(1).max(64),
  caKeys: z
    .array(caKey)
    .max(MOST_KEYS)
    .describe('Of other schemes: those of the cards made here come by themselves'),
  revoked: z.array(revoked).max(MOST_REVOKED).describe('Issuer certificates that a scheme took back'),
  torn,
  most_list_days: listDays,
  tips,
  categories: z
    .record(z.string().regex(/^\d{4}$/), overrides)
    .refine(atMost(MOST_OVERRIDES), `at most ${MOST_OVERRIDES}`)
    .describe('Otherwise for merchants of a category (ISO 18245)'),
  merchants: z
    .record(z.string().regex(/^mch_[0-9a-z_]{1,40}$/), overrides)
    .refine(atMost(MOST_OVERRIDES), `at most ${MOST_OVERRIDES}`)
    .describe('Otherwise for a merchant: before what its category says'),
});
export type TerminalsPolicy = z.infer<typeof terminalsPolicy>;

export const terminalsProposal = z.strictObject({
  from_version: z.int().min(1).describe('The version that this is to follow'),
  document: terminalsPolicy,
});
export type TerminalsProposal = z.infer<typeof terminalsProposal>;

/** The file of docs/spec/terminal-kernel.md, 3. */
export const kernelDocument = z.object({
  format: z.literal('sokkin-terminal-config-1'),
  name: z.string(),
  terminal: z.object({
    ...device,
    currency: z.string(),
    exponent: z.int(),
    serial: z.string(),
    id: z.string(),
  }),
  merchant: z.object({ id: z.string(), category: z.string(), name: z.string() }),
  combinations: z.array(combination),
  caKeys: z.array(caKey),
  revoked: z.array(revoked),
  exceptions: z.array(z.object({ pan: z.string(), sequence: z.string().optional() })),
  torn,
});
export type KernelDocument = z.infer<typeof kernelDocument>;

export const terminalRules = { most_list_days: listDays, tips };
