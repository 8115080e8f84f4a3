/** A wallet or terminal of a customer, as an app has it: a key, what it signs with it, and the tokens that it gets for that. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { newP256Pem } from '../../../tests/keys.ts';
import type { Answer, Api, Rig } from './kit.ts';

/** What `app.inject` calls itself. */
export const ORIGIN = 'http://localhost';
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface Key {
  readonly secret: KeyObject;
  readonly jwk: { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string };
}

export function newKey(): Key {
  const { publicKey, privateKey } = newP256Pem();
  const { x = '', y = '' } = createPublicKey(publicKey).export({ format: 'jwk' });
  return { secret: createPrivateKey(privateKey), jwk: { kty: 'EC', crv: 'P-256', x, y } };
}

export const seconds = (r: Rig): number => Math.floor(r.server.backend.clock().getTime() / 1000);

/** Claims and header fields given here replace the right ones; undefined leaves one out. */
export async function sign(
  key: Key,
  claims: JWTPayload,
  header: object = {},
  secret: KeyObject | Uint8Array = key.secret,
): Promise<string> {
  const set = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return new SignJWT(set).setProtectedHeader({ alg: 'ES256', ...header }).sign(secret);
}

export function assertionClaims(r: Rig, device: string, more: object = {}): JWTPayload {
  const jti = randomUUID();
  return { iss: device, sub: device, aud: `${ORIGIN}/v1/oauth/token`, exp: seconds(r) + 120, jti, ...more };
}

export function proofClaims(
  r: Rig,
  of: { method: string; path: string; token?: string },
  more: object = {},
): JWTPayload {
  const htu = `${ORIGIN}${of.path.split('?', 1)[0]}`;
  const ath =
    of.token === undefined ? {} : { ath: createHash('sha256').update(of.token).digest('base64url') };
  return { htm: of.method, htu, iat: seconds(r), jti: randomUUID(), ...ath, ...more };
}

export const proofBy = (key: Key, claims: JWTPayload, header: object = {}): Promise<string> =>
  sign(key, claims, { typ: 'dpop+jwt', jwk: key.jwk, ...header });

export async function askToken(
  r: Rig,
  parts: { assertion: string; proof?: string | undefined; more?: object },
): Promise<Answer> {
  const form = {
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: parts.assertion,
    ...parts.more,
  };
  const sent = await r.server.app.inject({
    method: 'POST',
    url: '/v1/oauth/token',
    payload: new URLSearchParams(form).toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(parts.proof === undefined ? {} : { dpop: parts.proof }),
    },
  });
  return { status: sent.statusCode, headers: sent.headers, body: JSON.parse(sent.body) };
}

/** The token of a registered device. */
export async function deviceToken(r: Rig, device: string, key: Key): Promise<string> {
  const assertion = await sign(key, assertionClaims(r, device));
  const proof = await proofBy(key, proofClaims(r, { method: 'POST', path: '/v1/oauth/token' }));
  const answer = await askToken(r, { assertion, proof });
  if (answer.status !== 200) throw new Error(`No token for ${device}: ${JSON.stringify(answer.body)}`);
  return answer.body.access_token;
}

/** The API as the device uses it: a new proof with each request. */
export function deviceApi(r: Rig, token: string, key: Key): Pick<Api, 'get' | 'post'> {
  const nobody = r.as(undefined);
  const headers = async (method: string, path: string) => ({
    authorization: `DPoP ${token}`,
    dpop: await proofBy(key, proofClaims(r, { method, path, token })),
  });
  return {
    get: async (path, more) => nobody.get(path, { ...(await headers('GET', path)), ...more }),
    post: async (path, body, more) => nobody.post(path, body, { ...(await headers('POST', path)), ...more }),
  };
}
