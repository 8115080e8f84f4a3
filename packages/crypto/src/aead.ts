/**
 * Authenticated encryption and keyed hashes for data at rest, behind a port: AES-256-GCM (NIST SP 800-38D), HMAC-SHA-256
 * (RFC 2104).
 *
 * What must hold: `open` gives the plaintext of exactly this key, nonce and context, or undefined, and never throws for what it is
 * shown; a nonce is used once under a key, which is the caller's to see to. Keys are raw in a software port, or handles of an HSM.
 */
import { gcm } from '@noble/ciphers/aes.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { assert, type Bytes } from '@sokkin/codec';
import type { Awaitable } from './ports.ts';

export const AEAD_NONCE = 12;
export const AEAD_TAG = 16;

export interface AeadPort {
  randomBytes(length: number): Bytes;
  /** Ciphertext and then a tag of 16 bytes; the nonce has 12. */
  seal(key: Bytes, nonce: Bytes, plaintext: Bytes, context: Bytes): Awaitable<Bytes>;
  open(key: Bytes, nonce: Bytes, sealed: Bytes, context: Bytes): Awaitable<Bytes | undefined>;
  /** 32 bytes. */
  mac(key: Bytes, message: Bytes): Awaitable<Bytes>;
}

/** The port in TypeScript. Its table look-ups depend on keys: an HSM or the platform's own cipher serves a back-end better. */
export function portableAead(randomBytes: (length: number) => Bytes): AeadPort {
  return {
    randomBytes,
    seal(key, nonce, plaintext, context) {
      assertKey(key, nonce);
      return gcm(key, nonce, context).encrypt(plaintext);
    },
    open(key, nonce, sealed, context) {
      assertKey(key, nonce);
      if (sealed.length < AEAD_TAG) return undefined;
      try {
        return gcm(key, nonce, context).decrypt(sealed);
      } catch {
        // The library has no other answer to a wrong tag.
        return undefined;
      }
    },
    mac: (key, message) => hmac(sha256, key, message),
  };
}

function assertKey(key: Bytes, nonce: Bytes): void {
  assert(key.length === 32, () => `AES-256 key of ${key.length} bytes`);
  assert(nonce.length === AEAD_NONCE, () => `nonce of ${nonce.length} bytes`);
}
