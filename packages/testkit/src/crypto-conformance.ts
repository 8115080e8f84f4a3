/**
 * What every CryptoPort must do, run by each implementation in one line:
 *
 *     cryptoConformance('node:crypto', () => nodeCrypto());
 *
 * What must hold: the contract in @sokkin/crypto's ports.ts, above all that hostile keys and signatures
 * are answered with `false` and never with an exception.
 */
import { type Bytes, concat, fromHex, hex } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import { beforeAll, describe, expect, it } from 'vitest';

/** Domain parameters of P-256 (SEC 2, 2.4.2). */
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const MESSAGE = Uint8Array.from({ length: 200 }, (_, at) => at);

/** Generators of other curves (SEC 2, 2.4.1 and 2.5.1): right points in the wrong place. */
const SECP256K1_G = fromHex(
  '0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
);
const P384_G = fromHex(
  '04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
);

function bytes32(value: bigint): Bytes {
  return fromHex(value.toString(16).padStart(64, '0'));
}

function flipped(bytes: Bytes, at: number): Bytes {
  return bytes.map((byte, index) => (index === at ? byte ^ 0x01 : byte));
}

/** (r, n-s): the other signature that ECDSA accepts for the same message. */
export function malleated(signature: Bytes): Bytes {
  const s = BigInt(`0x${hex(signature.subarray(32))}`);
  return concat(signature.subarray(0, 32), bytes32(N - s));
}

export function cryptoConformance(name: string, make: () => CryptoPort): void {
  describe(`CryptoPort: ${name}`, () => {
    let port: CryptoPort;
    let handle: Bytes;
    let publicKey: Bytes;
    let signature: Bytes;

    beforeAll(async () => {
      port = make();
      ({ handle, publicKey } = await port.generateKey());
      signature = await port.sign(handle, MESSAGE);
    });

    it('draws as many random bytes as asked, never the same twice', () => {
      for (const length of [0, 1, 32, 100_000]) expect(port.randomBytes(length)).toHaveLength(length);
      expect(hex(port.randomBytes(16))).not.toBe(hex(port.randomBytes(16)));
      expect(
        port
          .randomBytes(100_000)
          .subarray(-32)
          .some((byte) => byte !== 0),
      ).toBe(true);
    });

    it('makes keys of the stated shape, each another', async () => {
      expect(handle.length).toBeLessThanOrEqual(64);
      expect(publicKey).toHaveLength(65);
      expect(publicKey[0]).toBe(0x04);
      const other = await port.generateKey();
      expect(hex(other.publicKey)).not.toBe(hex(publicKey));
      expect(hex(other.handle)).not.toBe(hex(handle));
    });

    it('signs 64 bytes that verify, and each time others', async () => {
      for (const length of [0, 1, 63, 64, 10_000]) {
        const message = new Uint8Array(length).fill(0x5a);
        const [one, two] = [await port.sign(handle, message), await port.sign(handle, message)];
        expect(one).toHaveLength(64);
        expect(hex(one)).not.toBe(hex(two));
        expect(await port.verify(publicKey, message, one)).toBe(true);
        expect(await port.verify(publicKey, message, two)).toBe(true);
      }
    });

    it('refuses another message and another key', async () => {
      const other = await port.generateKey();
      expect(await port.verify(other.publicKey, MESSAGE, signature)).toBe(false);
      expect(await port.verify(publicKey, MESSAGE.subarray(1), signature)).toBe(false);
      expect(await port.verify(publicKey, flipped(MESSAGE, 199), signature)).toBe(false);
    });

    it('refuses a signature with any byte changed', async () => {
      for (let at = 0; at < 64; at++) {
        expect(await port.verify(publicKey, MESSAGE, flipped(signature, at)), `byte ${at}`).toBe(false);
      }
    });

    it('refuses a signature of a wrong length', async () => {
      const derHeader = fromHex('3044');
      const longer = concat(signature, Uint8Array.of(0));
      const wrong = [new Uint8Array(0), signature.subarray(1), signature.subarray(0, 63), longer];
      wrong.push(concat(derHeader, signature), concat(signature, signature));
      for (const bad of wrong) expect(await port.verify(publicKey, MESSAGE, bad)).toBe(false);
    });

    it('refuses r and s outside 1..n-1', async () => {
      const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
      for (const value of [0n, N, N + 1n, P, 2n ** 256n - 1n]) {
        const edge = bytes32(value);
        for (const bad of [concat(edge, s), concat(r, edge), concat(edge, edge)]) {
          expect(await port.verify(publicKey, MESSAGE, bad), hex(bad)).toBe(false);
        }
      }
    });

    it('answers false, and does not throw, for every malformed key', async () => {
      const [x, y] = [publicKey.subarray(1, 33), publicKey.subarray(33)];
      const parity = (y[31] ?? 0) & 1;
      const malformed: Record<string, Bytes> = {
        empty: new Uint8Array(0),
        infinity: Uint8Array.of(0x00),
        'infinity, padded': new Uint8Array(65),
        'point (0, 0)': concat(Uint8Array.of(0x04), new Uint8Array(64)),
        'without prefix': publicKey.subarray(1),
        'one byte short': publicKey.subarray(0, 64),
        'one byte long': concat(publicKey, Uint8Array.of(0)),
        compressed: concat(Uint8Array.of(0x02 + parity), x),
        'compressed, padded': concat(Uint8Array.of(0x02 + parity), x, new Uint8Array(32)),
        hybrid: concat(Uint8Array.of(0x06 + parity), x, y),
        'off the curve': flipped(publicKey, 64),
        'coordinates swapped': concat(Uint8Array.of(0x04), y, x),
        'x not below p': concat(Uint8Array.of(0x04), bytes32(P), y),
        'point of secp256k1': SECP256K1_G,
        'point of P-384': P384_G,
        'P-384 cut to length': P384_G.subarray(0, 65),
      };
      for (const [what, key] of Object.entries(malformed)) {
        // Twice: a refusal must not be cached as a key.
        expect(await port.verify(key, MESSAGE, signature), what).toBe(false);
        expect(await port.verify(key, MESSAGE, signature), what).toBe(false);
      }
    });

    it('accepts the malleated signature: nothing may be keyed on signature bytes', async () => {
      const twin = malleated(signature);
      expect(hex(twin)).not.toBe(hex(signature));
      expect(await port.verify(publicKey, MESSAGE, twin)).toBe(true);
    });

    it('fails with unknown_key for a handle it did not make', async () => {
      const foreign = [new Uint8Array(0), new Uint8Array(32), new Uint8Array(31).fill(1), bytes32(N)];
      for (const bad of foreign) {
        const signing = async () => port.sign(bad, MESSAGE);
        await expect(signing()).rejects.toMatchObject({ code: 'unknown_key' });
      }
    });

    it('reads views of a larger buffer, changes no input, and keeps no hold of it', async () => {
      const frame = concat(Uint8Array.of(9), publicKey, MESSAGE, signature, Uint8Array.of(9));
      const before = hex(frame);
      const verdict = port.verify(frame.subarray(1, 66), frame.subarray(66, 266), frame.subarray(266, 330));
      expect(hex(frame)).toBe(before);
      frame.fill(0); // the caller reuses its buffer at once
      expect(await verdict).toBe(true);

      const message = Uint8Array.from(MESSAGE);
      const signing = port.sign(handle, message);
      message.fill(0);
      expect(await port.verify(publicKey, MESSAGE, await signing)).toBe(true);
    });
  });
}
