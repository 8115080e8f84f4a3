/**
 * The RsaPort over node:crypto: OpenSSL's RSA without padding.
 *
 * What must hold: the contract in @sokkin/crypto's ports.ts. A handle is the key in PKCS#1 DER: a software
 * key, protected by nothing but its keeper. Imported private keys are kept, as the issuer's key signs for
 * every card. Odd lengths (1152, 1408, 1984 bits) are EMV's usual ones and OpenSSL takes them.
 */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
} from 'node:crypto';
import { promisify } from 'node:util';
import { assert, type Bytes, compare, SokkinError } from '@sokkin/codec';
import { LruMap, type RsaKeyPair, type RsaPort, type RsaPublicKey } from '@sokkin/crypto';

const KEPT_KEYS = 256;
const generate = promisify(generateKeyPair);
const padding = constants.RSA_NO_PADDING;

/** As an RsaPort, with an answer at once where OpenSSL has one. */
export interface NodeRsa extends RsaPort {
  privateOperation(handle: Bytes, input: Bytes): Bytes;
}

export function nodeRsa(): NodeRsa {
  const privateKeys = new LruMap<{ key: KeyObject; length: number }>(KEPT_KEYS);
  const publicKeys = new LruMap<KeyObject>(KEPT_KEYS);

  function privateKeyOf(handle: Bytes): { key: KeyObject; length: number } {
    const name = base64url(handle);
    const kept = privateKeys.get(name);
    if (kept !== undefined) return kept;
    const key = importPrivate(handle);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    const imported = { key, length: Math.ceil(bits / 8) };
    privateKeys.set(name, imported);
    return imported;
  }

  return {
    async generateRsaKey(bits, exponent): Promise<RsaKeyPair> {
      const { privateKey, publicKey } = await generate('rsa', {
        modulusLength: bits,
        publicExponent: exponent,
      });
      const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
      const handle = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs1' }));
      return { handle, publicKey: { modulus: fromBase64url(n), exponent: fromBase64url(e) } };
    },

    publicOperation(key, input) {
      if (!fits(key, input)) return undefined;
      const name = `${base64url(key.exponent)}.${base64url(key.modulus)}`;
      try {
        let imported = publicKeys.get(name);
        if (imported === undefined) {
          imported = importPublic(key);
          publicKeys.set(name, imported);
        }
        return new Uint8Array(publicDecrypt({ key: imported, padding }, input));
      } catch {
        return undefined; // OpenSSL refuses the key or the input
      }
    },

    privateOperation(handle, input) {
      const { key, length } = privateKeyOf(handle);
      assert(input.length === length, () => `RSA input of ${input.length} bytes under a key of ${length}`);
      return new Uint8Array(privateEncrypt({ key, padding }, input));
    },
  };
}

/** The shape that RsaPort asks for; whether the modulus is a product of primes nobody can see. */
function fits({ modulus, exponent }: RsaPublicKey, input: Bytes): boolean {
  const isNumber = modulus.length > 0 && modulus[0] !== 0 && ((modulus.at(-1) ?? 0) & 1) === 1;
  const isExponent = exponent.length > 0 && exponent[0] !== 0;
  return isNumber && isExponent && input.length === modulus.length && compare(input, modulus) < 0;
}

function importPublic({ modulus, exponent }: RsaPublicKey): KeyObject {
  const key = { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) };
  return createPublicKey({ key, format: 'jwk' });
}

function importPrivate(handle: Bytes): KeyObject {
  try {
    const key = Buffer.from(handle.buffer, handle.byteOffset, handle.byteLength);
    const imported = createPrivateKey({ key, format: 'der', type: 'pkcs1' });
    if (imported.asymmetricKeyType !== 'rsa') throw new Error('not an RSA key');
    return imported;
  } catch (cause) {
    throw new SokkinError('unknown_key', 'The handle is not an RSA private key', { cause });
  }
}

function base64url(bytes: Bytes): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

function fromBase64url(text: string): Bytes {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}
