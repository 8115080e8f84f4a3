/**
 * Symbolic cryptography: a CryptoPort for exhaustive runs, fast and the same every time. IT PROTECTS NOTHING.
 *
 * A key is a number; a signature is a hash of public key and message, so whoever knows the algorithm could
 * forge it. The checker's adversary does not: it only replays and recombines bytes that it has seen, which is
 * how signatures are treated in symbolic (Dolev-Yao) models. So within a run a signature that verifies was
 * made by the holder of the key.
 *
 * What must hold: all of CryptoPort's contract but two points: `sign` is deterministic (a run must be
 * repeatable, and two commands with one outcome must give the same bytes), and a key is a point of no curve.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';

const HANDLE = 0x5b;

export interface SymbolicCrypto extends CryptoPort {
  sign(handle: Bytes, message: Bytes): Bytes;
  verify(publicKey: Bytes, message: Bytes, signature: Bytes): boolean;
}

export function symbolicCrypto(seed = 0): SymbolicCrypto {
  let keys = seed * 1000;
  let draws = seed * 1000;
  return {
    randomBytes: (length) => Uint8Array.from({ length }, (_, i) => fingerprint(number(draws++), i)[0] ?? 0),
    generateKey() {
      const handle = Uint8Array.of(HANDLE, ...number(++keys));
      return { handle, publicKey: publicKeyOf(handle) };
    },
    sign(handle, message) {
      if (handle.length !== 5 || handle[0] !== HANDLE) {
        throw new SokkinError('unknown_key', 'The handle is not one of a symbolic key');
      }
      return spread(fingerprint(message, mark(publicKeyOf(handle))));
    },
    verify(publicKey, message, signature) {
      if (publicKey.length !== 65 || publicKey[0] !== 0x04 || signature.length !== 64) return false;
      const expected = spread(fingerprint(message, mark(publicKey)));
      return expected.every((byte, i) => byte === signature[i]);
    },
  };
}

/** 16 bytes that differ whenever the input does, short of an accident of 1 in 2^100: nobody attacks them. */
export function fingerprint(bytes: Bytes, salt = 0): Bytes {
  let [a, b, c, d] = [salt ^ 0x9e3779b9, salt ^ 0x85ebca6b, salt ^ 0xc2b2ae35, bytes.length ^ 0x27d4eb2f];
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte ^ (a >>> 15), 0x5bd1e995);
    c = Math.imul(c ^ byte ^ (b >>> 13), 0xcc9e2d51 | 0);
    d = Math.imul(d ^ byte ^ (c >>> 11), 0x1b873593);
  }
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  view.setUint32(0, a ^ (d >>> 16));
  view.setUint32(4, b ^ (a >>> 16));
  view.setUint32(8, c ^ (b >>> 16));
  view.setUint32(12, d ^ (c >>> 16));
  return out;
}

/** A fingerprint as a short text, for maps. */
export function fingerprintText(bytes: Bytes): string {
  let text = '';
  for (const byte of fingerprint(bytes)) text += String.fromCharCode(byte);
  return text;
}

const number = (n: number): Bytes => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
const publicKeyOf = (handle: Bytes): Bytes => Uint8Array.of(0x04, ...spread(fingerprint(handle, 0x04)));
const spread = (short: Bytes): Bytes => Uint8Array.from({ length: 64 }, (_, i) => short[i % 16] ?? 0);
const mark = (publicKey: Bytes): number => new DataView(fingerprint(publicKey).buffer).getInt32(0);
