/**
 * Application selection: the directory of the interface, candidates, final SELECT (Book 1, 12.3 and 12.4; Book B, 3.3).
 *
 * What must hold: only what the directory offers and the terminal has is selected; the answer is of that name.
 */
import {
  ascii,
  type Bytes,
  command,
  decodeTlv,
  equal,
  hex,
  parseTemplate,
  type ResponseApdu,
  SW,
  type Tlv,
} from '@sokkin/codec';
import { ask, type Session, take } from './session.ts';
import type { SelectedApplication, TerminalSetup } from './types.ts';
import { strictly, violated } from './violation.ts';

const PROXIMITY = ascii('2PAY.SYS.DDF01');
const CONTACT = ascii('1PAY.SYS.DDF01');
const TAG = {
  fci: 0x6f,
  name: 0x84,
  proprietary: 0xa5,
  discretionary: 0xbf0c,
  entry: 0x61,
  record: 0x70,
  sfi: 0x88,
};
const ENTRIES = { repeatable: new Set([TAG.entry]), padding: true };

const select = (session: Session, name: Bytes): Promise<ResponseApdu> =>
  ask(session, command(0x00, 0xa4, 0x04, 0x00, name, 256));

export type Selection =
  | { readonly selected: SelectedApplication }
  | { readonly selected: undefined; readonly sw: number };

/** Tries the candidates in their order; the first that the card selects is it, and its FCI is taken. */
export async function selectApplication(session: Session): Promise<Selection> {
  const candidates = await candidatesOf(session);
  let sw: number = SW.fileNotFound;
  for (const candidate of candidates) {
    const answer = await select(session, candidate.aid);
    sw = answer.sw;
    if (sw !== SW.ok) continue; // 6283: blocked; all others: removed from the list (Book 1, 12.4)
    takeFci(session, candidate, answer.data);
    session.own.set(0x9f06, candidate.aid);
    return { selected: candidate };
  }
  return { selected: undefined, sw };
}

async function candidatesOf(session: Session): Promise<SelectedApplication[]> {
  const entries =
    session.setup.interface === 'contactless'
      ? await proximityEntries(session)
      : await contactEntries(session);
  const offered = entries ?? session.setup.applications.map(({ aid }) => named(aid));
  return offered
    .filter((entry) => isServed(session.setup, entry))
    .sort((a, b) => rankOf(a.priority) - rankOf(b.priority));
}

const named = (aid: Bytes): SelectedApplication => ({
  aid,
  label: undefined,
  priority: 0,
  kernel: undefined,
});
/** Book 1, 12.2.3: 1 is the highest priority, 0 is none. */
const rankOf = (priority: number): number => priority & 0x0f || 16;

/** Book B, 3.3.2: one SELECT brings the whole directory; without it there is no contactless payment. */
async function proximityEntries(session: Session): Promise<SelectedApplication[]> {
  const answer = await select(session, PROXIMITY);
  if (answer.sw !== SW.ok) return [];
  const proprietary = fciOf(answer.data, PROXIMITY, 'Book B, 3.3.2');
  const found = proprietary.find((t) => t.tag === TAG.discretionary);
  if (found === undefined) return violated('Book B, 3.3.2', 'the directory has no BF0C');
  return (found.children ?? []).filter((t) => t.tag === TAG.entry).map((t) => entryOf(t, 'Book B, 3.3.2'));
}

/** Book 1, 12.3.2: records of the directory file until there are no more; undefined: the card has none. */
async function contactEntries(session: Session): Promise<SelectedApplication[] | undefined> {
  const answer = await select(session, CONTACT);
  if (answer.sw !== SW.ok) return undefined;
  const sfi = fciOf(answer.data, CONTACT, 'Book 1, 11.3.4').find((t) => t.tag === TAG.sfi)?.value[0];
  if (sfi === undefined || sfi < 1 || sfi > 10)
    return violated('Book 1, 12.2.3', 'the directory names no file from 1 to 10');
  const entries: SelectedApplication[] = [];
  for (let number = 1; number <= 255; number++) {
    const { sw, data } = await ask(session, command(0x00, 0xb2, number, (sfi << 3) | 4, undefined, 256));
    if (sw === SW.recordNotFound) return entries;
    if (sw !== SW.ok) return violated('Book 1, 12.3.2', `READ RECORD ${number} gave ${hexSw(sw)}`);
    const record = strictly('Book 1, 12.2.3', () => decodeTlv(data, ENTRIES));
    if (record.tag !== TAG.record) violated('Book 1, 12.2.3', 'a directory record is no template 70');
    for (const child of record.children ?? [])
      if (child.tag === TAG.entry) entries.push(entryOf(child, 'Book 1, 12.2.3'));
  }
  return entries;
}

const hexSw = (sw: number): string => sw.toString(16).toUpperCase();

/** Application template 61 (Book 1, table 47; Book B, table 3-2). */
function entryOf({ value }: Tlv, section: string): SelectedApplication {
  const optional = {
    label: 0x50,
    priority: 0x87,
    preferred: 0x9f12,
    kernel: 0x9f2a,
    extended: 0x9f29,
    more: 0x73,
  };
  const e = strictly(section, () => parseTemplate(value, 'directory entry', { aid: 0x4f }, optional));
  if (e.aid.length < 5 || e.aid.length > 16) violated(section, `an AID of ${e.aid.length} bytes`);
  if (section.startsWith('Book 1') && e.label === undefined)
    violated(section, 'an entry without its label (50)');
  const { kernel } = e;
  if (kernel !== undefined && kernel.length > 8)
    violated('Book B, 3.3.2.5', 'a kernel identifier over 8 bytes');
  return { aid: e.aid, label: e.label, priority: e.priority?.[0] ?? 0, kernel };
}

function isServed(
  { applications, interface: at }: TerminalSetup,
  { aid, kernel }: SelectedApplication,
): boolean {
  return applications.some(
    (own) =>
      equal(own.aid, aid.subarray(0, own.aid.length)) &&
      (at === 'contact' || isKernelServed(own.kernels, kernel)),
  );
}

/** Book B, 3.3.2.5: an international kernel by its first byte, a domestic one by its first three. */
function isKernelServed(own: readonly Bytes[] | undefined, kernel: Bytes | undefined): boolean {
  const first = kernel?.[0] ?? 0;
  if (own === undefined || kernel === undefined || first === 0) return true;
  if ((first & 0x80) === 0) return own.some((k) => k[0] === first);
  if (kernel.length < 3 || (first & 0x3f) === 0) return false;
  return own.some((k) => equal(k, kernel.subarray(0, 3)));
}

/** The proprietary template of an FCI, whose name must begin with the one asked for (Book 1, 11.3.4). */
function fciOf(data: Bytes, name: Bytes, section: string): readonly Tlv[] {
  const fci = strictly(section, () => decodeTlv(data, ENTRIES));
  if (fci.tag !== TAG.fci) violated(section, 'the answer to SELECT is no template 6F');
  const { name: own } = strictly(section, () =>
    parseTemplate(fci.value, 'FCI', { name: TAG.name, proprietary: TAG.proprietary }),
  );
  if (!equal(own, name)) violated(section, `SELECT ${hex(name)} was answered by ${hex(own)}`);
  return fci.children?.find((t) => t.tag === TAG.proprietary)?.children ?? [];
}

function takeFci(session: Session, { aid }: SelectedApplication, data: Bytes): void {
  const section = 'Book 1, 11.3.4';
  for (const { tag, value, children } of fciOf(data, aid, section)) {
    if (children === undefined) take(session, tag, value, section);
  }
}
