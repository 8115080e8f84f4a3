/**
 * Access tokens: fetched when they are needed, kept in memory, renewed before they end.
 *
 * What must hold: however many calls start at once, one token is fetched; a failed fetch is not remembered.
 */
import { problemOf, SokkinApiError } from './errors.ts';

/** Of an institution (OAuth 2.0 client credentials, RFC 6749 section 4.4). */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Fewer rights than the client has; all of them unless told. */
  readonly scopes?: readonly string[];
}

/** The headers that authorise a request, from whoever keeps the credentials: a wallet's DPoP proofs, for instance. */
export type Authorize = (
  request: { readonly method: string; readonly url: string },
  /** The server has just refused what the last call gave. */
  wasRefused: boolean,
) => Promise<Readonly<Record<string, string>>>;

/** Renewed this long before it ends, so that it does not end on its way. */
const MARGIN_MS = 30_000;

interface Token {
  readonly value: string;
  readonly endsAt: number;
}

export interface TokenSource {
  readonly url: string;
  readonly send: (request: Request) => Promise<Response>;
  readonly now: () => number;
}

export function clientAuthorize(credentials: ClientCredentials, source: TokenSource): Authorize {
  let pending: Promise<Token> | undefined;
  let token: Token | undefined;
  const renewed = (): Promise<Token> => {
    pending ??= fetchToken(credentials, source).finally(() => {
      pending = undefined;
    });
    return pending;
  };
  return async (_request, wasRefused) => {
    if (wasRefused) token = undefined;
    if (token === undefined || token.endsAt - MARGIN_MS <= source.now()) token = await renewed();
    return { authorization: `Bearer ${token.value}` };
  };
}

async function fetchToken(credentials: ClientCredentials, source: TokenSource): Promise<Token> {
  const { clientId, clientSecret, scopes } = credentials;
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scopes !== undefined) body.set('scope', scopes.join(' '));
  // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
  const basic = btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`);
  const startedAt = source.now();
  const request = new Request(`${source.url}/v1/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: body.toString(),
  });
  const response = await source.send(request);
  const answer = await problemOf(response);
  const { access_token: value, expires_in: seconds } = answer;
  if (!response.ok || typeof value !== 'string' || typeof seconds !== 'number')
    throw new SokkinApiError(response.status, answer);
  return { value, endsAt: startedAt + seconds * 1000 };
}
