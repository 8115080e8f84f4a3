/**
 * Cryptogram versions as data: all that an issuer must know to check the cryptograms of one kind of card, answer them and
 * write scripts (docs/spec/emv-issuer.md, section 2). Cards of others have such a file; cards of ours have it in their
 * card profile (`cryptogramProfileOf`).
 *
 * What must hold: whoever has a profile has one that `readCryptogramProfile` or `cryptogramProfileOf` made: the type of a
 * cryptogram and every bit that a decision may look at stand under its MAC. A version whose results nobody published has no
 * `cvr`; then the type of its cryptograms is not known, and nothing but an ARQC may be made of them.
 */
import {
  type ApplicationControl,
  type Bytes,
  CVR_BITS,
  CVR_LENGTH,
  CVR_TAG,
  type CvrBit,
  type IadField,
  type IadLayout,
  iadLength,
} from '@sokkin/codec';
import type { CryptogramPadding, EmvCipher, MasterKeyOption, ScriptPadding } from '@sokkin/crypto';

/** A part of what the cryptogram covers: an element as data object lists fit it, or bytes of the issuer application data. */
export type CoveredPart =
  | { readonly tag: number; readonly length: number }
  /** From byte `at` (the first is 0); without a length, to the end. */
  | { readonly iadFrom: number; readonly length: number | undefined };

/** Where values stand in the issuer application data (tag 9F10), bytes from 0; absent ones are not told. */
export interface IadShape {
  readonly least: number;
  readonly most: number;
  /** Bytes that are always the same; the cryptogram version is among them. */
  readonly fixed: ReadonlyMap<number, number>;
  /** Derivation key index, 1 byte. */
  readonly keyIndex: number | undefined;
  readonly cvr: { readonly at: number; readonly length: number } | undefined;
  readonly offlineCount: number | undefined;
  /** Number of a limited-use key, 2 bytes. */
  readonly keyNumber: number | undefined;
  /** 01: the amount was taken from the balance in the card. */
  readonly debited: number | undefined;
}

/** A number in half a byte of the card verification results. */
export interface HalfByte {
  readonly byte: number;
  readonly half: 'high' | 'low';
}

export interface CvrShape {
  /** The byte with the types: bits 8 and 7 of the second cryptogram, 6 and 5 of the first. */
  readonly types: number;
  readonly pinTries: HalfByte | undefined;
  readonly scripts: HalfByte | undefined;
  /** By name: byte and mask. */
  readonly bits: ReadonlyMap<CvrBit, readonly [byte: number, mask: number]>;
}

/** The key that a cryptogram is made with: the card's own, or one from it for each counter. */
export type SessionKeyMethod = 'none' | 'common' | 'unpredictable';

export interface ScriptRules {
  readonly format: 1 | 2;
  /** Bytes of the MAC, 4 to 8. */
  readonly macLength: number;
  /** `common`: from the application cryptogram; `counterXor`: from the counter. */
  readonly sessionKey: 'common' | 'counterXor';
  /** Whether counter and cryptogram stand in the MAC of format 2, between header and data. */
  readonly coversTransaction: boolean;
  /** How data becomes blocks before it is enciphered. */
  readonly padding: ScriptPadding;
  /** `plain`: ISO 9564-1 format 2; `masked`: under four bytes of the card's key, and the present PIN if it is known. */
  readonly pinBlock: 'plain' | 'masked';
}

export interface CryptogramProfile {
  readonly name: string;
  readonly note: string;
  readonly cipher: EmvCipher;
  readonly masterKey: MasterKeyOption;
  /** Bytes of the master keys: 16 under triple DES, 16, 24 or 32 under AES. */
  readonly keyLength: 16 | 24 | 32;
  readonly sessionKey: SessionKeyMethod;
  readonly padding: CryptogramPadding;
  readonly data: readonly CoveredPart[];
  readonly iad: IadShape;
  readonly cvr: CvrShape | undefined;
  /** `master`: the ARPC is under the card's master key, where the cryptogram is under a session key. */
  readonly arpc: { readonly method: 1 | 2; readonly key: 'session' | 'master' };
  readonly scripts: ScriptRules;
  /** Whether only limited-use keys make cryptograms (phones). */
  readonly limitedUse: boolean;
}

/** The common core definitions' results (Book 3, Annex C7.3), as our cards write them. */
const COMMON_CORE_CVR: CvrShape = {
  types: 0,
  pinTries: { byte: 1, half: 'high' },
  scripts: { byte: 3, half: 'high' },
  bits: new Map((Object.keys(CVR_BITS) as CvrBit[]).map((name) => [name, CVR_BITS[name]])),
};

/** What a card profile says of its cryptograms. Its own checks (`readProfile`) have passed. */
export function cryptogramProfileOf(profile: {
  readonly name: string;
  readonly note: string;
  readonly masterKey: MasterKeyOption;
  readonly control: Omit<ApplicationControl, 'keyIndex'>;
}): CryptogramProfile {
  const { control } = profile;
  const iad = shapeOf(control.iad, control.version);
  return {
    name: profile.name,
    note: profile.note,
    cipher: control.cipher,
    masterKey: profile.masterKey,
    keyLength: 16,
    sessionKey: control.sessionKey,
    padding: control.padding,
    data: control.cryptogramData.map(({ tag, length }): CoveredPart => {
      if (tag === 0x9f10) return { iadFrom: 0, length: undefined };
      return tag === CVR_TAG ? { iadFrom: iad.cvr?.at ?? 0, length } : { tag, length };
    }),
    iad,
    cvr: iad.cvr === undefined ? undefined : within(COMMON_CORE_CVR, iad.cvr.length),
    arpc: { method: control.arpcMethod, key: 'session' },
    scripts: {
      format: control.scriptFormat,
      macLength: control.scriptMacLength,
      sessionKey: 'common',
      coversTransaction: true,
      padding: 'always',
      pinBlock: 'plain',
    },
    limitedUse: control.limitedUseOnly,
  };
}

/** The shape as far as results of that many bytes go. */
function within(shape: CvrShape, length: number): CvrShape {
  const fits = (half: HalfByte | undefined) => (half !== undefined && half.byte < length ? half : undefined);
  return {
    types: shape.types,
    pinTries: fits(shape.pinTries),
    scripts: fits(shape.scripts),
    bits: new Map([...shape.bits].filter(([, [byte]]) => byte < Math.min(length, CVR_LENGTH))),
  };
}

function shapeOf(layout: IadLayout, version: number): IadShape {
  const fixed = new Map<number, number>();
  const at = new Map<IadField['field'], number>();
  let cvr: IadShape['cvr'];
  let offset = 0;
  for (const field of layout) {
    if (field.field === 'fixed') for (const [i, byte] of field.bytes.entries()) fixed.set(offset + i, byte);
    else at.set(field.field, offset);
    if (field.field === 'version') fixed.set(offset, version);
    if (field.field === 'cvr') cvr = { at: offset, length: field.length };
    offset += iadLength([field]);
  }
  return {
    least: offset,
    most: offset,
    fixed,
    keyIndex: at.get('keyIndex'),
    cvr,
    offlineCount: at.get('offlineCount'),
    keyNumber: at.get('keyNumber'),
    debited: at.get('debited'),
  };
}

/** Whether issuer application data is of this shape; tells nothing of whether it is true. */
export function fitsShape(shape: IadShape, iad: Bytes): boolean {
  if (iad.length < shape.least || iad.length > shape.most) return false;
  if (shape.debited !== undefined && (iad[shape.debited] ?? 2) > 1) return false;
  return [...shape.fixed].every(([at, byte]) => iad[at] === byte);
}
