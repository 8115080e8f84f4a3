/**
 * What a device signs with the key that it was registered with: the assertion by which it asks for a token (RFC 7523), and the proof
 * of possession that goes with each request (DPoP, RFC 9449).
 *
 * What must hold: ES256 and nothing else, under the registered key and no other; each is for one device, one address, one method,
 * a short time, and counts once, in whichever server process it arrives. What is not signed rightly writes nothing.
 */
import { createHash } from 'node:crypto';
import type { Bytes } from '@sokkin/codec';
import type { DeviceRow, LedgerTx } from '@sokkin/issuer';
import { decodeJwt, decodeProtectedHeader, importJWK, type JWTPayload, jwtVerify } from 'jose';
import type { Backend } from '../backend.ts';
import { jwkOf, type PublicJwk, thumbprint } from './device-key.ts';
import { hashOf } from './secrets.ts';

const ALGORITHM = 'ES256';
/** How far a device's clock may be from ours. */
export const PROOF_SECONDS = 60;
const ASSERTION_SECONDS = 300;
const MOST_CHARACTERS = 4096;
const JTI = /^[\x21-\x7e]{8,256}$/;

/** Why something that was signed is not believed; for whoever writes a wallet. */
export class ProofError extends Error {}

/** Whose assertion this says it is; nothing of it is believed yet. */
export function claimedDevice(assertion: string): string {
  const { sub } = read(() => decodeJwt(bounded(assertion)));
  if (typeof sub !== 'string') throw new ProofError('The assertion has no sub.');
  return sub;
}

/** `audiences`: how this server is called. */
export async function verifyAssertion(
  b: Backend,
  device: DeviceRow,
  assertion: string,
  audiences: readonly string[],
): Promise<OnceOnly> {
  const claims = await verified(b, device, assertion, {
    issuer: device.id,
    subject: device.id,
    requiredClaims: ['exp', 'jti', 'aud'],
  });
  if (typeof claims.aud !== 'string' || !audiences.includes(claims.aud))
    throw new ProofError(`The aud of the assertion must be ${audiences.join(' or ')}.`);
  const { exp = 0 } = claims;
  if (exp > seconds(b.clock()) + ASSERTION_SECONDS)
    throw new ProofError(`The assertion must expire within ${ASSERTION_SECONDS} seconds.`);
  return { jkt: device.jkt, jti: once('assertion', claims), expiresAt: new Date(exp * 1000) };
}

export interface Request {
  readonly method: string;
  /** Without query and fragment. */
  readonly url: string;
  /** The token that the proof goes with; undefined: it is asked for. */
  readonly token: string | undefined;
}

export async function verifyProof(
  b: Backend,
  key: { readonly jkt: string },
  proof: string,
  request: Request,
): Promise<OnceOnly> {
  const shown = read(() => decodeProtectedHeader(bounded(proof)).jwk);
  const { kty, crv, x, y, ...rest } = shown ?? {};
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string')
    throw new ProofError('The proof must show a P-256 key as jwk.');
  if ('d' in rest) throw new ProofError('The proof shows a private key: that key is burnt.');
  const jwk: PublicJwk = { kty: 'EC', crv, x, y };
  if (thumbprint(jwk) !== key.jkt) throw new ProofError('The proof is by another key.');
  const claims = await verifiedBy(b, jwk, proof, {
    typ: 'dpop+jwt',
    requiredClaims: ['jti', 'iat', 'htm', 'htu'],
  });
  if (claims.htm !== request.method) throw new ProofError('The proof is for another method (htm).');
  if (typeof claims.htu !== 'string' || plain(claims.htu) !== plain(request.url))
    throw new ProofError(`The proof is for another address (htu): this one is ${request.url}.`);
  const { iat = 0 } = claims;
  if (Math.abs(iat - b.clock().getTime() / 1000) > PROOF_SECONDS)
    throw new ProofError(
      `The proof's iat is more than ${PROOF_SECONDS} seconds away from the server's clock.`,
    );
  if (claims.ath !== (request.token === undefined ? undefined : accessTokenHash(request.token)))
    throw new ProofError('The proof is for another access token (ath).');
  return { jkt: key.jkt, jti: once('proof', claims), expiresAt: new Date((iat + PROOF_SECONDS + 1) * 1000) };
}

/** To be spent in the transaction that believes it. */
export interface OnceOnly {
  readonly jkt: string;
  readonly jti: Bytes;
  readonly expiresAt: Date;
}

export async function spend(b: Backend, tx: LedgerTx, { jkt, jti, expiresAt }: OnceOnly): Promise<void> {
  if (!(await tx.credentials.useProof(jkt, jti, expiresAt, b.clock())))
    throw new ProofError('This was used before (jti): sign a new one for each request.');
}

const verified = (b: Backend, device: DeviceRow, text: string, options: object): Promise<JWTPayload> =>
  verifiedBy(b, jwkOf(device.publicKey), text, options);

async function verifiedBy(b: Backend, jwk: PublicJwk, text: string, options: object): Promise<JWTPayload> {
  try {
    const key = await importJWK({ ...jwk }, ALGORITHM);
    const { payload } = await jwtVerify(bounded(text), key, {
      ...options,
      algorithms: [ALGORITHM],
      currentDate: b.clock(),
    });
    return payload;
  } catch (cause) {
    throw new ProofError(`Not believed: ${cause instanceof Error ? cause.message : 'malformed'}.`, { cause });
  }
}

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw cause instanceof ProofError ? cause : new ProofError('This is no compact JWS.', { cause });
  }
}

function bounded(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  throw new ProofError(`A JWS of at most ${MOST_CHARACTERS} characters is expected.`);
}

/** Kinds do not meet: a proof is no assertion. */
function once(kind: 'assertion' | 'proof', { jti }: JWTPayload): Bytes {
  if (typeof jti !== 'string' || !JTI.test(jti))
    throw new ProofError('The jti must be 8 to 256 visible ASCII characters.');
  return hashOf(`${kind} ${jti}`);
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

/** RFC 9449, 4.3: htu is compared without query and fragment. */
function plain(htu: string): string | undefined {
  const url = URL.canParse(htu) ? new URL(htu) : undefined;
  return url && `${url.origin}${url.pathname}`;
}

/** RFC 9449, 4.2. */
export const accessTokenHash = (token: string): string =>
  createHash('sha256').update(token, 'ascii').digest('base64url');
