/**
 * What the rest of Sokkin needs of the outside world's cryptography, and nothing more.
 *
 * What must hold:
 * - `verify` answers `false` for everything that is not a signature by that key over that message: a
 *   key off the curve, at infinity, compressed or of a wrong length; a signature of a wrong length, or
 *   with r or s outside 1..n-1. It never throws for bad input, so no caller needs a second channel.
 * - A private key never leaves its port but as a `handle`, which only the port that made it can read:
 *   the raw scalar in a software port, an alias in a secure element, an HSM or a browser.
 * - `sign` draws a fresh nonce: two signatures over one message differ.
 *
 * ECDSA signatures are malleable: (r, n-s) verifies wherever (r, s) does. Never key a cache, a replay
 * check or evidence on signature bytes; key it on the signed message.
 */
import type { Bytes } from '@sokkin/codec';

/** A port may answer at once (node:crypto, an HSM's library) or later (WebCrypto, a card). */
export type Awaitable<T> = T | Promise<T>;

export interface KeyPair {
  /** At most 64 bytes; opaque to everyone but the port that made it. */
  readonly handle: Bytes;
  /** 65 bytes: the uncompressed point 04 || X || Y (SEC 1, 2.3.3). */
  readonly publicKey: Bytes;
}

export interface CryptoPort {
  randomBytes(length: number): Bytes;
  generateKey(): Awaitable<KeyPair>;
  /** 64 bytes r || s (IEEE P1363) over SHA-256(message). Fails with `unknown_key` for a foreign handle. */
  sign(handle: Bytes, message: Bytes): Awaitable<Bytes>;
  verify(publicKey: Bytes, message: Bytes, signature: Bytes): Awaitable<boolean>;
}
