/**
 * The keys of payment cards in a file (key-file.ts): whoever reads it can make cards.
 *
 * The authority is our own: its private key signs one certificate and is let go. One RSA key of the issuer serves
 * triple DES and AES alike; master keys are one cipher's each.
 *
 * What must hold: keys are made once and never overwritten; a file whose parts do not belong together is not used.
 */
import { createHmac } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
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
import { damagedKeys, readKeyFile, writeKeyFile } from './key-file.ts';
import type { RsaPool } from './rsa-pool.ts';

export const EMV_KEYS_FILE = 'emv-keys.json';

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
const fileSchema = z.strictObject({
  warning: z.string(),
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
type KeyFile = z.infer<typeof fileSchema>;

/** The keys of the folder; undefined if it has none yet. */
export async function openEmvKeyFile(
  folder: string,
  ports: PreparationPorts,
): Promise<EmvKeyPort | undefined> {
  const path = join(folder, EMV_KEYS_FILE);
  const file = await readKeyFile(path, fileSchema);
  if (file === undefined) return undefined;
  const keys = portOver(file, ports);
  if (!(await isWhole(keys))) throw damagedKeys(path);
  return keys;
}

/** Begins with what takes long, if there are no keys yet. */
export async function warmEmvKeys(folder: string, pool: RsaPool): Promise<void> {
  if (await isThere(join(folder, EMV_KEYS_FILE))) return;
  for (const bits of [SIZES.ca, SIZES.issuer]) pool.warm({ bits, exponent: SIZES.exponent });
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Makes the keys of a new back-end; `today` in days. Takes half a second: two long RSA keys. */
export async function createEmvKeyFile(
  folder: string,
  ports: PreparationPorts,
  today: number,
): Promise<EmvKeyPort> {
  const wanted = {
    rid: RID,
    caIndex: CA_INDEX,
    identifier: IDENTIFIER,
    expiry: lastMonth(today),
    sizes: SIZES,
  };
  const issuer = await makeEmvIssuer(ports, { ...wanted, cipher: 'tdes', keyIndex: KEY_INDEX.tdes });
  const secret = (bytes = SECRET_BYTES): string => hex(ports.symmetric.randomBytes(bytes));
  const file: KeyFile = {
    warning:
      'These keys make payment cards. Keep this file secret, and keep a copy: without it, no card can be personalised.',
    version: 1,
    issuer: { ...storeEmvIssuer(issuer), cipher: 'tdes' },
    aes: {
      keyIndex: KEY_INDEX.aes,
      masterKeys: { cryptogram: secret(), scriptMac: secret(), scriptEncipher: secret() },
    },
    chipMasterKey: secret(),
    panKey: secret(PAN_KEY_BYTES),
  };
  await writeKeyFile(join(folder, EMV_KEYS_FILE), file);
  return portOver(file, ports);
}

/** The December that the issuer's certificate holds to. */
const lastMonth = (today: number): Month =>
  `12${String((Number(isoOfEpoch(today).slice(2, 4)) + ISSUER_YEARS) % 100).padStart(2, '0')}`;

function portOver(file: KeyFile, preparation: PreparationPorts): EmvKeyPort {
  const tdes = restoreEmvIssuer(file.issuer);
  const { keyIndex, masterKeys: keys } = file.aes;
  const issuers: Readonly<Record<EmvCipher, EmvIssuer>> = {
    tdes,
    aes: { ...tdes, cipher: 'aes', keyIndex, masterKeys: bytesOf(keys) },
  };
  const [chipMasterKey, panKey] = [fromHex(file.chipMasterKey), fromHex(file.panKey)];
  const { warning: _, ...content } = file;
  return {
    preparation,
    ca: tdes.ca,
    issuer: (cipher) => issuers[cipher],
    chipKeys: (chip) => diversifyKeys(preparation.symmetric, chipMasterKey, chip),
    panHash: (pan) => new Uint8Array(createHmac('sha256', panKey).update(pan).digest()),
    fingerprint: sha256(new TextEncoder().encode(JSON.stringify(content))),
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
