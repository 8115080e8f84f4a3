/**
 * The fields of a dialect: those of the dictionary in the profile's encodings, and what the profile changes.
 *
 * What must hold: every format that comes out of here can write the longest value that it allows.
 */
import type { JsonField } from '../json-field.ts';
import { CHARSETS, type IsoCharset } from './charset.ts';
import { ISO_DICTIONARY, LAST_FIELD } from './dictionary.ts';
import type { IsoVersion } from './mti.ts';
import {
  describeNotation,
  type IsoKind,
  type IsoNotation,
  NOTATION_ALLOWED,
  parseNotation,
} from './notation.ts';
import { wireLength } from './prefix.ts';
import type { IsoCoding, IsoContent, IsoFormat, IsoPad, IsoPrefix } from './profile.ts';

export const CHARSET_NAMES = ['ascii', 'cp037', 'cp500'] as const;
export const PADS = ['left-0', 'right-0', 'right-F'] as const satisfies readonly IsoPad[];

/** What holds where a field says nothing else. */
export interface Defaults {
  readonly charset: IsoCharset;
  readonly numeric: 'text' | 'bcd';
  readonly numericPad: IsoPad;
  readonly track: 'text' | 'bcd';
  readonly trackPad: IsoPad;
  readonly separator: '=' | 'D';
  readonly binary: 'raw' | 'hex';
  readonly prefix: Pick<IsoPrefix, 'coding' | 'counts'>;
}

/**
 * By field number: the dictionary without what `without` lists, changed by `changes`. Where the dialect's defaults
 * do not fit each other, `prefix` is what is refused.
 */
export function readFields(
  version: IsoVersion,
  defaults: Defaults,
  prefix: JsonField,
  changes: JsonField | undefined,
  without: JsonField | undefined,
): readonly (IsoFormat | undefined)[] {
  const fields: (IsoFormat | undefined)[] = Array.from({ length: LAST_FIELD + 1 }, () => undefined);
  for (const [number, element] of ISO_DICTIONARY[version])
    fields[number] = plainFormat(defaults, { field: number, path: `field ${number}`, ...element });
  for (const item of without?.list() ?? []) fields[item.whole(2, LAST_FIELD)] = undefined;
  for (const [name, change] of changes?.entries() ?? []) {
    const number = Number(name);
    if (!/^[1-9]\d{0,2}$/.test(name) || number < 2 || number > LAST_FIELD)
      change.refuse(`"${name}" is no field`, `2 to ${LAST_FIELD}`);
    fields[number] = changedFormat(version, defaults, number, change);
  }
  for (const format of fields) if (format !== undefined) checkFormat(format, prefix);
  return fields;
}

const CHANGES = [
  'name',
  'format',
  'amount',
  'coding',
  'pad',
  'separator',
  'charset',
  'prefix',
  'content',
] as const;

function changedFormat(version: IsoVersion, defaults: Defaults, field: number, json: JsonField): IsoFormat {
  const f = json.object([], CHANGES);
  const element = ISO_DICTIONARY[version].get(field);
  const notation = f.format === undefined ? element : readNotation(f.format);
  if (notation === undefined) return json.refuse(`the standard has no field ${field}`, 'a "format"');
  const name = f.name?.text(NAME, NAME_ALLOWED) ?? element?.name ?? `Field ${field}`;
  const sameKind = element?.kind === notation.kind && element.lengthDigits === notation.lengthDigits;
  const isAmount = f.amount?.flag() ?? (sameKind && element.isAmount);
  return withChanges(defaults, json, f, { ...notation, field, path: `field ${field}`, name, isAmount }, 1);
}

const NAME = /^[ -~]{1,60}$/;
const NAME_ALLOWED = '1 to 60 printable ASCII characters';
const MOST_DEPTH = 3;

/** A notation with its place and name: all of a format but the encodings. */
type Named = IsoNotation & Pick<IsoFormat, 'field' | 'path' | 'name' | 'isAmount'>;
type Changes = Readonly<Partial<Record<(typeof CHANGES)[number], JsonField>>>;

function withChanges(
  defaults: Defaults,
  json: JsonField,
  f: Changes,
  named: Named,
  depth: number,
): IsoFormat {
  const plain = plainFormat(defaults, named);
  const coding = f.coding?.oneOf(CODINGS[named.kind]) ?? plain.coding;
  const format: IsoFormat = {
    ...plain,
    coding,
    pad: f.pad?.oneOf(PADS) ?? plain.pad,
    separator: f.separator?.oneOf(['=', 'D'] as const) ?? plain.separator,
    charset: f.charset === undefined ? plain.charset : CHARSETS[f.charset.oneOf(CHARSET_NAMES)],
    prefix: f.prefix === undefined ? plain.prefix : readOwnPrefix(f.prefix, named),
    content: f.content === undefined ? undefined : readContent(defaults, f.content, named, coding, depth),
  };
  if (f.pad !== undefined && coding !== 'bcd') f.pad.refuse('nothing is packed', 'with coding bcd alone');
  if (f.separator !== undefined && (named.kind !== 'z' || coding !== 'text'))
    f.separator.refuse('no track as text', 'with kind z and coding text alone');
  checkFormat(format, json);
  return format;
}

const CODINGS: Readonly<Record<IsoKind, readonly IsoCoding[]>> = {
  n: ['text', 'bcd'],
  'x+n': ['text', 'bcd'],
  z: ['text', 'bcd'],
  b: ['raw', 'hex'],
  a: ['text'],
  an: ['text'],
  anp: ['text'],
  ns: ['text'],
  ans: ['text'],
};

function plainFormat(defaults: Defaults, named: Named): IsoFormat {
  const { field, path, name, kind, most, lengthDigits, isAmount } = named;
  const { coding: prefixCoding, counts } = defaults.prefix;
  const size = prefixCoding === 'binary' ? (lengthDigits === 2 ? 1 : 2) : lengthDigits;
  return {
    field,
    path,
    name,
    kind,
    most,
    prefix: lengthDigits === 0 ? undefined : { coding: prefixCoding, size, counts },
    coding: defaultCoding(defaults, kind),
    pad: kind === 'z' ? defaults.trackPad : defaults.numericPad,
    separator: defaults.separator,
    charset: defaults.charset,
    isAmount,
    content: undefined,
    expected: describeNotation(named),
  };
}

function defaultCoding(defaults: Defaults, kind: IsoKind): IsoCoding {
  if (kind === 'n' || kind === 'x+n') return defaults.numeric;
  if (kind === 'z') return defaults.track;
  return kind === 'b' ? defaults.binary : 'text';
}

function readNotation(json: JsonField): IsoNotation {
  const notation = parseNotation(json.text(/^.*$/, NOTATION_ALLOWED));
  return notation ?? json.refuse('no notation', NOTATION_ALLOWED);
}

function readOwnPrefix(json: JsonField, { lengthDigits }: IsoNotation): IsoPrefix {
  if (lengthDigits === 0) json.refuse('the field has a fixed length', 'with a variable format alone');
  const f = json.object(['coding', 'size', 'counts']);
  const coding = f.coding.oneOf(['text', 'bcd', 'binary'] as const);
  const size = coding === 'binary' ? f.size.whole(1, 2) : f.size.whole(1, 4);
  return { coding, size, counts: f.counts.oneOf(['value', 'wire'] as const) };
}

function readContent(
  defaults: Defaults,
  json: JsonField,
  named: Named,
  coding: IsoCoding,
  depth: number,
): IsoContent {
  const f = json.object(['form'], ['tag', 'length', 'items']);
  const form = f.form.oneOf(['ber-tlv', 'tlv', 'list'] as const);
  if ((f.tag ?? f.length) !== undefined && form !== 'tlv') json.refuse('"tag", "length"', 'with form tlv');
  if (f.items !== undefined && form !== 'list') json.refuse('"items"', 'with form list');
  if (form === 'ber-tlv') {
    if (named.kind !== 'b') json.refuse(`BER-TLV in a field of kind ${named.kind}`, 'kind b');
    return { form };
  }
  if ((coding !== 'raw' && coding !== 'text') || named.kind === 'x+n')
    json.refuse(
      `subfields in kind ${named.kind}, coding ${coding}`,
      'a field of characters or of raw octets',
    );
  if (form === 'tlv') {
    if (f.tag === undefined || f.length === undefined)
      return json.refuse('"tag" or "length" is missing', 'how many characters each has');
    return { form, tagSize: f.tag.whole(1, 4), lengthSize: f.length.whole(1, 3) };
  }
  if (f.items === undefined) return json.refuse('"items" is missing', 'a list of subfields');
  return readItems(defaults, f.items, named, depth);
}

const MOST_ITEMS = 64;

function readItems(defaults: Defaults, json: JsonField, parent: Named, depth: number): IsoContent {
  const list = json.list();
  if (depth > MOST_DEPTH) json.refuse('subfields of subfields of subfields', `${MOST_DEPTH} levels`);
  if (list.length < 1 || list.length > MOST_ITEMS)
    json.refuse(`${list.length} subfields`, `1 to ${MOST_ITEMS}`);
  const items: IsoFormat[] = [];
  let required = 0;
  for (const item of list) {
    const f = item.object(['name', 'format'], [...CHANGES, 'optional']);
    const name = f.name.text(/^[A-Za-z0-9-]{1,40}$/, 'letters, digits and hyphens, at most 40');
    if (items.some((other) => other.name === name)) f.name.refuse(`"${name}" stands here twice`, 'each once');
    const isOptional = f.optional?.flag() ?? false;
    if (!isOptional && required < items.length)
      item.refuse('a required subfield after an optional one', 'optional ones at the end');
    if (!isOptional) required++;
    const place = { field: parent.field, path: `${parent.path}.${name}`, name };
    const named = { ...readNotation(f.format), ...place, isAmount: f.amount?.flag() ?? false };
    items.push(withChanges(defaults, item, f, named, depth + 1));
  }
  return { form: 'list', items, required };
}

/** The longest value has a length that the prefix can say, and an odd number of packed digits shows. */
function checkFormat(format: IsoFormat, json: JsonField): void {
  const problem = formatProblem(format);
  if (problem === undefined) return;
  const [wrong, allowed] = problem;
  json.refuse(`${format.path}: ${wrong}`, allowed);
}

function formatProblem(format: IsoFormat): [wrong: string, allowed: string] | undefined {
  const { prefix, kind, isAmount, coding, pad, most } = format;
  if (isAmount && (kind !== 'n' || prefix !== undefined)) return ['an amount', 'kind n of fixed length'];
  if (isAmount && format.content !== undefined) return ['an amount with subfields', 'one of both'];
  if (prefix === undefined) return undefined;
  if (prefix.counts === 'wire' && coding === 'bcd' && pad !== 'right-F')
    return [
      'the length counts octets, and an odd number of digits would not show',
      'pad right-F, or counts value',
    ];
  const largest = prefix.coding === 'binary' ? 256 ** prefix.size - 1 : 10 ** prefix.size - 1;
  const longest = prefix.counts === 'wire' ? wireLength(format, most) : most;
  return longest > largest
    ? [`a length of ${longest} does not fit the prefix`, `at most ${largest}, or a longer prefix`]
    : undefined;
}
