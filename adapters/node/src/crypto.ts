/**
 * The CryptoPort over node:crypto, synchronous: what the server, the CLI and the software purse use.
 *
 * What must hold: the contract of @sokkin/crypto's ports.ts, and speed, because P-256 verification is
 * the back-end's physical limit. Imported keys are kept, in bounded maps: on Node 20 (OpenSSL 3.0, one
 * core) 15,500 verifications a second by a kept key, 6,200 when the key comes in anew each time. JWK is
 * the fastest way in for a public key: 14,900 imports a second, against 9,500 as SPKI DER.
 *
 * A handle is the raw 32-byte scalar: a software key, protected by nothing but its keeper.
 */
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  type KeyObject,
  randomFillSync,
  sign as signOnce,
  verify as verifyOnce,
} from 'node:crypto';
import { type Bytes, compare, concat, fromHex, SokkinError } from '@sokkin/codec';
import { type CryptoPort, type KeyPair, LruMap } from '@sokkin/crypto';

const PUBLIC_KEYS = 20_000;
const PRIVATE_KEYS = 1_000;
const SCALAR_LENGTH = 32;

/** What createSign and createVerify take; kept whole, so that a verification builds no options. */
interface ImportedKey {
  readonly key: KeyObject;
  readonly dsaEncoding: 'ieee-p1363';
}

/** ECPrivateKey (RFC 5915) on P-256 around a raw scalar, without the optional public key. */
const SEC1_PREFIX = fromHex('30310201010420');
const SEC1_SUFFIX = fromHex('a00a06082a8648ce3d030107');

/** The order of P-256 (SEC 2, 2.4.2). A private key is a scalar from 1 to n-1; OpenSSL does not ask. */
const ORDER = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const ZERO = new Uint8Array(SCALAR_LENGTH);

export interface NodeCryptoOptions {
  /** How many imported public keys to keep (each about 2 KiB). Default 20,000. */
  readonly publicKeys?: number;
}

export interface SyncCryptoPort extends CryptoPort {
  generateKey(): KeyPair;
  sign(handle: Bytes, message: Bytes): Bytes;
  verify(publicKey: Bytes, message: Bytes, signature: Bytes): boolean;
}

export function nodeCrypto(options: NodeCryptoOptions = {}): SyncCryptoPort {
  const publicKeys = new LruMap<ImportedKey>(options.publicKeys ?? PUBLIC_KEYS);
  const privateKeys = new LruMap<ImportedKey>(PRIVATE_KEYS);

  return {
    randomBytes: (length) => randomFillSync(new Uint8Array(length)),

    generateKey() {
      // Not generateKeyPair: on Node 20, a garbage collection while its key is exported waits for ever for a lock that the export holds.
      const pair = createECDH('prime256v1');
      const publicKey = new Uint8Array(pair.generateKeys());
      const scalar = pair.getPrivateKey();
      const handle = new Uint8Array(SCALAR_LENGTH);
      // It comes without its leading zeros.
      handle.set(scalar, SCALAR_LENGTH - scalar.length);
      scalar.fill(0);
      return { handle, publicKey };
    },

    sign(handle, message) {
      return new Uint8Array(createSign('SHA256').update(message).sign(keptOrScalar(privateKeys, handle)));
    },

    verify(publicKey, message, signature) {
      if (publicKey.length !== 65 || publicKey[0] !== 0x04 || signature.length !== 64) return false;
      const name = hexOf(publicKey);
      try {
        let key = publicKeys.get(name);
        if (key === undefined) {
          key = imported(importPoint(publicKey));
          publicKeys.set(name, key);
        }
        return createVerify('SHA256').update(message).verify(key, signature);
      } catch {
        return false; // the import refuses a point off the curve
      }
    },
  };
}

/**
 * P-256 verification on the threads of libuv: some microseconds here for each, whatever it costs there. The result is that
 * of `nodeCrypto().verify`.
 */
export function threadedVerify(
  options: NodeCryptoOptions = {},
): (publicKey: Bytes, message: Bytes, signature: Bytes) => Promise<boolean> {
  const publicKeys = new LruMap<ImportedKey>(options.publicKeys ?? PUBLIC_KEYS);
  return (publicKey, message, signature) => {
    const key = signature.length === 64 ? keptOrImported(publicKeys, publicKey) : undefined;
    if (key === undefined) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      verifyOnce('SHA256', message, key, signature, (error, good) => (error ? reject(error) : resolve(good)));
    });
  };
}

/** P-256 signatures on the threads of libuv. They are those of `nodeCrypto().sign`. */
export function threadedSign(): (handle: Bytes, message: Bytes) => Promise<Bytes> {
  const privateKeys = new LruMap<ImportedKey>(PRIVATE_KEYS);
  return (handle, message) =>
    new Promise((resolve, reject) => {
      signOnce('SHA256', message, keptOrScalar(privateKeys, handle), (error, signature) =>
        error ? reject(error) : resolve(new Uint8Array(signature)),
      );
    });
}

function keptOrScalar(privateKeys: LruMap<ImportedKey>, handle: Bytes): ImportedKey {
  const name = hexOf(handle);
  const kept = privateKeys.get(name);
  if (kept !== undefined) return kept;
  const key = imported(importScalar(handle));
  privateKeys.set(name, key);
  return key;
}

/** undefined: it is no point of the curve. */
function keptOrImported(publicKeys: LruMap<ImportedKey>, publicKey: Bytes): ImportedKey | undefined {
  if (publicKey.length !== 65 || publicKey[0] !== 0x04) return undefined;
  const name = hexOf(publicKey);
  const kept = publicKeys.get(name);
  if (kept !== undefined) return kept;
  try {
    const key = imported(importPoint(publicKey));
    publicKeys.set(name, key);
    return key;
  } catch {
    return undefined;
  }
}

function imported(key: KeyObject): ImportedKey {
  return { key, dsaEncoding: 'ieee-p1363' };
}

function importPoint(publicKey: Bytes): KeyObject {
  const point = viewOf(publicKey);
  const [x, y] = [point.toString('base64url', 1, 33), point.toString('base64url', 33, 65)];
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
}

function importScalar(handle: Bytes): KeyObject {
  const isScalar = handle.length === SCALAR_LENGTH && compare(handle, ZERO) > 0 && compare(handle, ORDER) < 0;
  if (!isScalar) throw new SokkinError('unknown_key', 'The handle is not a P-256 private key');
  const der = Buffer.from(concat(SEC1_PREFIX, handle, SEC1_SUFFIX));
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'sec1' });
  } catch (cause) {
    throw new SokkinError('unknown_key', 'The handle is not a P-256 private key', { cause });
  } finally {
    der.fill(0);
  }
}

function hexOf(bytes: Bytes): string {
  return viewOf(bytes).toString('hex');
}

/** The same memory as a Buffer, whose encoders are native. */
function viewOf(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
