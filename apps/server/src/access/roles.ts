/**
 * What operators may do, by role: one table.
 *
 * What must hold (apps/server/test/operators.test.ts): no role both asks for something and decides on it; an auditor
 * changes nothing.
 */
import type { InstitutionKind } from '@sokkin/issuer';
import { scopesFor } from './grants.ts';
import { SCOPES, type Scope } from './principal.ts';

const READS = (Object.keys(SCOPES) as Scope[]).filter((scope) => scope.endsWith(':read'));

export const ROLES = {
  administrator: {
    says: 'operators, institutions, credentials, token requestors and webhooks; decides on the roles that others give',
    scopes: [
      'institutions:read',
      'institutions:write',
      'clients:write',
      'operators:read',
      'operators:write',
      'proposals:read',
      'audit:read',
      'alerts:read',
      'log:read',
      'keys:read',
      'tokens:read',
      'tokens:provide',
      'acquirers:read',
      'acquirers:write',
      'merchants:read',
      'merchants:write',
      'terminals:read',
      'terminals:write',
      'settlement:read',
      'settlement:write',
      'webhooks:read',
      'webhooks:write',
    ],
  },
  issuer_officer: {
    says: 'accounts; asks that CBDC be issued or destroyed',
    scopes: [
      'institutions:read',
      'accounts:read',
      'accounts:write',
      'transfers:read',
      'issuance:request',
      'proposals:read',
      'audit:read',
    ],
  },
  approver: {
    says: 'decides on what others propose',
    scopes: [
      'institutions:read',
      'accounts:read',
      'transfers:read',
      'purses:read',
      'proposals:read',
      'proposals:decide',
      'claims:read',
      'claims:decide',
      'audit:read',
      'alerts:read',
    ],
  },
  policy_officer: {
    says: 'asks that limits be changed; switches the situation in an emergency',
    scopes: [
      'policy:request',
      'policy:emergency',
      'proposals:read',
      'purses:read',
      'audit:read',
      'alerts:read',
    ],
  },
  investigator: {
    says: 'alerts and their evidence, and closes them; asks who is behind a purse, and sees card numbers behind tokens',
    scopes: [
      'identity:request',
      'proposals:read',
      'purses:read',
      'alerts:read',
      'alerts:write',
      'tokens:read',
      'tokens:detokenise',
      'audit:read',
    ],
  },
  key_custodian: {
    says: 'keys and certificates',
    scopes: ['keys:read', 'keys:write', 'proposals:read'],
  },
  auditor: { says: 'reads everything, changes nothing', scopes: READS },
  support: {
    says: 'cards, devices, purses and tokens',
    scopes: [
      'institutions:read',
      'accounts:read',
      'fundings:read',
      'purses:read',
      'purses:enrol',
      'purses:write',
      'claims:read',
      'claims:write',
      'claims:settle',
      'proposals:read',
      'cards:read',
      'cards:personalise',
      'cards:order',
      'cards:carry',
      'tokens:read',
      'tokens:write',
      'tokens:link',
      'merchants:read',
      'terminals:read',
      'payments:read',
      'payments:write',
      'alerts:read',
    ],
  },
} as const satisfies Readonly<Record<string, { readonly says: string; readonly scopes: readonly Scope[] }>>;

export type RoleName = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as [RoleName, ...RoleName[]];

/** To give one of these takes two, once there are two. */
export const FOUR_EYES_ROLES: ReadonlySet<string> = new Set<RoleName>(['administrator', 'approver']);

/** What the roles give within an institution of this kind. Roles that this program does not know give nothing. */
export function operatorScopes(roles: readonly string[], kind: InstitutionKind): ReadonlySet<Scope> {
  const [scopes, fitting] = [new Set<Scope>(), scopesFor(kind)];
  for (const name of ROLE_NAMES) {
    if (!roles.includes(name)) continue;
    for (const scope of ROLES[name].scopes) if (fitting.has(scope)) scopes.add(scope);
  }
  return scopes;
}
