/**
 * Initiate application processing and read application data (Book 3, 10.1 and 10.2; 6.5.8 and 6.5.11).
 *
 * What must hold: pure; an answer is one of the two formats with everything that belongs there; a locator names what a
 * transaction can bear to read; what every transaction needs is there at the end.
 */
import {
  type Bytes,
  type CommandApdu,
  command,
  decodeTlv,
  equal,
  parseAfl,
  parseTemplate,
  type Tlv,
  tlv,
} from '@sokkin/codec';
import type { AuthenticatedRecord } from '@sokkin/crypto';
import { TAG, tagText } from '../tags.ts';
import { cardError, dolData, type KernelData, listOf, withCard, withOwn } from './data.ts';

const SELECTION = 'Book 1, 11.3.4';

/** The elements of the answer to SELECT, for the application that was asked for. */
export function readFci(data: KernelData, answer: Bytes, adfName: Bytes): KernelData {
  const fci = decodeTlv(answer, { padding: true });
  const find = (node: Tlv, tag: number): Tlv =>
    node.children?.find((t) => t.tag === tag) ?? cardError(SELECTION, `${tagText(tag)} is missing`);
  if (fci.tag !== TAG.fci) cardError(SELECTION, 'The answer to SELECT is no template 6F');
  const name = find(fci, TAG.dfName).value.slice();
  if (!equal(name.subarray(0, adfName.length), adfName))
    cardError(SELECTION, 'SELECT was answered by another application');
  const proprietary = find(fci, TAG.proprietary).children ?? [];
  const own: [number, Bytes][] = [[TAG.terminalAid, name]];
  const taken = withCard(withOwn(data, own), proprietary, SELECTION);
  return { ...taken, card: new Map([...taken.card, [TAG.dfName, name]]) };
}

/** GET PROCESSING OPTIONS, and what its list was answered with: a CDA signature covers it. */
export function processingOptions(data: KernelData): {
  readonly apdu: CommandApdu;
  readonly pdolData: Bytes;
} {
  const pdolData = dolData(data, listOf(data, TAG.pdol));
  const template = tlv(0x83, pdolData);
  if (template.length > 255) cardError('Book 3, 6.5.8', '9F38 asks for more than a command takes');
  return { apdu: command(0x80, 0xa8, 0x00, 0x00, template, 256), pdolData };
}

/** One record to be read. */
export interface RecordName {
  readonly sfi: number;
  readonly number: number;
  readonly isSigned: boolean;
}

const OPTIONS = 'Book 3, 6.5.8.4';
/** More than any card has; a locator could name 16,065 of them, and hold the terminal up for minutes. */
const MOST_RECORDS = 64;

/** Interchange profile and file locator, in format 1 (template 80) or 2 (77). */
export function readProcessingOptions(
  data: KernelData,
  answer: Bytes,
): { readonly data: KernelData; readonly records: readonly RecordName[] } {
  const template = decodeTlv(answer, { padding: true });
  const { profile, locator } = splitOptions(template, answer);
  if (profile.length !== 2) cardError(OPTIONS, `82 has ${profile.length} bytes`);
  const records = parseAfl(locator).flatMap(({ sfi, first, last, authenticated }) =>
    Array.from({ length: last - first + 1 }, (_, i) => ({
      sfi,
      number: first + i,
      isSigned: i < authenticated,
    })),
  );
  if (records.length > MOST_RECORDS) cardError('Book 3, 10.2', `The locator names ${records.length} records`);
  const card = new Map([...data.card, [TAG.interchange, profile], [TAG.locator, locator]]);
  if (data.card.has(TAG.interchange) || data.card.has(TAG.locator))
    cardError(OPTIONS, 'The card gave 82 or 94 twice');
  return { data: { ...data, card }, records };
}

function splitOptions(template: Tlv, answer: Bytes): { profile: Bytes; locator: Bytes } {
  if (template.tag === 0x80) {
    if (template.value.length < 6) cardError(OPTIONS, `format 1 has ${template.value.length} bytes`);
    return { profile: template.value.slice(0, 2), locator: template.value.slice(2) };
  }
  if (template.tag !== 0x77) cardError(OPTIONS, 'The answer is neither template 80 nor 77');
  const inside = answer.subarray(template.valueStart, template.end);
  const { profile, locator } = parseTemplate(inside, 'processing options', {
    profile: TAG.interchange,
    locator: TAG.locator,
  });
  return { profile: profile.slice(), locator: locator.slice() };
}

export const readRecord = ({ sfi, number }: RecordName): CommandApdu =>
  command(0x00, 0xb2, number, (sfi << 3) | 4, new Uint8Array(0), 256);

const READING = 'Book 3, 10.2';
/** Book 3, 5.3.2: a record with its template. */
const MOST_RECORD_BYTES = 254;
/** Files 1 to 10 hold records of EMV's own kind; those above are the payment system's and the issuer's. */
const LAST_EMV_FILE = 10;

/** A record that was read: its elements, and the record if it is signed. */
export function takeRecord(
  data: KernelData,
  { sfi, isSigned }: RecordName,
  record: Bytes,
): { readonly data: KernelData; readonly signed: readonly AuthenticatedRecord[] } {
  if (record.length > MOST_RECORD_BYTES) cardError(READING, `A record has ${record.length} bytes`);
  const signed = isSigned ? [{ sfi, record: record.slice() }] : [];
  if (sfi > LAST_EMV_FILE) return { data, signed };
  const template = decodeTlv(record, { padding: true });
  if (template.tag !== 0x70) cardError(READING, 'A record of files 1 to 10 is no template 70');
  return { data: withCard(data, template.children ?? [], READING), signed };
}

/** Book 3, 7.2; but CDOL2: without contacts there is no second GENERATE AC that would ask for it. */
const MANDATORY = [TAG.pan, TAG.expiry, TAG.cdol1] as const;

export function checkMandatory(data: KernelData): void {
  for (const tag of MANDATORY) {
    if (!data.card.has(tag)) cardError('Book 3, 7.2', `${tagText(tag)} is missing`);
  }
  const pan = data.card.get(TAG.pan) ?? new Uint8Array(0);
  if (pan.length === 0 || pan[0] === 0xff) cardError('Book 3, 7.5', '5A holds no digits');
}
