/**
 * EMV's symmetric keys: ICC master keys from issuer master keys, session keys from ICC master keys
 * (Book 2, Annex A1.3 and A1.4).
 *
 * What must hold: card and issuer derive the same key from the same digits and counter; a DES key comes out
 * with odd parity. Nothing here keeps a key.
 */
import { assert, type Bytes, concat, encodeN, fromHex, hex, SokkinError } from '@sokkin/codec';
import { sha1 } from '../hash.ts';
import { oddParity, xor, zeros } from '../mac.ts';
import type { SymmetricPort } from '../ports.ts';

/** The block cipher behind a cryptogram version: two-key triple DES, or AES under keys of 16, 24 or 32 bytes. */
export type EmvCipher = 'tdes' | 'aes';

/**
 * How an ICC master key comes from PAN and sequence number: A and B are for triple DES, C is for AES. B is A
 * for a PAN of up to 16 digits.
 */
export type MasterKeyOption = 'A' | 'B' | 'C';

/** Who the card is: the digits of the PAN, and the two digits of its sequence number (00 if it has none). */
export interface CardIdentity {
  readonly pan: string;
  readonly sequence?: string;
}

/**
 * The ICC master key for one purpose, from the issuer master key for it (Book 2, A1.4). `length`: that of the keys of
 * option C, where the issuer's is a handle of the port and does not show its own.
 */
export function iccMasterKey(
  port: SymmetricPort,
  option: MasterKeyOption,
  issuerMasterKey: Bytes,
  card: CardIdentity,
  length: number = issuerMasterKey.length,
): Bytes {
  const digits = digitsOfCard(card);
  switch (option) {
    case 'A':
      return optionA(port, issuerMasterKey, digits);
    case 'B':
      return card.pan.length <= 16
        ? optionA(port, issuerMasterKey, digits)
        : tdesPair(port, issuerMasterKey, fromHex(decimals(digits)));
    case 'C':
      return optionC(port, issuerMasterKey, digits, length);
  }
}

function digitsOfCard({ pan, sequence = '00' }: CardIdentity): string {
  if (!/^\d{1,19}$/.test(pan)) throw new SokkinError('bad_pan', 'A PAN has 1 to 19 decimal digits');
  if (!/^\d{2}$/.test(sequence)) throw new SokkinError('bad_pan', 'A PAN sequence number has two digits');
  return pan + sequence;
}

/** A1.4.1: the 16 rightmost digits of PAN and sequence number, zeros at their left if they are fewer. */
function optionA(port: SymmetricPort, key: Bytes, digits: string): Bytes {
  return tdesPair(port, key, encodeN(digits.slice(-16), 8));
}

/** Y and its complement, encrypted one after the other, are the halves of the key. */
function tdesPair(port: SymmetricPort, key: Bytes, y: Bytes): Bytes {
  const halves = concat(y, complement(y));
  return oddParity(
    concat(...[0, 8].map((at) => port.desCbcEncrypt(key, zeros(8), halves.subarray(at, at + 8)))),
  );
}

/**
 * A1.4.2: SHA-1 of PAN and sequence number (a zero digit before an odd number), of its 40 half bytes the
 * first 16 that are decimal; if there are fewer, the letters follow in order, A as 0 to F as 5.
 */
function decimals(digits: string): string {
  const hash = hex(sha1(encodeN(digits, Math.ceil(digits.length / 2))));
  const letters = hash.replaceAll(/\d/g, '').replaceAll(/[a-f]/g, (c) => String(c.charCodeAt(0) - 0x61));
  return (hash.replaceAll(/[a-f]/g, '') + letters).slice(0, 16);
}

/** A1.4.3: PAN and sequence number as 32 digits encrypted with AES; for a longer key, their complement too. */
function optionC(port: SymmetricPort, key: Bytes, digits: string, length: number): Bytes {
  const y = encodeN(digits, 16);
  const first = port.aesEncryptBlock(key, y);
  if (length === 16) return first;
  return concat(first, port.aesEncryptBlock(key, complement(y))).slice(0, length);
}

function complement(bytes: Bytes): Bytes {
  return bytes.map((byte) => ~byte);
}

/**
 * A1.3.1, the EMV common session key derivation: two blocks that differ from R in their third byte, F0 and
 * 0F, are encrypted under the master key; an AES key of one block comes from R as it is. R is a block of the
 * cipher: 8 bytes for triple DES, 16 for AES.
 */
export function commonSessionKey(port: SymmetricPort, cipher: EmvCipher, masterKey: Bytes, r: Bytes): Bytes {
  const block = cipher === 'tdes' ? 8 : 16;
  assert(r.length === block, () => `diversification value of ${r.length} bytes`);
  assert(cipher === 'aes' || masterKey.length === 16, () => `triple DES key of ${masterKey.length} bytes`);
  if (cipher === 'aes' && masterKey.length === 16) return port.aesEncryptBlock(masterKey, r);
  const [left, right] = [0xf0, 0x0f].map((third) => {
    const input = Uint8Array.from(r);
    input[2] = third;
    return cipher === 'tdes'
      ? port.desCbcEncrypt(masterKey, zeros(8), input)
      : port.aesEncryptBlock(masterKey, input);
  });
  const both = concat(left ?? r, right ?? r);
  return cipher === 'tdes' ? oddParity(both) : both.slice(0, masterKey.length);
}

/** The session key of application cryptograms: R is the counter (ATC, 2 bytes), zeros after it (A1.3.1). */
export function cryptogramSessionKey(
  port: SymmetricPort,
  cipher: EmvCipher,
  masterKey: Bytes,
  atc: Bytes,
): Bytes {
  assert(atc.length === 2, () => `ATC of ${atc.length} bytes`);
  return commonSessionKey(port, cipher, masterKey, padRight(atc, cipher === 'tdes' ? 8 : 16));
}

/**
 * The session key of secure messaging: R is the application cryptogram of the first GENERATE AC (A1.3.1),
 * with zeros after it up to a block of AES. One key for the MACs, from the master key for integrity, and
 * another for encipherment, from that for confidentiality.
 */
export function scriptSessionKey(
  port: SymmetricPort,
  cipher: EmvCipher,
  masterKey: Bytes,
  applicationCryptogram: Bytes,
): Bytes {
  assert(applicationCryptogram.length === 8, () => `cryptogram of ${applicationCryptogram.length} bytes`);
  return commonSessionKey(
    port,
    cipher,
    masterKey,
    padRight(applicationCryptogram, cipher === 'tdes' ? 8 : 16),
  );
}

/**
 * A session key for cryptogram versions that add the unpredictable number: R is ATC, 0000 and the 4 bytes of
 * the number. As in published vectors of such profiles; not the default of the books.
 */
export function unpredictableSessionKey(
  port: SymmetricPort,
  masterKey: Bytes,
  atc: Bytes,
  number: Bytes,
): Bytes {
  assert(atc.length === 2 && number.length === 4, 'an ATC of 2 bytes and an unpredictable number of 4');
  return commonSessionKey(port, 'tdes', masterKey, concat(atc, zeros(2), number));
}

/**
 * A session key by exclusive or: the counter into the last two bytes of the left half, its complement into
 * those of the right. For profiles whose published vectors use it in secure messaging; weaker than the
 * books' way, as one session key tells the others.
 */
export function counterXorSessionKey(masterKey: Bytes, atc: Bytes): Bytes {
  assert(masterKey.length === 16 && atc.length === 2, 'a triple DES key of 16 bytes and an ATC of 2');
  return oddParity(xor(masterKey, concat(zeros(6), atc, zeros(6), complement(atc))));
}

function padRight(bytes: Bytes, length: number): Bytes {
  const out = new Uint8Array(length);
  out.set(bytes);
  return out;
}
