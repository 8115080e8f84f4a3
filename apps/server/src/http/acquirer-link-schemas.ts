/** The shapes of acquirers' links. */
import { fromHex, hex } from '@sokkin/codec';
import type { AcquirerLink, StandInLimits } from '@sokkin/issuer';
import { ISO_MAC_ALGORITHMS } from '@sokkin/node';
import { z } from 'zod';
import type { LinkOrder, MadeLink } from '../operations/acquirer-links.ts';
import * as s from './schemas.ts';

export const linkId = s.id('acq');
const DAY_SECONDS = 86_400;
const MOST_KEY = 32;
const name = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'control characters are not allowed');
const algorithm = z
  .enum(ISO_MAC_ALGORITHMS)
  .describe('retail-00: X9.19, zeros fill up. retail-80: padding method 2. cmac: AES');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits are expected');
const count = z.int().min(1).max(100_000);

const standIn = z
  .strictObject({
    each: s.amount,
    per_card: z.strictObject({ count, amount: s.amount }),
    in_all: z.strictObject({ count, amount: s.amount }),
  })
  .describe(
    "Approving purchases while the ledger cannot be reached, at the acquirer's risk; limits for each process",
  );

const settings = {
  sign_on: z.boolean().default(false).describe('A connection must sign on before its first other message'),
  most_in_flight: z.int().min(1).max(65_536).default(5_000).describe('Of one connection, at once'),
  timeout_ms: z.int().min(100).max(120_000).default(15_000).describe('For a decision; then it is taken back'),
  idle_seconds: z
    .int()
    .min(0)
    .max(DAY_SECONDS)
    .default(600)
    .describe('0: a silent connection is never closed'),
  lost_answers: z
    .enum(['keep', 'reverse'])
    .default('keep')
    .describe('An approval whose connection was gone waits for the repeat, or is taken back'),
};

export const newLink = z
  .strictObject({
    institution: s.id('ins').optional().describe('Whose; left out: your own'),
    name,
    profile: z
      .unknown()
      .describe("A shipped dialect's name, or the whole document of one (docs/spec/iso8583.md, section 3)"),
    mac: z
      .strictObject({
        algorithm,
        key: s.octets(MOST_KEY, 'Left out: one is made, and shown in this answer alone').optional(),
      })
      .optional()
      .describe('Left out: messages have no code'),
    port: z.int().min(1024).max(65_535).optional().describe('A port of its own'),
    certificate: sha256.optional().describe("SHA-256 of the client's certificate (DER)"),
    https: z
      .boolean()
      .default(false)
      .describe(
        'No connections: terminals with keys of their own bring messages (POST /v1/terminals/messages)',
      ),
    ...settings,
    stand_in: standIn.optional().describe('Left out: nothing is approved without the ledger'),
  })
  .refine((link) => link.port === undefined || link.certificate === undefined, {
    message: 'port and certificate exclude each other',
    path: ['certificate'],
  })
  .refine((link) => !link.https || (link.port ?? link.certificate ?? link.mac) === undefined, {
    message: 'over HTTPS there are no port, certificate and code: each terminal has a key of its own',
    path: ['https'],
  })
  .meta({ examples: [{ name: 'Main line', profile: '1987-ascii', mac: { algorithm: 'retail-80' } }] });

export const link = z
  .object({
    id: linkId,
    institution: s.id('ins'),
    name: z.string(),
    profile: z.string().describe("The dialect's name"),
    mac: z.object({ algorithm, generation: z.int().describe('How often the key was changed') }).nullable(),
    port: z.int().nullable(),
    certificate: z.string().nullable(),
    https: z.boolean(),
    sign_on: z.boolean(),
    most_in_flight: z.int(),
    timeout_ms: z.int(),
    idle_seconds: z.int(),
    lost_answers: z.enum(['keep', 'reverse']),
    stand_in: z
      .object({
        each: s.balance,
        per_card: z.object({ count: z.int(), amount: s.balance }),
        in_all: z.object({ count: z.int(), amount: s.balance }),
      })
      .nullable(),
    status: z.enum(['active', 'closed']),
    created_at: s.time,
    closed_at: s.time.nullable(),
  })
  .meta({ id: 'AcquirerLink' });

export const madeLink = link
  .extend({
    mac_key: z.string().optional().describe('Made here. Shown once: not when the answer is repeated'),
    mac_check: z.string().optional().describe('Check value of the key'),
  })
  .meta({ id: 'MadeAcquirerLink' });

export function orderOf(body: z.infer<typeof newLink>): LinkOrder {
  const { mac, stand_in: limits } = body;
  return {
    ...{ institution: body.institution, name: body.name, profile: body.profile },
    mac: mac && { algorithm: mac.algorithm, key: mac.key === undefined ? undefined : fromHex(mac.key) },
    door: doorOf(body),
    settings: {
      ...{ signOn: body.sign_on, mostInFlight: body.most_in_flight, timeoutMs: body.timeout_ms },
      ...{ idleSeconds: body.idle_seconds, lostAnswers: body.lost_answers },
      standIn: limits && limitsOf(limits),
    },
  };
}

function doorOf({ port, certificate, https }: z.infer<typeof newLink>): LinkOrder['door'] {
  if (https) return { by: 'https' };
  if (port !== undefined) return { by: 'port', port };
  return certificate === undefined ? { by: 'main' } : { by: 'certificate', sha256: fromHex(certificate) };
}

function limitsOf({ each, per_card: card, in_all: all }: z.infer<typeof standIn>): StandInLimits {
  return {
    each: BigInt(each),
    perCard: { count: card.count, amount: BigInt(card.amount) },
    inAll: { count: all.count, amount: BigInt(all.amount) },
  };
}

export const showLink = (row: AcquirerLink): z.infer<typeof link> => ({
  ...{ id: row.id, institution: row.institution, name: row.name, profile: nameOf(row.profile) },
  mac: row.mac === undefined ? null : { algorithm: row.mac.algorithm, generation: row.mac.generation },
  port: row.door.by === 'port' ? row.door.port : null,
  certificate: row.door.by === 'certificate' ? hex(row.door.sha256) : null,
  https: row.door.by === 'https',
  sign_on: row.settings.signOn,
  most_in_flight: row.settings.mostInFlight,
  timeout_ms: row.settings.timeoutMs,
  idle_seconds: row.settings.idleSeconds,
  lost_answers: row.settings.lostAnswers,
  stand_in: row.settings.standIn === undefined ? null : showLimits(row.settings.standIn),
  status: row.status,
  created_at: row.createdAt.toISOString(),
  closed_at: row.closedAt?.toISOString() ?? null,
});

const showLimits = ({ each, perCard, inAll }: StandInLimits) => ({
  each: each.toString(),
  per_card: { count: perCard.count, amount: perCard.amount.toString() },
  in_all: { count: inAll.count, amount: inAll.amount.toString() },
});

const nameOf = (profile: unknown): string =>
  typeof profile === 'object' && profile !== null && 'name' in profile ? String(profile.name) : '';

export const showMadeLink = ({ link: row, shown, check }: MadeLink): z.infer<typeof madeLink> => ({
  ...showLink(row),
  ...(shown === undefined ? {} : { mac_key: hex(shown) }),
  ...(check === undefined ? {} : { mac_check: hex(check) }),
});

/** What is kept of an answer that had a key. */
export const withoutKey = ({ mac_key: _, ...kept }: z.infer<typeof madeLink>): z.infer<typeof madeLink> =>
  kept;
