/**
 * Data objects by the names of one application: every object, nested or not, as a range.
 *
 * What must hold: bytes between objects are shown, too; what is no data object at all is shown as not understood.
 */
import { type Bytes, decodeTlvs, hex, type Tlv } from '@sokkin/codec';
import { moved, orUnknown, range } from './application.ts';
import type { Range } from './fields.ts';

export interface TagTable {
  name(tag: number): string | undefined;
  /** The value of a primitive object in words, or as ranges that count from its first byte. */
  value(tag: number, value: Bytes): string | Range[];
  /** Tags that may stand several times side by side. */
  readonly repeatable: ReadonlySet<number>;
}

export const tagText = (tag: number): string => {
  const digits = tag.toString(16).toUpperCase();
  return digits.padStart(digits.length + (digits.length % 2), '0');
};

export function nameTlvs(bytes: Bytes, table: TagTable): Range[] {
  return orUnknown(bytes, () => {
    const objects = decodeTlvs(bytes, { repeatable: table.repeatable, padding: true });
    const ranges: Range[] = [];
    let at = 0;
    const fill = (end: number) => {
      if (at < end) ranges.push(range(at, end, 'padding', hex(bytes.subarray(at, end))));
    };
    for (const o of objects) {
      fill(o.start);
      ranges.push(...nameTlv(o, table, 0));
      at = o.end;
    }
    fill(bytes.length);
    return ranges;
  });
}

function nameTlv(o: Tlv, table: TagTable, depth: number): Range[] {
  const self = (text: string): Range =>
    range(o.start, o.end, `${tagText(o.tag)} ${table.name(o.tag) ?? 'unknown object'}`, text, depth);
  if (o.children !== undefined) return [self(''), ...o.children.flatMap((c) => nameTlv(c, table, depth + 1))];
  const value = table.value(o.tag, o.value);
  return typeof value === 'string' ? [self(value)] : [self(''), ...moved(value, o.valueStart, depth + 1)];
}
