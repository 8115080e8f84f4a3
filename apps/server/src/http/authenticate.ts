/**
 * Whose request it is, from its Authorization header (RFC 6750, RFC 9449).
 *
 * What must hold: what is not exactly one token of ours is refused; a token that is bound to a key is believed with a proof by that
 * key alone, and never as a mere Bearer; an answer says no more than "not believed".
 */
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../access/principal.ts';
import type { AccessTokens } from '../access/tokens.ts';
import { Problem } from '../problems.ts';
import type { Authenticate } from './access.ts';

/** Sessions of operators: `sop_...`. */
export type OperatorSession = (token: string) => Promise<Principal | undefined>;

const CREDENTIALS = /^(Bearer|DPoP) +([A-Za-z0-9._~+/-]{1,512}=*)$/i;

export function authenticator(tokens: AccessTokens, operatorSession?: OperatorSession): Authenticate {
  return async (request) => {
    const header = request.headers.authorization;
    if (header === undefined) return undefined;
    const [, scheme = '', token = ''] = CREDENTIALS.exec(header) ?? [];
    const isBearer = scheme.toLowerCase() === 'bearer';
    if (isBearer && token.startsWith('sop_')) return (await operatorSession?.(token)) ?? refuse();
    if (token.startsWith('sat_')) return ofToken(tokens, request, token, isBearer);
    return refuse();
  };
}

async function ofToken(
  tokens: AccessTokens,
  _request: FastifyRequest,
  token: string,
  isBearer: boolean,
): Promise<Principal> {
  const believed = await tokens.bearer(token);
  if (believed === undefined || believed.jkt !== undefined || !isBearer) return refuse();
  return believed.principal;
}

function refuse(): never {
  throw new Problem(
    'unauthorized',
    'The access token is unknown, has expired, or was withdrawn: get a new one from POST /v1/oauth/token.',
  );
}
