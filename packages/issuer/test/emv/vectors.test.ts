/** Cryptogram versions against what others published: checks, answers, scripts; and every bit of them turned. */
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import type { SymmetricPort } from '@sokkin/crypto';
import {
  type AuthenticCryptogram,
  type CryptogramKeys,
  type CryptogramProfile,
  checkCryptogram,
  type IssuerWord,
  issuerAuthentication,
  issuerCommands,
} from '@sokkin/issuer';
import { describe, expect, test } from 'vitest';
import {
  bitTurned,
  type Combination,
  elementsOf,
  keysOf,
  node,
  PORTS,
  VECTORS,
  type VersionVector,
  versionNamed,
} from './versions.ts';

const nameOf = ({ source }: { source: string }): string => source.split(' ').at(-1) ?? source;

function genuine(port: SymmetricPort, v: VersionVector): AuthenticCryptogram {
  const found = checkCryptogram(port, () => keysOf(v), versionNamed(v.profile), v, elementsOf(v.elements));
  if (found.verdict !== 'genuine') throw new Error(`${v.profile}: ${found.verdict}`);
  return found;
}

const wordOf = (v: VersionVector): IssuerWord =>
  v.statusUpdate === undefined
    ? { method: 1, responseCode: fromHex(v.responseCode ?? '') }
    : { method: 2, cardStatusUpdate: fromHex(v.statusUpdate) };

describe.each(PORTS)('published cryptogram versions, %s', (_, port) => {
  test.each(VECTORS.profiles.map((v) => [v.profile, v] as const))('%s: cryptogram and ARPC', (_name, v) => {
    const found = genuine(port, v);
    const answer = issuerAuthentication(port, versionNamed(v.profile), found, wordOf(v));
    expect(hex(answer)).toBe(v.proof + (v.responseCode ?? v.statusUpdate));
  });

  test.each(VECTORS.profiles.map((v) => [v.profile, v] as const))('%s: script commands', (_name, v) => {
    const commands = (...actions: Parameters<typeof issuerCommands>[3]) =>
      issuerCommands(port, versionNamed(v.profile), genuine(port, v), actions).map(hex);
    const { changePinKnown: known } = v;
    expect(commands({ action: v.unblock.action })).toEqual([v.unblock.command]);
    expect(commands({ action: 'changePin', pin: v.changePin.pin })).toEqual([v.changePin.command]);
    if (known === undefined) return;
    expect(commands({ action: 'changePin', pin: known.pin, present: known.present })).toEqual([
      known.command,
    ]);
  });
});

/** A version of our own for one published combination of options. */
function versionFor(c: Combination): CryptogramProfile {
  const base = versionNamed('mc-cvn20');
  const { option, sessionKey, padding, method, arpcKey } = c;
  return { ...base, masterKey: option, sessionKey, padding, arpc: { method, key: arpcKey } };
}

test.each(VECTORS.combinations.map((c) => [nameOf(c), c] as const))('combination %s', (_, c) => {
  const key = fromHex(c.issuerMasterKey);
  const keys = { cryptogram: key, scriptMac: key, scriptEncipher: key };
  const elements = elementsOf({
    ...c.elements,
    '9f10': `0114${c.results}${'00'.repeat(10)}`,
    '9f26': c.cryptogram,
  });
  const found = checkCryptogram(node, () => keys, versionFor(c), c, elements);
  if (found.verdict !== 'genuine') throw new Error(found.verdict);
  const said = fromHex(c.word);
  const word: IssuerWord =
    c.method === 1 ? { method: 1, responseCode: said } : { method: 2, cardStatusUpdate: said };
  expect(hex(issuerAuthentication(node, versionFor(c), found, word))).toBe(c.proof + c.word);
});

describe('any bit that is wrong', () => {
  /** Whether the check still says genuine. */
  const holds = (v: VersionVector, elements: Map<number, Bytes>, keys: CryptogramKeys = keysOf(v)): boolean =>
    checkCryptogram(node, () => keys, versionNamed(v.profile), v, elements).verdict === 'genuine';

  test.each(VECTORS.profiles.map((v) => [v.profile, v] as const))(
    '%s: covered data, cryptogram, key',
    (_, v) => {
      const elements = elementsOf(v.elements);
      const version = versionNamed(v.profile);
      const covered = new Set(version.data.flatMap((part) => ('tag' in part ? [part.tag] : [])));
      const survived: string[] = [];
      for (const [tag, value] of elements) {
        for (let bit = 0; bit < value.length * 8; bit++) {
          const isUnder =
            covered.has(tag) || tag === 0x9f26 || (tag === 0x9f10 && underMac(version, v, bit >>> 3));
          if (isUnder && holds(v, new Map([...elements, [tag, bitTurned(value, bit)]])))
            survived.push(`${tag.toString(16)} bit ${bit}`);
        }
      }
      const keys = keysOf(v);
      for (let bit = 0; bit < 128; bit++) {
        // The lowest bit of a DES key's byte is parity, and no cipher looks at it.
        const cryptogram = bitTurned(keys.cryptogram, bit);
        if (bit % 8 !== 7 && holds(v, elements, { ...keys, cryptogram })) survived.push(`key bit ${bit}`);
      }
      expect(survived).toEqual([]);
    },
  );

  /** Whether the cryptogram covers that byte of the issuer data, or the shape fixes it. */
  function underMac({ data, iad }: CryptogramProfile, v: VersionVector, byte: number): boolean {
    const length = fromHex(v.elements['9f10'] ?? '').length;
    const isCovered = data.some(
      (part) =>
        'iadFrom' in part &&
        byte >= part.iadFrom &&
        byte < part.iadFrom + (part.length ?? length - part.iadFrom),
    );
    return isCovered || iad.fixed.has(byte);
  }

  test.each(VECTORS.profiles.map((v) => [v.profile, v] as const))('%s: other card, other counter', (_, v) => {
    const elements = elementsOf(v.elements);
    const check = (card: { pan: string; sequence: string }) =>
      checkCryptogram(node, () => keysOf(v), versionNamed(v.profile), card, elements).verdict;
    expect(check({ ...v, sequence: '01' })).toBe('wrong-cryptogram');
    expect(check({ ...v, pan: '1234567890123464' })).toBe('wrong-cryptogram');
  });
});
