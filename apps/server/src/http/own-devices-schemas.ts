/** Shapes of a customer's own devices, and how rows become them. */

import { isoOfEpoch } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import { z } from 'zod';
import { purseName } from '../backend.ts';
import {
  type Joined,
  type MadeCode,
  MOST_CODE_DAYS,
  type OwnDevice,
  type OwnPurse,
} from '../operations/own-devices.ts';
import { deviceId, jwk } from './credentials-schemas.ts';
import * as s from './schemas.ts';

const ownPurse = z.object({
  id: s.purseId,
  account: s.accountId,
  state: s.purse.shape.state,
  expires: s.purse.shape.expires,
  last_sync_at: s.time.nullable(),
  acknowledged: s.balance.describe('Balance at its last sync'),
  refundable: s.balance.describe(
    'What would be refunded if it were reported now, as far as it is known today',
  ),
  claim: s.id('clm').nullable().describe('It was reported already'),
});
export const ownDevice = z.object({
  id: deviceId,
  kind: z.enum(['wallet', 'terminal']),
  status: z.enum(['active', 'blocked']),
  is_this: z.boolean().describe('The one that asks'),
  created_at: s.time,
  purses: z.array(ownPurse),
});
export const ownDevices = z.object({
  data: z.array(ownDevice),
  code_until: s.time.nullable().describe('Until when a code for a further device waits; null: there is none'),
});

export const newCode = z.strictObject({
  days: z.int().min(1).max(MOST_CODE_DAYS).default(1).describe('For how long it is good'),
});
export const code = z.object({
  code: z
    .string()
    .optional()
    .describe('Shown once: an answer that is repeated for its Idempotency-Key does not have it'),
  expires_at: s.time,
});
export const joining = z.strictObject({
  code: z
    .string()
    .regex(/^[A-Za-z2-7 -]{26,60}$/, '26 letters and digits are expected')
    .describe('Spaces, dashes and small letters do not matter'),
  jwk,
});
export const joined = z.object({
  device: deviceId,
  party: s.partyId,
  account: s.accountId.nullable().describe('Where its money is; null: the customer has no account yet'),
});
export const givingUp = z.strictObject({
  kind: z
    .enum(['lost', 'stolen', 'broken'])
    .describe('broken: its data is gone, too. stolen: only its issuer takes the report back'),
});
export const givenUp = z.object({ device: deviceId, claims: z.array(s.id('clm')) });

const showPurse = ({ row, state, refundable, claim }: OwnPurse): z.infer<typeof ownPurse> => ({
  id: purseName(row.id),
  account: row.accountId,
  state,
  expires: isoOfEpoch(parseCertificate(row.certificate).expiration),
  last_sync_at: row.lastSyncAt?.toISOString() ?? null,
  acknowledged: row.balance.toString(),
  refundable: refundable.toString(),
  claim: claim ?? null,
});

export const showOwnDevice = ({ row, purses }: OwnDevice, asking: string): z.infer<typeof ownDevice> => ({
  id: row.id,
  kind: row.kind,
  status: row.status,
  is_this: row.id === asking,
  created_at: row.createdAt.toISOString(),
  purses: purses.map(showPurse),
});
export const showCode = ({ code, expiresAt }: MadeCode) => ({ code, expires_at: expiresAt.toISOString() });
export const withoutCode = ({ expires_at }: z.infer<typeof code>) => ({ expires_at });
export const showJoined = ({ device, account }: Joined) => ({
  device: device.id,
  party: device.party,
  account: account ?? null,
});
