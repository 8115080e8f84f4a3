/**
 * The keys of payment cards, as they are kept: whoever reads them can make cards.
 *
 * The authority is our own: its private key signs one certificate and is let go. One RSA key of the issuer serves
 * triple DES and AES alike; master keys are one cipher's each.
 *
 * What must hold: a set whose parts do not belong together is not used.
 */
import { createHmac } from 'node:crypto';
import { equal, fromHex, hex, isoOfEpoch } from '@sokkin/codec';
import { diversifyKeys, type EmvCipher, type Month, recoverIssuerKey, sha256 } from '@sokkin/crypto';
import {
  type EmvIssuer,
  type EmvKeyPort,
  type IssuerMasterKeys,
  makeEmvIssuer,
  type PreparationPorts,
  type RsaSizes,
  restoreEmvIssuer,
  storeEmvIssuer,
} from '@sokkin/issuer';
import { z } from 'zod';
import type { RsaPool } from './rsa-pool.ts';

/** First digits of all PANs: a range that nobody has. */
const IDENTIFIER = '999912';
const CA_INDEX = 0x01;
const KEY_INDEX: Readonly<Record<EmvCipher, number>> = { tdes: 1, aes: 2 };
/** The RID of Sokkin's own AID; the same key is shown under the RID of every other scheme. */
const RID = fromHex('f0534f4b4b');
const SIZES: RsaSizes = { ca: 1984, issuer: 1408, icc: 1024, exponent: 3 };
const ISSUER_YEARS = 12;
const SECRET_BYTES = 16;
const PAN_KEY_BYTES = 32;

const octets = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const anyOctets = z.string().regex(/^([0-9a-f]{2})*$/);
const masterKeys = z.strictObject({
  cryptogram: octets(SECRET_BYTES),
  scriptMac: octets(SECRET_BYTES),
  scriptEncipher: octets(SECRET_BYTES),
});
export const emvKeySetSchema = z.strictObject({
  version: z.literal(1),
  issuer: z.strictObject({
    format: z.literal('sokkin-emv-issuer-1'),
    ca: z.strictObject({
      rid: octets(5),
      index: z.int().min(0).max(255),
      modulus: anyOctets,
      exponent: anyOctets,
    }),
    identifier: z.string().regex(/^\d{3,8}$/),
    key: z.strictObject({ handle: anyOctets, modulus: anyOctets, exponent: anyOctets }),
    certificate: z.strictObject({ certificate: anyOctets, remainder: anyOctets, exponent: anyOctets }),
    cipher: z.literal('tdes'),
    masterKeys,
    keyIndex: z.int().min(0).max(255),
  }),
  /** The same issuer's for the other cipher. */
  aes: z.strictObject({ keyIndex: z.int().min(0).max(255), masterKeys }),
  /** SCP03 keys of all chips come from it. */
  chipMasterKey: octets(SECRET_BYTES),
  panKey: octets(PAN_KEY_BYTES),
});
export type EmvKeySet = z.infer<typeof emvKeySetSchema>;

/** Begins with what takes long. */
export function warmEmvKeys(pool: RsaPool): void {
  for (const bits of [SIZES.ca, SIZES.issuer]) pool.warm({ bits, exponent: SIZES.exponent });
}

/** Makes the keys of a new back-end; `today` in days. Takes half a second: two long RSA keys. */
export async function makeEmvKeySet(ports: PreparationPorts, today: number): Promise<EmvKeySet> {
  const wanted = {
    rid: RID,
    caIndex: CA_INDEX,
    identifier: IDENTIFIER,
    expiry: lastMonth(today),
    sizes: SIZES,
  };
  const issuer = await makeEmvIssuer(ports, { ...wanted, cipher: 'tdes', keyIndex: KEY_INDEX.tdes });
  const secret = (bytes = SECRET_BYTES): string => hex(ports.symmetric.randomBytes(bytes));
  return {
    version: 1,
    issuer: { ...storeEmvIssuer(issuer), cipher: 'tdes' },
    aes: {
      keyIndex: KEY_INDEX.aes,
      masterKeys: { cryptogram: secret(), scriptMac: secret(), scriptEncipher: secret() },
    },
    chipMasterKey: secret(),
    panKey: secret(PAN_KEY_BYTES),
  };
}

/** The December that the issuer's certificate holds to. */
const lastMonth = (today: number): Month =>
  `12${String((Number(isoOfEpoch(today).slice(2, 4)) + ISSUER_YEARS) % 100).padStart(2, '0')}`;

/** undefined: its parts do not belong together. */
export async function emvKeysOf(set: EmvKeySet, ports: PreparationPorts): Promise<EmvKeyPort | undefined> {
  const keys = portOver(set, ports);
  return (await isWhole(keys)) ? keys : undefined;
}

function portOver(set: EmvKeySet, preparation: PreparationPorts): EmvKeyPort {
  const tdes = restoreEmvIssuer(set.issuer);
  const { keyIndex, masterKeys: keys } = set.aes;
  const issuers: Readonly<Record<EmvCipher, EmvIssuer>> = {
    tdes,
    aes: { ...tdes, cipher: 'aes', keyIndex, masterKeys: bytesOf(keys) },
  };
  const [chipMasterKey, panKey] = [fromHex(set.chipMasterKey), fromHex(set.panKey)];
  return {
    preparation,
    ca: tdes.ca,
    issuer: (cipher) => issuers[cipher],
    chipKeys: (chip) => diversifyKeys(preparation.symmetric, chipMasterKey, chip),
    panHash: (pan) => new Uint8Array(createHmac('sha256', panKey).update(pan).digest()),
    fingerprint: sha256(new TextEncoder().encode(JSON.stringify(set))),
  };
}

const bytesOf = (keys: z.infer<typeof masterKeys>): IssuerMasterKeys => ({
  cryptogram: fromHex(keys.cryptogram),
  scriptMac: fromHex(keys.scriptMac),
  scriptEncipher: fromHex(keys.scriptEncipher),
});

/** The certificate is of the authority's, for the key; and the private half is the key's. */
async function isWhole({ preparation: { rsa }, ca, issuer }: EmvKeyPort): Promise<boolean> {
  const { key, certificate, identifier } = issuer('tdes');
  // Whether the certificate has expired is for whoever uses it.
  const read = recoverIssuerKey(rsa, ca, certificate, { pan: identifier, today: 0 });
  if (read.verdict !== 'authentic' || !equal(read.key.modulus, key.publicKey.modulus)) return false;
  const input = new Uint8Array(key.publicKey.modulus.length).fill(0x5a);
  try {
    const signed = await rsa.privateOperation(key.handle, input);
    const back = rsa.publicOperation(key.publicKey, signed);
    return back !== undefined && equal(back, input);
  } catch {
    return false;
  }
}
