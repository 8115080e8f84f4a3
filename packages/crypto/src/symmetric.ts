/**
 * The SymmetricPort in TypeScript, for every runtime: AES of @noble/ciphers, DES of des.ts.
 *
 * What must hold: equal, byte for byte, to every other SymmetricPort (test/emv/mac.test.ts holds all of them to
 * the published vectors and to each other). Randomness is the platform's and is handed in.
 */
import { cbc, ecb } from '@noble/ciphers/aes.js';
import { assert, type Bytes } from '@sokkin/codec';
import { desCbcDecrypt, desCbcEncrypt } from './des.ts';
import type { SymmetricPort } from './ports.ts';

export const AES_BLOCK = 16;

const RAW = { disablePadding: true } as const;

export function portableSymmetric(randomBytes: (length: number) => Bytes): SymmetricPort {
  return {
    randomBytes,
    aesEncryptBlock(key, block) {
      assertAes(key, block, block);
      return ecb(key, RAW).encrypt(block);
    },
    aesCbcEncrypt(key, iv, data) {
      assertAes(key, iv, data);
      return cbc(key, iv, RAW).encrypt(data);
    },
    aesCbcDecrypt(key, iv, data) {
      assertAes(key, iv, data);
      return cbc(key, iv, RAW).decrypt(data);
    },
    desCbcEncrypt,
    desCbcDecrypt,
  };
}

/** What every port holds its callers to: a key of an AES length, whole blocks. */
export function assertAes(key: Bytes, iv: Bytes, data: Bytes): void {
  assert([16, 24, 32].includes(key.length), () => `AES key of ${key.length} bytes`);
  assert(iv.length === AES_BLOCK, () => `AES block of ${iv.length} bytes`);
  assert(data.length % AES_BLOCK === 0, () => `AES: ${data.length} bytes are not whole blocks`);
}
