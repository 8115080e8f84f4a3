/**
 * Keys of wallets and terminals: P-256 public keys as JWK (RFC 7517, RFC 7518 section 6.2.1), known by their thumbprint (RFC 7638).
 * What must hold: a point that is not on the curve is no key.
 */
import { createHash, createPublicKey } from 'node:crypto';
import { type Bytes, concat } from '@sokkin/codec';
import { Problem } from '../problems.ts';

export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

const COORDINATE = 32;

/** Uncompressed: 04 x y. */
export function pointOf(jwk: PublicJwk): Bytes {
  const [x, y] = [jwk.x, jwk.y].map((text) => new Uint8Array(Buffer.from(text, 'base64url')));
  if (x?.length !== COORDINATE || y?.length !== COORDINATE) throw invalid();
  try {
    createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    throw invalid();
  }
  return concat(Uint8Array.of(4), x, y);
}

const invalid = (): Problem =>
  new Problem('device_key_invalid', 'x and y are no point of P-256 in base64url.', 'jwk');

export function jwkOf(point: Bytes): PublicJwk {
  const part = (from: number) => Buffer.from(point.slice(from, from + COORDINATE)).toString('base64url');
  return { kty: 'EC', crv: 'P-256', x: part(1), y: part(1 + COORDINATE) };
}

/** RFC 7638, section 3: the required members, in order. */
export const thumbprint = ({ crv, kty, x, y }: PublicJwk): string =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
