/** A card that an issuer made elsewhere, as far as a terminal's question needs it: version 18 of a scheme, made-up keys. */
import { readFileSync } from 'node:fs';
import { type Bytes, buildDolData, concat, encodeN, fromHex, type IsoTlv, u16 } from '@sokkin/codec';
import { applicationCryptogram, cryptogramSessionKey, iccMasterKey } from '@sokkin/crypto';
import { type CryptogramKeys, limitedUseKey, readCryptogramProfile, readIssuerRules } from '@sokkin/issuer';
import { nodeSymmetric } from '@sokkin/node';
import type { Chip } from '../src/vault/chips.ts';

const issuerFile = (path: string): string =>
  readFileSync(new URL(`../../../packages/issuer/${path}`, import.meta.url), 'utf8');

const port = nodeSymmetric();
const VERSION = readCryptogramProfile(issuerFile('cryptograms/cvn18.json'));
/** The same of a phone, which tells the number of its limited-use key behind its results. */
const OF_PHONES = {
  ...{ ...VERSION, name: 'of phones', limitedUse: true },
  iad: { ...VERSION.iad, least: 9, most: 9, keyNumber: 7 },
};
const RULES = readIssuerRules(issuerFile('rules/default.json'));
const KEYS: CryptogramKeys = {
  cryptogram: fromHex('0123456789abcdeffedcba9876543210'),
  scriptMac: fromHex('fedcba98765432100123456789abcdef'),
  scriptEncipher: fromHex('89abcdef0123456776543210fedcba98'),
};

/** What an issuer checks this card with. */
export const chipOf = (pan: string, { isPhone = false } = {}): Chip => ({
  ...{ range: 'emr_1', card: { pan, sequence: '00' }, version: isPhone ? OF_PHONES : VERSION },
  ...{ rules: RULES, port },
  keysOf: (index) => (index === 1 ? KEYS : undefined),
});

/** Field 55 of its question (ARQC), or with `results` of what else it says; with a key number, of a phone. */
export function question(
  pan: string,
  atc: number,
  amount: bigint,
  {
    results = 'a0b800',
    information = 0x80,
    keyNumber,
  }: { results?: string; information?: number; keyNumber?: number } = {},
): readonly IsoTlv[] {
  const elements = new Map<number, Bytes>([
    [0x82, fromHex('1800')],
    [0x95, fromHex('0000000000')],
    [0x9a, fromHex('260401')],
    [0x9c, fromHex('00')],
    [0x5f2a, fromHex('0392')],
    [0x9f02, encodeN(amount.toString(), 6)],
    [0x9f03, fromHex('000000000000')],
    [0x9f10, concat(fromHex(`06011203${results}`), keyNumber === undefined ? fromHex('') : u16(keyNumber))],
    [0x9f1a, fromHex('0392')],
    [0x9f27, Uint8Array.of(information)],
    [0x9f36, u16(atc)],
    [0x9f37, fromHex('52bf4585')],
  ]);
  const whole = iccMasterKey(port, VERSION.masterKey, KEYS.cryptogram, { pan, sequence: '00' }, 16);
  const master = keyNumber === undefined ? whole : limitedUseKey(port, VERSION.cipher, whole, keyNumber);
  const session = cryptogramSessionKey(port, VERSION.cipher, master, u16(atc));
  const covered = VERSION.data.map((part) =>
    'tag' in part
      ? buildDolData([part], (tag) => elements.get(tag))
      : (elements.get(0x9f10)?.subarray(part.iadFrom) ?? new Uint8Array(0)),
  );
  elements.set(
    0x9f26,
    applicationCryptogram(port, VERSION.cipher, session, concat(...covered), VERSION.padding),
  );
  return [...elements].map(([tag, value]) => ({ tag, value }));
}
