/**
 * Issuer application data (tag 9F10): every scheme lays it out in its own way, so the layout is data of the
 * profile, and card and issuer read the same layout (EMV Book 3, Annex C7.2, leaves it to the issuer but for the
 * common core definitions, which are one such layout).
 *
 * What must hold: what the card writes by a layout, the issuer reads by it; a layout gives at most 32 bytes.
 */
import { allocate, type Bytes, concat, u8 } from '../bytes.ts';
import { assert, fail, SokkinError } from '../errors.ts';
import { Reader, Writer } from '../reader.ts';
import { CVR_LENGTH } from './cvr.ts';

/** Fields by their codes in a stored layout. */
const FIELDS = [
  'fixed',
  /** Derivation key index. */
  'keyIndex',
  /** Common core identifier or cryptogram version number. */
  'version',
  /** The first bytes of the card verification results. */
  'cvr',
  /** Approvals since the issuer was last heard, 1 byte. */
  'offlineCount',
  /** Number of the limited-use key, 2 bytes; 0: the card's master key. */
  'keyNumber',
  /** 01: this cryptogram took its amount from the balance in the card; 00: it did not. */
  'debited',
] as const;
export type IadFieldName = (typeof FIELDS)[number];

export type IadField =
  | { readonly field: 'fixed'; readonly bytes: Bytes }
  | { readonly field: 'cvr'; readonly length: number }
  | { readonly field: Exclude<IadFieldName, 'fixed' | 'cvr'> };
export type IadLayout = readonly IadField[];

export interface IadValues {
  readonly keyIndex: number;
  readonly version: number;
  readonly cvr: Bytes;
  readonly offlineCount: number;
  readonly keyNumber: number;
  readonly debited: boolean;
}

const MOST_IAD = 32;

const lengthOf = (f: IadField): number => {
  switch (f.field) {
    case 'fixed':
      return f.bytes.length;
    case 'cvr':
      return f.length;
    case 'keyNumber':
      return 2;
    default:
      return 1;
  }
};

export const iadLength = (layout: IadLayout): number => layout.reduce((sum, f) => sum + lengthOf(f), 0);

/** The layout as it is stored: for each field its code, its length, and the bytes of one that is fixed. */
export function encodeIadLayout(layout: IadLayout): Bytes {
  assert(iadLength(layout) <= MOST_IAD, 'issuer application data has at most 32 bytes');
  const w = new Writer();
  for (const f of layout) {
    w.u8(FIELDS.indexOf(f.field)).u8(lengthOf(f));
    if (f.field === 'fixed') w.bytes(f.bytes);
  }
  return w.finish();
}

/** `bad_value` for a field that does not exist or has another length than it must have; `too_long`. */
export function parseIadLayout(bytes: Bytes): IadLayout {
  const r = new Reader(bytes, 'IAD layout');
  const layout: IadField[] = [];
  while (r.remaining > 0) layout.push(readField(r));
  if (iadLength(layout) > MOST_IAD) fail('too_long', 'IAD layout: it gives more than 32 bytes');
  return layout;
}

function readField(r: Reader): IadField {
  const field = FIELDS[r.u8()] ?? fail('bad_value', 'IAD layout: no such field');
  const length = r.u8();
  if (field === 'fixed') return { field, bytes: r.take(length).slice() };
  if (field === 'cvr') {
    if (length < 1 || length > CVR_LENGTH) fail('bad_length', `IAD layout: CVR of ${length} bytes`);
    return { field, length };
  }
  if (length !== lengthOf({ field })) fail('bad_length', `IAD layout: ${field} of ${length} bytes`);
  return { field };
}

export function encodeIad(layout: IadLayout, values: IadValues): Bytes {
  return concat(...layout.map((f) => bytesOf(f, values)));
}

function bytesOf(f: IadField, values: IadValues): Bytes {
  switch (f.field) {
    case 'fixed':
      return f.bytes;
    case 'cvr':
      return values.cvr.subarray(0, f.length);
    case 'keyNumber':
      return Uint8Array.of(values.keyNumber >> 8, values.keyNumber & 0xff);
    case 'debited':
      return u8(values.debited ? 1 : 0);
    case 'keyIndex':
    case 'version':
    case 'offlineCount':
      return u8(values[f.field]);
  }
}

/**
 * The values in issuer application data, absent where the layout has none. `bad_length`, and `bad_value` where a
 * fixed byte is another.
 */
export function decodeIad(layout: IadLayout, iad: Bytes): Partial<IadValues> {
  if (iad.length !== iadLength(layout)) fail('bad_length', `IAD: ${iad.length} bytes, the layout has others`);
  const values: { -readonly [K in keyof IadValues]?: IadValues[K] } = {};
  let at = 0;
  for (const f of layout) {
    const part = iad.subarray(at, at + lengthOf(f));
    at += part.length;
    const [first = 0, second = 0] = part;
    switch (f.field) {
      case 'fixed':
        if (part.some((byte, i) => byte !== f.bytes[i])) fail('bad_value', 'IAD: a fixed byte is another');
        break;
      case 'cvr': {
        const cvr = allocate(CVR_LENGTH);
        cvr.set(part);
        values.cvr = cvr;
        break;
      }
      case 'keyNumber':
        values.keyNumber = (first << 8) | second;
        break;
      case 'debited':
        if (first > 1) throw new SokkinError('bad_value', 'IAD: the debit flag is neither 0 nor 1');
        values.debited = first === 1;
        break;
      default:
        values[f.field] = first;
    }
  }
  return values;
}
