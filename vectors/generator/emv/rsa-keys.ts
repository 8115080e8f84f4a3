/**
 * RSA keys of the vectors: test keys, made once and published here. Nothing of value may ever be put under them.
 *
 * What must hold: they never change, as every certificate and signature of the vectors hangs on them. All have the
 * public exponent 3; the rest of a key follows from its primes.
 */
import { type Bytes, fromHex } from '@sokkin/codec';
import type { RsaKeyParts } from '@sokkin/crypto';

const PRIMES = {
  /** 1984 bits: the certification authority. */
  ca: {
    p:
      'd425fe1de4316ee04fffbdb29a614ea3601037ea8834079307a6c696cad4f5f2e40811fb1a96ca933d7ef7564817b5eb' +
      '3971de61d9866899afd6c0d790c5079d014bd70d10168555639a00ad02ff0d1544c3cddc77dddb0bda852d1e4bbf0d21' +
      '087735ac12daab2fd2bb3ac850e50297c8059e0784606aeae398a94b',
    q:
      'd2405a1ec94188807483aed0ef8210739283c2462308a0ffe2083ba72c0e1b0fc4d2f45d722398761278b1bc7599e8f7' +
      '90fae9592b1536070f8fe9612e1f038a3b52ce9de7c38bd9ede73c466c49604f22f83c133c4ae2add2004081f854160f' +
      '6e6d6451527b383139deff822c0ea711c2ba1f1f0280bc28bbb17caf',
  },
  /** 1408 bits. */
  issuer: {
    p:
      'f608842c81ec442ddcb9aff6ff0edc89ddffea64c54d12e2f2f96bd1b51af4ed7c94787b78b15eab18f8839e26bf302d' +
      '9f160da41b20632a83e80e5b68379a45bb5b216af2e983d725fac6ec7941cdd9723e4aedfcb01c25',
    q:
      'c35aac2b40a8195b5c6b602a997a5eb656180b5c77b78e30225233c181ab7e2f1eefd07a856fc8194decfe8e71b4c511' +
      'ed8d6fe2b08b4941d83ca46c6a94d41ebf8a73a0350bd9fd458a24df2582b4ff15d2ee52367beddd',
  },
  /** 1024 bits. */
  card: {
    p:
      'e3e3aea03a66731691ec24d58bac46577baa935e32f6b2a80374943bee6c4a1eecc5823b5a726c5755ed696f3f5b71b7' +
      '4b0a5472339d61a464994fc257709e11',
    q:
      'dc5a6cd60c8b7aa27e6b3aeff7ebd2bca78fddc8188c0b0364fe7205660c83f8f343211df59cbdbdbcf66e21c28adab7' +
      'b91b141f3a48ac8f598be3d784c89b03',
  },
  /** 1024 bits. */
  secondCard: {
    p:
      'ee45e851f1a35d00338d5b658d2fbec71f8924f1d2654c9ff304dbc73c3edbafe1760a44cc6c4cbeb49a6964d118b95a' +
      'da0f468432762fb4489bed3c901b19f1',
    q:
      'cd94ce6de659e5647d687fc6e7469799a66ffd5d2fddd39bc30dcc7b9d1424c81dba878e20cbaa0384cdfdcaff73f6dd' +
      '259245aa661f59b4042c705ef6296c4d',
  },
} as const;
export type TestKey = keyof typeof PRIMES;

/** The private key by the Chinese remainder theorem (PKCS #1, 3.2). */
export function keyParts(name: TestKey): RsaKeyParts {
  const [p, q] = [numberOf(PRIMES[name].p), numberOf(PRIMES[name].q)];
  const length = PRIMES[name].p.length / 2;
  return {
    p: bytesOf(p, length),
    q: bytesOf(q, length),
    dp: bytesOf(thirdOf(p - 1n), length),
    dq: bytesOf(thirdOf(q - 1n), length),
    // Fermat: q^(p-2) is the inverse of q modulo the prime p.
    qInverse: bytesOf(power(q, p - 2n, p), length),
    exponent: 3,
  };
}

/** The inverse of 3 modulo a number that 3 does not divide. */
const thirdOf = (m: bigint): bigint => (m % 3n === 2n ? (m + 1n) / 3n : (2n * m + 1n) / 3n);

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

const numberOf = (text: string): bigint => BigInt(`0x${text}`);
const bytesOf = (n: bigint, length: number): Bytes => fromHex(n.toString(16).padStart(2 * length, '0'));
