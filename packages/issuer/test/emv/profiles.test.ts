/** The files of cryptogram versions: what ships reads, what is wrong is refused with its place; keys may be handles. */
import { createCipheriv } from 'node:crypto';
import { type Bytes, buildDolData, concat, encodeCvr, fromHex, hex, SokkinError } from '@sokkin/codec';
import {
  aesCmac,
  applicationCryptogram,
  commonSessionKey,
  cryptogramSessionKey,
  iccMasterKey,
  type SymmetricPort,
  unpredictableSessionKey,
} from '@sokkin/crypto';
import {
  type CryptogramKeys,
  type CryptogramProfile,
  checkCryptogram,
  cryptogramProfileOf,
  parseCryptogramProfile,
  readCryptogramProfile,
} from '@sokkin/issuer';
import { describe, expect, test } from 'vitest';
import { PROFILE_NAMES, profileNamed } from '../cards.ts';
import { elementsOf, node, VERSION_NAMES, versionNamed, versionText } from './versions.ts';

const CARD = { pan: '9999120000000000', sequence: '01' };
const ELEMENTS = elementsOf({
  '9f02': '000000001200',
  '9f03': '000000000000',
  '9f1a': '0392',
  '95': '0000008000',
  '5f2a': '0392',
  '9a': '261122',
  '9c': '00',
  '9f37': '11223344',
  '82': '3900',
  '9f36': '0012',
});

/** Issuer data of that shape whose card gave this type first and nothing after. */
function iadFor({ iad, cvr }: CryptogramProfile, type: 'tc' | 'arqc' | 'aac'): Bytes {
  const out = new Uint8Array(iad.least);
  for (const [at, byte] of iad.fixed) out[at] = byte;
  if (iad.cvr && cvr) {
    const types = encodeCvr({ first: type, second: undefined, pinTriesLeft: 0, scripts: 0, bits: new Set() });
    out[iad.cvr.at + cvr.types] = types[0] ?? 0;
  }
  return out;
}

/** What a card of this version would bring, made of the pieces of crypto one by one. */
function bring(
  p: CryptogramProfile,
  port: SymmetricPort,
  master: Bytes,
  type: 'tc' | 'arqc' | 'aac' = 'arqc',
) {
  const atc = fromHex('0012');
  const session =
    p.sessionKey === 'none'
      ? master
      : p.sessionKey === 'common'
        ? cryptogramSessionKey(port, p.cipher, master, atc)
        : unpredictableSessionKey(port, master, atc, fromHex('11223344'));
  const iad = iadFor(p, type);
  const covered = concat(
    ...p.data.map((part) =>
      'tag' in part
        ? buildDolData([part], (tag) => ELEMENTS.get(tag))
        : iad.slice(part.iadFrom, part.iadFrom + (part.length ?? 32)),
    ),
  );
  const cryptogram = applicationCryptogram(port, p.cipher, session, covered, p.padding);
  return { covered, session, seen: new Map([...ELEMENTS, [0x9f10, iad], [0x9f26, cryptogram]]) };
}

const rawKeys = (length: number): CryptogramKeys => {
  const key = (first: number): Bytes => Uint8Array.from({ length }, (_, i) => (first + 7 * i) & 0xff);
  return { cryptogram: key(1), scriptMac: key(2), scriptEncipher: key(3) };
};

describe.each(VERSION_NAMES)('%s', (name) => {
  test('reads, and names itself', () => {
    expect(versionNamed(name).name).toBe(name);
  });

  test.each(['tc', 'arqc', 'aac'] as const)('a %s is known by its results, and by nothing else', (type) => {
    const version = versionNamed(name);
    const keys = rawKeys(version.keyLength);
    const master = iccMasterKey(node, version.masterKey, keys.cryptogram, CARD);
    const { seen } = bring(version, node, master, type);
    const check = (data: ReadonlyMap<number, Bytes>) =>
      checkCryptogram(node, () => keys, version, CARD, data);
    const known = version.cvr === undefined ? undefined : type;
    expect(check(seen)).toMatchObject({ verdict: 'genuine', type: known });
    const other = { tc: '80', arqc: '40', aac: '80' }[type];
    const called = check(new Map([...seen, [0x9f27, fromHex(other)]]));
    expect(called.verdict).toBe(known === undefined ? 'genuine' : 'type-mismatch');
  });

  test('issuer keys may be handles of a port: nothing looks into them', () => {
    const version = versionNamed(name);
    const keys = rawKeys(version.keyLength);
    const handles = {
      cryptogram: Uint8Array.of(1),
      scriptMac: Uint8Array.of(2),
      scriptEncipher: Uint8Array.of(3),
    };
    const raw = (key: Bytes): Bytes =>
      [key, keys.cryptogram, keys.scriptMac, keys.scriptEncipher][key.length === 1 ? (key[0] ?? 0) : 0] ??
      key;
    const hsm: SymmetricPort = {
      randomBytes: node.randomBytes,
      aesEncryptBlock: (key, block) => node.aesEncryptBlock(raw(key), block),
      aesCbcEncrypt: (key, iv, data) => node.aesCbcEncrypt(raw(key), iv, data),
      aesCbcDecrypt: (key, iv, data) => node.aesCbcDecrypt(raw(key), iv, data),
      desCbcEncrypt: (key, iv, data) => node.desCbcEncrypt(raw(key), iv, data),
      desCbcDecrypt: (key, iv, data) => node.desCbcDecrypt(raw(key), iv, data),
    };
    const master = iccMasterKey(node, version.masterKey, keys.cryptogram, CARD);
    const found = checkCryptogram(hsm, () => handles, version, CARD, bring(version, node, master).seen);
    const soft = checkCryptogram(node, () => keys, version, CARD, bring(version, node, master).seen);
    if (found.verdict !== 'genuine' || soft.verdict !== 'genuine') throw new Error(found.verdict);
    expect(found.scriptKeys).toEqual(soft.scriptKeys);
  });

  test('what does not come, or has no possible length, is named', () => {
    const version = versionNamed(name);
    const keys = rawKeys(version.keyLength);
    const master = iccMasterKey(node, version.masterKey, keys.cryptogram, CARD);
    const { seen } = bring(version, node, master);
    const check = (data: ReadonlyMap<number, Bytes>) =>
      checkCryptogram(node, () => keys, version, CARD, data);
    for (const part of version.data) {
      if (!('tag' in part)) continue;
      const without = new Map(seen);
      without.delete(part.tag);
      expect(check(without)).toEqual({ verdict: 'missing-data', tag: part.tag });
      const longer = concat(seen.get(part.tag) ?? new Uint8Array(0), Uint8Array.of(0));
      expect(check(new Map([...seen, [part.tag, longer]]))).toEqual({ verdict: 'bad-data', tag: part.tag });
    }
    expect(check(new Map([...seen, [0x9f10, fromHex('00')]])).verdict).toBe('bad-iad');
    expect(checkCryptogram(node, () => undefined, version, CARD, seen)).toEqual({
      verdict: 'unknown-key',
      keyIndex: 0,
    });
  });
});

describe.each([16, 24, 32] as const)(
  'AES keys of %i bytes, recomputed with OpenSSL block by block',
  (keyLength) => {
    const ecb = (key: Bytes, block: Bytes): Bytes => {
      const cipher = createCipheriv(`aes-${keyLength * 8}-ecb`, key, null);
      cipher.setAutoPadding(false);
      return Uint8Array.from(Buffer.concat([cipher.update(block), cipher.final()]));
    };

    test('option C, common session key, CMAC', () => {
      const version = { ...versionNamed('ccd-aes'), keyLength };
      const keys = rawKeys(keyLength);
      const y = fromHex(`${CARD.pan}${CARD.sequence}`.padStart(32, '0'));
      const inverse = y.map((byte) => ~byte);
      const master = concat(ecb(keys.cryptogram, y), ecb(keys.cryptogram, inverse)).slice(0, keyLength);
      const r = (third: string): Bytes => fromHex(`0012${third}`.padEnd(32, '0'));
      const session =
        keyLength === 16
          ? ecb(master, r('00'))
          : concat(ecb(master, r('f0')), ecb(master, r('0f'))).slice(0, keyLength);
      const { seen, covered } = bring(version, node, master);
      expect(hex(aesCmac(node, session, covered, 8))).toBe(hex(seen.get(0x9f26) ?? new Uint8Array(0)));
      expect(checkCryptogram(node, () => keys, version, CARD, seen).verdict).toBe('genuine');
      expect(hex(session)).toBe(hex(commonSessionKey(node, 'aes', master, r('00'))));
    });
  },
);

test.each(PROFILE_NAMES)('the card profile %s is a cryptogram version, too', (name) => {
  const { control, ...card } = profileNamed(name);
  const version = cryptogramProfileOf({ ...card, control });
  expect(version.iad.least).toBe(version.iad.most);
  expect([version.cipher, version.limitedUse]).toEqual([control.cipher, control.limitedUseOnly]);
});

describe('a file that is wrong', () => {
  // biome-ignore lint/suspicious/noExplicitAny: tests change a file's members at any depth
  type File = any;
  const refusal = (base: string, change: (file: File) => void): string => {
    const file: File = JSON.parse(versionText(base));
    change(file);
    try {
      parseCryptogramProfile(file);
    } catch (error) {
      if (error instanceof SokkinError && error.code === 'bad_profile') return error.message;
      throw error;
    }
    return 'accepted';
  };

  test.each<[string, string, (f: File) => void]>([
    [
      'profile.data[3]',
      'ccd-tdes',
      (f) => {
        f.data[3] = '95 4';
      },
    ],
    [
      'profile.data[1]',
      'cvn10',
      (f) => {
        f.data[1] = '9F03';
      },
    ],
    [
      'profile.data: an element is missing',
      'cvn10',
      (f) => {
        f.data.splice(7, 1);
      },
    ],
    [
      'profile.data: an element stands here twice',
      'cvn10',
      (f) => {
        f.data.push('9F02 6');
      },
    ],
    [
      'profile.data[10]: 9F10 stands here by its tag',
      'cvn18',
      (f) => {
        f.data[10] = '9F10 7';
      },
    ],
    [
      'profile.data: bytes of iad that may not be there',
      'cvn10',
      (f) => {
        f.data[10] = 'iad 3 5';
      },
    ],
    [
      'profile.cvr.types: byte 2 is not under the MAC',
      'cvn17',
      (f) => {
        f.cvr.types = 2;
      },
    ],
    [
      'profile.cvr.bits.scriptFailed: byte 2 is not under the MAC',
      'cvn17',
      (f) => {
        f.cvr.bits.scriptFailed = '2.08';
      },
    ],
    [
      'profile.cvr.bits.sunshine: "sunshine" is not known',
      'cvn10',
      (f) => {
        f.cvr.bits.sunshine = '0.01';
      },
    ],
    [
      'profile.cvr.bits.unableToGoOnline',
      'cvn10',
      (f) => {
        f.cvr.bits.unableToGoOnline = '0.03';
      },
    ],
    [
      'profile.iad: its results and their bits need each other',
      'cvn10',
      (f) => {
        delete f.cvr;
      },
    ],
    [
      'profile.iad.version.value',
      'cvn10',
      (f) => {
        f.iad.version.value = '0A0B';
      },
    ],
    [
      'profile.iad.cvr.at',
      'cvn10',
      (f) => {
        f.iad.cvr.at = 5;
      },
    ],
    [
      'profile.iad.fixed.x: "x" is no place',
      'cvn10',
      (f) => {
        f.iad.fixed.x = '00';
      },
    ],
    [
      'profile.masterKey: C is not for tdes',
      'cvn10',
      (f) => {
        f.masterKey = 'C';
      },
    ],
    [
      'profile.keyLength',
      'cvn10',
      (f) => {
        f.keyLength = 24;
      },
    ],
    [
      'profile.padding: AES-CMAC pads by itself',
      'ccd-aes',
      (f) => {
        f.padding = 'zeros';
      },
    ],
    [
      'profile.sessionKey',
      'ccd-aes',
      (f) => {
        f.sessionKey = 'unpredictable';
      },
    ],
    [
      'profile.scripts.coversTransaction',
      'ccd-tdes',
      (f) => {
        f.scripts.coversTransaction = true;
      },
    ],
    [
      'profile.scripts.padding',
      'ccd-tdes',
      (f) => {
        f.scripts.padding = 'lengthFirst';
      },
    ],
    [
      'profile.scripts.macLength',
      'cvn10',
      (f) => {
        f.scripts.macLength = 3;
      },
    ],
    [
      'profile.sources: none is named',
      'cvn10',
      (f) => {
        f.sources = [];
      },
    ],
    [
      'profile.limitedUse',
      'cvn10',
      (f) => {
        f.limitedUse = true;
      },
    ],
    [
      'profile.arpc: "method" is missing',
      'cvn10',
      (f) => {
        delete f.arpc.method;
      },
    ],
    [
      'profile: "arpcMethod" is not known',
      'cvn10',
      (f) => {
        f.arpcMethod = 1;
      },
    ],
    [
      'profile.format',
      'cvn10',
      (f) => {
        f.format = 'sokkin-card-profile-1';
      },
    ],
  ])('%s', (where, base, change) => {
    expect(refusal(base, change)).toContain(where);
  });

  test('what is no JSON', () => {
    expect(() => readCryptogramProfile('{')).toThrow('profile: not JSON');
  });

  test('every member is needed, or has a default that the document names', () => {
    const optional = ['note', 'keyLength', 'cvr', 'limitedUse'];
    for (const name of VERSION_NAMES) {
      for (const member of Object.keys(JSON.parse(versionText(name)))) {
        const found = refusal(name, (f) => {
          delete f[member];
        });
        if (!optional.includes(member))
          expect(found).toBe(`profile: "${member}" is missing. ${found.slice(found.indexOf('Allowed'))}`);
      }
    }
  });
});
