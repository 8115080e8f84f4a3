/** AES-256-GCM and HMAC-SHA-256: published vectors, the platform beside it, and every bit turned. */
import { createCipheriv, createHmac } from 'node:crypto';
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import { nodeSymmetric } from '@sokkin/node';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AEAD_NONCE, portableAead } from '../src/index.ts';

const port = portableAead(nodeSymmetric().randomBytes);

describe('published vectors', () => {
  test('AES-256-GCM with associated data (McGrew and Viega, The Galois/Counter Mode of Operation, test case 16)', async () => {
    const key = fromHex('feffe9928665731c6d6a8f9467308308'.repeat(2));
    const nonce = fromHex('cafebabefacedbaddecaf888');
    const plain = fromHex(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    );
    const context = fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
    const sealed = await port.seal(key, nonce, plain, context);
    expect(hex(sealed)).toBe(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
    );
    expect(await port.open(key, nonce, sealed, context)).toEqual(plain);
  });

  test('HMAC-SHA-256 (RFC 4231, test case 1)', async () => {
    expect(hex(await port.mac(new Uint8Array(20).fill(0x0b), fromHex('4869205468657265')))).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    );
  });
});

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test('equal to the platform, for any key, nonce, text and context', async () => {
  await fc.assert(
    fc.asyncProperty(
      exactly(32),
      exactly(AEAD_NONCE),
      fc.uint8Array({ maxLength: 60 }),
      fc.uint8Array({ maxLength: 40 }),
      async (key, nonce, plain, context) => {
        const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(context);
        const expected = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
        expect(hex(await port.seal(key, nonce, plain, context))).toBe(expected.toString('hex'));
        expect(hex(await port.mac(key, plain))).toBe(createHmac('sha256', key).update(plain).digest('hex'));
      },
    ),
  );
});

test('any bit of key, nonce, ciphertext, tag or context: nothing opens', async () => {
  const parts: Record<'key' | 'nonce' | 'sealed' | 'context', Bytes> = {
    key: new Uint8Array(32).fill(1),
    nonce: new Uint8Array(AEAD_NONCE).fill(2),
    sealed: new Uint8Array(0),
    context: fromHex('0102'),
  };
  parts.sealed = await port.seal(parts.key, parts.nonce, fromHex('aabbccdd'), parts.context);
  const opened: string[] = [];
  for (const name of ['key', 'nonce', 'sealed', 'context'] as const) {
    for (let bit = 0; bit < parts[name].length * 8; bit++) {
      const wrong = parts[name].map((b, i) => (i === bit >>> 3 ? b ^ (1 << (bit & 7)) : b));
      const p = { ...parts, [name]: wrong };
      if ((await port.open(p.key, p.nonce, p.sealed, p.context)) !== undefined) opened.push(`${name} ${bit}`);
    }
  }
  expect(opened).toEqual([]);
  expect(await port.open(parts.key, parts.nonce, new Uint8Array(15), parts.context)).toBeUndefined();
});
