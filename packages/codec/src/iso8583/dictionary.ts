/**
 * The data elements of ISO 8583 as tables: number, name, notation.
 *
 * What must hold: a number stands in a version's table once, and its format parses. Field 1 is the second
 * bitmap and no field of a message. Dialects change elements in their profiles, never here.
 */
import { assert } from '../errors.ts';
import { ELEMENTS_1987 } from './dictionary-1987.ts';
import { ELEMENTS_1993 } from './dictionary-1993.ts';
import type { IsoVersion } from './mti.ts';
import { type IsoNotation, type IsoRow, parseNotation } from './notation.ts';

export interface IsoElement extends IsoNotation {
  readonly number: number;
  readonly name: string;
  /** The value is a sum of money in minor units: a bigint, not digits. */
  readonly isAmount: boolean;
}

export const LAST_FIELD = 128;
export const FIELD_MAC_PRIMARY = 64;
export const FIELD_MAC_SECONDARY = 128;

function table(rows: readonly IsoRow[]): ReadonlyMap<number, IsoElement> {
  const elements = new Map<number, IsoElement>();
  for (const [number, name, format, role] of rows) {
    const notation = parseNotation(format);
    assert(notation !== undefined && !elements.has(number), () => `dictionary row ${number}`);
    elements.set(number, { number, name, ...notation, isAmount: role === 'amount' });
  }
  return elements;
}

export const ISO_DICTIONARY: Readonly<Record<IsoVersion, ReadonlyMap<number, IsoElement>>> = {
  '1987': table(ELEMENTS_1987),
  '1993': table(ELEMENTS_1993),
};
