/** The code in field 64 or 128 under real keys: retail MAC (both paddings) and CMAC, as acquirers agree on them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Bytes,
  bytesOf,
  checkIsoMac,
  decodeIso,
  encodeIso,
  fromHex,
  hex,
  IsoError,
  isoMacInput,
  isoMessage,
  type MacFunction,
  readIsoProfile,
  withIsoMac,
} from '@sokkin/codec';
import { aesCmac, pad00, retailMac, retailMacOfBlocks } from '@sokkin/crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitTurned, PORTS } from './emv/support.ts';

const PROFILES = join(import.meta.dirname, '../../codec/profiles');
const profile = readIsoProfile(readFileSync(join(PROFILES, 'iso8583-1987-bcd.json'), 'utf8'));
const KEY = fromHex('0123456789abcdeffedcba9876543210');
const sale = isoMessage('0200', { 3: '000000', 4: 1250n, 7: '1122213045', 11: '000042', 41: 'TERM0001' });

describe.each(PORTS)('%s', (_, port) => {
  const functions: [string, MacFunction][] = [
    ['retail MAC, padding 80', (input) => retailMac(port, KEY, input)],
    [
      'retail MAC, zeros (X9.19), four octets',
      (input) => retailMacOfBlocks(port, KEY, pad00(input, 8)).subarray(0, 4),
    ],
    ['AES-CMAC, eight octets', (input) => aesCmac(port, KEY, input, 8)],
  ];

  test.each(functions)('%s: set, carried, checked', (_name, mac) => {
    const octets = encodeIso(profile, withIsoMac(profile, sale, mac));
    expect(checkIsoMac(profile, decodeIso(profile, octets), mac)).toBe('valid');
    const code = hex(mac(octets.subarray(0, octets.length - 8))).padEnd(16, '0');
    expect(hex(octets.subarray(-8))).toBe(code);
  });

  test('a bit turned anywhere: refused, or the code is wrong', () => {
    const mac: MacFunction = (input) => retailMac(port, KEY, input);
    const octets = encodeIso(profile, withIsoMac(profile, sale, mac));
    fc.assert(
      fc.property(fc.nat(octets.length * 8 - 1), (at) => {
        let changed: ReturnType<typeof decodeIso>;
        try {
          changed = decodeIso(profile, bitTurned(octets, at));
        } catch (error) {
          expect(error).toBeInstanceOf(IsoError);
          return;
        }
        expect(checkIsoMac(profile, changed, mac)).not.toBe('valid');
      }),
    );
  });
});

test('both ports compute the same code', () => {
  const codes = PORTS.map(([, port]) => {
    const mac = (input: Bytes): Bytes => retailMac(port, KEY, input);
    const signed = withIsoMac(profile, sale, mac);
    expect(hex(isoMacInput(profile, signed))).toMatch(/^0200/);
    return hex(bytesOf(signed, 64) ?? new Uint8Array(0));
  });
  expect(new Set(codes).size).toBe(1);
});
