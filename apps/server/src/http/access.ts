/**
 * The gate of the API. What must hold: every route says what it takes to use it, or the server does not start; the
 * principal is known before anything of the request is looked at.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { mayDo, NOBODY, type Principal, SCOPES, type Scope } from '../access/principal.ts';
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

/** Until there are credentials, everybody is the central bank's own. */
export const everybody: Authenticate = async () => ({
  kind: 'operator',
  id: 'opr_everybody',
  institution: 'ins_central_bank',
  seesAll: true,
  scopes: new Set(Object.keys(SCOPES) as Scope[]),
});

export function installAccess(app: FastifyInstance, authenticate: Authenticate): void {
  app.decorateRequest('principal', null as never);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined && route.method !== 'HEAD')
      throw new Error(`Bug: ${String(route.method)} ${route.url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access;
    request.principal = NOBODY;
    // Unknown addresses are the not-found handler's.
    if (access === undefined || access === 'open') return;
    if (request.routeOptions.config.openTo?.(request) === true) return;
    const principal = await authenticate(request);
    if (principal === undefined) throw new Problem('unauthorized', 'Send an access token.');
    if (!mayDo(principal, access))
      throw new Problem('forbidden', `This takes the scope ${access}, which the token does not have.`);
    request.principal = principal;
  });
}
