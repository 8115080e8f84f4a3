/**
 * EMV's signatures with message recovery (Book 2, A2.1 and B3; ISO/IEC 9796-2 scheme 1): the signed block
 * is 6A, recoverable data, SHA-1 over that data and what is sent beside it, BC.
 *
 * What must hold: the checks run in the order of the books (length, trailer, header, format; the hash after
 * the caller has put its message together), and the first that fails names the verdict.
 */
import { assert, type Bytes, concat, equal, u8 } from '@sokkin/codec';
import { sha1 } from '../../hash.ts';
import type { RsaPort, RsaPublicKey } from '../../ports.ts';

/** The part of RsaPort that a terminal needs: `rsaPublicOperation` will do. */
export type RsaVerifier = Pick<RsaPort, 'publicOperation'>;
export type RsaSigner = Pick<RsaPort, 'privateOperation'>;

/** The first byte of the recoverable data, by what was signed (Book 2, tables 6, 7, 14, 15). */
export const SIGNED_FORMAT = {
  issuerCertificate: 0x02,
  staticData: 0x03,
  iccCertificate: 0x04,
  dynamicData: 0x05,
} as const;

/** SHA-1 and RSA: the only algorithms that the books define (B2.1, B3.1). */
export const HASH_SHA1 = 0x01;
export const ALGORITHM_RSA = 0x01;

const HEADER = 0x6a;
const TRAILER = 0xbc;
/** Header, trailer and hash: what is not recoverable data. */
const FRAME = 22;

/** Why a block was not recovered. `bad-length`: not as long as the key, or not below its modulus. */
export type RecoveryFailure = 'bad-length' | 'bad-trailer' | 'bad-header' | 'bad-format';

export type Recovery =
  | { readonly verdict: RecoveryFailure }
  /** `data` begins with the format byte and ends before the hash. */
  | { readonly verdict: 'recovered'; readonly data: Bytes; readonly hash: Bytes };

/** The recoverable data and the hash in a signature, still to be compared. */
export function recover(rsa: RsaVerifier, key: RsaPublicKey, signature: Bytes, format: number): Recovery {
  if (signature.length !== key.modulus.length || signature.length < FRAME + 1)
    return { verdict: 'bad-length' };
  const block = rsa.publicOperation(key, signature);
  if (block === undefined) return { verdict: 'bad-length' };
  if (block[block.length - 1] !== TRAILER) return { verdict: 'bad-trailer' };
  if (block[0] !== HEADER) return { verdict: 'bad-header' };
  if (block[1] !== format) return { verdict: 'bad-format' };
  const end = block.length - 21;
  return { verdict: 'recovered', data: block.subarray(1, end), hash: block.subarray(end, end + 20) };
}

/** Whether the hash of a recovered block is that over its data and what came beside it. */
export function isHashed(hash: Bytes, data: Bytes, ...beside: readonly Bytes[]): boolean {
  return equal(hash, sha1(data, ...beside));
}

/** Room for recoverable data under a modulus of that many bytes. */
export function recoverableLength(modulusLength: number): number {
  return modulusLength - FRAME;
}

/** The signature over recoverable data, which fills the room exactly, and what is sent beside it. */
export async function sign(
  rsa: RsaSigner,
  handle: Bytes,
  data: Bytes,
  ...beside: readonly Bytes[]
): Promise<Bytes> {
  return rsa.privateOperation(handle, concat(u8(HEADER), data, sha1(data, ...beside), u8(TRAILER)));
}

/** Data filled up with BB to the length that signing needs. */
export function padBb(length: number, ...parts: readonly Bytes[]): Bytes {
  const data = concat(...parts);
  assert(data.length <= length, () => `${data.length} bytes to sign, room for ${length}`);
  const out = new Uint8Array(length).fill(0xbb);
  out.set(data);
  return out;
}
