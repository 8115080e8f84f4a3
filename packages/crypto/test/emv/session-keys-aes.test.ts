/** Session keys and cryptograms under AES against what others published, and two more chains under triple DES. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, hex } from '@sokkin/codec';
import { describe, expect, test } from 'vitest';
import {
  applicationCryptogram,
  arpcMethod2,
  cryptogramSessionKey,
  type EmvCipher,
  emvMac,
  iccMasterKey,
} from '../../src/index.ts';
import { PORTS } from './support.ts';

interface Vectors {
  readonly sessionKeys: readonly {
    readonly cipher: EmvCipher;
    readonly cardKey: string;
    readonly atc: string;
    readonly sessionKey: string;
  }[];
  readonly cryptograms: readonly {
    readonly cipher: EmvCipher;
    readonly cardKey: string;
    readonly atc: string;
    readonly data: string;
    readonly cryptogram: string;
  }[];
  readonly chains: readonly {
    readonly option: 'A';
    readonly issuerKey: string;
    readonly pan: string;
    readonly sequence: string;
    readonly atc: string;
    readonly data: string;
    readonly cryptogram: string;
    readonly statusUpdate: string;
    readonly proof: string;
  }[];
  readonly macs: readonly { readonly key: string; readonly data: string; readonly mac: string }[];
}
const path = join(import.meta.dirname, '../../../../vectors/emv/session-keys-aes.json');
const vectors: Vectors = JSON.parse(readFileSync(path, 'utf8'));

describe.each(PORTS)('%s', (_, port) => {
  test.each(vectors.sessionKeys.map((v) => [`${v.cipher}, ${v.cardKey.length * 4} bits`, v] as const))(
    'session key, %s',
    (_name, { cipher, cardKey, atc, sessionKey }) => {
      expect(hex(cryptogramSessionKey(port, cipher, fromHex(cardKey), fromHex(atc)))).toBe(sessionKey);
    },
  );

  test.each(vectors.cryptograms.map((v) => [`${v.cardKey.length * 4} bits`, v] as const))(
    'cryptogram under AES from the card’s key on, %s',
    (_name, { cipher, cardKey, atc, data, cryptogram }) => {
      const key = cryptogramSessionKey(port, cipher, fromHex(cardKey), fromHex(atc));
      expect(hex(applicationCryptogram(port, cipher, key, fromHex(data)))).toBe(cryptogram);
    },
  );

  test.each(vectors.chains)('the whole chain from the issuer’s key on, and its ARPC', (v) => {
    const card = iccMasterKey(port, v.option, fromHex(v.issuerKey), v);
    const session = cryptogramSessionKey(port, 'tdes', card, fromHex(v.atc));
    const cryptogram = applicationCryptogram(port, 'tdes', session, fromHex(v.data));
    expect(hex(cryptogram)).toBe(v.cryptogram);
    expect(hex(arpcMethod2(port, 'tdes', session, cryptogram, fromHex(v.statusUpdate)))).toBe(v.proof);
  });

  test.each(vectors.macs)('what a real card answered: $mac', ({ key, data, mac }) => {
    expect(hex(emvMac(port, 'tdes', fromHex(key), fromHex(data)))).toBe(mac);
  });
});
