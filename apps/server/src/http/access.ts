/**
 * The gate of the API. What must hold: every route says what it takes to use it, or the server does not start; the
 * principal is known before anything of the request is looked at.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mayDo, NOBODY, type Principal, type Scope } from '../access/principal.ts';
import { ROLE_NAMES, ROLES, type RoleName } from '../access/roles.ts';
import { Problem } from '../problems.ts';

/** `open`: for anybody. Otherwise the scope that the caller's token must have. */
export type Access = 'open' | Scope;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Whom the route is open to all the same, without a token. */
    openTo?: (request: FastifyRequest) => boolean;
  }
  interface FastifyRequest {
    principal: Principal;
  }
}

/** Who sent this request; undefined: it shows no credentials. Throws a Problem where they are not believed. */
export type Authenticate = (request: FastifyRequest) => Promise<Principal | undefined>;

export function installAccess(app: FastifyInstance, authenticate: Authenticate): void {
  app.decorateRequest('principal', null as never);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined && route.method !== 'HEAD')
      throw new Error(`Bug: ${String(route.method)} ${route.url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request, reply) => {
    const access = request.routeOptions.config.access;
    request.principal = NOBODY;
    // Unknown addresses are the not-found handler's.
    if (access === undefined || access === 'open') return;
    if (request.routeOptions.config.openTo?.(request) === true) return;
    const principal = await authenticate(request).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'unauthorized') challenge(reply, 'invalid_token');
      if (error instanceof Problem && error.code === 'dpop_proof_invalid')
        challenge(reply, 'invalid_dpop_proof');
      throw error;
    });
    if (principal === undefined) {
      challenge(reply);
      throw new Problem('unauthorized', 'Send an access token: POST /v1/oauth/token gives one.');
    }
    if (!mayDo(principal, access)) {
      challenge(reply, 'insufficient_scope', access);
      throw new Problem(
        'forbidden',
        `This takes the scope ${access}, which the token does not have.${rolesWith(principal, access)}`,
      );
    }
    request.principal = principal;
  });
}

/** An operator asks for a role, not for a scope. */
function rolesWith({ kind }: Principal, scope: Scope): string {
  const roles = kind === 'operator' ? ROLE_NAMES.filter((name) => rolesScopes(name).includes(scope)) : [];
  return roles.length === 0 ? '' : ` It comes with the role ${roles.join(' or ')}.`;
}
const rolesScopes = (name: RoleName): readonly Scope[] => ROLES[name].scopes;

/** RFC 6750, section 3, and RFC 9449, section 7.1. Who showed nothing is told no error. */
function challenge(reply: FastifyReply, error?: string, scope?: string): void {
  const says = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
  ];
  reply.header('www-authenticate', [
    ['Bearer realm="sokkin"', ...says].join(', '),
    ['DPoP algs="ES256"', ...says].join(', '),
  ]);
}
