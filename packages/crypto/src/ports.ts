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

/**
 * Block ciphers as EMV and GlobalPlatform use them, synchronous, because key derivation and secure messaging
 * are pure step functions.
 *
 * What must hold: nothing pads; data is a whole number of blocks, and a wrong length is a bug of the caller.
 * Keys are raw bytes in a software port; a port over an HSM may take its handles in their place for master
 * keys (what is derived from them comes out raw, as EMV's derivations are encryptions).
 *
 * Who has what: WebCrypto has AES-CBC only, asynchronous and padded, and no DES at all; OpenSSL 3 has
 * two-key triple DES but single DES only in its legacy provider; Java Card and HSMs have all of it.
 * `portableSymmetric` has all of it everywhere, in TypeScript.
 */
export interface SymmetricPort {
  randomBytes(length: number): Bytes;
  /** One block of 16 bytes; key of 16, 24 or 32. */
  aesEncryptBlock(key: Bytes, block: Bytes): Bytes;
  aesCbcEncrypt(key: Bytes, iv: Bytes, data: Bytes): Bytes;
  aesCbcDecrypt(key: Bytes, iv: Bytes, data: Bytes): Bytes;
  /** Key of 8 bytes: single DES; of 16: two-key triple DES (encrypt, decrypt, encrypt). Parity is ignored. */
  desCbcEncrypt(key: Bytes, iv: Bytes, data: Bytes): Bytes;
  desCbcDecrypt(key: Bytes, iv: Bytes, data: Bytes): Bytes;
}

export interface RsaPublicKey {
  /** Big-endian, first byte not zero. */
  readonly modulus: Bytes;
  /** Big-endian, shortest form: 03 or 010001 in EMV (Book 2, B2.1). */
  readonly exponent: Bytes;
}

/** A private key is an opaque handle, as in CryptoPort: PKCS#8 in software, a name in an HSM or a card. */
export interface RsaKeyPair {
  readonly handle: Bytes;
  readonly publicKey: RsaPublicKey;
}

/** A private key by the Chinese remainder theorem (PKCS #1, 3.2), as it is loaded into a card; big-endian. */
export interface RsaKeyParts {
  readonly p: Bytes;
  readonly q: Bytes;
  /** d mod (p-1). */
  readonly dp: Bytes;
  /** d mod (q-1). */
  readonly dq: Bytes;
  /** q^-1 mod p. */
  readonly qInverse: Bytes;
  readonly exponent: 3 | 65537;
}

/**
 * RSA without any padding (EMV Book 2, A2.1): the recoverable signatures of EMV bring their own format.
 *
 * What must hold: input and output are as long as the modulus. `publicOperation` answers `undefined`, and
 * never throws, for a key or an input that RSA cannot take (other length, input not below the modulus, even
 * modulus), because all of that comes from cards.
 */
export interface RsaPort {
  generateRsaKey(bits: number, exponent: 3 | 65537): Awaitable<RsaKeyPair>;
  /** Takes a key in; `undefined` if its parts do not belong together. */
  importRsaKey(parts: RsaKeyParts): Awaitable<RsaKeyPair | undefined>;
  /** The parts of a key that this port made for a card; fails with `unknown_key` where keys never leave. */
  exportRsaKey(handle: Bytes): Awaitable<RsaKeyParts>;
  publicOperation(key: RsaPublicKey, input: Bytes): Bytes | undefined;
  /** Fails with `unknown_key` for a foreign handle; an input that does not fit is a bug of the caller. */
  privateOperation(handle: Bytes, input: Bytes): Awaitable<Bytes>;
}
