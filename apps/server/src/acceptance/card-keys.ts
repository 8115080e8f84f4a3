/**
 * What encryptions of single blocks under an issuer's keys gave: a card's keys are made of them, and a card that pays often needs them
 * each time.
 *
 * What must hold: remembered is what keys that were named gave, and nothing else; a key is named by being that very object, and forgotten
 * with it; as many blocks are remembered as the least of two bounds allows: `most`, and what is asked for.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { LruMap, type SymmetricPort } from '@sokkin/crypto';
import type { CryptogramKeys } from '@sokkin/issuer';

export interface RememberingPort {
  readonly port: SymmetricPort;
  /** What is encrypted under these is remembered from now on. */
  name(keys: CryptogramKeys | undefined): CryptogramKeys | undefined;
}

const DES_BLOCK = 8;

export function rememberingPort(beneath: SymmetricPort, most: number): RememberingPort {
  const known = new WeakMap<Bytes, LruMap<Bytes>>();
  const remembered = (key: Bytes, block: Bytes, make: () => Bytes): Bytes => {
    const blocks = known.get(key);
    if (blocks === undefined) return make();
    const name = hex(block);
    const before = blocks.get(name);
    if (before !== undefined) return before;
    const made = make();
    blocks.set(name, made);
    return made;
  };
  const isFirst = (iv: Bytes): boolean => iv.every((byte) => byte === 0);
  return {
    name(keys) {
      if (keys !== undefined)
        for (const key of [keys.cryptogram, keys.scriptMac, keys.scriptEncipher])
          if (!known.has(key)) known.set(key, new LruMap(most));
      return keys;
    },
    port: {
      ...beneath,
      aesEncryptBlock: (key, block) => remembered(key, block, () => beneath.aesEncryptBlock(key, block)),
      desCbcEncrypt: (key, iv, data) =>
        data.length === DES_BLOCK && isFirst(iv)
          ? remembered(key, data, () => beneath.desCbcEncrypt(key, iv, data))
          : beneath.desCbcEncrypt(key, iv, data),
    },
  };
}
