/** What tests of cryptogram versions share: ports, the profiles as they ship, the published vectors, one bit turned. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, fromHex } from '@sokkin/codec';
import { portableSymmetric, type SymmetricPort } from '@sokkin/crypto';
import { type CryptogramKeys, type CryptogramProfile, readCryptogramProfile } from '@sokkin/issuer';
import { nodeSymmetric } from '@sokkin/node';

export const node = nodeSymmetric();
export const PORTS: readonly (readonly [string, SymmetricPort])[] = [
  ['node:crypto', node],
  ['TypeScript', portableSymmetric(node.randomBytes)],
];

const FOLDER = join(import.meta.dirname, '../../cryptograms');
export const VERSION_NAMES = readdirSync(FOLDER).map((file) => file.replace('.json', ''));
export const versionText = (name: string): string => readFileSync(join(FOLDER, `${name}.json`), 'utf8');
export const versionNamed = (name: string): CryptogramProfile => readCryptogramProfile(versionText(name));

export interface VersionVector {
  readonly source: string;
  readonly profile: string;
  readonly keys: Record<keyof CryptogramKeys, string>;
  readonly pan: string;
  readonly sequence: string;
  readonly elements: Readonly<Record<string, string>>;
  readonly responseCode?: string;
  readonly statusUpdate?: string;
  readonly proof: string;
  readonly unblock: { readonly action: 'unblockApplication' | 'unblockPin'; readonly command: string };
  readonly changePin: { readonly pin: string; readonly command: string };
  readonly changePinKnown?: { readonly pin: string; readonly present: string; readonly command: string };
}

export interface Combination {
  readonly source: string;
  readonly option: 'A' | 'B';
  readonly issuerMasterKey: string;
  readonly pan: string;
  readonly sequence: string;
  readonly sessionKey: CryptogramProfile['sessionKey'];
  readonly padding: CryptogramProfile['padding'];
  readonly elements: Readonly<Record<string, string>>;
  readonly results: string;
  readonly cryptogram: string;
  readonly method: 1 | 2;
  readonly word: string;
  readonly arpcKey: 'session' | 'master';
  readonly proof: string;
}

export interface VersionVectors {
  readonly profiles: readonly VersionVector[];
  readonly combinations: readonly Combination[];
}

export const VECTORS: VersionVectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../vectors/emv/cryptogram-versions.json'), 'utf8'),
);

export const elementsOf = (hexByTag: Readonly<Record<string, string>>): Map<number, Bytes> =>
  new Map(Object.entries(hexByTag).map(([tag, value]) => [Number.parseInt(tag, 16), fromHex(value)]));

export const keysOf = (v: Pick<VersionVector, 'keys'>): CryptogramKeys => ({
  cryptogram: fromHex(v.keys.cryptogram),
  scriptMac: fromHex(v.keys.scriptMac),
  scriptEncipher: fromHex(v.keys.scriptEncipher),
});

/** The bytes with bit `at`, modulo their length, turned. */
export function bitTurned(bytes: Bytes, at: number): Bytes {
  const bit = at % (bytes.length * 8);
  return bytes.map((byte, i) => (i === bit >>> 3 ? byte ^ (0x80 >>> (bit & 7)) : byte));
}
