/**
 * One value of a message, with what it is made of: BER-TLV, textual TLV, a list of subfields.
 *
 * What must hold: what is read writes back to the same octets, and what is written reads back as the same value.
 * No subfield is skipped: one that the profile does not know is refused.
 */
import type { Bytes } from '../bytes.ts';
import { SokkinError } from '../errors.ts';
import { decodeTlvs, type TlvLimits, tlv } from '../tlv.ts';
import { tagHex, tagProblem } from '../tlv-header.ts';
import { refuse } from './error.ts';
import { type IsoTlv, type IsoValue, isParts, isTlvs } from './message.ts';
import { checkLength, readLength, writeLength } from './prefix.ts';
import type { IsoContent, IsoFormat } from './profile.ts';
import { readOctets, readScalar, writeOctets, writeScalar } from './scalar.ts';
import { WireReader, WireWriter } from './wire.ts';

type TextTlv = Extract<IsoContent, { form: 'tlv' }>;
type PartList = Extract<IsoContent, { form: 'list' }>;

/** Issuer scripts may come several times (EMV Book 3, 10.10), and so may the commands in them. */
const CHIP_DATA: Partial<TlvLimits> = {
  maxDepth: 4,
  maxLength: 9999,
  repeatable: new Set([0x71, 0x72, 0x86]),
};

/** Reads one value, with its length. */
export function readValue(format: IsoFormat, reader: WireReader): IsoValue {
  const count = readLength(format, reader);
  const { content } = format;
  if (content === undefined) return readScalar(format, count, reader);
  const start = reader.offset;
  if (content.form === 'ber-tlv') return readTlvs(format, readOctets(format, count, reader), start);
  const inner = new WireReader(reader.take(count, format, format.expected), start);
  return content.form === 'tlv' ? readTextTlv(format, content, inner) : readList(format, content, inner);
}

/** Writes one value, with its length. */
export function writeValue(format: IsoFormat, value: IsoValue, writer: WireWriter): void {
  const { content } = format;
  if (content === undefined) writeScalar(format, value, writer);
  else if (content.form === 'ber-tlv') writeOctets(format, tlvOctets(format, value), writer);
  else {
    const octets = partOctets(format, content, value);
    checkLength(format, octets.length);
    writeLength(format, octets.length, writer);
    writer.bytes(octets);
  }
}

function partOctets(format: IsoFormat, content: TextTlv | PartList, value: IsoValue): Bytes {
  if (!isParts(value)) return refuse('bad_value', format, undefined, 'the value has no subfields', 'a map');
  const writer = new WireWriter();
  if (content.form === 'tlv') writeTextTlv(format, content, value, writer);
  else writeList(format, content, value, writer);
  return writer.finish();
}

function readTlvs(format: IsoFormat, octets: Bytes, start: number | undefined): IsoTlv[] {
  try {
    return decodeTlvs(octets, CHIP_DATA).map(({ tag, value }) => ({ tag, value }));
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    const expected = 'data objects in BER-TLV, each in its shortest form';
    return refuse('bad_value', format, start, error.message, expected, { cause: error });
  }
}

function tlvOctets(format: IsoFormat, value: IsoValue): Bytes {
  if (!isTlvs(value)) return refuse('bad_value', format, undefined, 'the value is no list', 'data objects');
  const writer = new WireWriter();
  for (const { tag, value: bytes } of value) {
    const problem = tagProblem(tag);
    if (problem !== undefined)
      refuse('bad_tag', format, undefined, `tag ${tagHex(tag)} ${problem}`, 'a tag of BER-TLV');
    writer.bytes(tlv(tag, bytes));
  }
  const octets = writer.finish();
  // Values of constructed tags are the caller's: what would not be read is not written.
  readTlvs(format, octets, undefined);
  return octets;
}

function readTextTlv(format: IsoFormat, { tagSize, lengthSize }: TextTlv, reader: WireReader): IsoValue {
  const { charset } = format;
  const parts = new Map<string, string>();
  while (reader.remaining > 0) {
    const start = reader.offset;
    const tag = reader.text(tagSize, charset, 'an', format, `a tag of ${tagSize} characters`);
    if (tag.includes(' ') || parts.has(tag))
      refuse(
        parts.has(tag) ? 'duplicate_tag' : 'bad_tag',
        format,
        start,
        'the tag does not fit',
        'a new tag',
      );
    const length = Number(reader.text(lengthSize, charset, 'n', format, `a length of ${lengthSize} digits`));
    parts.set(tag, reader.text(length, charset, 'ans', format, `${length} characters of tag ${tag}`));
  }
  return parts;
}

function writeTextTlv(
  format: IsoFormat,
  { tagSize, lengthSize }: TextTlv,
  parts: ReadonlyMap<string, IsoValue>,
  writer: WireWriter,
): void {
  const { charset } = format;
  for (const [tag, value] of parts) {
    if (tag.length !== tagSize || tag.includes(' '))
      refuse('bad_tag', format, undefined, 'a tag does not fit', `tags of ${tagSize} letters and digits`);
    if (typeof value !== 'string' || value.length >= 10 ** lengthSize)
      refuse(
        'bad_value',
        format,
        undefined,
        `tag ${tag} does not fit`,
        `text, ${lengthSize} digits of length`,
      );
    writer.text(tag, charset, 'an', format, 'letters and digits');
    writer.text(value.length.toString().padStart(lengthSize, '0'), charset, 'n', format, 'digits');
    writer.text(value, charset, 'ans', format, `printable characters in tag ${tag}`);
  }
}

function readList(format: IsoFormat, { items, required }: PartList, reader: WireReader): IsoValue {
  const parts = new Map<string, IsoValue>();
  for (const [i, item] of items.entries()) {
    if (i >= required && reader.remaining === 0) break;
    parts.set(item.name, readValue(item, reader));
  }
  reader.end(format, `no more than ${items.map((item) => item.name).join(', ')}`);
  return parts;
}

function writeList(
  format: IsoFormat,
  { items, required }: PartList,
  parts: ReadonlyMap<string, IsoValue>,
  writer: WireWriter,
): void {
  const names = items.map((item) => item.name);
  for (const name of parts.keys())
    if (!names.includes(name))
      refuse('unknown_field', format, undefined, `subfield ${name} is not known`, names.join(', '));
  for (const [i, item] of items.entries()) {
    const value = parts.get(item.name);
    if (value !== undefined) writeValue(item, value, writer);
    else if (i < required || i < parts.size)
      refuse('missing_field', item, undefined, 'the subfield is missing', item.expected);
  }
}
