/**
 * SHA-256, synchronous everywhere: the purse machine is a pure step function and cannot wait for
 * WebCrypto's promise. What must hold: hashing parts equals hashing their concatenation, so a caller
 * whose parts vary in length must frame them itself.
 */
import { sha1 as sha1Hash } from '@noble/hashes/legacy.js';
import { sha256 as sha256Hash } from '@noble/hashes/sha2.js';
import type { Bytes } from '@sokkin/codec';

/** SHA-256 (FIPS 180-4) of the parts' concatenation; 32 bytes. */
export function sha256(...parts: readonly Bytes[]): Bytes {
  const hash = sha256Hash.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/**
 * SHA-1 of the parts' concatenation; 20 bytes. Only where EMV prescribes it (Book 2, B3.1): the recoverable
 * signatures of offline data authentication, and option B of key derivation.
 */
export function sha1(...parts: readonly Bytes[]): Bytes {
  const hash = sha1Hash.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}
