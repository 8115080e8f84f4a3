/**
 * A dialect of ISO 8583 in memory: what `readIsoProfile` makes of a profile's file.
 *
 * What must hold: a profile is data; all that differs between two acquirers stands in it. Every format in it has its
 * encodings worked out, so that reading and writing look nothing up.
 */
import type { Bytes } from '../bytes.ts';
import type { IsoCharset } from './charset.ts';
import type { IsoPlace } from './error.ts';
import type { IsoVersion, MtiClass } from './mti.ts';
import type { IsoKind } from './notation.ts';

/** Where the half octet goes that an odd number of packed digits leaves, and what is in it. */
export type IsoPad = 'left-0' | 'right-0' | 'right-F';

/** How values are on the wire: characters, packed digits, octets, or two hexadecimal characters an octet. */
export type IsoCoding = 'text' | 'bcd' | 'raw' | 'hex';

/** The length before a variable value. */
export interface IsoPrefix {
  readonly coding: 'text' | 'bcd' | 'binary';
  /** Digits of text and bcd; octets of binary. */
  readonly size: number;
  /** What is counted: digits, characters and octets of the value; or octets as they are on the wire. */
  readonly counts: 'value' | 'wire';
}

export interface IsoFormat extends IsoPlace {
  readonly field: number;
  readonly name: string;
  readonly kind: IsoKind;
  /** Digits, characters, octets: exactly, or at most where there is a prefix. */
  readonly most: number;
  readonly prefix: IsoPrefix | undefined;
  readonly coding: IsoCoding;
  readonly pad: IsoPad;
  /** What separates the parts of a track, where it is text on the wire. */
  readonly separator: '=' | 'D';
  readonly charset: IsoCharset;
  readonly isAmount: boolean;
  readonly content: IsoContent | undefined;
  /** `describeNotation` of it, for errors. */
  readonly expected: string;
}

/** What a value is made of, where it is not one thing. */
export type IsoContent =
  | { readonly form: 'ber-tlv' }
  /** Text: tag, length, value; the lengths of tag and length in characters. */
  | { readonly form: 'tlv'; readonly tagSize: number; readonly lengthSize: number }
  /** One subfield after the other; those from `required` on may be missing, the last first. */
  | { readonly form: 'list'; readonly items: readonly IsoFormat[]; readonly required: number };

export interface IsoHeader {
  readonly octets: number;
  /** Octets that every header begins with. */
  readonly begins: Bytes;
  /** How a reply's header comes from a request's: the same, or as a TPDU with its two addresses exchanged. */
  readonly reply: 'echo' | 'tpdu';
}

/** How messages are cut from a stream. */
export interface IsoFraming {
  readonly coding: 'binary' | 'text' | 'bcd';
  /** Octets of the length. */
  readonly size: number;
  /** The length counts its own octets, too. */
  readonly includesItself: boolean;
  /** Octets of a message at most, without the length. */
  readonly most: number;
  /** A length of no octets is a sign of life, not an error. */
  readonly heartbeats: boolean;
}

export type BitmapForm = 'binary' | 'hex-ascii' | 'hex-ebcdic';

export interface IsoProfile {
  readonly name: string;
  readonly note: string;
  readonly version: IsoVersion;
  readonly charset: IsoCharset;
  readonly mti: 'text' | 'bcd';
  readonly bitmap: BitmapForm;
  /** The second bitmap is always there, and not only with fields beyond 64. */
  readonly alwaysSecondary: boolean;
  readonly header: IsoHeader | undefined;
  readonly framing: IsoFraming;
  /** Index: field number. */
  readonly fields: readonly (IsoFormat | undefined)[];
  /** The MAC covers the header, too. */
  readonly macCoversHeader: boolean;
  /** Fields that a response repeats from its request, by class. */
  readonly echo: Readonly<Record<MtiClass, readonly number[]>>;
  /** Fields that make the key of a request and its response. */
  readonly match: readonly number[];
}
