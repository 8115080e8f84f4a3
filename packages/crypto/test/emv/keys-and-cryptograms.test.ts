/** Master keys, session keys, cryptograms and ARPCs: published vectors, and an independent path for AES. */
import { createCipheriv } from 'node:crypto';
import { type Bytes, concat, fromHex, hex, SokkinError } from '@sokkin/codec';
import {
  aesCmac,
  applicationCryptogram,
  arpcMethod1,
  arpcMethod2,
  type CryptogramPadding,
  commonSessionKey,
  counterXorSessionKey,
  cryptogramSessionKey,
  decodeIssuerAuthentication,
  encodeIssuerAuthentication,
  iccMasterKey,
  isApplicationCryptogram,
  isIssuerAuthentic,
  keyCheckValue,
  scriptSessionKey,
} from '@sokkin/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitTurned, exactly, node, PORTS, vectors } from './support.ts';

interface Card {
  source: string;
  option: 'A' | 'B';
  issuerMasterKey: string;
  pan: string;
  sequence?: string;
}
interface Chain extends Card {
  masterCheck?: string;
  r: string;
  sessionCheck: string;
  data: string;
  padding: CryptogramPadding;
  cryptogram: string;
  arpcKey: 'master' | 'session';
  responseCode?: string;
  arpc1?: string;
  statusUpdate?: string;
  proprietary?: string;
  arpc2?: string;
}
interface KeyVectors {
  masterKeys: (Card & { masterKey: string })[];
  sessionKeys: { source: string; way: string; masterKey: string; r: string; sessionKey: string }[];
  chains: Chain[];
}
const { masterKeys, sessionKeys, chains } = vectors<KeyVectors>('keys-and-cryptograms');

const cardOf = ({ pan, sequence }: Card) => (sequence === undefined ? { pan } : { pan, sequence });

describe.each(PORTS)('published vectors on %s', (_, port) => {
  it.each(masterKeys)('master key: $source', (v) => {
    expect(hex(iccMasterKey(port, v.option, fromHex(v.issuerMasterKey), cardOf(v)))).toBe(v.masterKey);
  });

  it.each(sessionKeys)('session key: $source', ({ way, masterKey, r, sessionKey }) => {
    const [key, value] = [fromHex(masterKey), fromHex(r)];
    const found =
      way === 'common' ? commonSessionKey(port, 'tdes', key, value) : counterXorSessionKey(key, value);
    expect(hex(found)).toBe(sessionKey);
    if (way === 'common') {
      expect(hex(cryptogramSessionKey(port, 'tdes', key, value.subarray(0, 2)))).toBe(sessionKey);
    }
  });

  it.each(chains)('$source', (v) => {
    const master = iccMasterKey(port, v.option, fromHex(v.issuerMasterKey), cardOf(v));
    if (v.masterCheck !== undefined) expect(hex(keyCheckValue(port, 'tdes', master, 2))).toBe(v.masterCheck);
    const session = commonSessionKey(port, 'tdes', master, fromHex(v.r));
    expect(hex(keyCheckValue(port, 'tdes', session, 2))).toBe(v.sessionCheck);
    const data = fromHex(v.data);
    const arqc = applicationCryptogram(port, 'tdes', session, data, v.padding);
    expect(hex(arqc)).toBe(v.cryptogram);
    expect(isApplicationCryptogram(port, 'tdes', session, data, arqc, v.padding)).toBe(true);
    const key = v.arpcKey === 'master' ? master : session;
    if (v.arpc1 !== undefined) {
      expect(hex(arpcMethod1(port, 'tdes', key, arqc, fromHex(v.responseCode ?? '')))).toBe(v.arpc1);
    }
    if (v.arpc2 !== undefined) {
      const proprietary = fromHex(v.proprietary ?? '');
      const arpc = arpcMethod2(port, 'tdes', key, arqc, fromHex(v.statusUpdate ?? ''), proprietary);
      expect(hex(arpc)).toBe(v.arpc2);
    }
  });
});

/** AES by OpenSSL's ECB mode, which the port does not use. */
function aesEcb(key: Bytes, data: Bytes): Bytes {
  return createCipheriv(`aes-${key.length * 8}-ecb`, key, null)
    .setAutoPadding(false)
    .update(data);
}

describe('AES, for which no vectors are published: a second path', () => {
  const key = fc.constantFrom(16, 24, 32).chain(exactly);
  const pan = fc.stringMatching(/^\d{12,19}$/);

  it('master key, option C (Book 2, A1.4.3)', () => {
    fc.assert(
      fc.property(key, pan, fc.stringMatching(/^\d\d$/), (issuerKey, digits, sequence) => {
        const y = fromHex((digits + sequence).padStart(32, '0'));
        const both = aesEcb(
          issuerKey,
          concat(
            y,
            Uint8Array.from(y, (b) => b ^ 0xff),
          ),
        );
        const found = iccMasterKey(node, 'C', issuerKey, { pan: digits, sequence });
        expect(hex(found)).toBe(hex(both).slice(0, 2 * issuerKey.length));
      }),
    );
  });

  it('session key (A1.3.1)', () => {
    fc.assert(
      fc.property(key, exactly(2), (master, atc) => {
        const r = (third: string): Bytes => fromHex(`${hex(atc)}${third}`.padEnd(32, '0'));
        const expected =
          master.length === 16 ? aesEcb(master, r('00')) : aesEcb(master, concat(r('f0'), r('0f')));
        const found = cryptogramSessionKey(node, 'aes', master, atc);
        expect(hex(found)).toBe(hex(expected).slice(0, 2 * master.length));
      }),
    );
  });

  it('cryptogram and both ARPCs', () => {
    fc.assert(
      fc.property(
        key,
        fc.uint8Array({ maxLength: 60 }),
        exactly(8),
        exactly(4),
        (session, data, pad, csu) => {
          const arqc = applicationCryptogram(node, 'aes', session, data);
          expect(hex(arqc)).toBe(hex(aesCmac(node, session, data)).slice(0, 16));
          const code = csu.subarray(0, 2);
          const y = fromHex(
            (BigInt(`0x${hex(arqc)}`) ^ (BigInt(`0x${hex(code)}`) << 48n))
              .toString(16)
              .padStart(16, '0')
              .padEnd(32, '0'),
          );
          expect(hex(arpcMethod1(node, 'aes', session, arqc, code))).toBe(
            hex(aesEcb(session, y)).slice(0, 16),
          );
          const mac = hex(aesCmac(node, session, concat(arqc, csu, pad)));
          expect(hex(arpcMethod2(node, 'aes', session, arqc, csu, pad))).toBe(mac.slice(0, 8));
        },
      ),
    );
  });
});

describe('what must hold', () => {
  const master = fromHex('0123456789abcdeffedcba9876543210');

  it('option B is option A up to 16 digits, and differs above (property)', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{12,19}$/), exactly(16), (pan, key) => {
        const a = hex(iccMasterKey(node, 'A', key, { pan }));
        const b = hex(iccMasterKey(node, 'B', key, { pan }));
        expect(a === b).toBe(pan.length <= 16);
      }),
    );
  });

  it('what is no PAN is refused', () => {
    for (const card of [
      { pan: '' },
      { pan: '12a4' },
      { pan: '1'.repeat(20) },
      { pan: '1234', sequence: '1' },
    ])
      expect(() => iccMasterKey(node, 'A', master, card)).toThrow(SokkinError);
  });

  it('another counter or cryptogram is another session key (property)', () => {
    fc.assert(
      fc.property(exactly(2), exactly(2), exactly(8), exactly(8), (a, b, c, d) => {
        const keyOf = (atc: Bytes): string => hex(cryptogramSessionKey(node, 'tdes', master, atc));
        expect(keyOf(a) === keyOf(b)).toBe(hex(a) === hex(b));
        for (const cipher of ['tdes', 'aes'] as const) {
          const script = (ac: Bytes): string => hex(scriptSessionKey(node, cipher, master, ac));
          // The derivation replaces the third byte, so it does not count under triple DES.
          const same =
            cipher === 'tdes'
              ? hex(c).replace(/^(....)../, '$1') === hex(d).replace(/^(....)../, '$1')
              : hex(c) === hex(d);
          expect(script(c) === script(d)).toBe(same);
        }
      }),
    );
  });

  it('any bit of cryptogram or data changed is refused (fuzz)', () => {
    const cipher = fc.constantFrom('tdes' as const, 'aes' as const);
    fc.assert(
      fc.property(
        cipher,
        exactly(16),
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.nat(),
        (c, key, data, at) => {
          const arqc = applicationCryptogram(node, c, key, data);
          expect(isApplicationCryptogram(node, c, key, data, bitTurned(arqc, at))).toBe(false);
          expect(isApplicationCryptogram(node, c, key, bitTurned(data, at), arqc)).toBe(false);
          expect(isApplicationCryptogram(node, c, key, data, arqc.subarray(0, 7))).toBe(false);
        },
      ),
    );
  });

  it('issuer authentication data reads back, and is believed only for its own cryptogram (fuzz)', () => {
    const method = fc.constantFrom<(1 | 2)[]>(1, 2);
    fc.assert(
      fc.property(
        method,
        exactly(16),
        exactly(8),
        exactly(4),
        fc.uint8Array({ maxLength: 8 }),
        fc.nat(),
        (m, key, arqc, csu, pad, at) => {
          const responseCode = csu.subarray(0, 2);
          const data =
            m === 1
              ? { method: m, arpc: arpcMethod1(node, 'tdes', key, arqc, responseCode), responseCode }
              : {
                  method: m,
                  arpc: arpcMethod2(node, 'tdes', key, arqc, csu, pad),
                  cardStatusUpdate: csu,
                  proprietary: pad,
                };
          const value = encodeIssuerAuthentication(data);
          const read = decodeIssuerAuthentication(m, value);
          expect(read === undefined ? '' : hex(encodeIssuerAuthentication(read))).toBe(hex(value));
          if (read !== undefined) expect(isIssuerAuthentic(node, 'tdes', key, arqc, read)).toBe(true);
          const turned = decodeIssuerAuthentication(m, bitTurned(value, at));
          if (turned !== undefined) expect(isIssuerAuthentic(node, 'tdes', key, arqc, turned)).toBe(false);
        },
      ),
    );
    expect(decodeIssuerAuthentication(1, new Uint8Array(9))).toBeUndefined();
    expect(decodeIssuerAuthentication(1, new Uint8Array(11))).toBeUndefined();
    expect(decodeIssuerAuthentication(2, new Uint8Array(7))).toBeUndefined();
    expect(decodeIssuerAuthentication(2, new Uint8Array(17))).toBeUndefined();
  });
});
