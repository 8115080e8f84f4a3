/**
 * How a wallet or a terminal authorises its requests: with the key that its institution registered (docs/access.md).
 *
 * What must hold: the private key is only ever used, never read; every request has a proof of its own (DPoP, RFC 9449), so that one that
 * was seen on its way is of no use; a token is asked for when one is needed, once for all who need it; a clock that is wrong here, or was
 * moved there, costs one request more.
 */
import { problemOf, SokkinApiError, SokkinNetworkError } from './errors.ts';
import type { Authorize } from './token.ts';

/** P-256, public half. */
export interface DeviceJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

export interface DeviceIdentity {
  /** `dev_...` */
  readonly device: string;
  readonly jwk: DeviceJwk;
  /** ECDSA P-256; need not be extractable. */
  readonly key: CryptoKey;
}

export interface DeviceParts {
  /** Of the server, such as https://cbdc.example. */
  readonly url: string;
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Milliseconds since 1970. If it is not the server's time, what the server says of the time is taken for it. */
  readonly now?: () => number;
}

/** A new key that no program can read, and its public half for `POST /v1/devices`. */
export async function newDeviceKey(): Promise<Omit<DeviceIdentity, 'device'>> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  // Not as JWK: on Node 20, a garbage collection in the middle of that waits for ever for a lock that the export holds.
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
  const [x, y] = [base64url(point.subarray(1, 33)), base64url(point.subarray(33))];
  return { key: privateKey, jwk: { kty: 'EC', crv: 'P-256', x, y } };
}

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ASSERTION_SECONDS = 120;
/** Renewed this long before it ends, so that it does not end on its way. */
const MARGIN_MS = 30_000;
/** A `Date` header has whole seconds, and was a while on its way. */
const CLOCK_NOISE_MS = 15_000;

interface Token {
  readonly value: string;
  readonly endsAt: number;
}

/** For `createClient({ credentials })`. */
export function deviceAuthorize(identity: DeviceIdentity, parts: DeviceParts): Authorize {
  const clock = serverClock(parts.now);
  const { now } = clock;
  let pending: Promise<Token> | undefined;
  let token: Token | undefined;
  const renewed = (): Promise<Token> => {
    pending ??= askToken(identity, parts, clock).finally(() => {
      pending = undefined;
    });
    return pending;
  };
  return async ({ method, url }, wasRefused) => {
    if (wasRefused) token = undefined;
    if (token === undefined || token.endsAt - MARGIN_MS <= now()) token = await renewed();
    const dpop = await proof(identity, now(), method, url, token.value);
    return { authorization: `DPoP ${token.value}`, dpop };
  };
}

interface ServerClock {
  now(): number;
  /** True: it went wrong by more than anybody believes, and is right now. */
  hear(response: Response): boolean;
}

function serverClock(local: () => number = Date.now): ServerClock {
  let ahead = 0;
  return {
    now: () => local() + ahead,
    hear(response) {
      const said = Date.parse(response.headers.get('date') ?? '');
      const off = said - local() - ahead;
      if (!(Math.abs(off) > CLOCK_NOISE_MS)) return false;
      ahead += off;
      return true;
    },
  };
}

async function askToken(
  identity: DeviceIdentity,
  parts: DeviceParts,
  clock: ServerClock,
  isSecond = false,
): Promise<Token> {
  const { fetch = (request: Request) => globalThis.fetch(request) } = parts;
  const { now } = clock;
  const url = `${parts.url.replace(/\/+$/, '')}/v1/oauth/token`;
  const startedAt = now();
  const request = new Request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      dpop: await proof(identity, startedAt, 'POST', url),
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION,
      client_assertion: await assertion(identity, startedAt, url),
    }).toString(),
  });
  const response = await fetch(request).catch((cause: unknown) => {
    throw new SokkinNetworkError('POST', url, cause);
  });
  const wasWrong = clock.hear(response);
  if (!response.ok && wasWrong && !isSecond) return askToken(identity, parts, clock, true);
  const answer = await problemOf(response);
  const { access_token: value, expires_in: seconds } = answer;
  if (!response.ok || typeof value !== 'string' || typeof seconds !== 'number')
    throw new SokkinApiError(response.status, answer);
  return { value, endsAt: startedAt + seconds * 1000 };
}

/** RFC 7523. */
const assertion = (identity: DeviceIdentity, now: number, url: string): Promise<string> =>
  jwt(
    identity.key,
    { alg: 'ES256' },
    {
      ...{ iss: identity.device, sub: identity.device, aud: url },
      ...{ exp: Math.floor(now / 1000) + ASSERTION_SECONDS, jti: crypto.randomUUID() },
    },
  );

/** RFC 9449, section 4.2. `token`: the one that the request carries. */
async function proof(
  { key, jwk }: DeviceIdentity,
  now: number,
  method: string,
  url: string,
  token?: string,
): Promise<string> {
  const htu = url.split(/[?#]/, 1)[0];
  const ath = token === undefined ? {} : { ath: base64url(await digest(token)) };
  const claims = { htm: method, htu, iat: Math.floor(now / 1000), jti: crypto.randomUUID(), ...ath };
  return jwt(key, { typ: 'dpop+jwt', alg: 'ES256', jwk }, claims);
}

async function jwt(key: CryptoKey, header: object, claims: object): Promise<string> {
  const signed = `${base64url(utf8(JSON.stringify(header)))}.${base64url(utf8(JSON.stringify(claims)))}`;
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, utf8(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text)));

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
