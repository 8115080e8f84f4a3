/** Both CryptoPorts against one suite, and against each other. */
import { webcrypto } from 'node:crypto';
import { hex } from '@sokkin/codec';
import { webCrypto } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import { cryptoConformance } from '@sokkin/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

function browserCrypto() {
  return webCrypto(webcrypto.subtle, (into) => webcrypto.getRandomValues(into));
}

cryptoConformance('node:crypto', () => nodeCrypto());
cryptoConformance('node:crypto that can keep one key only', () => nodeCrypto({ publicKeys: 1 }));
cryptoConformance('WebCrypto', browserCrypto);

describe('node:crypto and WebCrypto', () => {
  it('verify each other, and agree on every damaged signature', async () => {
    const [node, browser] = [nodeCrypto(), browserCrypto()];
    const keys = [
      { port: node, ...(await node.generateKey()) },
      { port: browser, ...(await browser.generateKey()) },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(...keys),
        fc.option(fc.record({ at: fc.nat(63), bits: fc.integer({ min: 1, max: 255 }) }), { nil: undefined }),
        async (message, { port, handle, publicKey }, damage) => {
          const signature = Uint8Array.from(await port.sign(handle, message));
          if (damage !== undefined) signature[damage.at] = (signature[damage.at] ?? 0) ^ damage.bits;
          const expected = damage === undefined;
          expect(await node.verify(publicKey, message, signature)).toBe(expected);
          expect(await browser.verify(publicKey, message, signature)).toBe(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('a software handle outlives its port: it is the raw scalar', async () => {
    const { handle, publicKey } = nodeCrypto().generateKey();
    expect(handle).toHaveLength(32);
    const message = new Uint8Array(3);
    expect(nodeCrypto().verify(publicKey, message, nodeCrypto().sign(handle, message))).toBe(true);
  });

  it('a WebCrypto handle is an alias: the key cannot be had from it or from another vault', async () => {
    const { handle } = await browserCrypto().generateKey();
    expect(handle).toHaveLength(16);
    const signing = browserCrypto().sign(handle, new Uint8Array(3));
    await expect(signing).rejects.toMatchObject({ code: 'unknown_key' });
  });

  it('WebCrypto keys are generated non-extractable', async () => {
    const kept = new Map<string, webcrypto.CryptoKey>();
    const port = webCrypto(webcrypto.subtle, (into) => webcrypto.getRandomValues(into), {
      put: (alias, key) => {
        kept.set(hex(alias), key);
      },
      get: (alias) => kept.get(hex(alias)),
    });
    await port.generateKey();
    for (const key of kept.values()) {
      expect(key.extractable).toBe(false);
      await expect(webcrypto.subtle.exportKey('pkcs8', key)).rejects.toThrow();
    }
    expect(kept.size).toBe(1);
  });
});
