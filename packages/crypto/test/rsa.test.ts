/** RSA for terminals without a platform's: the same suite for both, and what a hostile card may cost. */
import { rsaPublicOperation } from '@sokkin/crypto';
import { nodeRsa } from '@sokkin/node';
import { rsaConformance } from '@sokkin/testkit';
import { describe, expect, test } from 'vitest';

rsaConformance('BigInt', { publicOperation: rsaPublicOperation });
rsaConformance('node:crypto', nodeRsa());

describe('BigInt bounds what a card may ask for', () => {
  const modulus = (bytes: number) => new Uint8Array(bytes).fill(0xff);
  test('a modulus above 4096 bits is not worked with', () => {
    const exponent = Uint8Array.of(3);
    expect(rsaPublicOperation({ modulus: modulus(512), exponent }, new Uint8Array(512))).toHaveLength(512);
    expect(rsaPublicOperation({ modulus: modulus(513), exponent }, new Uint8Array(513))).toBeUndefined();
  });
  test('nor an exponent above four bytes', () => {
    const input = new Uint8Array(128).fill(1);
    const key = { modulus: modulus(128), exponent: Uint8Array.of(1, 0, 0, 0, 1) };
    expect(rsaPublicOperation(key, input)).toBeUndefined();
  });
});
