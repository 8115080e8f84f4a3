/**
 * The offline enciphered PIN (Book 2, section 7.2): the terminal enciphers the PIN block under the card's
 * key, with a number that the card just gave, so that nothing recorded can be played again.
 *
 * What must hold: the card takes a PIN only from a block that has its own last unpredictable number. Every
 * failure looks alike to the caller, as a card must not be an oracle for RSA.
 */
import { type Bytes, concat, equal, u8 } from '@sokkin/codec';
import type { RsaPublicKey } from '../../ports.ts';
import type { RsaSigner, RsaVerifier } from './recoverable.ts';

const HEADER = 0x7f;
const FIXED = 1 + 8 + 8;

/** Header 7F, PIN block, the card's unpredictable number (8 bytes, GET CHALLENGE), random filling. */
export function encipherPin(
  rsa: RsaVerifier,
  key: RsaPublicKey,
  pinBlock: Bytes,
  cardNumber: Bytes,
  randomBytes: (length: number) => Bytes,
): Bytes | undefined {
  const filling = randomBytes(Math.max(0, key.modulus.length - FIXED));
  return rsa.publicOperation(key, concat(u8(HEADER), pinBlock, cardNumber, filling));
}

/** The PIN block (section 7.2, the card's steps), or undefined. */
export async function decipherPin(
  rsa: RsaSigner,
  key: { readonly handle: Bytes; readonly modulus: Bytes },
  enciphered: Bytes,
  cardNumber: Bytes,
): Promise<Bytes | undefined> {
  // As a big-endian number the input must be below the modulus: RSA knows nothing else.
  if (enciphered.length !== key.modulus.length || !isBelow(enciphered, key.modulus)) return undefined;
  const plain = await rsa.privateOperation(key.handle, enciphered);
  const isOurs = equal(plain.subarray(9, 17), cardNumber) && plain[0] === HEADER;
  return isOurs ? plain.slice(1, 9) : undefined;
}

function isBelow(a: Bytes, b: Bytes): boolean {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return (a[i] ?? 0) < (b[i] ?? 0);
  }
  return false;
}
