/**
 * What an ISO 8583 message is in memory: an MTI, and values by field number.
 *
 * What must hold: a value's type follows from its field's format in the profile, and nothing is lost in it:
 * digits keep their leading zeros, text its filling blanks, a signed amount its sign at zero.
 */
import type { Bytes } from '../bytes.ts';
import { assert } from '../errors.ts';
import { type Mti, parseMti } from './mti.ts';

/** Format x+n: minor units, and whether they are a credit (C) or a debit (D). */
export interface SignedAmount {
  readonly sign: 'C' | 'D';
  readonly amount: bigint;
}

/** One data object of a BER-TLV field; the value of a constructed tag holds further ones. */
export interface IsoTlv {
  readonly tag: number;
  readonly value: Bytes;
}

/**
 * string: n (dates and times, too), a, an, anp, ns, ans, z (with '=' as separator). bigint: an amount in minor
 * units. SignedAmount: x+n. Bytes: b, when decoded a view of the input. IsoTlv[]: BER-TLV. Map: subfields by name
 * or tag.
 */
export type IsoValue =
  | string
  | bigint
  | SignedAmount
  | Bytes
  | readonly IsoTlv[]
  | ReadonlyMap<string, IsoValue>;

export interface IsoMessage {
  /** Octets before the MTI, where the profile has them (TPDU). */
  readonly header: Bytes | undefined;
  readonly mti: Mti;
  readonly fields: ReadonlyMap<number, IsoValue>;
}

/** A message from literals: `isoMessage('0800', { 7: '1122213000', 11: '000001', 70: '301' })`. */
export function isoMessage(
  mti: string,
  fields: Readonly<Record<number, IsoValue>>,
  header?: Bytes,
): IsoMessage {
  const byNumber = Object.entries(fields).map(([n, value]): [number, IsoValue] => [Number(n), value]);
  return { header, mti: parseMti(mti), fields: new Map(byNumber) };
}

/** The value of a text field, undefined if it is absent. A field of another type is a bug of the caller. */
export function textOf(message: IsoMessage, field: number): string | undefined {
  const value = message.fields.get(field);
  assert(value === undefined || typeof value === 'string', () => `field ${field} is no text`);
  return value;
}

/** The value of an amount field in minor units, undefined if it is absent. */
export function amountOf(message: IsoMessage, field: number): bigint | undefined {
  const value = message.fields.get(field);
  assert(value === undefined || typeof value === 'bigint', () => `field ${field} is no amount`);
  return value;
}

/** The octets of a binary field, undefined if it is absent. */
export function bytesOf(message: IsoMessage, field: number): Bytes | undefined {
  const value = message.fields.get(field);
  assert(value === undefined || value instanceof Uint8Array, () => `field ${field} is not binary`);
  return value;
}

/** The data objects of a BER-TLV field by tag, the first of each; undefined if the field is absent. */
export function tlvsOf(message: IsoMessage, field: number): ReadonlyMap<number, Bytes> | undefined {
  const value = message.fields.get(field);
  if (value === undefined) return undefined;
  assert(isTlvs(value), () => `field ${field} is no BER-TLV`);
  const byTag = new Map<number, Bytes>();
  for (const { tag, value: bytes } of value) if (!byTag.has(tag)) byTag.set(tag, bytes);
  return byTag;
}

/** Inside this folder: a list of data objects (`Array.isArray` alone does not narrow a readonly array). */
export function isTlvs(value: IsoValue): value is readonly IsoTlv[] {
  return Array.isArray(value);
}

/** Inside this folder: subfields by name. */
export function isParts(value: IsoValue): value is ReadonlyMap<string, IsoValue> {
  return value instanceof Map;
}

/** Inside this folder: an amount with its sign. */
export function isSigned(value: IsoValue): value is SignedAmount {
  return typeof value === 'object' && 'sign' in value && 'amount' in value;
}
