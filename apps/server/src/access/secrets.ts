/**
 * Secrets that we make, and how we know them again.
 *
 * What must hold: 256 bits of chance each, so that a plain hash is enough to keep them by, and no salt or slow hash is
 * needed; they are compared in constant time, also with nothing; they leave in the one answer that makes them.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Bytes } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';

const SECRET_BYTES = 32;
/** The text after the prefix. */
export const SECRET_TEXT = /^[A-Za-z0-9_-]{43}$/;

/** `sat`: an access token. `scs`: the secret of a client. */
export const newSecret = (crypto: Pick<CryptoPort, 'randomBytes'>, prefix: 'sat' | 'scs'): string =>
  `${prefix}_${Buffer.from(crypto.randomBytes(SECRET_BYTES)).toString('base64url')}`;

export const isSecret = (text: string, prefix: 'sat' | 'scs'): boolean =>
  text.startsWith(`${prefix}_`) && SECRET_TEXT.test(text.slice(prefix.length + 1));

export const hashOf = (text: string): Bytes => new Uint8Array(createHash('sha256').update(text).digest());

const NO_SECRET = new Uint8Array(32);

/** Takes as long where there is nothing to compare with. */
export function isSame(shown: string, kept: Bytes | undefined): boolean {
  const equal = timingSafeEqual(hashOf(shown), kept ?? NO_SECRET);
  return equal && kept !== undefined;
}
