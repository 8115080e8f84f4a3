/**
 * Cards of another issuer, made known to a back-end: a range of numbers, and their master keys, in the two halves that two custodians
 * bring.
 *
 * What must hold: it asks the API for what any issuer asks it; for cards that exist in memory only, never for real ones.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { oddParity, type SymmetricPort, xor, zeros } from '@sokkin/crypto';

/** A POST that must succeed; gives the answer. */
export type Post = (path: string, body: object) => Promise<Readonly<Record<string, unknown>>>;

export interface LoadRange {
  readonly prefix: string;
  readonly digits: number;
  /** A cryptogram version that comes with the back-end, under triple DES. */
  readonly version: string;
  readonly keyIndex: number;
  /** 16 octets; used for cryptograms and scripts alike. */
  readonly masterKey: Bytes;
}

/** `second` is somebody else than `first`. Gives the id of the range. */
export async function bringRange(
  port: SymmetricPort,
  first: Post,
  second: Post,
  range: LoadRange,
): Promise<string> {
  const { prefix, digits, version, keyIndex, masterKey } = range;
  const made = await first('/v1/emv-ranges', {
    name: `Cards ${prefix}`,
    prefix,
    digits,
    versions: [version],
  });
  const id = String(made.id);
  const half = port.randomBytes(masterKey.length);
  const check = hex(port.desCbcEncrypt(masterKey, zeros(8), zeros(8)).subarray(0, 3)).toUpperCase();
  const place = { key_index: keyIndex };
  await first(`/v1/emv-ranges/${id}/first-component`, {
    ...{ ...place, cipher: 'tdes', component: ofEach(hex(half)), check_values: ofEach(check) },
  });
  const component = ofEach(hex(xor(masterKey, half)));
  await second(`/v1/emv-ranges/${id}/second-component`, { ...place, component });
  return id;
}

const ofEach = (text: string) => ({ cryptogram: text, script_mac: text, script_encipher: text });

/** A key for such cards: 16 octets with the parity that triple DES has. */
export const newMasterKey = (port: SymmetricPort): Bytes => oddParity(port.randomBytes(16));
