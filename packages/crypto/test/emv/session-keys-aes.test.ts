/** Session keys and cryptograms under AES against what others published, and two more chains under triple DES. */
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import { describe, expect, test } from 'vitest';
import {
  applicationCryptogram,
  arpcMethod2,
  cryptogramSessionKey,
  type EmvCipher,
  emvMac,
  iccMasterKey,
} from '../../src/index.ts';
import { PORTS, vectors } from './support.ts';

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
const published = vectors<Vectors>('session-keys-aes');

/** The last bit of a byte of a DES key is no part of the key: the source leaves it as it comes. */
const sameParity = (cipher: EmvCipher, key: Bytes): Bytes =>
  cipher === 'aes' ? key : key.map((byte) => byte & 0xfe);

describe.each(PORTS)('%s', (_, port) => {
  test.each(published.sessionKeys.map((v) => [`${v.cipher}, ${v.cardKey.length * 4} bits`, v] as const))(
    'session key, %s',
    (_name, { cipher, cardKey, atc, sessionKey }) => {
      const found = cryptogramSessionKey(port, cipher, fromHex(cardKey), fromHex(atc));
      expect(hex(sameParity(cipher, found))).toBe(hex(sameParity(cipher, fromHex(sessionKey))));
    },
  );

  test.each(published.cryptograms.map((v) => [`${v.cardKey.length * 4} bits`, v] as const))(
    'cryptogram under AES from the card’s key on, %s',
    (_name, { cipher, cardKey, atc, data, cryptogram }) => {
      const key = cryptogramSessionKey(port, cipher, fromHex(cardKey), fromHex(atc));
      expect(hex(applicationCryptogram(port, cipher, key, fromHex(data)))).toBe(cryptogram);
    },
  );

  test.each(published.chains)('the whole chain from the issuer’s key on, and its ARPC', (v) => {
    const card = iccMasterKey(port, v.option, fromHex(v.issuerKey), v);
    const session = cryptogramSessionKey(port, 'tdes', card, fromHex(v.atc));
    const cryptogram = applicationCryptogram(port, 'tdes', session, fromHex(v.data));
    expect(hex(cryptogram)).toBe(v.cryptogram);
    expect(hex(arpcMethod2(port, 'tdes', session, cryptogram, fromHex(v.statusUpdate)))).toBe(v.proof);
  });

  test.each(published.macs)('what a real card answered: $mac', ({ key, data, mac }) => {
    expect(hex(emvMac(port, 'tdes', fromHex(key), fromHex(data)))).toBe(mac);
  });
});
