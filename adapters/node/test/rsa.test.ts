/** Keys of cards through the RsaPort: out in parts, in again, and nothing that is damaged. */
import { nodeRsa } from '@sokkin/node';
import { expect, test } from 'vitest';

test.each([3, 65537] as const)('a key that leaves in parts comes back; exponent %i', async (exponent) => {
  const rsa = nodeRsa();
  const key = await rsa.generateRsaKey(1024, exponent);
  const parts = await rsa.exportRsaKey(key.handle);
  const again = await rsa.importRsaKey(parts);
  expect(again?.publicKey).toEqual(key.publicKey);
  const input = new Uint8Array(128).fill(1);
  expect(rsa.publicOperation(key.publicKey, rsa.privateOperation(again?.handle ?? input, input))).toEqual(
    input,
  );
});

// A card would sign with the wrong part as it is, and whoever has one such signature has the primes.
test.each(['dp', 'dq', 'qInverse', 'p', 'q'] as const)('one bit turned in %s: no key', async (name) => {
  const rsa = nodeRsa();
  const key = await rsa.generateRsaKey(1024, 3);
  const parts = await rsa.exportRsaKey(key.handle);
  const damaged = parts[name].map((byte, i) => (i === 9 ? byte ^ 4 : byte));
  expect(await rsa.importRsaKey({ ...parts, [name]: damaged })).toBeUndefined();
});
