/**
 * The OAuth 2 endpoints: tokens (RFC 6749), revocation (RFC 7009), and what a client's library asks first (RFC 8414).
 *
 * What must hold: a secret or a token comes in the body or the Authorization header, never in an address; client authentication
 * comes in one way at a time.
 */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { OauthError } from '../access/oauth-error.ts';
import { SCOPES } from '../access/principal.ts';
import { claimedDevice } from '../access/proofs.ts';
import type { AccessTokens } from '../access/tokens.ts';
import type { Backend } from '../backend.ts';
import { giveToken, revokeToken, type Shown } from '../operations/oauth.ts';
import { decode, type Form, installForms } from './form.ts';
import { installOauthErrors } from './oauth-errors.ts';
import { addressOf, proofOf, publicUrlOf } from './public-url.ts';

const oauthError = z.object({ error: z.string(), error_description: z.string() });
const token = z.object({
  access_token: z.string(),
  token_type: z.enum(['Bearer', 'DPoP']),
  expires_in: z.int(),
  scope: z.string(),
});
const metadata = z.object({
  issuer: z.string(),
  token_endpoint: z.string(),
  revocation_endpoint: z.string(),
  service_documentation: z.string(),
  scopes_supported: z.array(z.string()),
  response_types_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  token_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
  revocation_endpoint_auth_methods_supported: z.array(z.string()),
  revocation_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
  dpop_signing_alg_values_supported: z.array(z.string()),
});

const METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
const ALGORITHMS = ['ES256'];
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const BASIC = /^Basic +([A-Za-z0-9+/]{1,1024}={0,2})$/i;

export const oauthRoutes =
  (b: Backend, tokens: AccessTokens): FastifyPluginAsyncZod =>
  async (app) => {
    installForms(app);
    installOauthErrors(app);
    app.post(
      '/v1/oauth/token',
      {
        config: { access: 'open' },
        schema: {
          tags: ['access'],
          summary:
            'Get an access token: a client by its secret, a device by an assertion and a DPoP proof (RFC 6749, 7523, 9449)',
          consumes: ['application/x-www-form-urlencoded'],
          response: { 200: token, 400: oauthError, 401: oauthError },
        },
      },
      async (request, reply) => {
        const form = formOf(request);
        if (form.get('grant_type') !== 'client_credentials')
          throw new OauthError('unsupported_grant_type', 'The grant_type is client_credentials.');
        reply.header('pragma', 'no-cache');
        return giveToken(b, {
          shown: shownBy(b, request, form),
          scope: form.get('scope'),
          proof: proofOf(request),
          method: request.method,
          url: addressOf(b, request),
        });
      },
    );
    app.post(
      '/v1/oauth/revoke',
      {
        config: { access: 'open' },
        schema: {
          tags: ['access'],
          summary: 'Give an access token back (RFC 7009)',
          consumes: ['application/x-www-form-urlencoded'],
          response: {
            200: z.object({}).describe('Also where there was no such token'),
            400: oauthError,
            401: oauthError,
          },
        },
      },
      async (request) => {
        const form = formOf(request);
        const given = form.get('token');
        if (given === undefined) throw new OauthError('invalid_request', 'The token is missing.');
        await revokeToken(b, shownBy(b, request, form), given);
        tokens.forget(given);
        return {};
      },
    );
    app.get(
      '/.well-known/oauth-authorization-server',
      {
        config: { access: 'open' },
        schema: {
          tags: ['access'],
          summary: 'How tokens are had (RFC 8414)',
          response: { 200: metadata },
        },
      },
      async (request) => {
        const issuer = publicUrlOf(b, request);
        return {
          issuer,
          token_endpoint: `${issuer}/v1/oauth/token`,
          revocation_endpoint: `${issuer}/v1/oauth/revoke`,
          service_documentation: `${issuer}/docs`,
          scopes_supported: Object.keys(SCOPES),
          response_types_supported: [],
          grant_types_supported: ['client_credentials'],
          token_endpoint_auth_methods_supported: METHODS,
          token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
          revocation_endpoint_auth_methods_supported: METHODS,
          revocation_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
          dpop_signing_alg_values_supported: ALGORITHMS,
        };
      },
    );
  };

function formOf({ body }: FastifyRequest): Form {
  if (body instanceof Map) return body;
  throw new OauthError('invalid_request', 'Send an application/x-www-form-urlencoded body.');
}

/** A secret (RFC 6749, 2.3.1) or a signed assertion (RFC 7521, 4.2), in one way at a time. */
function shownBy(b: Backend, request: FastifyRequest, form: Form): Shown {
  const header = request.headers.authorization;
  const [id, secret, assertion] = ['client_id', 'client_secret', 'client_assertion'].map((n) => form.get(n));
  if ([header, secret, assertion].filter((way) => way !== undefined).length > 1)
    throw new OauthError('invalid_request', 'Authenticate in one way, not in two.');
  if (assertion !== undefined) {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE)
      throw new OauthError('invalid_request', `The client_assertion_type is ${ASSERTION_TYPE}.`);
    if (id !== undefined && id !== claimedId(assertion))
      throw new OauthError('invalid_request', 'The client_id is not the sub of the assertion.');
    const issuer = publicUrlOf(b, request);
    return { kind: 'assertion', assertion, audiences: [issuer, `${issuer}/v1/oauth/token`] };
  }
  if (header !== undefined) return basicOf(header, id);
  if (id === undefined || secret === undefined)
    throw new OauthError(
      'invalid_client',
      'Send client_id and client_secret, authenticate with Basic, or send a client_assertion.',
    );
  return { kind: 'secret', id, secret };
}

function claimedId(assertion: string): string | undefined {
  try {
    return claimedDevice(assertion);
  } catch {
    return undefined;
  }
}

function basicOf(header: string, named: string | undefined): Shown {
  const encoded = BASIC.exec(header)?.[1];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('latin1');
  const at = text.indexOf(':');
  if (at < 1) throw new OauthError('invalid_client', 'The Authorization header is no Basic authentication.');
  const [id, secret] = [decode(text.slice(0, at)), decode(text.slice(at + 1))];
  if (named !== undefined && named !== id)
    throw new OauthError('invalid_request', 'The client_id is not that of the Authorization header.');
  return { kind: 'secret', id, secret };
}
