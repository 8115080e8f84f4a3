/**
 * The CryptoPort over WebCrypto (W3C Web Cryptography API), for a wallet in a browser.
 *
 * What must hold: private keys are generated non-extractable and stay in the vault; a `handle` is a
 * random alias and tells nothing about the key. This file names no DOM type: `SubtleLike` is the part
 * of SubtleCrypto it uses, so that it compiles where there is no browser.
 */
import { type Bytes, hex, SokkinError } from '@sokkin/codec';
import { LruMap } from './lru.ts';
import type { Awaitable, CryptoPort } from './ports.ts';

/** Bytes that WebCrypto accepts under every TypeScript library: never over shared memory. */
type OwnBytes = Uint8Array<ArrayBuffer>;

interface EcKeyAlgorithm {
  name: 'ECDSA';
  namedCurve: 'P-256';
}

interface EcdsaAlgorithm {
  name: 'ECDSA';
  hash: 'SHA-256';
}

/** The part of SubtleCrypto that this port uses; `K` is the platform's CryptoKey. */
export interface SubtleLike<K> {
  generateKey(
    algorithm: EcKeyAlgorithm,
    extractable: boolean,
    usages: ('sign' | 'verify')[],
  ): Promise<{ publicKey: K; privateKey: K }>;
  exportKey(format: 'raw', key: K): Promise<ArrayBuffer>;
  importKey(
    format: 'raw',
    data: OwnBytes,
    algorithm: EcKeyAlgorithm,
    extractable: boolean,
    usages: ('sign' | 'verify')[],
  ): Promise<K>;
  sign(algorithm: EcdsaAlgorithm, key: K, data: OwnBytes): Promise<ArrayBuffer>;
  verify(algorithm: EcdsaAlgorithm, key: K, signature: OwnBytes, data: OwnBytes): Promise<boolean>;
}

/** Keeps private keys by alias; a browser keeps CryptoKey objects in IndexedDB without seeing them. */
export interface KeyVault<K> {
  put(alias: Bytes, privateKey: K): Awaitable<void>;
  get(alias: Bytes): Awaitable<K | undefined>;
}

/** A vault that lives as long as the page: for tests and for purses that are thrown away. */
export function memoryKeyVault<K>(): KeyVault<K> {
  const keys = new Map<string, K>();
  return {
    put(alias, privateKey) {
      keys.set(hex(alias), privateKey);
    },
    get: (alias) => keys.get(hex(alias)),
  };
}

const KEY: EcKeyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE: EcdsaAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
const ALIAS_LENGTH = 16;
/** getRandomValues refuses more at once (Web Cryptography API, 10.1.1). */
const RANDOM_QUOTA = 65_536;
const CACHED_PUBLIC_KEYS = 256;

export function webCrypto<K extends object>(
  subtle: SubtleLike<K>,
  getRandomValues: (into: OwnBytes) => unknown,
  vault: KeyVault<K> = memoryKeyVault(),
): CryptoPort {
  const publicKeys = new LruMap<K>(CACHED_PUBLIC_KEYS);

  async function importPublicKey(publicKey: OwnBytes): Promise<K> {
    const name = hex(publicKey);
    const cached = publicKeys.get(name);
    if (cached !== undefined) return cached;
    const imported = await subtle.importKey('raw', publicKey, KEY, true, ['verify']);
    publicKeys.set(name, imported);
    return imported;
  }

  function randomBytes(length: number): OwnBytes {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += RANDOM_QUOTA) getRandomValues(bytes.subarray(at, at + RANDOM_QUOTA));
    return bytes;
  }

  return {
    randomBytes,

    async generateKey() {
      const pair = await subtle.generateKey(KEY, false, ['sign', 'verify']);
      const handle = randomBytes(ALIAS_LENGTH);
      await vault.put(handle, pair.privateKey);
      return { handle, publicKey: new Uint8Array(await subtle.exportKey('raw', pair.publicKey)) };
    },

    async sign(handle, message) {
      const own = new Uint8Array(message);
      const key = await vault.get(handle);
      if (key === undefined) throw new SokkinError('unknown_key', 'This device holds no key of that name');
      return new Uint8Array(await subtle.sign(SIGNATURE, key, own));
    },

    async verify(publicKey, message, signature) {
      if (publicKey.length !== 65 || publicKey[0] !== 0x04 || signature.length !== 64) return false;
      // Copied before the first await: what was asked is what is checked, whoever reuses the buffer.
      const ownKey = new Uint8Array(publicKey);
      const ownMessage = new Uint8Array(message);
      const ownSignature = new Uint8Array(signature);
      try {
        const key = await importPublicKey(ownKey);
        return await subtle.verify(SIGNATURE, key, ownSignature, ownMessage);
      } catch {
        return false; // importKey rejects a point off the curve
      }
    },
  };
}
