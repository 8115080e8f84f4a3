/**
 * Calls, typed by the contract. A call gives the body of the answer, or throws a SokkinApiError.
 *
 * What must hold: a call that moves money takes effect once, however often it is sent: all its attempts carry one
 * Idempotency-Key, which is made here unless the caller gives one.
 */
import createFetchClient, {
  type Client as FetchClient,
  type MaybeOptionalInit,
  type Middleware,
} from 'openapi-fetch';
import type { HttpMethod, PathsWithMethod, RequiredKeysOf } from 'openapi-typescript-helpers';
import { KEYED, type paths } from './contract.ts';
import { problemOf, SokkinApiError } from './errors.ts';
import { type RetryOptions, type Sending, sendUntilAnswered } from './retry.ts';
import { type Authorize, type ClientCredentials, clientAuthorize } from './token.ts';

type Json = 'application/json';
type Responses<T> = T extends { readonly responses: infer R } ? R : never;
type JsonOf<R> = R extends { readonly content: { readonly [K in Json]: infer T } } ? T : undefined;
/** Of the answers that are no refusals. */
type Body<P extends keyof paths, M extends HttpMethod> = {
  [S in keyof Responses<paths[P][M]>]: S extends 200 | 201 | 202 | 204
    ? JsonOf<Responses<paths[P][M]>[S]>
    : never;
}[keyof Responses<paths[P][M]>];

/** What a call takes beside its path: nothing, if nothing is required. */
type Rest<I> = RequiredKeysOf<I> extends never ? [I?] : [I];

/** `path` as the contract writes it, with the values of its braces in `params.path`. */
export type Call<M extends HttpMethod> = <
  P extends PathsWithMethod<paths, M>,
  I extends MaybeOptionalInit<paths[P], M>,
>(
  path: P,
  ...init: Rest<I>
) => Promise<Body<P, M>>;

export interface Client {
  readonly get: Call<'get'>;
  readonly post: Call<'post'>;
  readonly put: Call<'put'>;
  readonly patch: Call<'patch'>;
  readonly delete: Call<'delete'>;
}

export interface ClientOptions {
  /** Of the server, such as https://cbdc.example. */
  readonly url: string;
  /** undefined: only what is open to anybody can be called. */
  readonly credentials?: ClientCredentials | Authorize;
  readonly retry?: RetryOptions;
  /** For tests, and for runtimes with a `fetch` of their own. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

export function createClient(options: ClientOptions): Client {
  const url = options.url.replace(/\/+$/, '');
  const sending: Sending = {
    fetch: options.fetch ?? ((request) => globalThis.fetch(request)),
    sleep,
    random: Math.random,
    ...options.retry,
  };
  const send = (request: Request) => sendUntilAnswered(request, sending);
  const authorize = authorizeOf(options.credentials, { url, send, now: Date.now });
  const raw = createFetchClient<Untyped, Json>({
    baseUrl: url,
    fetch: (request) => sendAuthorized(request, { ...sending, authorize }),
  });
  raw.use(keysAndRefusals);
  return {
    get: caller(raw, 'get'),
    post: caller(raw, 'post'),
    put: caller(raw, 'put'),
    patch: caller(raw, 'patch'),
    delete: caller(raw, 'delete'),
  };
}

/** The client inside, which knows nothing of types: those of `Call` are for its callers. */
type Untyped = Record<string, Record<HttpMethod, { responses: { 200: { content: Record<Json, unknown> } } }>>;

function caller<M extends HttpMethod>(raw: FetchClient<Untyped, Json>, method: M): Call<M>;
function caller(raw: FetchClient<Untyped, Json>, method: HttpMethod): unknown {
  return async (path: string, init: Record<string, unknown> = {}) => {
    const { data } = await raw.request(method, path, init);
    return data;
  };
}

function authorizeOf(
  credentials: ClientOptions['credentials'],
  source: Parameters<typeof clientAuthorize>[1],
): Authorize | undefined {
  if (credentials === undefined || typeof credentials === 'function') return credentials;
  return clientAuthorize(credentials, source);
}

/** A token that the server does not believe any more is fetched anew, once. */
async function sendAuthorized(
  request: Request,
  { authorize, ...sending }: Sending & { readonly authorize: Authorize | undefined },
): Promise<Response> {
  if (authorize === undefined) return sendUntilAnswered(request, sending);
  const attempt = (wasRefused: boolean) =>
    sendUntilAnswered(request.clone(), {
      ...sending,
      async prepare(one) {
        // Anew for every attempt: a DPoP proof is good for one.
        const headers = await authorize({ method: one.method, url: one.url }, wasRefused);
        for (const [name, value] of Object.entries(headers)) one.headers.set(name, value);
      },
    });
  const response = await attempt(false);
  return response.status === 401 ? attempt(true) : response;
}

const keysAndRefusals: Middleware = {
  onRequest({ request, schemaPath }) {
    const takesKey = KEYED.has(`${request.method} ${schemaPath}`);
    if (takesKey && !request.headers.has('idempotency-key'))
      request.headers.set('idempotency-key', crypto.randomUUID());
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw new SokkinApiError(response.status, await problemOf(response));
  },
};

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
