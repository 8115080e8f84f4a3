/**
 * Is a cryptogram really the card's? ARQC, TC and AAC alike (Book 2, 8.1): issuer master key to card key to session key to
 * MAC, by a profile.
 *
 * What must hold: every byte that the profile's cryptogram covers came, or there is no verdict; what a genuine cryptogram
 * says, its type included, was read from bytes under its MAC; issuer master keys pass through as handles of the port, and
 * are never looked into.
 */
import { type Bytes, buildDolData, type CryptogramType, concat, emvElement } from '@sokkin/codec';
import {
  type CardIdentity,
  counterXorSessionKey,
  cryptogramSessionKey,
  type EmvCipher,
  iccMasterKey,
  isApplicationCryptogram,
  type ScriptKeys,
  type SymmetricPort,
  scriptSessionKey,
  unpredictableSessionKey,
} from '@sokkin/crypto';
import { limitedUseKey } from '../personalisation/card-keys.ts';
import type { CryptogramProfile } from './cryptogram-profile.ts';
import { type CardTold, type ReadResults, readIssuerData, readResults, typeOf } from './issuer-data.ts';

/** The issuer's keys for one derivation key index: raw in a software port, or handles of an HSM's keys. */
export interface CryptogramKeys {
  readonly cryptogram: Bytes;
  readonly scriptMac: Bytes;
  readonly scriptEncipher: Bytes;
}

/** The keys by the index that cards tell; undefined: there are none of that index. A card without an index asks for 0. */
export type KeysByIndex = (keyIndex: number) => CryptogramKeys | undefined;

/** Elements by tag, as DE 55 brings them: 9F26, 9F36, 9F10 and all that the cryptogram covers. */
export type CardData = ReadonlyMap<number, Bytes>;

/** A cryptogram that is the card's, and the keys that belong to it alone. */
export interface AuthenticCryptogram {
  readonly verdict: 'genuine';
  readonly cipher: EmvCipher;
  /** What the card decided, by its results; undefined where its version tells none. */
  readonly type: CryptogramType | undefined;
  readonly cryptogram: Bytes;
  readonly atc: Bytes;
  readonly data: CardTold;
  readonly results: ReadResults | undefined;
  readonly sessionKey: Bytes;
  /** The card's key that session keys come from. */
  readonly masterKey: Bytes;
  /** Derived when they are first asked for. */
  readonly scriptKeys: ScriptKeys;
}

export type CryptogramFinding =
  | AuthenticCryptogram
  /** An element that the cryptogram covers did not come. */
  | { readonly verdict: 'missing-data'; readonly tag: number }
  /** An element has a length that it cannot have. */
  | { readonly verdict: 'bad-data'; readonly tag: number }
  /** The issuer application data is not of the profile's shape, or contradicts it. */
  | { readonly verdict: 'bad-iad' }
  | { readonly verdict: 'unknown-key'; readonly keyIndex: number }
  | { readonly verdict: 'wrong-cryptogram' }
  /** The cryptogram is right, and cryptogram information (9F27) calls it something else. */
  | { readonly verdict: 'type-mismatch'; readonly type: CryptogramType };

const TAG = { cryptogram: 0x9f26, information: 0x9f27, atc: 0x9f36, iad: 0x9f10, number: 0x9f37 } as const;

export function checkCryptogram(
  port: SymmetricPort,
  keysOf: KeysByIndex,
  profile: CryptogramProfile,
  card: CardIdentity,
  seen: CardData,
): CryptogramFinding {
  const problem = problemOf(profile, seen);
  if (problem !== undefined) return problem;
  const [cryptogram, atc, iad] = [
    elementOf(seen, TAG.cryptogram),
    elementOf(seen, TAG.atc),
    elementOf(seen, TAG.iad),
  ];
  const data = readIssuerData(profile.iad, iad);
  if (data === undefined || profile.limitedUse !== (data.keyNumber ?? 0) > 0) return { verdict: 'bad-iad' };
  const keyIndex = data.keyIndex ?? 0;
  const keys = keysOf(keyIndex);
  if (keys === undefined) return { verdict: 'unknown-key', keyIndex };
  const masterKey = masterKeyOf(port, profile, keys.cryptogram, card, data.keyNumber);
  const sessionKey = sessionKeyOf(port, profile, masterKey, atc, seen.get(TAG.number));
  const covered = coveredData(profile, seen, iad);
  if (!isApplicationCryptogram(port, profile.cipher, sessionKey, covered, cryptogram, profile.padding))
    return { verdict: 'wrong-cryptogram' };
  const results = profile.cvr && data.cvr ? readResults(profile.cvr, data.cvr) : undefined;
  if (profile.cvr !== undefined && results === undefined) return { verdict: 'bad-iad' };
  const type = results?.second ?? results?.first;
  const called = typeOf((seen.get(TAG.information)?.[0] ?? 0xff) >> 6);
  if (type !== undefined && seen.has(TAG.information) && called !== type)
    return { verdict: 'type-mismatch', type };
  let scriptKeys: ScriptKeys | undefined;
  return {
    verdict: 'genuine',
    cipher: profile.cipher,
    type,
    cryptogram,
    atc,
    data,
    results,
    sessionKey,
    masterKey,
    get scriptKeys() {
      scriptKeys ??= scriptKeysOf(port, profile, keys, card, { cryptogram, atc });
      return scriptKeys;
    },
  };
}

const NOTHING: Bytes = new Uint8Array(0);
const elementOf = (seen: CardData, tag: number): Bytes => seen.get(tag) ?? NOTHING;

/** What is missing, or cannot be: the first element, cryptogram, counter and issuer data before the rest. */
function problemOf(profile: CryptogramProfile, seen: CardData): CryptogramFinding | undefined {
  const covered = profile.data.flatMap((part) => ('tag' in part ? [part.tag] : []));
  const number = profile.sessionKey === 'unpredictable' ? [TAG.number] : [];
  for (const tag of [TAG.cryptogram, TAG.atc, TAG.iad, ...number, ...covered]) {
    const value = seen.get(tag);
    if (value === undefined) return { verdict: 'missing-data', tag };
    const element = emvElement(tag);
    // Longer than it may be, an element would be cut before the MAC, and read whole by whoever decides.
    if (element !== undefined && (value.length < element.min || value.length > element.max))
      return { verdict: 'bad-data', tag };
  }
  return undefined;
}

/** The card's key for cryptograms, or its limited-use key of that number. */
function masterKeyOf(
  port: SymmetricPort,
  { cipher, masterKey, keyLength }: CryptogramProfile,
  issuerKey: Bytes,
  card: CardIdentity,
  keyNumber = 0,
): Bytes {
  const key = iccMasterKey(port, masterKey, issuerKey, card, keyLength);
  return keyNumber === 0 ? key : limitedUseKey(port, cipher, key, keyNumber);
}

function sessionKeyOf(
  port: SymmetricPort,
  { cipher, sessionKey }: CryptogramProfile,
  masterKey: Bytes,
  atc: Bytes,
  number: Bytes = NOTHING,
): Bytes {
  switch (sessionKey) {
    case 'none':
      return masterKey;
    case 'common':
      return cryptogramSessionKey(port, cipher, masterKey, atc);
    case 'unpredictable':
      return unpredictableSessionKey(port, masterKey, atc, number);
  }
}

/** All that the MAC is over, in the profile's order; elements as data object lists fit them (Book 3, 5.4). */
function coveredData(profile: CryptogramProfile, seen: CardData, iad: Bytes): Bytes {
  return concat(
    ...profile.data.map((part) => {
      if ('tag' in part) return buildDolData([part], (tag) => seen.get(tag));
      return iad.subarray(part.iadFrom, part.length === undefined ? undefined : part.iadFrom + part.length);
    }),
  );
}

function scriptKeysOf(
  port: SymmetricPort,
  { cipher, masterKey, keyLength, scripts }: CryptogramProfile,
  keys: CryptogramKeys,
  card: CardIdentity,
  { cryptogram, atc }: Pick<AuthenticCryptogram, 'cryptogram' | 'atc'>,
): ScriptKeys {
  const of = (issuerKey: Bytes): Bytes => {
    const key = iccMasterKey(port, masterKey, issuerKey, card, keyLength);
    return scripts.sessionKey === 'counterXor'
      ? counterXorSessionKey(key, atc)
      : scriptSessionKey(port, cipher, key, cryptogram);
  };
  return { cipher, mac: of(keys.scriptMac), encipher: of(keys.scriptEncipher) };
}
