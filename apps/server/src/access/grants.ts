/**
 * Which scopes who may be given.
 *
 * What must hold: nobody hands on what they do not have, and no institution has what is not its kind's: an issuer never
 * decides on issuance, a central bank never carries a customer's purse. Who makes credentials, gives them anew or registers a
 * device therefore holds every scope that these carry.
 */
import type { DeviceKind, InstitutionKind } from '@sokkin/issuer';
import { Problem } from '../problems.ts';
import { isScope, mayDo, type Principal, SCOPES, type Scope } from './principal.ts';

/** c: central bank, i: issuer, a: acquirer, w: wallet, t: terminal. A new scope does not compile until it stands here. */
const HOLDERS: Readonly<Record<Scope, string>> = {
  'institutions:read': 'cia',
  'institutions:write': 'cia',
  'clients:write': 'cia',
  'devices:own': 'iw',
  'operators:read': 'cia',
  'operators:write': 'cia',
  'accounts:read': 'ciawt',
  'accounts:write': 'cia',
  'transfers:read': 'ciaw',
  'transfers:write': 'ciaw',
  'issuance:request': 'ci',
  'proposals:read': 'ci',
  'proposals:decide': 'c',
  'fundings:read': 'ciawt',
  'fundings:write': 'iawt',
  'purses:read': 'ciaw',
  'purses:enrol': 'iawt',
  'purses:write': 'ia',
  'purses:sync': 'iawt',
  'claims:read': 'ciawt',
  'claims:write': 'iawt',
  'claims:settle': 'ia',
  'claims:decide': 'ia',
  'settlement:read': 'cia',
  'settlement:write': 'ia',
  'cards:read': 'ci',
  'cards:manufacture': 'i',
  'cards:personalise': 'i',
  'cards:order': 'i',
  'cards:carry': 'iw',
  'tokens:read': 'ciaw',
  'tokens:write': 'ciaw',
  'tokens:link': 'i',
  'tokens:provide': 'c',
  'tokens:detokenise': 'i',
  'policy:request': 'c',
  'policy:emergency': 'c',
  'identity:request': 'c',
  'audit:read': 'c',
  'alerts:read': 'cia',
  'alerts:write': 'ci',
  'log:read': 'c',
  'keys:read': 'ci',
  'keys:write': 'c',
  'acquirers:read': 'cia',
  'acquirers:write': 'ia',
  'merchants:read': 'cia',
  'merchants:write': 'ia',
  'terminals:read': 'cia',
  'terminals:write': 'ia',
  'terminals:speak': 'iat',
  'payments:read': 'ciawt',
  'payments:write': 'i',
  'webhooks:read': 'cia',
  'webhooks:write': 'cia',
  'sandbox:write': 'c',
};

const LETTER: Readonly<Record<InstitutionKind | DeviceKind, string>> = {
  central_bank: 'c',
  issuer: 'i',
  acquirer: 'a',
  wallet: 'w',
  terminal: 't',
};

/** What institutions and devices of this kind may hold; a device holds all of it. */
export const scopesFor = (kind: InstitutionKind | DeviceKind): ReadonlySet<Scope> =>
  new Set(
    Object.keys(SCOPES)
      .filter(isScope)
      .filter((scope) => HOLDERS[scope].includes(LETTER[kind])),
  );

/** Refuses what its maker does not hold. */
export function assertHandsOn(who: Principal, scopes: Iterable<Scope>): void {
  const missing = [...scopes].filter((scope) => !mayDo(who, scope));
  if (missing.length > 0)
    throw new Problem(
      'forbidden',
      `You cannot hand on what your own token does not have: ${missing.join(', ')}.`,
    );
}

/** Refuses what the kind of institution has no use for. */
export function assertFits(kind: InstitutionKind, scopes: Iterable<Scope>): void {
  const fitting = scopesFor(kind);
  const wrong = [...scopes].filter((scope) => !fitting.has(scope));
  if (wrong.length > 0)
    throw new Problem(
      'scope_not_grantable',
      `Clients of a ${kind.replace('_', ' ')} never get: ${wrong.join(', ')}.`,
      'scopes',
    );
}
