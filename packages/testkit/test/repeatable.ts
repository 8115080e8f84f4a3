/**
 * Ports whose randomness and signatures can be had a second time, so that two runs of one suite send the same bytes:
 * what is recorded can then be replayed.
 *
 * What must hold: after `rewind`, whoever asks the same in the same order is given the same.
 */
import type { CryptoPort, RsaPort, SymmetricPort } from '@sokkin/crypto';

export interface Repeatable<Ports> {
  readonly ports: Ports;
  rewind(): void;
}

function tape() {
  const made: unknown[] = [];
  let at = 0;
  return {
    rewind() {
      at = 0;
    },
    /** What `make` gave the first time. A promise is kept at once: two may be under way. */
    once<T>(make: () => T): T {
      if (at === made.length) made.push(make());
      return made[at++] as T;
    },
  };
}

export function repeatableCrypto(inner: CryptoPort): Repeatable<CryptoPort> {
  const { once, rewind } = tape();
  const ports: CryptoPort = {
    randomBytes: (n) => inner.randomBytes(n),
    generateKey: () => once(() => inner.generateKey()),
    sign: (handle, message) => once(() => inner.sign(handle, message)),
    verify: (key, message, signature) => inner.verify(key, message, signature),
  };
  return { ports, rewind };
}

/** RSA without padding and block ciphers give the same by themselves; keys and random bytes do not. */
export function repeatableEmv(
  rsa: RsaPort,
  symmetric: SymmetricPort,
): Repeatable<{ readonly rsa: RsaPort; readonly symmetric: SymmetricPort }> {
  const { once, rewind } = tape();
  const ports = {
    rsa: { ...rsa, generateRsaKey: (bits: number, e: 3 | 65537) => once(() => rsa.generateRsaKey(bits, e)) },
    symmetric: { ...symmetric, randomBytes: (n: number) => once(() => symmetric.randomBytes(n)) },
  };
  return { ports, rewind };
}
