/** Shapes of institutions, parties, clients and devices, and how rows become them. */
import type { ClientRow, DeviceRow, InstitutionRow, PartyRow } from '@sokkin/issuer';
import { z } from 'zod';
import { jwkOf } from '../access/device-key.ts';
import { ALL_SCOPES, type Scope } from '../access/principal.ts';
import { scopesOf } from '../access/tokens.ts';
import { personSchema } from '../identity/sealing.ts';
import type { MadeClient } from '../operations/clients.ts';
import { id, institutionId, name, partyId, time, words } from './schemas.ts';

export const clientId = id('cli');
export const deviceId = id('dev');
const [firstScope, ...furtherScopes] = [...ALL_SCOPES];
const scope = z.enum([firstScope, ...furtherScopes] as [Scope, ...Scope[]]);
const scopes = z
  .array(scope)
  .max(ALL_SCOPES.size)
  .refine((list) => new Set(list).size === list.length, 'a scope is named twice');

/** As it comes in; what an older version kept may be less strict. */
export const person = personSchema.extend({
  name: words(200),
  address: z
    .string()
    .min(1)
    .max(500)
    .regex(/^(?:[^\p{Cc}\p{Cs}]|\n)*$/u, 'control characters but line feeds are not allowed')
    .optional(),
  email: words(200).optional(),
  phone: words(200).optional(),
});
export const newInstitution = z.strictObject({ kind: z.enum(['issuer', 'acquirer']), name });
export const newParty = z.strictObject({
  institution: institutionId.optional().describe('Left out: your own'),
  reference: z
    .string()
    .regex(/^[\x21-\x7e]{1,100}$/, '1 to 100 visible ASCII characters are expected')
    .describe("The institution's own word for them; a name or a number of theirs does not belong here"),
  person: person.optional(),
});
export const partyLookup = newParty.omit({ person: true });
export const newClient = z.strictObject({
  institution: institutionId.optional().describe('Left out: your own'),
  name,
  scopes: scopes.min(1).describe('None that your own token, or the kind of institution, does not have'),
});
const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, '32 octets in base64url are expected');
export const jwk = z
  .strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate })
  .describe('Public key of the device (RFC 7517); its private half never leaves it');
export const newDevice = z.strictObject({ kind: z.enum(['wallet', 'terminal']), party: partyId, jwk });

export const institution = z.object({
  id: institutionId,
  kind: z.enum(['central_bank', 'issuer', 'acquirer']),
  name: z.string(),
  status: z.enum(['active', 'suspended']),
  created_at: time,
});
export const party = z.object({
  id: partyId,
  kind: z.enum(['customer', 'merchant']),
  institution: institutionId,
  erased: z.boolean().describe('Nobody can read any more who it was'),
  status: z.enum(['active', 'closed']),
  created_at: time,
});
export const client = z.object({
  id: clientId,
  institution: institutionId,
  name: z.string(),
  scopes: z.array(scope),
  status: z.enum(['active', 'withdrawn']),
  created_at: time,
});
const secret = z
  .string()
  .optional()
  .describe('Shown once: an answer that is repeated for its Idempotency-Key does not have it');
export const madeClient = client.extend({ client_id: clientId, client_secret: secret });
export const madeInstitution = institution.extend({
  client: madeClient.describe('Its first client, which may do all that its kind may'),
});
export const device = z.object({
  id: deviceId,
  kind: z.enum(['wallet', 'terminal']),
  institution: institutionId,
  party: partyId,
  jwk,
  jkt: z.string().describe('SHA-256 thumbprint of the key (RFC 7638)'),
  status: z.enum(['active', 'blocked']),
  created_at: time,
});

export const showInstitution = (row: InstitutionRow): z.infer<typeof institution> => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  status: row.status,
  created_at: row.createdAt.toISOString(),
});
export const showParty = (row: PartyRow): z.infer<typeof party> => ({
  id: row.id,
  kind: row.kind,
  institution: row.institution,
  erased: row.isErased,
  status: row.status,
  created_at: row.createdAt.toISOString(),
});
export const showClient = (row: ClientRow): z.infer<typeof client> => ({
  id: row.id,
  institution: row.institution,
  name: row.name,
  scopes: [...scopesOf(row)],
  status: row.status,
  created_at: row.createdAt.toISOString(),
});
export const showMadeClient = (made: MadeClient): z.infer<typeof madeClient> => ({
  ...showClient(made.client),
  client_id: made.client.id,
  client_secret: made.secret,
});
export const showDevice = (row: DeviceRow): z.infer<typeof device> => ({
  id: row.id,
  kind: row.kind,
  institution: row.institution,
  party: row.party,
  jwk: jwkOf(row.publicKey),
  jkt: row.jkt,
  status: row.status,
  created_at: row.createdAt.toISOString(),
});

/** What is kept of an answer that had a secret. */
export function withoutSecret<A extends object>(answer: A): A {
  const kept = Object.entries(answer)
    .filter(([key]) => key !== 'client_secret')
    .map(([key, value]) => [key, key === 'client' ? withoutSecret(value) : value]);
  return Object.fromEntries(kept);
}
