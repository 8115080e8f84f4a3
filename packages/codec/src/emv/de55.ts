/**
 * DE 55, the chip data of an ISO 8583 message: which elements belong in it, and the elements as values.
 *
 * Source: the lists of minimum data of EMV Book 4 (12.1: authorisation and clearing) and Book 3, Annex A; field 55 of public
 * descriptions of acquirers' messages. What an acquirer wants otherwise is another table.
 *
 * What must hold: what reads has every mandatory element, each once, in a length that it can have, and digits where there are
 * digits; what is written reads back as the same values; a refusal names the element, and never its value.
 */
import { type Bytes, concat } from '../bytes.ts';
import { fail } from '../errors.ts';
import { decodeTlvs, tlv } from '../tlv.ts';
import { isConstructed, lengthSize, tagHex, tagSize } from '../tlv-header.ts';
import { emvElement } from './dictionary.ts';

export type De55Use = 'request' | 'advice' | 'reversal' | 'response';

export interface De55Table {
  readonly mandatory: readonly number[];
  readonly optional: readonly number[];
  /** Of the optional ones, those that `selectDe55` takes along. */
  readonly sent: readonly number[];
  /** Tags that stand in neither list: refused, or carried along without a meaning. */
  readonly others: 'refuse' | 'keep';
  /** Whether issuer scripts (71, 72) may stand in it. */
  readonly scripts: boolean;
  /** Bytes of all of it. */
  readonly most: number;
}

/** Elements by tag. Of those that may stand more than once (scripts), the values of each, in order. */
export interface De55 {
  readonly elements: ReadonlyMap<number, Bytes>;
  /** Templates 71 and 72, in order, each with its tag. */
  readonly scripts: readonly { readonly template: 0x71 | 0x72; readonly value: Bytes }[];
}

const LLLVAR = 255;

/** Every authorisation: what the common core definitions and most schemes put under the cryptogram. */
const CRYPTOGRAM_DATA = [
  0x82, 0x95, 0x9a, 0x9c, 0x5f2a, 0x9f02, 0x9f10, 0x9f1a, 0x9f26, 0x9f27, 0x9f36, 0x9f37,
] as const;
const BESIDE = [
  0x4f, 0x50, 0x57, 0x5a, 0x84, 0x9b, 0x5f20, 0x5f24, 0x5f28, 0x5f34, 0x9f03, 0x9f06, 0x9f07, 0x9f09, 0x9f0d,
  0x9f0e, 0x9f0f, 0x9f12, 0x9f15, 0x9f16, 0x9f19, 0x9f1b, 0x9f1c, 0x9f1d, 0x9f1e, 0x9f21, 0x9f24, 0x9f25,
  0x9f33, 0x9f34, 0x9f35, 0x9f39, 0x9f40, 0x9f41, 0x9f4c, 0x9f4e, 0x9f66,
] as const;
/** What issuers look at besides the cryptogram's data; the number itself and the holder's name travel elsewhere, or not. */
const SENT = [0x84, 0x5f34, 0x9f03, 0x9f09, 0x9f1e, 0x9f33, 0x9f34, 0x9f35, 0x9f41, 0x9f66] as const;
const RESPONSE_CODE = 0x8a;

/** The default of each use; elements of a scheme (9F50 to 9F7F) are kept, and mean nothing here. */
export const DE55_TABLES: Readonly<Record<De55Use, De55Table>> = {
  request: {
    mandatory: CRYPTOGRAM_DATA,
    optional: BESIDE,
    sent: SENT,
    others: 'keep',
    scripts: false,
    most: LLLVAR,
  },
  /** An offline approval or decline, or the end of an online one: its last cryptogram. */
  advice: {
    mandatory: CRYPTOGRAM_DATA,
    optional: [...BESIDE, RESPONSE_CODE],
    sent: [...SENT, RESPONSE_CODE],
    others: 'keep',
    scripts: false,
    most: LLLVAR,
  },
  reversal: {
    mandatory: [],
    optional: [...CRYPTOGRAM_DATA, ...BESIDE, RESPONSE_CODE],
    sent: [...CRYPTOGRAM_DATA, ...SENT, RESPONSE_CODE],
    others: 'keep',
    scripts: false,
    most: LLLVAR,
  },
  response: {
    mandatory: [],
    optional: [0x89, RESPONSE_CODE, 0x91],
    sent: [0x89, RESPONSE_CODE, 0x91],
    others: 'refuse',
    scripts: true,
    most: LLLVAR,
  },
};

const SCRIPTS: ReadonlySet<number> = new Set([0x71, 0x72, 0x86]);
/** Book 3, 10.10: a terminal takes 128 bytes of scripts, tags and lengths included. */
const MOST_SCRIPT_BYTES = 128;

/**
 * Reads the value of field 55. Errors: those of `decodeTlvs`; `too_long`; `missing_tag` and `unexpected_tag` by the table;
 * `bad_length` and `bad_value` by the dictionary.
 */
export function readDe55(table: De55Table, bytes: Bytes): De55 {
  if (bytes.length > table.most) fail('too_long', `DE 55: ${bytes.length} bytes, at most ${table.most}`);
  const objects = decodeTlvs(bytes, { maxDepth: 3, maxLength: table.most, repeatable: SCRIPTS });
  return fromObjects(table, objects);
}

/** As `readDe55`, of the data objects that an ISO 8583 profile's BER-TLV field already has. */
export function de55OfObjects(
  table: De55Table,
  objects: readonly { readonly tag: number; readonly value: Bytes }[],
): De55 {
  // Written again only to be read again, it would cost more than all that follows.
  const size = objects.reduce((sum, { tag, value }) => sum + tlvLength(tag, value.length), 0);
  if (size > table.most) fail('too_long', `DE 55: ${size} bytes, at most ${table.most}`);
  return fromObjects(table, objects);
}

const tlvLength = (tag: number, length: number): number => tagSize(tag) + lengthSize(length) + length;

function fromObjects(table: De55Table, objects: readonly { tag: number; value: Bytes }[]): De55 {
  const elements = new Map<number, Bytes>();
  const scripts: { template: 0x71 | 0x72; value: Bytes }[] = [];
  for (const { tag, value } of objects) {
    if (tag === 0x71 || tag === 0x72) {
      if (!table.scripts) unexpected(tag);
      scripts.push({ template: tag, value });
      continue;
    }
    if (tag === 0x86) unexpected(tag);
    if (elements.has(tag)) fail('duplicate_tag', `DE 55: ${named(tag)} stands in it twice`);
    checkElement(table, tag, value);
    elements.set(tag, value);
  }
  const missing = table.mandatory.find((tag) => !elements.has(tag));
  if (missing !== undefined) fail('missing_tag', `DE 55: ${named(missing)} is missing`);
  const scriptBytes = scripts.reduce((sum, { template, value }) => sum + tlv(template, value).length, 0);
  if (scriptBytes > MOST_SCRIPT_BYTES)
    fail('too_long', `DE 55: ${scriptBytes} bytes of scripts, a terminal takes ${MOST_SCRIPT_BYTES}`);
  return { elements, scripts };
}

const unexpected = (tag: number): never =>
  fail('unexpected_tag', `DE 55: ${named(tag)} does not belong here`);

function checkElement(table: De55Table, tag: number, value: Bytes): void {
  const isListed = table.mandatory.includes(tag) || table.optional.includes(tag);
  if (!isListed && (table.others === 'refuse' || isConstructed(tag))) unexpected(tag);
  const element = emvElement(tag);
  if (element === undefined) return;
  const { min, max, format } = element;
  if (value.length < min || value.length > max)
    fail(
      'bad_length',
      `DE 55: ${named(tag)} has ${value.length} bytes, it has ${min === max ? min : `${min} to ${max}`}`,
    );
  if (!isWellFormed(format, value)) fail('bad_value', `DE 55: ${named(tag)} is not of format ${format}`);
}

function isWellFormed(format: string, value: Bytes): boolean {
  switch (format) {
    case 'n':
      return value.every((byte) => byte >> 4 <= 9 && (byte & 0x0f) <= 9);
    case 'cn':
      return /^\d+f*$/.test([...value].map((b) => b.toString(16).padStart(2, '0')).join(''));
    case 'a':
    case 'an':
    case 'ans':
      return value.every((byte) => byte >= 0x20 && byte <= 0x7e);
    default:
      return true;
  }
}

const named = (tag: number): string => {
  const element = emvElement(tag);
  return element === undefined ? tagHex(tag) : `${tagHex(tag)} (${element.name})`;
};

/** Writes it: mandatory elements in the table's order, then optional ones in theirs, others by tag, then scripts. */
export function writeDe55(table: De55Table, { elements, scripts }: De55): Bytes {
  const order = [...table.mandatory, ...table.optional];
  const others = [...elements.keys()].filter((tag) => !order.includes(tag)).sort((a, b) => a - b);
  const parts = [...order, ...others].flatMap((tag) => {
    const value = elements.get(tag);
    return value === undefined ? [] : [tlv(tag, value)];
  });
  const bytes = concat(...parts, ...scripts.map(({ template, value }) => tlv(template, value)));
  // Through the reader: what it would refuse never leaves.
  readDe55(table, bytes);
  return bytes;
}

/** The elements that the table sends, of all that a terminal and a card told each other. */
export function selectDe55(table: De55Table, all: ReadonlyMap<number, Bytes>): De55 {
  const wanted = [...table.mandatory, ...table.sent];
  const elements = new Map(
    wanted.flatMap((tag) => {
      const value = all.get(tag);
      return value === undefined ? [] : [[tag, value] as const];
    }),
  );
  return { elements, scripts: [] };
}
