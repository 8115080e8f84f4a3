/**
 * Application cryptograms (TC, ARQC, AAC) and the issuer's answer (ARPC): Book 2, section 8.
 *
 * What must hold: verification looks at every byte, and tells nothing but yes or no. Which data goes in, and
 * in which order, is the profile's (cryptogram version): this file takes it as bytes.
 */
import { assert, type Bytes, concat, equal } from '@sokkin/codec';
import { aesCmac, pad00, retailMac, retailMacOfBlocks, xor, zeros } from '../mac.ts';
import type { SymmetricPort } from '../ports.ts';
import type { EmvCipher } from './keys.ts';

/**
 * How the last block is filled under triple DES: `iso2` as the books say (80, then zeros), `zeros` as
 * profiles without a session key have it. AES-CMAC pads by itself.
 */
export type CryptogramPadding = 'iso2' | 'zeros';

/** The MAC of EMV (A1.2): retail MAC or AES-CMAC, the leftmost `length` bytes, 4 to 8. */
export function emvMac(
  port: SymmetricPort,
  cipher: EmvCipher,
  key: Bytes,
  message: Bytes,
  length = 8,
): Bytes {
  assert(length >= 4 && length <= 8, () => `MAC of ${length} bytes`);
  return cipher === 'tdes' ? retailMac(port, key, message, length) : aesCmac(port, key, message, length);
}

/** Section 8.1.2: the 8 bytes of a TC, ARQC or AAC over the data that the profile chose. */
export function applicationCryptogram(
  port: SymmetricPort,
  cipher: EmvCipher,
  sessionKey: Bytes,
  data: Bytes,
  padding: CryptogramPadding = 'iso2',
): Bytes {
  if (cipher === 'aes' || padding === 'iso2') return emvMac(port, cipher, sessionKey, data);
  return retailMacOfBlocks(port, sessionKey, pad00(data, 8));
}

/** Whether the card's cryptogram is the one over this data under this key. */
export function isApplicationCryptogram(
  port: SymmetricPort,
  cipher: EmvCipher,
  sessionKey: Bytes,
  data: Bytes,
  cryptogram: Bytes,
  padding: CryptogramPadding = 'iso2',
): boolean {
  return equal(applicationCryptogram(port, cipher, sessionKey, data, padding), cryptogram);
}

/**
 * Section 8.2.1, method 1: 8 bytes, the encryption of ARQC xor the authorisation response code (2 bytes, zeros
 * after). Under AES that block is filled with zeros at its right, and the leftmost 8 bytes are the ARPC.
 */
export function arpcMethod1(
  port: SymmetricPort,
  cipher: EmvCipher,
  sessionKey: Bytes,
  arqc: Bytes,
  responseCode: Bytes,
): Bytes {
  assert(arqc.length === 8, () => `ARQC of ${arqc.length} bytes`);
  assert(responseCode.length === 2, () => `authorisation response code of ${responseCode.length} bytes`);
  const y = xor(arqc, concat(responseCode, zeros(6)));
  if (cipher === 'tdes') return port.desCbcEncrypt(sessionKey, zeros(8), y);
  return port.aesEncryptBlock(sessionKey, concat(y, zeros(8))).slice(0, 8);
}

/**
 * Section 8.2.2, method 2: 4 bytes, a MAC over ARQC, card status update (4 bytes) and up to 8 bytes of
 * proprietary authentication data.
 */
export function arpcMethod2(
  port: SymmetricPort,
  cipher: EmvCipher,
  sessionKey: Bytes,
  arqc: Bytes,
  cardStatusUpdate: Bytes,
  proprietary: Bytes = zeros(0),
): Bytes {
  assert(arqc.length === 8, () => `ARQC of ${arqc.length} bytes`);
  assert(cardStatusUpdate.length === 4, () => `card status update of ${cardStatusUpdate.length} bytes`);
  assert(proprietary.length <= 8, () => `${proprietary.length} bytes of proprietary authentication data`);
  return emvMac(port, cipher, sessionKey, concat(arqc, cardStatusUpdate, proprietary), 4);
}

/** Issuer authentication data (tag 91): ARPC and response code, or ARPC, status update and proprietary data. */
export type IssuerAuthentication =
  | { readonly method: 1; readonly arpc: Bytes; readonly responseCode: Bytes }
  | {
      readonly method: 2;
      readonly arpc: Bytes;
      readonly cardStatusUpdate: Bytes;
      readonly proprietary: Bytes;
    };

/** The value of tag 91. */
export function encodeIssuerAuthentication(data: IssuerAuthentication): Bytes {
  return data.method === 1
    ? concat(data.arpc, data.responseCode)
    : concat(data.arpc, data.cardStatusUpdate, data.proprietary);
}

/** Reads tag 91 under the method of the card's profile; undefined if its length does not fit. */
export function decodeIssuerAuthentication(method: 1 | 2, value: Bytes): IssuerAuthentication | undefined {
  if (method === 1) {
    if (value.length !== 10) return undefined;
    return { method, arpc: value.subarray(0, 8), responseCode: value.subarray(8) };
  }
  if (value.length < 8 || value.length > 16) return undefined;
  const [arpc, cardStatusUpdate, proprietary] = [
    value.subarray(0, 4),
    value.subarray(4, 8),
    value.subarray(8),
  ];
  return { method, arpc, cardStatusUpdate, proprietary };
}

/** What the card does with tag 91: the right ARPC for the cryptogram it gave, or not. */
export function isIssuerAuthentic(
  port: SymmetricPort,
  cipher: EmvCipher,
  sessionKey: Bytes,
  arqc: Bytes,
  data: IssuerAuthentication,
): boolean {
  const expected =
    data.method === 1
      ? arpcMethod1(port, cipher, sessionKey, arqc, data.responseCode)
      : arpcMethod2(port, cipher, sessionKey, arqc, data.cardStatusUpdate, data.proprietary);
  return equal(expected, data.arpc);
}
