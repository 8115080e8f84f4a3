/**
 * The SymmetricPort over node:crypto.
 *
 * What must hold: the contract in @sokkin/crypto's ports.ts. OpenSSL 3 keeps single DES in its legacy
 * provider, which Node does not load: triple DES under K, K, K is the same function (E, D, E of one key).
 */
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { assert, type Bytes, concat } from '@sokkin/codec';
import { assertAes, type SymmetricPort, zeros } from '@sokkin/crypto';

export function nodeSymmetric(): SymmetricPort {
  return {
    randomBytes: (length) => randomFillSync(new Uint8Array(length)),
    aesEncryptBlock(key, block) {
      assertAes(key, block, block);
      assert(block.length === 16, 'one AES block');
      return encrypt(`aes-${key.length * 8}-cbc`, key, zeros(16), block);
    },
    aesCbcEncrypt(key, iv, data) {
      assertAes(key, iv, data);
      return encrypt(`aes-${key.length * 8}-cbc`, key, iv, data);
    },
    aesCbcDecrypt(key, iv, data) {
      assertAes(key, iv, data);
      return decrypt(`aes-${key.length * 8}-cbc`, key, iv, data);
    },
    desCbcEncrypt(key, iv, data) {
      assertDes(key, iv, data);
      return encrypt('des-ede3-cbc', threeKeys(key), iv, data);
    },
    desCbcDecrypt(key, iv, data) {
      assertDes(key, iv, data);
      return decrypt('des-ede3-cbc', threeKeys(key), iv, data);
    },
  };
}

function encrypt(name: string, key: Bytes, iv: Bytes, data: Bytes): Bytes {
  const cipher = createCipheriv(name, key, iv).setAutoPadding(false);
  // Without padding the last call gives nothing; it checks that the blocks were whole.
  const out = cipher.update(data);
  cipher.final();
  return new Uint8Array(out.buffer, out.byteOffset, out.length);
}

function decrypt(name: string, key: Bytes, iv: Bytes, data: Bytes): Bytes {
  const cipher = createDecipheriv(name, key, iv).setAutoPadding(false);
  const out = cipher.update(data);
  cipher.final();
  return new Uint8Array(out.buffer, out.byteOffset, out.length);
}

function threeKeys(key: Bytes): Bytes {
  return key.length === 8 ? concat(key, key, key) : concat(key, key.subarray(0, 8));
}

function assertDes(key: Bytes, iv: Bytes, data: Bytes): void {
  assert(key.length === 8 || key.length === 16, () => `DES key of ${key.length} bytes`);
  assert(iv.length === 8, () => `DES chaining value of ${iv.length} bytes`);
  assert(data.length % 8 === 0, () => `DES: ${data.length} bytes are not whole blocks`);
}
