/**
 * Whose request it is, from its Authorization header (RFC 6750, RFC 9449).
 *
 * What must hold: what is not exactly one token of ours is refused; a token that is bound to a key is believed with a proof by that
 * key alone, and never as a mere Bearer; an answer says no more than "not believed".
 */
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../access/principal.ts';
import { ProofError, spend, verifyProof } from '../access/proofs.ts';
import type { AccessTokens } from '../access/tokens.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';
import type { Authenticate } from './access.ts';
import { addressOf, proofOf } from './public-url.ts';

/** Sessions of operators: `sop_...`. */
export type OperatorSession = (token: string) => Promise<Principal | undefined>;

const CREDENTIALS = /^(Bearer|DPoP) +([A-Za-z0-9._~+/-]{1,512}=*)$/i;

export function authenticator(
  b: Backend,
  tokens: AccessTokens,
  operatorSession?: OperatorSession,
): Authenticate {
  return async (request) => {
    const header = request.headers.authorization;
    if (header === undefined) return undefined;
    const [, scheme = '', token = ''] = CREDENTIALS.exec(header) ?? [];
    const isBearer = scheme.toLowerCase() === 'bearer';
    if (isBearer && token.startsWith('sop_')) return (await operatorSession?.(token)) ?? refuse();
    const believed = token.startsWith('sat_') ? await tokens.bearer(token) : undefined;
    if (believed === undefined) return refuse();
    // Each scheme for its own tokens: RFC 9449, 7.1 and 7.2.
    if (isBearer !== (believed.jkt === undefined)) return refuse();
    if (believed.jkt !== undefined) await assertProven(b, request, token, believed.jkt);
    return believed.principal;
  };
}

async function assertProven(b: Backend, request: FastifyRequest, token: string, jkt: string): Promise<void> {
  const proof = proofOf(request);
  if (proof === undefined)
    throw new Problem('unauthorized', 'This token goes with a DPoP proof: there is none.');
  try {
    const { method } = request;
    const signed = await verifyProof(b, { jkt }, proof, { method, url: addressOf(b, request), token });
    await b.store.write((tx) => spend(b, tx, signed));
  } catch (error) {
    throw error instanceof ProofError ? new Problem('dpop_proof_invalid', error.message, 'dpop') : error;
  }
}

function refuse(): never {
  throw new Problem(
    'unauthorized',
    'The access token is unknown, has expired, or was withdrawn: get a new one from POST /v1/oauth/token.',
  );
}
