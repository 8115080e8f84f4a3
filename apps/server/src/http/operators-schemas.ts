/** Shapes of operators and of their sessions. */
import type { OperatorRow } from '@sokkin/issuer';
import { z } from 'zod';
import { PASSWORD_MAX } from '../access/passwords.ts';
import { ROLE_NAMES, ROLES, scopesOf } from '../access/roles.ts';
import * as s from './schemas.ts';

const role = z.enum(ROLE_NAMES).describe(ROLE_NAMES.map((name) => `${name}: ${ROLES[name].says}`).join('. '));
const roles = z
  .array(role)
  .max(ROLE_NAMES.length)
  .refine((list) => new Set(list).size === list.length, 'each role once');
export const operatorName = z
  .string()
  .max(40)
  .transform((text) => text.toLowerCase())
  .pipe(z.string().regex(/^[a-z0-9][a-z0-9._-]{1,39}$/, '2 to 40 of a-z, 0-9, ".", "_", "-" are expected'));
const password = z.string().min(1).max(PASSWORD_MAX);

export const newOperator = z.strictObject({
  name: operatorName,
  roles,
  institution: s.id('ins').optional().describe("Left out: the inviter's own"),
});
export const newRoles = z.strictObject({ roles });
export const enrolment = z.strictObject({
  code: z.string().min(1).max(64).describe('26 characters in groups; case and dashes do not matter'),
  name: operatorName,
  password,
});
export const login = z.strictObject({ name: operatorName, password });

export const operator = z.object({
  id: s.id('opr'),
  name: z.string().nullable(),
  institution: z.string(),
  roles: z.array(z.string()),
  status: z.enum(['invited', 'active', 'dismissed']),
  created_at: s.time,
});
export const changedOperator = operator.extend({
  proposal: s.id('prp').nullable().describe('Roles that wait here for a second administrator'),
});
export const invited = changedOperator.extend({
  code: z
    .string()
    .describe('Once, for POST /v1/operators/enrol, within 24 hours. It is shown here and never again'),
});
export const session = z.object({
  token: z.string().describe('For the Authorization header: Bearer sop_...'),
  operator,
  scopes: z.array(z.string()),
  expires_at: s.time,
});

export const showOperator = (o: OperatorRow) => ({
  id: o.id,
  name: o.name ?? null,
  institution: o.institution,
  roles: [...o.roles],
  status: o.status,
  created_at: o.createdAt.toISOString(),
});

export const showSession = (begun: { token: string; operator: OperatorRow; expiresAt: Date }) => ({
  token: begun.token,
  operator: showOperator(begun.operator),
  scopes: [...scopesOf(begun.operator.roles)],
  expires_at: begun.expiresAt.toISOString(),
});
