/**
 * Project Wycheproof's ECDSA P-256 / SHA-256 / IEEE P1363 vectors, against both CryptoPorts.
 * Source and licence: vectors/wycheproof/README.md.
 */
import { createHash, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fromHex } from '@sokkin/codec';
import { type CryptoPort, webCrypto } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import { describe, expect, it } from 'vitest';

interface WycheproofTest {
  tcId: number;
  comment: string;
  msg: string;
  sig: string;
  result: 'valid' | 'invalid' | 'acceptable';
  flags: string[];
}

interface WycheproofFile {
  numberOfTests: number;
  testGroups: { key: { uncompressed: string }; tests: WycheproofTest[] }[];
}

const FILE = new URL('../../../vectors/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json', import.meta.url);
const TEXT = readFileSync(FILE);
const VECTORS = JSON.parse(TEXT.toString('utf8')) as WycheproofFile;
const TESTS = VECTORS.testGroups.flatMap((group) =>
  group.tests.map((test) => ({ ...test, publicKey: fromHex(group.key.uncompressed) })),
);

function count(result: WycheproofTest['result']): number {
  return TESTS.filter((test) => test.result === result).length;
}

describe('Wycheproof ecdsa_secp256r1_sha256_p1363', () => {
  it('is the file its README names, whole', () => {
    expect(createHash('sha256').update(TEXT).digest('hex')).toBe(
      '784779f5a335632ae6ab56a88cf64a2e0c918b1c7fb49d3e9f173fb25fd0f094',
    );
    expect(TESTS).toHaveLength(219);
    expect(VECTORS.numberOfTests).toBe(219);
    expect([count('valid'), count('invalid'), count('acceptable')]).toEqual([146, 69, 4]);
  });

  it('calls "acceptable" nothing but signatures of a wrong size, which we refuse', () => {
    for (const test of TESTS.filter(({ result }) => result === 'acceptable')) {
      expect(test.flags).toEqual(['SigSize']);
      expect(fromHex(test.sig).length).not.toBe(64);
    }
  });

  const ports: [string, () => CryptoPort][] = [
    ['node:crypto', () => nodeCrypto()],
    ['WebCrypto', () => webCrypto(webcrypto.subtle, (into) => webcrypto.getRandomValues(into))],
  ];
  it.each(ports)('%s gives every vector its verdict', async (_name, make) => {
    const port = make();
    for (const { tcId, comment, publicKey, msg, sig, result } of TESTS) {
      const verdict = await port.verify(publicKey, fromHex(msg), fromHex(sig));
      expect(verdict, `tcId ${tcId}: ${comment}`).toBe(result === 'valid');
    }
  });
});
