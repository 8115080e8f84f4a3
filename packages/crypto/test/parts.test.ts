/** The small parts: hash, suites, bounded map. */
import { concat, fromHex, hex, utf8 } from '@sokkin/codec';
import { LruMap, SUITE_P256, sha256, suiteById, suiteByOid } from '@sokkin/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('sha256', () => {
  // FIPS 180-4 example values (NIST, SHA256.pdf) and the empty message.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('of "%s"', (text, digest) => {
    expect(hex(sha256(utf8(text)))).toBe(digest);
  });

  it('of parts is that of their concatenation (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (parts) => {
        expect(hex(sha256(...parts))).toBe(hex(sha256(concat(...parts))));
      }),
    );
  });
});

describe('suites', () => {
  it('are found by identifier and by OID', () => {
    expect(suiteById(SUITE_P256).name).toBe('ECDSA-P256-SHA256');
    expect(suiteByOid(fromHex('04007f00070202020203'))).toBe(suiteById(SUITE_P256));
  });

  it('that are unknown are refused', () => {
    const refusal = expect.objectContaining({ code: 'unknown_suite' });
    expect(() => suiteById(0)).toThrow(refusal);
    expect(() => suiteById(2)).toThrow(refusal);
    expect(() => suiteByOid(fromHex('04007f000702020202'))).toThrow(refusal);
    expect(() => suiteByOid(new Uint8Array(0))).toThrow(refusal);
  });
});

describe('LruMap', () => {
  it('forgets what was used longest ago', () => {
    const map = new LruMap<number>(2);
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
    map.set('c', 4);
    expect([map.size, map.get('a'), map.get('c')]).toEqual([2, 1, 4]);
  });

  it('holds one entry at least', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN]) expect(() => new LruMap(capacity)).toThrow(RangeError);
  });
});
