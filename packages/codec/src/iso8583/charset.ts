/**
 * The character sets of messages: ASCII, and the EBCDIC code pages 037 and 500.
 *
 * Source: IBM's code page definitions CP00037 and CP00500 (Unicode Consortium, MAPPINGS/VENDORS/MICSFT/EBCDIC
 * and the registration of each with IANA).
 *
 * What must hold: only printable 7-bit characters stand in text fields, so every character of a message has one
 * octet in each set and every octet at most one character.
 */
import { fromHex } from '../bytes.ts';

export type IsoCharsetName = 'ascii' | 'cp037' | 'cp500';

export interface IsoCharset {
  readonly name: IsoCharsetName;
  /** Octet of each 7-bit character; 0 for one that is not printable. */
  readonly octetOf: Uint8Array;
  /** Character of each octet; 0 for an octet that is no printable 7-bit character. */
  readonly characterOf: Uint8Array;
}

const FIRST_PRINTABLE = 0x20;

/** Octets of the 95 printable characters, from blank to tilde. */
const EBCDIC_SHARED = {
  digitsToUnderscore:
    'f0f1f2f3f4f5f6f7f8f9 7a5e4c7e6e6f 7c c1c2c3c4c5c6c7c8c9 d1d2d3d4d5d6d7d8d9 e2e3e4e5e6e7e8e9',
  small: '79 818283848586878889 919293949596979899 a2a3a4a5a6a7a8a9',
};
const OCTETS: Readonly<Record<Exclude<IsoCharsetName, 'ascii'>, string>> = {
  cp037: `405a7f7b5b6c507d4d5d5c4e6b604b61 ${EBCDIC_SHARED.digitsToUnderscore} bae0bbb06d ${EBCDIC_SHARED.small} c04fd0a1`,
  cp500: `404f7f7b5b6c507d4d5d5c4e6b604b61 ${EBCDIC_SHARED.digitsToUnderscore} 4ae05a5f6d ${EBCDIC_SHARED.small} c0bbd0a1`,
};

function charset(name: IsoCharsetName, octets: Iterable<number>): IsoCharset {
  const octetOf = new Uint8Array(128);
  const characterOf = new Uint8Array(256);
  let character = FIRST_PRINTABLE;
  for (const octet of octets) {
    octetOf[character] = octet;
    characterOf[octet] = character;
    character++;
  }
  return { name, octetOf, characterOf };
}

export const CHARSETS: Readonly<Record<IsoCharsetName, IsoCharset>> = {
  ascii: charset(
    'ascii',
    Array.from({ length: 95 }, (_, i) => FIRST_PRINTABLE + i),
  ),
  cp037: charset('cp037', fromHex(OCTETS.cp037)),
  cp500: charset('cp500', fromHex(OCTETS.cp500)),
};
