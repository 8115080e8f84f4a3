/**
 * Reading and writing a purse as an NFC Forum Type 4 tag, with nothing that a phone's NDEF stack does not do
 * (docs/spec/card-application.md, section 9; NFC Forum Type 4 Tag Technical Specification, mapping version 2.0).
 *
 * What must hold: what a tag says about its sizes is checked before it is used, and the length of the message is written
 * to zero first and to its value last, so that a tap that is torn in between has written nothing. What was read proves
 * nothing: `believe...` does.
 */
import {
  type Bytes,
  command,
  concat,
  equal,
  parseTemplate,
  Reader,
  readAmount,
  SokkinError,
  u16,
} from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  CLA,
  encodeTagMessage,
  INS,
  OBJECT,
  parseTagMessage,
  parseTicket,
  SELECT_TAG_FILE,
  TAG_AID,
  TAG_FILE,
  TAG_INS,
  TAG_LENGTH_FIELD,
  TAG_RECORD_TYPE,
  type TagContent,
} from '@sokkin/purse';
import type { CarriedTicket } from './carried.ts';
import { send } from './exchange.ts';
import { type Outcome, ok, outcomeOf, reading, untrusted } from './outcome.ts';
import type { ApduTransport } from './transport.ts';

/** A tag that was selected: its capability container was read, and its NDEF file is the current one. */
export interface Tag {
  readonly transport: ApduTransport;
  /** Most bytes of one READ BINARY and of one UPDATE BINARY. */
  readonly maxRead: number;
  readonly maxWrite: number;
  /** Bytes of the NDEF file, its length field included. */
  readonly fileSize: number;
  readonly writable: boolean;
}

const NOTHING: Bytes = new Uint8Array(0);
const SELECT_BY_NAME = 0x0400;
const CAPABILITIES_LENGTH = 15;
const MAJOR_VERSION = 2;
const NDEF_FILE_CONTROL = 0x04;
const NDEF_FILE_CONTROL_LENGTH = 6;
const ACCESS_FREE = 0x00;
const LEAST_READ = 0x0f;
/** What an offset in P1-P2 reaches: its highest bit means something else. */
const LARGEST_FILE = 0x8000;
/** Short APDUs only: a phone's NDEF stack uses no others. */
const SHORT_MAX = 0xff;

/** NDEF detection: the application, the capability container, the NDEF file that it names. */
export async function openTag(transport: ApduTransport): Promise<Outcome<Tag>> {
  const selected = await ask(transport, INS.select, SELECT_BY_NAME, TAG_AID, 0x100);
  if (selected.status !== 'ok') return selected;
  const found = await selectFile(transport, TAG_FILE.capabilities);
  if (found.status !== 'ok') return found;
  const container = await readAt(transport, 0, CAPABILITIES_LENGTH);
  if (container.status !== 'ok') return container;
  const read = reading(() => readCapabilities(transport, container.value));
  if (read.status !== 'ok') return read;
  const file = await selectFile(transport, read.value.fileId);
  return file.status === 'ok' ? ok(read.value.tag) : file;
}

function readCapabilities(transport: ApduTransport, bytes: Bytes): { tag: Tag; fileId: number } {
  const r = new Reader(bytes, 'capability container');
  const [length, version, mle, mlc] = [r.u16(), r.u8(), r.u16(), r.u16()];
  const [tag, size, fileId, fileSize, read, write] = [r.u8(), r.u8(), r.u16(), r.u16(), r.u8(), r.u8()];
  const sound =
    length >= CAPABILITIES_LENGTH &&
    version >> 4 === MAJOR_VERSION &&
    mle >= LEAST_READ &&
    // The length field goes in one write: half a length would be a length that nobody wrote.
    mlc >= TAG_LENGTH_FIELD &&
    tag === NDEF_FILE_CONTROL &&
    size === NDEF_FILE_CONTROL_LENGTH &&
    fileSize > TAG_LENGTH_FIELD &&
    fileSize <= LARGEST_FILE &&
    read === ACCESS_FREE;
  if (!sound)
    throw new SokkinError('bad_message', 'This is no Type 4 tag of mapping version 2 that can be read.');
  const maxRead = Math.min(mle, SHORT_MAX);
  const maxWrite = Math.min(mlc, SHORT_MAX);
  return { tag: { transport, maxRead, maxWrite, fileSize, writable: write === ACCESS_FREE }, fileId };
}

/** The whole NDEF message, in parts; empty if the tag holds none. */
export async function readNdef(tag: Tag): Promise<Outcome<Bytes>> {
  const head = await readAt(tag.transport, 0, TAG_LENGTH_FIELD);
  if (head.status !== 'ok') return head;
  const length = reading(() => new Reader(head.value, 'NDEF length').u16());
  if (length.status !== 'ok') return length;
  const end = TAG_LENGTH_FIELD + length.value;
  if (end > tag.fileSize) return tooLong(length.value, tag);
  let message: Bytes = NOTHING;
  for (let at = TAG_LENGTH_FIELD; at < end; at += tag.maxRead) {
    const part = await readAt(tag.transport, at, Math.min(tag.maxRead, end - at));
    if (part.status !== 'ok') return part;
    message = concat(message, part.value);
  }
  return ok(message);
}

/** Length zero, the message in parts, its length. The purse acts on the last of these commands, or not at all. */
export async function writeNdef(tag: Tag, message: Bytes): Promise<Outcome<void>> {
  if (message.length === 0 || TAG_LENGTH_FIELD + message.length > tag.fileSize)
    return tooLong(message.length, tag);
  const begun = await writeAt(tag.transport, 0, u16(0));
  if (begun.status !== 'ok') return begun;
  for (let at = 0; at < message.length; at += tag.maxWrite) {
    const part = message.subarray(at, at + tag.maxWrite);
    const written = await writeAt(tag.transport, TAG_LENGTH_FIELD + at, part);
    if (written.status !== 'ok') return written;
  }
  return writeAt(tag.transport, 0, u16(message.length));
}

/** What the purse shows: its objects, or a word on what was written last. */
export async function readTag(tag: Tag, recordType: string = TAG_RECORD_TYPE): Promise<Outcome<TagContent>> {
  const message = await readNdef(tag);
  if (message.status !== 'ok') return message;
  return reading(() => parseTagMessage(message.value, recordType));
}

/** Writes objects and reads what came of them: objects, or the purse's word, as the outcome. */
export async function tellTag(
  tag: Tag,
  objects: Bytes,
  recordType: string = TAG_RECORD_TYPE,
): Promise<Outcome<Bytes>> {
  const written = await writeNdef(tag, encodeTagMessage({ kind: 'objects', objects }, recordType));
  if (written.status !== 'ok') return written;
  const answer = await readTag(tag, recordType);
  if (answer.status !== 'ok') return answer;
  if (answer.value.kind === 'objects') {
    // A purse never says what it was told; memory without a purse behind it does nothing else.
    const echo = equal(answer.value.objects, objects);
    return echo ? untrusted('The tag only gave back what was written.') : ok(answer.value.objects);
  }
  return answer.value.status === 'ok' ? ok(NOTHING) : { status: answer.value.status };
}

/** What a payee's tag asks for. Parsing proves nothing: `believeTicket` does. */
export interface TagRequestShown {
  readonly ticket: CarriedTicket;
  /** Minor units. */
  readonly amount: bigint;
}

/** Reads the objects of a request: Ticket, amount, and the payee's chain. */
export function parseTagRequest(objects: Bytes): TagRequestShown {
  const tags = { message: OBJECT.ticket, amount: OBJECT.amount, purse: OBJECT.purse, issuer: OBJECT.issuer };
  const parts = parseTemplate(objects, 'request of a tag', tags);
  const r = new Reader(parts.amount, 'amount');
  const amount = readAmount(r);
  r.end();
  const chain = { issuer: parseCertificate(parts.issuer), leaf: parseCertificate(parts.purse) };
  const ticket = { message: parts.message.slice(), fields: parseTicket(parts.message).fields, chain };
  return { ticket, amount };
}

async function selectFile(transport: ApduTransport, id: number): Promise<Outcome<void>> {
  return done(await ask(transport, INS.select, SELECT_TAG_FILE, u16(id)));
}

async function readAt(transport: ApduTransport, offset: number, length: number): Promise<Outcome<Bytes>> {
  const answer = await ask(transport, TAG_INS.readBinary, offset, NOTHING, length);
  if (answer.status !== 'ok' || answer.value.length === length) return answer;
  return { status: 'untrusted_answer', because: `${answer.value.length} bytes came for ${length}.` };
}

async function writeAt(transport: ApduTransport, offset: number, data: Bytes): Promise<Outcome<void>> {
  return done(await ask(transport, TAG_INS.updateBinary, offset, data));
}

async function ask(
  transport: ApduTransport,
  ins: number,
  p1p2: number,
  data: Bytes,
  ne?: number,
): Promise<Outcome<Bytes>> {
  return outcomeOf(await send(transport, command(CLA.interindustry, ins, p1p2 >> 8, p1p2 & 0xff, data, ne)));
}

const done = (answer: Outcome<Bytes>): Outcome<void> =>
  answer.status === 'ok' ? { status: 'ok', value: undefined } : answer;

const tooLong = (length: number, tag: Tag): Outcome<never> => ({
  status: 'untrusted_answer',
  because: `A message of ${length} bytes does not fit the tag's file of ${tag.fileSize}.`,
});
