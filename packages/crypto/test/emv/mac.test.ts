/** Block ciphers and MACs: published vectors under every port, and the ports against each other. */
import { concat, fromHex, hex } from '@sokkin/codec';
import {
  aesCmac,
  keyCheckValue,
  oddParity,
  pad00,
  pad80,
  retailMac,
  retailMacOfBlocks,
  unpad80,
  xor,
} from '@sokkin/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactly, node, PORTS, portable, vectors } from './support.ts';

interface MacVectors {
  desCbc: { source: string; key: string; iv: string; plain: string; cipher: string }[];
  aesCmac: { source: string; key: string; message: string; mac: string }[];
  retailMac: { source: string; key: string; message: string; padding: 1 | 2; mac: string }[];
}
const { desCbc, aesCmac: cmacs, retailMac: retails } = vectors<MacVectors>('mac');

describe.each(PORTS)('%s', (_, port) => {
  it.each(desCbc)('DES: $source', ({ key, iv, plain, cipher }) => {
    expect(hex(port.desCbcEncrypt(fromHex(key), fromHex(iv), fromHex(plain)))).toBe(cipher);
    expect(hex(port.desCbcDecrypt(fromHex(key), fromHex(iv), fromHex(cipher)))).toBe(plain);
  });

  it.each(cmacs)('AES-CMAC: $source, $message', ({ key, message, mac }) => {
    expect(hex(aesCmac(port, fromHex(key), fromHex(message)))).toBe(mac);
    expect(hex(aesCmac(port, fromHex(key), fromHex(message), 8))).toBe(mac.slice(0, 16));
  });

  it.each(retails)('retail MAC: $source, padding $padding', ({ key, message, padding, mac }) => {
    const [k, m] = [fromHex(key), fromHex(message)];
    const found = padding === 1 ? retailMacOfBlocks(port, k, pad00(m, 8)) : retailMac(port, k, m);
    expect(hex(found).slice(0, mac.length)).toBe(mac);
    if (padding === 2) expect(hex(retailMac(port, k, m, 4))).toBe(mac.slice(0, 8));
  });

  it('draws as many random bytes as asked', () => {
    expect(port.randomBytes(17)).toHaveLength(17);
    expect(hex(port.randomBytes(16))).not.toBe(hex(port.randomBytes(16)));
  });

  it('takes wrong lengths for a bug', () => {
    const [key, iv] = [new Uint8Array(16), new Uint8Array(8)];
    expect(() => port.desCbcEncrypt(key.subarray(7), iv, iv)).toThrow('Bug:');
    expect(() => port.desCbcEncrypt(key, key, iv)).toThrow('Bug:');
    expect(() => port.desCbcDecrypt(key, iv, key.subarray(3))).toThrow('Bug:');
    expect(() => port.aesCbcEncrypt(iv, key, key)).toThrow('Bug:');
    expect(() => port.aesCbcDecrypt(key, key, iv)).toThrow('Bug:');
    expect(() => port.aesEncryptBlock(key, concat(key, key))).toThrow('Bug:');
    expect(() => aesCmac(port, key, key, 17)).toThrow('Bug:');
    expect(() => retailMac(port, key, key, 3)).toThrow('Bug:');
  });
});

describe('node:crypto and TypeScript', () => {
  it('agree on DES for every key and message (property)', () => {
    const message = fc.integer({ min: 0, max: 6 }).chain((n) => exactly(8 * n));
    fc.assert(
      fc.property(fc.oneof(exactly(8), exactly(16)), exactly(8), message, (key, iv, data) => {
        expect(hex(portable.desCbcEncrypt(key, iv, data))).toBe(hex(node.desCbcEncrypt(key, iv, data)));
        expect(hex(portable.desCbcDecrypt(key, iv, data))).toBe(hex(node.desCbcDecrypt(key, iv, data)));
      }),
      { numRuns: 500 },
    );
  });

  it('agree on AES for every key and message (property)', () => {
    const key = fc.constantFrom(16, 24, 32).chain(exactly);
    const message = fc.integer({ min: 0, max: 4 }).chain((n) => exactly(16 * n));
    fc.assert(
      fc.property(key, exactly(16), message, (k, iv, data) => {
        expect(hex(portable.aesCbcEncrypt(k, iv, data))).toBe(hex(node.aesCbcEncrypt(k, iv, data)));
        expect(hex(portable.aesCbcDecrypt(k, iv, data))).toBe(hex(node.aesCbcDecrypt(k, iv, data)));
        expect(hex(portable.aesEncryptBlock(k, iv))).toBe(hex(node.aesEncryptBlock(k, iv)));
      }),
    );
  });

  it('leave what they were given as it was', () => {
    const [key, iv, data] = [
      new Uint8Array(16).fill(1),
      new Uint8Array(16).fill(2),
      new Uint8Array(16).fill(3),
    ];
    for (const [, port] of PORTS) {
      port.desCbcEncrypt(key, iv.subarray(8), data);
      port.desCbcDecrypt(key, iv.subarray(8), data);
      port.aesCbcEncrypt(key, iv, data);
      aesCmac(port, key, data);
      retailMac(port, key, data);
    }
    expect([...key, ...iv, ...data].join()).toBe([1, 2, 3].flatMap((n) => Array(16).fill(n)).join());
  });
});

describe('padding and parity', () => {
  const block = fc.constantFrom<(8 | 16)[]>(8, 16);

  it('method 2 is taken off exactly (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), block, (data, size) => {
        const padded = pad80(data, size);
        expect(padded.length % size).toBe(0);
        expect(padded.length - data.length).toBeLessThanOrEqual(size);
        expect(hex(unpad80(padded, size) ?? new Uint8Array(1))).toBe(hex(data));
      }),
    );
  });

  it('what was not padded so is refused', () => {
    for (const bad of ['', '80', '0000000000000000', '8000000000000000 0000000000000000', '0102030405060708'])
      expect(unpad80(fromHex(bad), 8)).toBeUndefined();
  });

  it('method 1 fills a block, and an empty message is one block', () => {
    expect(hex(pad00(fromHex('01'), 8))).toBe('0100000000000000');
    expect(pad00(new Uint8Array(8), 8)).toHaveLength(8);
    expect(pad00(new Uint8Array(0), 16)).toHaveLength(16);
  });

  it('odd parity changes the lowest bits only, and no encryption (property)', () => {
    fc.assert(
      fc.property(exactly(16), exactly(8), (key, data) => {
        const adjusted = oddParity(key);
        for (const [i, byte] of adjusted.entries()) {
          expect(byte.toString(2).replaceAll('0', '').length % 2).toBe(1);
          expect(byte >> 1).toBe((key[i] ?? 0) >> 1);
        }
        expect(hex(retailMac(node, adjusted, data))).toBe(hex(retailMac(node, key, data)));
      }),
    );
  });

  it('xor is its own inverse (property)', () => {
    fc.assert(
      fc.property(exactly(9), exactly(9), (a, b) => {
        expect(hex(xor(xor(a, b), b))).toBe(hex(a));
      }),
    );
  });

  it('key check values: zeros under DES, ones under AES', () => {
    const key = fromHex('0123456789abcdeffedcba9876543210');
    // pyemv tests/test_kd_hsm.py; the head of AES over 16 bytes 01 is recomputed with node:crypto.
    expect(hex(keyCheckValue(portable, 'tdes', key, 2))).toBe('08d7');
    const ones = new Uint8Array(16).fill(1);
    expect(hex(keyCheckValue(portable, 'aes', key))).toBe(hex(node.aesEncryptBlock(key, ones)).slice(0, 6));
  });
});
