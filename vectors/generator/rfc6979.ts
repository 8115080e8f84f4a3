/**
 * ECDSA over P-256 with SHA-256 and the deterministic nonce of RFC 6979, so that the vectors come out the same
 * on every machine. For test vectors only: neither constant in time nor careful with keys.
 *
 * What must hold: the signatures of RFC 6979, A.2.5 (tests/vectors.test.ts). The point k*G comes from
 * node:crypto's ECDH; what is left is arithmetic modulo the order of the group.
 */
import { createECDH, createHash, createHmac } from 'node:crypto';

/** The order of P-256 (SEC 2, 2.4.2). */
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const bytesOf = (n: bigint): Buffer => Buffer.from(n.toString(16).padStart(64, '0'), 'hex');

/** The uncompressed point of a private scalar, 65 bytes. */
export function publicKeyOf(scalar: Uint8Array): Uint8Array {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(scalar);
  return new Uint8Array(ecdh.getPublicKey());
}

/** r || s, 64 bytes, over SHA-256(message). */
export function signRfc6979(scalar: Uint8Array, message: Uint8Array): Uint8Array {
  const digest = createHash('sha256').update(message).digest();
  const d = numberOf(scalar);
  const e = numberOf(digest);
  for (const k of nonces(bytesOf(d), bytesOf(e % ORDER))) {
    const r = numberOf(publicKeyOf(bytesOf(k)).subarray(1, 33)) % ORDER;
    const s = (inverse(k) * ((e + r * d) % ORDER)) % ORDER;
    if (r !== 0n && s !== 0n) return new Uint8Array(Buffer.concat([bytesOf(r), bytesOf(s)]));
  }
  throw new Error('unreachable: the nonces never end');
}

/** RFC 6979, 3.2: the candidates for k, in order. */
function* nonces(key: Buffer, digest: Buffer): Generator<bigint> {
  let K = Buffer.alloc(32, 0);
  let V = Buffer.alloc(32, 1);
  const hmac = (...parts: Buffer[]): Buffer => createHmac('sha256', K).update(Buffer.concat(parts)).digest();
  for (const step of [0, 1]) {
    K = Buffer.from(hmac(V, Buffer.of(step), key, digest));
    V = Buffer.from(hmac(V));
  }
  for (;;) {
    V = Buffer.from(hmac(V));
    const k = numberOf(V);
    if (k > 0n && k < ORDER) yield k;
    K = Buffer.from(hmac(V, Buffer.of(0)));
    V = Buffer.from(hmac(V));
  }
}

/** Extended Euclid. */
function inverse(a: bigint): bigint {
  let [r0, r1, t0, t1] = [ORDER, a % ORDER, 0n, 1n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1, t0, t1] = [r1, r0 - q * r1, t1, t0 - q * t1];
  }
  return t0 < 0n ? t0 + ORDER : t0;
}
