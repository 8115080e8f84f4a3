/**
 * The private half of RSA for a card of software in a browser: WebCrypto has no RSA without padding, which EMV's signatures need.
 *
 * What must hold: the contract of RsaPort's `importRsaKey` and `privateOperation`. A handle is the key itself, its parts one after the
 * other: such a key is protected by nothing but its keeper, and its use can be timed. For a sandbox's cards, never for real ones.
 */
import { assert, type Bytes, hex, Reader, SokkinError, Writer } from '@sokkin/codec';
import type { RsaKeyParts, RsaPort } from '@sokkin/crypto';

type CardRsa = Pick<RsaPort, 'importRsaKey' | 'privateOperation'>;

interface Key {
  readonly p: bigint;
  readonly q: bigint;
  readonly dp: bigint;
  readonly dq: bigint;
  readonly qInverse: bigint;
}

const VERSION = 1;
/** Octets of a part: EMV's keys have at most 1984 bits (Book 2, B2.1). */
const MOST_PART = 128;
const NAMES = ['p', 'q', 'dp', 'dq', 'qInverse'] as const;

export const webRsa = (): CardRsa => ({
  importRsaKey(parts) {
    const key = keyOf(parts);
    if (!belongsTogether(key, BigInt(parts.exponent))) return undefined;
    const length = parts.p.length + parts.q.length;
    const exponent = parts.exponent === 3 ? Uint8Array.of(3) : Uint8Array.of(1, 0, 1);
    return { handle: written(parts), publicKey: { modulus: octetsOf(key.p * key.q, length), exponent } };
  },
  privateOperation(handle, input) {
    const { p, q, dp, dq, qInverse } = keyOf(read(handle));
    const n = p * q;
    const base = numberOf(input);
    const length = (n.toString(16).length + 1) >> 1;
    assert(
      input.length === length && base < n,
      () => `RSA input of ${input.length} octets, ${length} expected`,
    );
    // PKCS #1, 5.1.2: by the Chinese remainder theorem
    const [m1, m2] = [power(base % p, dp, p), power(base % q, dq, q)];
    const h = (qInverse * (((m1 - m2) % p) + p)) % p;
    return octetsOf(m2 + q * h, length);
  },
});

function written(parts: RsaKeyParts): Bytes {
  const writer = new Writer().u8(VERSION);
  for (const name of NAMES) writer.u8(parts[name].length).bytes(parts[name]);
  return writer.finish();
}

function read(handle: Bytes): Pick<RsaKeyParts, (typeof NAMES)[number]> {
  try {
    const reader = new Reader(handle, 'RSA key');
    if (reader.u8() !== VERSION) throw new SokkinError('unknown_key', 'It is of another version.');
    const part = () => reader.take(reader.u8());
    const key = { p: part(), q: part(), dp: part(), dq: part(), qInverse: part() };
    reader.end();
    return key;
  } catch (cause) {
    throw new SokkinError('unknown_key', 'The handle is no RSA key of this browser.', { cause });
  }
}

const keyOf = ({ p, q, dp, dq, qInverse }: Pick<RsaKeyParts, (typeof NAMES)[number]>): Key => ({
  ...{ p: numberOf(p), q: numberOf(q), dp: numberOf(dp), dq: numberOf(dq), qInverse: numberOf(qInverse) },
});

function belongsTogether({ p, q, dp, dq, qInverse }: Key, e: bigint): boolean {
  if (p < 3n || q < 3n || [p, q].some((one) => one >= 1n << BigInt(8 * MOST_PART))) return false;
  return (dp * e) % (p - 1n) === 1n && (dq * e) % (q - 1n) === 1n && (qInverse * q) % p === 1n;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

const numberOf = (octets: Bytes): bigint => (octets.length === 0 ? 0n : BigInt(`0x${hex(octets)}`));

function octetsOf(value: bigint, length: number): Bytes {
  const digits = value.toString(16).padStart(2 * length, '0');
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
