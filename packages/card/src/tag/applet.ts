/**
 * The Type 4 tag applet: two files in RAM through which the purse's messages can be read and written as NDEF
 * (docs/spec/card-application.md, section 9; NFC Forum Type 4 Tag Technical Specification, mapping version 2.0).
 *
 * What must hold:
 * - what is written stays in RAM until its length is written, other than zero, behind it; only then does the purse see
 *   it, once, and whole. A write that stops before that has changed nothing;
 * - what a reader reads does not change while it reads: it is composed when the file is selected, or when a write ends;
 * - what came of a write can be read until power goes, another applet is selected or something else is written;
 *   a reader may select the tag anew before it reads.
 */
import {
  assert,
  type Bytes,
  type CommandApdu,
  concat,
  Reader,
  type ResponseApdu,
  SW,
  u16,
} from '@sokkin/codec';
import {
  CLA,
  encodeTagMessage,
  SELECT_TAG_FILE,
  TAG_AID,
  TAG_FILE,
  TAG_FILE_SIZE,
  TAG_INS,
  TAG_LENGTH_FIELD,
  TAG_MAX_READ,
  TAG_MAX_WRITE,
  TAG_RECORD_TYPE,
  type TagContent,
} from '@sokkin/purse';
import { type Applet, failed, ok } from '../applet.ts';
import type { CryptoPort } from '../ports.ts';
import type { PurseStore } from '../store.ts';
import { shownAtRest, type TagOptions, takeMessage } from './messages.ts';

const MAPPING_VERSION = 0x20;
const NDEF_FILE_CONTROL = 0x04;
const ACCESS_FREE = 0x00;
const ACCESS_NONE = 0xff;
/** P1 with this bit names a file by its short identifier, which these files do not have. */
const SHORT_FILE_ID = 0x80;

/** `rest`: the file shows what memory says. `writing`: it takes a message. `answered`: it shows what came of one. */
type Phase = 'rest' | 'writing' | 'answered';

/** Visible characters, as many as a record's type has room for. */
const RECORD_TYPE = /^[!-~]{1,255}$/;

export function tagApplet(store: PurseStore, crypto: CryptoPort, options: TagOptions): Applet {
  const { recordType = TAG_RECORD_TYPE } = options;
  assert(RECORD_TYPE.test(recordType), () => `no type of an NDEF record: ${recordType}`);
  let phase: Phase = 'rest';
  let file: 'none' | 'capabilities' | 'ndef' = 'none';
  /** The NDEF file: length, message, zeroes. */
  let image = emptyImage();

  function selectFile(command: CommandApdu): ResponseApdu {
    if (((command.p1 << 8) | command.p2) !== SELECT_TAG_FILE) return failed(SW.incorrectP1P2);
    if (command.data.length !== 2) return failed(SW.wrongLength);
    const id = new Reader(command.data, 'file identifier').u16();
    if (id === TAG_FILE.capabilities) file = 'capabilities';
    else if (id === TAG_FILE.ndef) file = 'ndef';
    else return failed(SW.fileNotFound);
    // A write that was broken off ends here: its reader is gone, or begins anew.
    if (file === 'ndef' && phase !== 'answered') settleAtRest();
    return ok();
  }

  function settleAtRest(): void {
    phase = 'rest';
    image = imageOf(shownAtRest(store.state, options), options);
  }

  function readBinary({ p1, p2, data, ne }: CommandApdu): ResponseApdu {
    if (data.length > 0 || ne === undefined) return failed(SW.wrongLength);
    if ((p1 & SHORT_FILE_ID) !== 0) return failed(SW.incorrectP1P2);
    if (file === 'none') return failed(SW.commandNotAllowed);
    const content = file === 'ndef' ? image : capabilities(store.state.identity !== undefined);
    const offset = (p1 << 8) | p2;
    if (offset >= content.length) return failed(SW.wrongP1P2);
    return ok(content.slice(offset, offset + Math.min(ne, TAG_MAX_READ)));
  }

  async function updateBinary({ p1, p2, data }: CommandApdu): Promise<ResponseApdu> {
    if (data.length === 0 || data.length > TAG_MAX_WRITE) return failed(SW.wrongLength);
    if ((p1 & SHORT_FILE_ID) !== 0) return failed(SW.incorrectP1P2);
    if (file === 'none') return failed(SW.commandNotAllowed);
    // Not 6982, which in a purse asks for the PIN: no PIN makes these writable.
    if (file !== 'ndef' || store.state.identity === undefined) return failed(SW.conditionsNotSatisfied);
    const offset = (p1 << 8) | p2;
    if (offset + data.length > TAG_FILE_SIZE) return failed(SW.wrongP1P2);
    return offset < TAG_LENGTH_FIELD ? writeLength(offset, data) : writePart(offset, data);
  }

  function writePart(offset: number, data: Bytes): ResponseApdu {
    if (phase !== 'writing') return failed(SW.conditionsNotSatisfied);
    image.set(data, offset);
    return ok();
  }

  /** The length, and perhaps bytes of the message behind it. Zero begins a write, anything else ends it. */
  async function writeLength(offset: number, data: Bytes): Promise<ResponseApdu> {
    // Half a length would be a length that nobody wrote.
    if (offset !== 0 || data.length < TAG_LENGTH_FIELD) return failed(SW.wrongData);
    const length = lengthIn(data);
    const atOnce = length > 0 && data.length >= TAG_LENGTH_FIELD + length;
    if (phase !== 'writing' && length > 0 && !atOnce) return failed(SW.conditionsNotSatisfied);
    if (length === 0 || atOnce) image = emptyImage();
    image.set(data, 0);
    phase = 'writing';
    if (length > 0) await finish(length);
    return ok();
  }

  async function finish(length: number): Promise<void> {
    const end = TAG_LENGTH_FIELD + length;
    const content: TagContent =
      end > TAG_FILE_SIZE
        ? { kind: 'status', status: 'malformed' }
        : await takeMessage(store, crypto, options, image.slice(TAG_LENGTH_FIELD, end));
    image = imageOf(content, options);
    phase = 'answered';
  }

  return {
    aid: TAG_AID,
    selectFile,
    select() {
      file = 'none';
      return ok();
    },
    async process(command: CommandApdu): Promise<ResponseApdu> {
      const { cla, ins } = command;
      if (ins !== TAG_INS.readBinary && ins !== TAG_INS.updateBinary) return failed(SW.insNotSupported);
      if (cla !== CLA.interindustry) return failed(SW.claNotSupported);
      return ins === TAG_INS.readBinary ? readBinary(command) : updateBinary(command);
    },
    deselect() {
      file = 'none';
      phase = 'rest';
      image = emptyImage();
    },
  };
}

/** The capability container: version, longest read and write, and the one NDEF file with its access conditions. */
function capabilities(writable: boolean): Bytes {
  const control = concat(
    u16(TAG_FILE.ndef),
    u16(TAG_FILE_SIZE),
    Uint8Array.of(ACCESS_FREE, writable ? ACCESS_FREE : ACCESS_NONE),
  );
  const body = concat(
    Uint8Array.of(MAPPING_VERSION),
    u16(TAG_MAX_READ),
    u16(TAG_MAX_WRITE),
    Uint8Array.of(NDEF_FILE_CONTROL, control.length),
    control,
  );
  return concat(u16(2 + body.length), body);
}

const emptyImage = (): Bytes => new Uint8Array(TAG_FILE_SIZE);
const lengthIn = (bytes: Bytes): number => new Reader(bytes, 'NDEF length').u16();

function imageOf(content: TagContent | undefined, { recordType }: TagOptions): Bytes {
  const image = emptyImage();
  if (content === undefined) return image;
  const message = encodeTagMessage(content, recordType);
  image.set(concat(u16(message.length), message), 0);
  return image;
}
