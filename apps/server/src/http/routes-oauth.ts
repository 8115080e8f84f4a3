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
import type { AccessTokens } from '../access/tokens.ts';
import type { Backend } from '../backend.ts';
import { clientToken, revokeToken, type ShownSecret } from '../operations/oauth.ts';
import { decode, type Form, installForms } from './form.ts';
import { installOauthErrors } from './oauth-errors.ts';
import { publicUrlOf } from './public-url.ts';

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
  revocation_endpoint_auth_methods_supported: z.array(z.string()),
});

const SECRET_METHODS = ['client_secret_basic', 'client_secret_post'];
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
          summary: 'Get an access token for client credentials (RFC 6749, section 4.4)',
          consumes: ['application/x-www-form-urlencoded'],
          response: { 200: token, 400: oauthError, 401: oauthError },
        },
      },
      async (request, reply) => {
        const form = formOf(request);
        if (form.get('grant_type') !== 'client_credentials')
          throw new OauthError('unsupported_grant_type', 'The grant_type is client_credentials.');
        reply.header('pragma', 'no-cache');
        return clientToken(b, shownSecret(request, form), form.get('scope'));
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
        await revokeToken(b, shownSecret(request, form), given);
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
          token_endpoint_auth_methods_supported: SECRET_METHODS,
          revocation_endpoint_auth_methods_supported: SECRET_METHODS,
        };
      },
    );
  };

function formOf({ body }: FastifyRequest): Form {
  if (body instanceof Map) return body;
  throw new OauthError('invalid_request', 'Send an application/x-www-form-urlencoded body.');
}

/** RFC 6749, 2.3.1. */
function shownSecret(request: FastifyRequest, form: Form): ShownSecret {
  const header = request.headers.authorization;
  const [id, secret] = [form.get('client_id'), form.get('client_secret')];
  if (header === undefined) {
    if (id === undefined || secret === undefined)
      throw new OauthError('invalid_client', 'Send client_id and client_secret, or authenticate with Basic.');
    return { id, secret };
  }
  const basic = basicOf(header);
  if (secret !== undefined || (id !== undefined && id !== basic.id))
    throw new OauthError('invalid_request', 'Authenticate in one way, not in two.');
  return basic;
}

function basicOf(header: string): ShownSecret {
  const encoded = BASIC.exec(header)?.[1];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('latin1');
  const at = text.indexOf(':');
  if (at < 1) throw new OauthError('invalid_client', 'The Authorization header is no Basic authentication.');
  return { id: decode(text.slice(0, at)), secret: decode(text.slice(at + 1)) };
}
