/**
 * The CryptoPort over WebCrypto.
 *
 * What must hold: the contract of @sokkin/crypto's ports.ts. A handle is a random name; the key that it names lies on the shelf and cannot be
 * read out. What this protects from is a page that reads memory or storage, not a page that runs as this origin: such a one can sign.
 */
import { type Bytes, hex, SokkinError } from '@sokkin/codec';
import { type CryptoPort, LruMap } from '@sokkin/crypto';
import type { KeyShelf } from './keys.ts';

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const ECDSA_SHA256 = { name: 'ECDSA', hash: 'SHA-256' } as const;
const HANDLE_LENGTH = 16;
const PUBLIC_KEYS = 1_000;
/** What getRandomValues gives at once. */
const MOST_RANDOM = 65_536;

export function webCrypto(shelf: KeyShelf): CryptoPort {
  const publicKeys = new LruMap<CryptoKey>(PUBLIC_KEYS);
  const opened = new Map<string, CryptoKey>();
  return {
    randomBytes,
    async generateKey() {
      const pair = await crypto.subtle.generateKey(P256, false, ['sign', 'verify']);
      const handle = randomBytes(HANDLE_LENGTH);
      await shelf.put(hex(handle), pair.privateKey);
      opened.set(hex(handle), pair.privateKey);
      return { handle, publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)) };
    },
    async sign(handle, message) {
      const name = hex(handle);
      const key = opened.get(name) ?? (await shelf.get(name));
      if (key === undefined) throw new SokkinError('unknown_key', 'This browser has no key of this name');
      opened.set(name, key);
      return new Uint8Array(await crypto.subtle.sign(ECDSA_SHA256, key, owned(message)));
    },
    async verify(publicKey, message, signature) {
      if (publicKey.length !== 65 || publicKey[0] !== 0x04 || signature.length !== 64) return false;
      const name = hex(publicKey);
      try {
        let key = publicKeys.get(name);
        if (key === undefined) {
          key = await crypto.subtle.importKey('raw', owned(publicKey), P256, false, ['verify']);
          publicKeys.set(name, key);
        }
        return await crypto.subtle.verify(ECDSA_SHA256, key, owned(signature), owned(message));
      } catch {
        return false; // the import refuses a point off the curve
      }
    },
  };
}

function randomBytes(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += MOST_RANDOM)
    crypto.getRandomValues(bytes.subarray(at, at + MOST_RANDOM));
  return bytes;
}

/** A copy that nobody changes while the browser works on it. */
const owned = (bytes: Bytes): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
