/**
 * Initiate application processing and read application data (Book 3, 10.1 and 10.2).
 *
 * What must hold: a record that the locator names is there and is a template; what every transaction needs is among
 * the data; which records are signed is the locator's word.
 */
import {
  type AflEntry,
  AIP_FLAGS,
  type AipFlag,
  type Bytes,
  command,
  decodeFlags,
  decodeTlv,
  parseAfl,
  parseDol,
  parseTemplate,
  SW,
  tlv,
} from '@sokkin/codec';
import type { AuthenticatedRecord } from '@sokkin/crypto';
import { ask, dolData, type Session, take } from './session.ts';
import { strictly, violated } from './violation.ts';

export interface Initiated {
  readonly pdolData: Bytes;
  readonly profile: Bytes;
  readonly interchange: ReadonlySet<AipFlag>;
  readonly locator: readonly AflEntry[];
}

export type Initiation = Initiated | { readonly sw: number };

/** GET PROCESSING OPTIONS (6.5.8): template 83 around the data of the PDOL, `83 00` without one. */
export async function initiate(session: Session): Promise<Initiation> {
  const section = 'Book 3, 6.5.8';
  const list = strictly('Book 3, 5.4', () => parseDol(session.card.get(0x9f38) ?? new Uint8Array(0)));
  const pdolData = dolData(session, list);
  const { sw, data } = await ask(session, command(0x80, 0xa8, 0, 0, tlv(0x83, pdolData), 256));
  if (sw !== SW.ok) return { sw };
  const { profile, locator } = processingOptions(data, section);
  take(session, 0x82, profile, section);
  const entries = strictly('Book 3, 10.2', () => parseAfl(locator));
  return { pdolData, profile, interchange: decodeFlags(AIP_FLAGS, profile), locator: entries };
}

/** Format 1 is both values in template 80, format 2 is objects in template 77. */
function processingOptions(data: Bytes, section: string): { profile: Bytes; locator: Bytes } {
  const answer = strictly(section, () => decodeTlv(data, { padding: true }));
  if (answer.tag === 0x80) {
    if (answer.value.length < 6) violated(section, 'format 1 has an interchange profile and a locator');
    return { profile: answer.value.slice(0, 2), locator: answer.value.slice(2) };
  }
  if (answer.tag !== 0x77) violated(section, 'the answer is neither template 80 nor 77');
  return strictly(section, () =>
    parseTemplate(answer.value, 'processing options', { profile: 0x82, locator: 0x94 }),
  );
}

const MANDATORY = [
  [0x5f24, 'expiration date'],
  [0x5a, 'PAN'],
  [0x8c, 'CDOL1'],
  [0x8d, 'CDOL2'],
] as const;

/** All records, and of them those that are signed (10.2, 10.3). */
export async function readRecords(
  session: Session,
  locator: readonly AflEntry[],
): Promise<AuthenticatedRecord[]> {
  const section = 'Book 3, 10.2';
  const signed: AuthenticatedRecord[] = [];
  for (const { sfi, first, last, authenticated } of locator) {
    for (let number = first; number <= last; number++) {
      const { sw, data } = await ask(session, command(0x00, 0xb2, number, (sfi << 3) | 4, undefined, 256));
      if (sw !== SW.ok) violated(section, `record ${number} of file ${sfi} gave ${sw.toString(16)}`);
      if (sfi <= 10) takeRecord(session, data, section);
      if (number < first + authenticated) signed.push({ sfi, record: data });
    }
  }
  for (const [tag, name] of MANDATORY) {
    if (!session.card.has(tag)) violated('Book 3, 7.2', `the ${name} is missing`);
  }
  return signed;
}

function takeRecord(session: Session, record: Bytes, section: string): void {
  const template = strictly(section, () => decodeTlv(record, { padding: true }));
  if (template.tag !== 0x70) violated(section, 'a record of files 1 to 10 is no template 70');
  for (const { tag, value } of template.children ?? []) take(session, tag, value, section);
}
