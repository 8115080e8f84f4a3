/**
 * Fields of a message as values, whatever its dialect makes of them.
 *
 * What must hold: a field that is not what a decision needs is refused by its number, and never shown; a dialect may cut a field into
 * parts, or not, and it reads the same.
 */
import type { Bytes, IsoMessage, IsoTlv, IsoValue } from '@sokkin/codec';
import type { Unreadable } from './request.ts';

/** Thrown within the reading of one message, and caught there. */
export class Wrong extends Error {
  readonly refusal: Unreadable;

  constructor(field: number, says: string, outcome: Unreadable['outcome'] = 'format_error') {
    super(says);
    this.refusal = { kind: 'unreadable', outcome, field, says };
  }
}

/** Text of the field, its parts one after the other; without the blanks that fill it up. */
export function textIn({ fields }: IsoMessage, field: number): string | undefined {
  const value = fields.get(field);
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : partsOf(value);
  if (text === undefined) throw new Wrong(field, 'it is no text in this dialect');
  return text.replace(/ +$/, '');
}

function partsOf(value: IsoValue): string | undefined {
  if (!(value instanceof Map)) return undefined;
  const parts: IsoValue[] = [...value.values()];
  return parts.every((part) => typeof part === 'string') ? parts.join('') : undefined;
}

/** Text of this pattern, or the field is refused; undefined: it did not come. */
export function matching(message: IsoMessage, field: number, pattern: RegExp): string | undefined {
  const text = textIn(message, field);
  if (text === undefined || text === '') return undefined;
  if (!pattern.test(text)) throw new Wrong(field, 'it is not as it has to be');
  return text;
}

export function required<T>(value: T | undefined, field: number): T {
  if (value === undefined) throw new Wrong(field, 'it is missing');
  return value;
}

/** Minor units; of a dialect that has the digits as text, too. */
export function amountIn(message: IsoMessage, field: number): bigint | undefined {
  const value = message.fields.get(field);
  if (value === undefined || typeof value === 'bigint') return value;
  return BigInt(required(matching(message, field, /^\d{1,18}$/), field));
}

/** Data objects, or the octets that hold them; undefined: it did not come. */
export function tlvsIn({ fields }: IsoMessage, field: number): Bytes | readonly IsoTlv[] | undefined {
  const value = fields.get(field);
  if (value === undefined || value instanceof Uint8Array) return value;
  if (isTlvs(value)) return value;
  throw new Wrong(field, 'it holds no data objects in this dialect');
}

const isTlvs = (value: IsoValue): value is readonly IsoTlv[] => Array.isArray(value);
