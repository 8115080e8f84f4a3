/** Errors of the OAuth endpoints leave in OAuth's own shape (RFC 6749, 5.2), which clients' libraries read. */
import type { FastifyInstance } from 'fastify';
import { OAUTH_STATUS, OauthError } from '../access/oauth-error.ts';
import { Problem } from '../problems.ts';

/** For the routes of this part of the app alone. What is not OAuth's to say goes on to the usual handler. */
export function installOauthErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, _request, reply) => {
    const oauth = asOauth(error);
    if (oauth === undefined) throw error;
    // RFC 6749, 5.2: a 401 names a way to authenticate.
    if (oauth.code === 'invalid_client') reply.header('www-authenticate', 'Basic realm="sokkin"');
    return reply
      .code(OAUTH_STATUS[oauth.code])
      .header('content-type', 'application/json; charset=utf-8')
      .serializer((body: unknown) => JSON.stringify(body))
      .send({ error: oauth.code, error_description: oauth.message });
  });
}

function asOauth(error: unknown): OauthError | undefined {
  if (error instanceof OauthError) return error;
  if (error instanceof Problem) return undefined;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (typeof status !== 'number' || status < 400 || status >= 500 || status === 429) return undefined;
  return new OauthError('invalid_request', 'Send a small application/x-www-form-urlencoded body.');
}
