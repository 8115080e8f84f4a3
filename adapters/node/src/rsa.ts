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
  type RSAKeyPairOptions,
} from 'node:crypto';
import { assert, type Bytes, compare, SokkinError } from '@sokkin/codec';
import { LruMap, type RsaKeyPair, type RsaKeyParts, type RsaPort, type RsaPublicKey } from '@sokkin/crypto';

const KEPT_KEYS = 256;
const PKCS1 = { format: 'der', type: 'pkcs1' } as const;
const padding = constants.RSA_NO_PADDING;

/** As an RsaPort, with an answer at once where OpenSSL has one. */
export interface NodeRsa extends RsaPort {
  privateOperation(handle: Bytes, input: Bytes): Bytes;
}

/** As octets, and not as keys to be exported: on Node 20, a garbage collection in between waits for ever for a lock that the export holds. */
const generate = (bits: number, exponent: number): Promise<{ publicKey: Buffer; privateKey: Buffer }> =>
  new Promise((resolve, reject) => {
    const options: RSAKeyPairOptions<'der', 'der'> = {
      ...{ modulusLength: bits, publicExponent: exponent },
      ...{ publicKeyEncoding: PKCS1, privateKeyEncoding: PKCS1 },
    };
    generateKeyPair('rsa', options, (error, publicKey, privateKey) =>
      error ? reject(error) : resolve({ publicKey, privateKey }),
    );
  });

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
      const made = await generate(bits, exponent);
      const handle = new Uint8Array(made.privateKey);
      const { n = '', e = '' } = createPublicKey({ key: made.publicKey, ...PKCS1 }).export({ format: 'jwk' });
      return { handle, publicKey: { modulus: fromBase64url(n), exponent: fromBase64url(e) } };
    },

    importRsaKey(parts) {
      const imported = fromParts(parts);
      if (imported === undefined) return undefined;
      const { n = '', e = '' } = imported.export({ format: 'jwk' });
      const handle = new Uint8Array(imported.export({ format: 'der', type: 'pkcs1' }));
      return { handle, publicKey: { modulus: fromBase64url(n), exponent: fromBase64url(e) } };
    },

    exportRsaKey(handle): RsaKeyParts {
      const {
        p = '',
        q = '',
        dp = '',
        dq = '',
        qi = '',
        e,
      } = privateKeyOf(handle).key.export({ format: 'jwk' });
      const exponent = e === 'Aw' ? 3 : 65537;
      const [primeP, primeQ] = [fromBase64url(p), fromBase64url(q)];
      return {
        p: primeP,
        q: primeQ,
        dp: fromBase64url(dp),
        dq: fromBase64url(dq),
        qInverse: fromBase64url(qi),
        exponent,
      };
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

/** OpenSSL wants n and d besides. */
function fromParts(parts: RsaKeyParts): KeyObject | undefined {
  const [p, q, e] = [numberOf(parts.p), numberOf(parts.q), BigInt(parts.exponent)];
  const d = p < 2n || q < 2n ? undefined : inverse(e, (p - 1n) * (q - 1n));
  if (d === undefined || !isRemainderForm(parts, p, q, d)) return undefined;
  const key = {
    kty: 'RSA',
    n: ofNumber(p * q),
    e: ofNumber(e),
    d: ofNumber(d),
    p: base64url(parts.p),
    q: base64url(parts.q),
    dp: base64url(parts.dp),
    dq: base64url(parts.dq),
    qi: base64url(parts.qInverse),
  };
  try {
    const imported = createPrivateKey({ key, format: 'jwk' });
    return isSound(imported, p * q) ? imported : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The parts are those of d. OpenSSL would not say: it finds a wrong signature and makes it once more without them,
 * where a card would give the wrong one away, and with it the primes.
 */
function isRemainderForm({ dp, dq, qInverse }: RsaKeyParts, p: bigint, q: bigint, d: bigint): boolean {
  const inverseOfQ = numberOf(qInverse);
  const isInverse = inverseOfQ < p && (inverseOfQ * q) % p === 1n;
  return isInverse && numberOf(dp) === d % (p - 1n) && numberOf(dq) === d % (q - 1n);
}

/** One signature, taken back: parts that contradict each other give another number. */
function isSound(key: KeyObject, modulus: bigint): boolean {
  const input = Buffer.from((modulus >> 1n).toString(16).padStart(2 * byteLength(modulus), '0'), 'hex');
  const signed = privateEncrypt({ key, padding }, input);
  return publicDecrypt({ key: createPublicKey(key), padding }, signed).equals(input);
}

/** The inverse of a modulo m, by Euclid's algorithm; undefined if they have a divisor in common. */
function inverse(a: bigint, m: bigint): bigint | undefined {
  let [r0, r1, t0, t1] = [m, a % m, 0n, 1n];
  while (r1 > 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return r0 === 1n ? ((t0 % m) + m) % m : undefined;
}

const byteLength = (n: bigint): number => Math.ceil(n.toString(16).length / 2);

function numberOf(bytes: Bytes): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function ofNumber(n: bigint): string {
  const digits = n.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length & 1), '0'), 'hex').toString('base64url');
}

function base64url(bytes: Bytes): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

function fromBase64url(text: string): Bytes {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}
