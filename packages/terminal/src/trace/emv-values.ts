/**
 * EMV data elements that hold others: file locator, object lists and their data, CVM list, issuer application data.
 *
 * What must hold: as of `nameTlvs`; what does not fit its form is shown as not understood.
 */
import {
  allocate,
  type Bytes,
  type CvmRule,
  type DolEntry,
  decodeIad,
  dolLength,
  hex,
  type IadField,
  type IadLayout,
  parseAfl,
  parseCvmList,
  parseDol,
  SokkinError,
} from '@sokkin/codec';
import { allOf, cut, orUnknown, range } from './application.ts';
import { cvrWords, elementName, valueWords, wordsOfName } from './emv-words.ts';
import type { Range } from './fields.ts';
import { type TagTable, tagText } from './tlv.ts';

export const TAG = {
  shortFile: 0x88,
  cdol1: 0x8c,
  cdol2: 0x8d,
  cvmList: 0x8e,
  issuerAuthentication: 0x91,
  afl: 0x94,
  tdol: 0x97,
  iad: 0x9f10,
  pdol: 0x9f38,
  ddol: 0x9f49,
  logFormat: 0x9f4f,
  drdol: 0x9f51,
} as const;

/** Elements that are lists of tags and lengths. */
export const LISTS: ReadonlySet<number> = new Set<number>([
  TAG.cdol1,
  TAG.cdol2,
  TAG.tdol,
  TAG.pdol,
  TAG.ddol,
  TAG.logFormat,
  TAG.drdol,
]);

export const EMV_TAGS: TagTable = {
  name: elementName,
  value: emvValue,
  // Directory entries and scripts.
  repeatable: new Set([0x61, 0x71, 0x72, 0x86]),
};

/** The value of an element in words, or as ranges. */
export function emvValue(tag: number, value: Bytes): string | Range[] {
  if (LISTS.has(tag)) return orUnknown(value, () => listRanges(value));
  switch (tag) {
    case TAG.afl:
      return orUnknown(value, () => aflRanges(value));
    case TAG.cvmList:
      return orUnknown(value, () => cvmRanges(value));
    case TAG.iad:
      return iadRanges(value);
    default:
      return valueWords(tag, value);
  }
}

const nameOf = (tag: number): string => `${tagText(tag)} ${elementName(tag) ?? 'unknown element'}`;

function listRanges(list: Bytes): Range[] {
  let at = 0;
  return parseDol(list).map(({ tag, length }) => {
    const start = at;
    at += tagText(tag).length / 2 + 1;
    return range(start, at, nameOf(tag), length === 1 ? '1 byte' : `${length} bytes`);
  });
}

/** The data that answers a list; as one range of bytes if there is no list, or it asks for other bytes. */
export function dolData(entries: readonly DolEntry[] | undefined, data: Bytes): Range[] {
  if (entries === undefined || dolLength(entries) !== data.length)
    return allOf(data, 'values of a data object list');
  let at = 0;
  return entries.flatMap(({ tag, length }) => {
    const [start, end] = [at, at + length];
    at = end;
    return length === 0 ? [] : [range(start, end, nameOf(tag), valueWords(tag, data.subarray(start, end)))];
  });
}

function aflRanges(value: Bytes): Range[] {
  return parseAfl(value).map(({ sfi, first, last, authenticated }, i) => {
    const records = first === last ? `record ${first}` : `records ${first} to ${last}`;
    return range(4 * i, 4 * i + 4, `file ${sfi}`, `${records}, ${authenticated} signed`);
  });
}

function cvmRanges(value: Bytes): Range[] {
  const { x, y, rules } = parseCvmList(value);
  const amounts = [range(0, 4, 'amount X', String(x)), range(4, 8, 'amount Y', String(y))];
  return [...amounts, ...rules.map((rule, i) => range(8 + 2 * i, 10 + 2 * i, 'rule', ruleWords(rule)))];
}

function ruleWords({ method, condition, elseNext }: CvmRule): string {
  const said = (code: string | number) => (typeof code === 'number' ? `unknown ${code}` : wordsOfName(code));
  return `${said(method)}, if ${said(condition)}${elseNext ? ', else the next' : ''}`;
}

/** Layouts that Sokkin's profiles have; others' begin alike (`COMMON_CORE`) or are not known. */
const fixed = (length: number, first = 0): IadField => {
  const bytes = allocate(length);
  bytes[0] = first;
  return { field: 'fixed', bytes };
};
const CVR_FIELD: IadField = { field: 'cvr', length: 5 };
const LAYOUTS: readonly IadLayout[] = [
  [
    fixed(1, 0x0f),
    { field: 'version' },
    { field: 'keyIndex' },
    CVR_FIELD,
    { field: 'offlineCount' },
    { field: 'keyNumber' },
    { field: 'debited' },
    fixed(4),
    fixed(16, 0x0f),
  ],
  [fixed(1, 0x08), { field: 'keyIndex' }, { field: 'version' }, CVR_FIELD, { field: 'debited' }],
];
const FIELDS: Readonly<Record<IadField['field'], readonly [name: string, length: number]>> = {
  fixed: ['fixed', 0],
  keyIndex: ['key index', 1],
  version: ['cryptogram version', 1],
  cvr: ['card verification results', 5],
  offlineCount: ['approvals since the issuer was heard', 1],
  keyNumber: ['number of the limited-use key (0: master key)', 2],
  debited: ['debited (1: from the balance in the card)', 1],
};
/** Book 3, Annex C7.2: all but the counters and the last 15 bytes is the same for every issuer. */
const COMMON_CORE = [
  ['length', 1],
  ['common core identifier', 1],
  ['key index', 1],
  ['card verification results', 5],
  ['counters', 8],
  ['length', 1],
  ['issuer discretionary data'],
] as const;

function iadRanges(value: Bytes): string | Range[] {
  const layout = LAYOUTS.find((l) => fits(l, value));
  if (layout !== undefined) {
    const rows = layout.map((f) =>
      f.field === 'fixed' ? (['fixed', f.bytes.length] as const) : FIELDS[f.field],
    );
    return withCvr(value, cut(value, rows));
  }
  const isCommonCore =
    value.length === 32 && value[0] === 15 && value[16] === 15 && (value[1] ?? 0) >> 4 === 10;
  return isCommonCore ? withCvr(value, cut(value, COMMON_CORE)) : hex(value);
}

const withCvr = (value: Bytes, ranges: readonly Range[]): Range[] =>
  ranges.map((r) =>
    r.name === 'card verification results' ? { ...r, text: cvrWords(value.subarray(r.start, r.end)) } : r,
  );

function fits(layout: IadLayout, value: Bytes): boolean {
  try {
    decodeIad(layout, value);
    return true;
  } catch (error) {
    if (error instanceof SokkinError) return false;
    throw error;
  }
}
