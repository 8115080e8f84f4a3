/**
 * Messages of ISO 8583 to octets and back, in the dialect of a profile.
 *
 * What must hold: decoding accepts only what encoding gives, so the one is the exact inverse of the other; no
 * octet is passed over; size is bounded before any octet is read. Whatever the octets, all that is thrown is an
 * IsoError with field, octet and what was expected.
 */
import type { Bytes } from '../bytes.ts';
import { readBitmap, writeBitmap } from './bitmap.ts';
import { IsoError, type IsoPlace, PLACE, refuse } from './error.ts';
import type { IsoMessage, IsoValue } from './message.ts';
import { formatMti, type Mti, parseMti } from './mti.ts';
import type { IsoFormat, IsoHeader, IsoProfile } from './profile.ts';
import { readValue, writeValue } from './value.ts';
import { WireReader, WireWriter } from './wire.ts';

/** One part of a message as it is on the wire, its length included. */
export interface IsoPiece extends IsoPlace {
  readonly name: string;
  /** Octets from the start of the message: `start` inclusive, `end` not. */
  readonly start: number;
  readonly end: number;
}

/** A message and where its parts stand. */
export interface DissectedIso {
  readonly message: IsoMessage;
  readonly pieces: readonly IsoPiece[];
}

/** The message of these octets: one whole message, without the length of its frame. */
export function decodeIso(profile: IsoProfile, octets: Bytes): IsoMessage {
  return read(profile, octets, undefined);
}

/** As `decodeIso`, with the place of every part, for traces. */
export function dissectIso(profile: IsoProfile, octets: Bytes): DissectedIso {
  const pieces: IsoPiece[] = [];
  return { message: read(profile, octets, pieces), pieces };
}

/** What could be read of a message before what is wrong with it. */
export interface BrokenIso {
  readonly failure: IsoError;
  /** With the fields before the failure; undefined: it is before the fields. */
  readonly message: IsoMessage | undefined;
  /** Fields that the bitmap announces. */
  readonly announced: readonly number[];
}

/** As `decodeIso`, but what is wrong is given back, with what was read before it: for an answer that says so. */
export function tryDecodeIso(profile: IsoProfile, octets: Bytes): IsoMessage | BrokenIso {
  const found: Found = { header: undefined, mti: undefined, announced: [], fields: new Map() };
  try {
    return read(profile, octets, undefined, found);
  } catch (failure) {
    if (!(failure instanceof IsoError)) throw failure;
    const { header, mti, announced, fields } = found;
    const isBeforeFields = mti === undefined || announced.length === 0;
    return { failure, message: isBeforeFields ? undefined : { header, mti, fields }, announced };
  }
}

/** The octets of a message, without the length of its frame. */
export function encodeIso(profile: IsoProfile, message: IsoMessage): Bytes {
  const numbers = [...message.fields.keys()].sort((a, b) => a - b);
  const formats = numbers.map((number) => formatOf(profile, number, undefined));
  const writer = new WireWriter();
  writeHeader(profile.header, message.header, writer);
  writeMti(profile, message.mti, writer);
  writeBitmap(profile, numbers, writer);
  for (const format of formats) {
    const value = message.fields.get(format.field);
    if (value !== undefined) writeValue(format, value, writer);
  }
  const octets = writer.finish();
  assertSize(profile, octets);
  return octets;
}

/** What `read` has read so far. */
interface Found {
  header: Bytes | undefined;
  mti: Mti | undefined;
  announced: readonly number[];
  readonly fields: Map<number, IsoValue>;
}

function read(
  profile: IsoProfile,
  octets: Bytes,
  pieces: IsoPiece[] | undefined,
  found: Partial<Found> = {},
): IsoMessage {
  assertSize(profile, octets);
  const reader = new WireReader(octets);
  const note = (place: IsoPlace, name: string, start: number): void => {
    if (reader.offset > start) pieces?.push({ ...namedPlace(place), name, start, end: reader.offset });
  };
  const header = readHeader(profile.header, reader);
  note(PLACE.header, 'Header', 0);
  const mtiStart = reader.offset;
  const mti = readMti(profile, reader);
  note(PLACE.mti, 'Message type identifier', mtiStart);
  const bitmapStart = reader.offset;
  const numbers = readBitmap(profile, reader);
  note(PLACE.bitmap, 'Bitmap', bitmapStart);
  const { fields = new Map<number, IsoValue>() } = found;
  Object.assign(found, { header, mti, announced: numbers });
  for (const number of numbers) {
    const start = reader.offset;
    const format = formatOf(profile, number, start);
    fields.set(number, readValue(format, reader));
    note(format, format.name, start);
  }
  reader.end(PLACE.message, 'the end of the message');
  return { header, mti, fields };
}

const namedPlace = ({ field, path }: IsoPlace): IsoPlace => ({ field, path });

function formatOf(profile: IsoProfile, number: number, offset: number | undefined): IsoFormat {
  const format = profile.fields[number];
  if (format !== undefined) return format;
  const place = { field: number, path: `field ${number}` };
  return refuse('unknown_field', place, offset, `not in profile ${profile.name}`, 'fields of the profile');
}

function assertSize({ framing }: IsoProfile, octets: Bytes): void {
  if (octets.length <= framing.most) return;
  refuse('too_long', PLACE.message, undefined, `${octets.length} octets`, `at most ${framing.most}`);
}

function readHeader(header: IsoHeader | undefined, reader: WireReader): Bytes | undefined {
  if (header === undefined) return undefined;
  const octets = reader.take(header.octets, PLACE.header, `${header.octets} octets`);
  checkHeader(header, octets, 0);
  return octets;
}

function writeHeader(header: IsoHeader | undefined, octets: Bytes | undefined, writer: WireWriter): void {
  if (header === undefined) {
    if (octets !== undefined) refuse('bad_value', PLACE.header, undefined, 'there is one', 'no header');
    return;
  }
  const given = octets ?? new Uint8Array(0);
  if (given.length !== header.octets)
    refuse('bad_length', PLACE.header, undefined, `${given.length} octets`, `${header.octets} octets`);
  checkHeader(header, given, undefined);
  writer.bytes(given);
}

function checkHeader({ begins }: IsoHeader, octets: Bytes, offset: number | undefined): void {
  if (begins.every((octet, i) => octets[i] === octet)) return;
  refuse('bad_value', PLACE.header, offset, 'another beginning', 'the octets that the profile names');
}

const MTI_DIGITS = 4;

function readMti(profile: IsoProfile, reader: WireReader): Mti {
  const expected = 'four digits';
  const start = reader.offset;
  const digits =
    profile.mti === 'bcd'
      ? reader.packed(MTI_DIGITS, 'left-0', false, PLACE.mti, expected)
      : reader.text(MTI_DIGITS, profile.charset, 'n', PLACE.mti, expected);
  const mti = parseMti(digits, start);
  checkVersion(profile, mti, start);
  return mti;
}

function writeMti(profile: IsoProfile, mti: Mti, writer: WireWriter): void {
  checkVersion(profile, mti, undefined);
  const digits = formatMti(mti);
  if (profile.mti === 'bcd') writer.packed(digits, 'left-0', false, PLACE.mti, 'four digits');
  else writer.text(digits, profile.charset, 'n', PLACE.mti, 'four digits');
}

function checkVersion({ version }: IsoProfile, mti: Mti, offset: number | undefined): void {
  if (mti.version === version) return;
  refuse('bad_mti', PLACE.mti, offset, `the version is ${mti.version}`, `version ${version}`);
}
