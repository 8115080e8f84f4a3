/**
 * Command and response APDUs (ISO/IEC 7816-3 section 12.1, ISO/IEC 7816-4 sections 5.1 to 5.3).
 *
 * What must hold: the bytes of a command have at most one reading, and a body that is none of the
 * seven cases 1, 2S, 3S, 4S, 2E, 3E, 4E is refused. Which classes and instructions exist is the
 * business of the card (6E00, 6D00), not of this file.
 */

import { type Bytes, concat, u8, u16 } from './bytes.ts';
import { assert, fail } from './errors.ts';
import { Reader } from './reader.ts';

export interface CommandApdu {
  cla: number;
  ins: number;
  p1: number;
  p2: number;
  /** Command data, 0 to 65535 bytes; empty means no Lc field. */
  data: Bytes;
  /** Most bytes of response data wanted, 1 to 65536; undefined means no Le field. */
  ne: number | undefined;
}

export interface ResponseApdu {
  data: Bytes;
  /** Status word SW1-SW2, 61xx to 6Fxx or 90xx to 9Fxx. */
  sw: number;
}

const NO_DATA: Bytes = new Uint8Array(0);
const HEADER_SIZE = 4;
const SHORT_MAX_DATA = 255;
const SHORT_MAX_NE = 256;
const EXTENDED_MAX_DATA = 65535;
const EXTENDED_MAX_NE = 65536;
/** Class byte bit 5: this command is not the last of its chain (ISO/IEC 7816-4 section 5.3.3). */
const CLA_CHAINING = 0x10;

/** A command. Header bytes are 0 to 255, data at most 65535 bytes, `ne` 1 to 65536 or left out. */
export function command(
  cla: number,
  ins: number,
  p1: number,
  p2: number,
  data: Bytes = NO_DATA,
  ne?: number,
): CommandApdu {
  const c: CommandApdu = { cla, ins, p1, p2, data, ne };
  assertCommand(c);
  return c;
}

function assertCommand(c: CommandApdu): void {
  for (const byte of [c.cla, c.ins, c.p1, c.p2]) {
    assert(
      Number.isInteger(byte) && byte >= 0 && byte <= 0xff,
      () => `APDU header byte out of range: ${byte}`,
    );
  }
  assert(c.data.length <= EXTENDED_MAX_DATA, () => `APDU data of ${c.data.length} bytes`);
  const { ne } = c;
  const isNe = ne === undefined || (Number.isInteger(ne) && ne > 0 && ne <= EXTENDED_MAX_NE);
  assert(isNe, () => `APDU expected length out of range: ${ne}`);
}

/**
 * The bytes of a command (ISO/IEC 7816-3 section 12.1.3). By default short length fields where they
 * suffice and extended ones where not; `extended: true` always extended (a command with neither
 * data nor Le has no length field at all), `extended: false` never: then a command that needs them
 * is `too_long`, and may be sent in a chain instead.
 */
export function encodeCommand(c: CommandApdu, options?: { extended?: boolean }): Bytes {
  assertCommand(c);
  const fitsShort = c.data.length <= SHORT_MAX_DATA && (c.ne ?? 0) <= SHORT_MAX_NE;
  if (options?.extended === false && !fitsShort) {
    fail('too_long', `APDU: ${c.data.length} bytes of data, ${c.ne ?? 0} expected, need extended length`);
  }
  const header = Uint8Array.of(c.cla, c.ins, c.p1, c.p2);
  const extended = options?.extended ?? !fitsShort;
  return concat(header, ...(extended ? extendedBody(c) : shortBody(c)));
}

function shortBody({ data, ne }: CommandApdu): Bytes[] {
  const body = data.length > 0 ? [u8(data.length), data] : [];
  if (ne !== undefined) body.push(u8(ne % 0x100));
  return body;
}

/** One byte 00 says that the length fields are extended, once, before the first of them. */
function extendedBody({ data, ne }: CommandApdu): Bytes[] {
  if (data.length === 0 && ne === undefined) return [];
  const body = [u8(0)];
  if (data.length > 0) body.push(u16(data.length), data);
  if (ne !== undefined) body.push(u16(ne % 0x1_0000));
  return body;
}

/**
 * The command in the bytes, whichever of the seven cases it is; `bad_apdu` for anything else.
 * Data is a view of the input.
 */
export function decodeCommand(bytes: Bytes): CommandApdu {
  if (bytes.length < HEADER_SIZE) fail('bad_apdu', `Command APDU: ${bytes.length} bytes, its header has 4`);
  const r = new Reader(bytes, 'Command APDU');
  const [cla, ins, p1, p2] = [r.u8(), r.u8(), r.u8(), r.u8()];
  const { data, ne } = readBody(r);
  return { cla, ins, p1, p2, data, ne };
}

type Body = Pick<CommandApdu, 'data' | 'ne'>;

function readBody(r: Reader): Body {
  if (r.remaining === 0) return { data: NO_DATA, ne: undefined }; // case 1
  const first = r.u8();
  if (r.remaining === 0) return { data: NO_DATA, ne: first || SHORT_MAX_NE }; // case 2S
  return first === 0 ? readExtendedBody(r) : readShortBody(r, first);
}

/** Cases 3S and 4S: `lc` bytes of data, then perhaps one byte Le. */
function readShortBody(r: Reader, lc: number): Body {
  const sizeOfLe = r.remaining - lc;
  if (sizeOfLe === 0) return { data: r.take(lc), ne: undefined };
  if (sizeOfLe === 1) return { data: r.take(lc), ne: r.u8() || SHORT_MAX_NE };
  return badBody(lc, r.remaining);
}

/** Cases 2E, 3E and 4E, after the byte 00 that marks them. */
function readExtendedBody(r: Reader): Body {
  if (r.remaining < 2) return fail('bad_apdu', 'Command APDU: half an extended length field');
  const length = r.u16();
  if (r.remaining === 0) return { data: NO_DATA, ne: length || EXTENDED_MAX_NE };
  if (length === 0) return badBody(length, r.remaining);
  const sizeOfLe = r.remaining - length;
  if (sizeOfLe === 0) return { data: r.take(length), ne: undefined };
  if (sizeOfLe === 2) return { data: r.take(length), ne: r.u16() || EXTENDED_MAX_NE };
  return badBody(length, r.remaining);
}

function badBody(lc: number, left: number): never {
  return fail('bad_apdu', `Command APDU: Lc says ${lc} bytes of data, ${left} bytes follow it`);
}

/** The bytes of a response: data, then the status word. At most 65536 bytes of data. */
export function encodeResponse(response: ResponseApdu): Bytes {
  assert(isStatusWord(response.sw), () => `not a status word: ${response.sw}`);
  assert(response.data.length <= EXTENDED_MAX_NE, () => `response data of ${response.data.length} bytes`);
  return concat(response.data, u16(response.sw));
}

/** The response in the bytes; `bad_apdu` if its last two bytes are no status word. Data is a view. */
export function decodeResponse(bytes: Bytes): ResponseApdu {
  const length = bytes.length - 2;
  if (length < 0) fail('bad_apdu', `Response APDU: ${bytes.length} bytes, a status word has 2`);
  if (length > EXTENDED_MAX_NE) fail('bad_apdu', `Response APDU: ${length} bytes of data, at most 65536`);
  const r = new Reader(bytes, 'Response APDU');
  const data = r.take(length);
  const sw = r.u16();
  if (!isStatusWord(sw))
    fail('bad_apdu', `Response APDU: ${sw.toString(16).padStart(4, '0')} is no status word`);
  return { data, sw };
}

/** ISO/IEC 7816-4 section 5.6: 6XXX and 9XXX only, and not 60XX. */
function isStatusWord(sw: number): boolean {
  if (!Number.isInteger(sw)) return false;
  return (sw >= 0x6100 && sw <= 0x6fff) || (sw >= 0x9000 && sw <= 0x9fff);
}

/**
 * Command chaining (ISO/IEC 7816-4 section 5.3.3): the command cut into pieces of at most `maxData`
 * bytes. All but the last carry CLA bit 5 and no Le; the last carries the command's own. A command
 * that fits is returned alone. The command must not be part of a chain already.
 */
export function chain(c: CommandApdu, maxData: number = SHORT_MAX_DATA): CommandApdu[] {
  assertCommand(c);
  assert(
    Number.isInteger(maxData) && maxData > 0 && maxData <= EXTENDED_MAX_DATA,
    `piece of ${maxData} bytes`,
  );
  assert((c.cla & CLA_CHAINING) === 0, 'a command of a chain cannot be chained again');
  const pieces: CommandApdu[] = [];
  let start = 0;
  while (c.data.length - start > maxData) {
    const data = c.data.subarray(start, start + maxData);
    pieces.push({ ...c, cla: c.cla | CLA_CHAINING, data, ne: undefined });
    start += maxData;
  }
  pieces.push({ ...c, data: c.data.subarray(start) });
  return pieces;
}
