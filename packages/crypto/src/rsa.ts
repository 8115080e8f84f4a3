/**
 * RSA's public operation on BigInt, for terminals without a platform RSA that pads nothing: WebCrypto has
 * none. Verification only: nothing secret passes here, so time may tell what it likes.
 *
 * What must hold: the contract of `RsaPort.publicOperation`.
 */
import { type Bytes, hex } from '@sokkin/codec';
import type { RsaPublicKey } from './ports.ts';

/** EMV's keys have at most 1984 bits (Book 2, B2.1); 4096 leaves room, and bounds what a card can cost us. */
const MOST_BYTES = 512;
/** EMV's exponents are 3 and 65537; a card that names a longer one only wants us to work. */
const MOST_EXPONENT_BYTES = 4;

export function rsaPublicOperation(key: RsaPublicKey, input: Bytes): Bytes | undefined {
  const { modulus, exponent } = key;
  if (modulus.length > MOST_BYTES || modulus[0] === 0 || input.length !== modulus.length) return undefined;
  if (exponent.length > MOST_EXPONENT_BYTES || (exponent[0] ?? 0) === 0) return undefined;
  const n = numberOf(modulus);
  const base = numberOf(input);
  if ((n & 1n) === 0n || base >= n) return undefined;
  const result = power(base, numberOf(exponent), n);
  const digits = result.toString(16).padStart(modulus.length * 2, '0');
  return Uint8Array.from({ length: modulus.length }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n % modulus;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

function numberOf(bytes: Bytes): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${hex(bytes)}`);
}
