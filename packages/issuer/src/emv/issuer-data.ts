/**
 * What the card tells its issuer in tag 9F10, read by the shape of its cryptogram version.
 *
 * What must hold: nothing that is read here is believed before the cryptogram over it was right; what the shape does not
 * have is undefined, never zero.
 */
import { type Bytes, CRYPTOGRAM, type CryptogramType, type CvrBit } from '@sokkin/codec';
import { type CvrShape, fitsShape, type HalfByte, type IadShape } from './cryptogram-profile.ts';

export interface CardTold {
  readonly keyIndex: number | undefined;
  readonly cvr: Bytes | undefined;
  readonly offlineCount: number | undefined;
  readonly keyNumber: number | undefined;
  readonly debited: boolean | undefined;
}

/** Undefined: it is not of this shape. */
export function readIssuerData(shape: IadShape, iad: Bytes): CardTold | undefined {
  if (!fitsShape(shape, iad)) return undefined;
  const byteAt = (at: number | undefined): number | undefined => (at === undefined ? undefined : iad[at]);
  const { cvr, keyNumber: number } = shape;
  const debited = byteAt(shape.debited);
  return {
    keyIndex: byteAt(shape.keyIndex),
    cvr: cvr === undefined ? undefined : iad.subarray(cvr.at, cvr.at + cvr.length),
    offlineCount: byteAt(shape.offlineCount),
    keyNumber: number === undefined ? undefined : ((iad[number] ?? 0) << 8) | (iad[number + 1] ?? 0),
    debited: debited === undefined ? undefined : debited === 1,
  };
}

/** The card verification results, as far as the cryptogram version has them. */
export interface ReadResults {
  readonly first: CryptogramType;
  /** Undefined: it was not asked for. */
  readonly second: CryptogramType | undefined;
  readonly pinTriesLeft: number | undefined;
  readonly scripts: number | undefined;
  readonly bits: ReadonlySet<CvrBit>;
  /** The bits that this version has, set or not. */
  readonly told: ReadonlySet<CvrBit>;
}

/** The second GENERATE AC was not asked for (Book 3, Annex C7.3; other schemes code it alike). */
const NOT_ASKED = 2;

/** Undefined: it names a type that does not exist. */
export function readResults(shape: CvrShape, cvr: Bytes): ReadResults | undefined {
  const types = cvr[shape.types] ?? 0xff;
  const first = typeOf((types >> 4) & 3);
  const code = types >> 6;
  const second = code === NOT_ASKED ? undefined : typeOf(code);
  if (first === undefined || (code !== NOT_ASKED && second === undefined)) return undefined;
  const half = (place: HalfByte | undefined): number | undefined => {
    if (place === undefined) return undefined;
    const byte = cvr[place.byte] ?? 0;
    return place.half === 'high' ? byte >> 4 : byte & 0x0f;
  };
  const bits = [...shape.bits].filter(([, [byte, mask]]) => ((cvr[byte] ?? 0) & mask) !== 0);
  return {
    first,
    second,
    pinTriesLeft: half(shape.pinTries),
    scripts: half(shape.scripts),
    bits: new Set(bits.map(([name]) => name)),
    told: new Set(shape.bits.keys()),
  };
}

/** The name of a type's two bits; undefined for the reserved code. */
export function typeOf(code: number): CryptogramType | undefined {
  const names = Object.keys(CRYPTOGRAM) as CryptogramType[];
  return names.find((name) => CRYPTOGRAM[name] === code);
}
