/** The coded fields of a card's profile: bit fields, file locator, verification methods, status update. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AIP_FLAGS,
  type AipFlag,
  AUC_FLAGS,
  decodeCsu,
  decodeFlags,
  encodeAfl,
  encodeCsu,
  encodeCvmList,
  encodeFlags,
  fromHex,
  hex,
  parseAfl,
  parseCvmList,
  SokkinError,
  TVR_FLAGS,
} from '../src/index.ts';

const tables = { AIP_FLAGS, AUC_FLAGS, TVR_FLAGS };

describe('bit fields', () => {
  test.each(Object.entries(tables))('%s: no two names for one bit; read back', (_, table) => {
    const places = Object.values<readonly [number, number]>(table.bits).map(
      ([byte, mask]) => byte * 256 + mask,
    );
    expect(new Set(places).size).toBe(places.length);
    for (const place of places) expect(Math.log2(place % 256) % 1).toBe(0);
    for (const name of Object.keys(table.bits)) {
      const flags = table as { length: number; bits: Record<string, readonly [number, number]> };
      expect([...decodeFlags(flags, encodeFlags(flags, [name]))]).toEqual([name]);
    }
  });

  test('as Book 3, Annex C1 has them', () => {
    const set: AipFlag[] = ['dda', 'cardholderVerification', 'terminalRiskManagement', 'cda'];
    expect(hex(encodeFlags(AIP_FLAGS, set))).toBe('3900');
  });
});

describe('file locator', () => {
  test('reads back; refuses what contradicts itself', () => {
    const entries = [
      { sfi: 1, first: 1, last: 1, authenticated: 0 },
      { sfi: 2, first: 1, last: 3, authenticated: 2 },
    ];
    expect(hex(encodeAfl(entries))).toBe('0801010010010302');
    expect(parseAfl(encodeAfl(entries))).toEqual(entries);
    for (const bad of ['', '080101', '09010100', '00010100', 'f8010100', '08000100', '08020100', '08010102'])
      expect(() => parseAfl(fromHex(bad)), bad).toThrow(SokkinError);
  });
});

describe('verification methods', () => {
  test('as in the table of Annex C3', () => {
    const list = {
      x: 10_000,
      y: 0,
      rules: [
        { method: 'noCvm', condition: 'underX', elseNext: true },
        { method: 'offlinePinEnciphered', condition: 'terminalSupports', elseNext: true },
        { method: 'signature', condition: 'always', elseNext: false },
      ],
    } as const;
    expect(hex(encodeCvmList(list))).toBe('00002710000000005f0644031e00');
    expect(parseCvmList(encodeCvmList(list))).toEqual(list);
  });

  test('whatever bytes: a list that writes the same but for reserved bits, or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const isList = bytes.length >= 8 && bytes.length % 2 === 0;
        if (!isList) expect(() => parseCvmList(bytes)).toThrow(SokkinError);
        else {
          const kept = bytes.map((b, i) => (i >= 8 && i % 2 === 0 ? b & 0x7f : b));
          expect(hex(encodeCvmList(parseCvmList(bytes)))).toBe(hex(kept));
        }
      }),
    );
  });
});

test('card status update', () => {
  const csu = {
    flags: new Set(['issuerApproves', 'updatePinTryCounter'] as const),
    counters: 'reset',
    pinTries: 3,
  } as const;
  expect(hex(encodeCsu(csu))).toBe('03920000');
  expect(decodeCsu(encodeCsu(csu))).toEqual(csu);
  expect(() => decodeCsu(new Uint8Array(5))).toThrow(SokkinError);
});
