/**
 * The purse as an NFC Forum Type 4 tag: what both sides of the reader know (docs/spec/card-application.md, section 9;
 * NFC Forum Type 4 Tag Technical Specification, mapping version 2.0).
 *
 * What must hold: a message is one NDEF record and nothing else. Either the data objects of protocol.md 4.11, under one
 * external type, or one word of the purse as text, which any reader of tags can show to people.
 */
import {
  ascii,
  type Bytes,
  concat,
  decodeNdef,
  encodeNdef,
  equal,
  fromHex,
  fromUtf8,
  type NdefRecord,
  SokkinError,
  TNF,
  utf8,
} from '@sokkin/codec';
import { STATUS, type Status } from './status.ts';

export const TAG_AID: Bytes = fromHex('d2760000850101');
export const TAG_FILE = { capabilities: 0xe103, ndef: 0xe104 } as const;
export const TAG_INS = { readBinary: 0xb0, updateBinary: 0xd6 } as const;
/** P1-P2 of SELECT by file identifier, without an answer. */
export const SELECT_TAG_FILE = 0x000c;
/** Bytes of the NDEF file, its length field of two bytes included. */
export const TAG_FILE_SIZE = 1024;
export const TAG_LENGTH_FIELD = 2;
/** Most bytes of a READ BINARY and of an UPDATE BINARY: each APDU then fits one frame of 256 bytes. */
export const TAG_MAX_READ = 250;
export const TAG_MAX_WRITE = 247;

/**
 * NFC Forum external type of our record. The domain is the example domain of RFC 2606: whoever deploys Sokkin sets a type
 * under a domain of their own.
 */
export const TAG_RECORD_TYPE = 'example.com:sokkin';

/** What a tag says, or is told. */
export type TagContent =
  | { readonly kind: 'objects'; readonly objects: Bytes }
  | { readonly kind: 'status'; readonly status: Status };

const TEXT: Bytes = ascii('T');
const LANGUAGE: Bytes = ascii('en');
const TEXT_UTF16 = 0x80;
const TEXT_LANGUAGE_MASK = 0x3f;

export function encodeTagMessage(content: TagContent, recordType: string = TAG_RECORD_TYPE): Bytes {
  return encodeNdef([
    content.kind === 'objects' ? objectsRecord(content.objects, recordType) : statusRecord(content.status),
  ]);
}

const objectsRecord = (payload: Bytes, recordType: string): NdefRecord => ({
  tnf: TNF.external,
  type: ascii(recordType),
  id: undefined,
  payload,
});

/** NFC Forum Text record: language code, then "name: sentence". Programs read the name, people the sentence. */
const statusRecord = (status: Status): NdefRecord => ({
  tnf: TNF.wellKnown,
  type: TEXT,
  id: undefined,
  payload: concat(Uint8Array.of(LANGUAGE.length), LANGUAGE, utf8(`${status}: ${STATUS[status].says}`)),
});

/** Throws what NDEF throws, or `bad_message` if it is NDEF, but not ours. The objects themselves are not looked at. */
export function parseTagMessage(message: Bytes, recordType: string = TAG_RECORD_TYPE): TagContent {
  const [record] = decodeNdef(message, { maxLength: TAG_FILE_SIZE, maxRecords: 1 });
  if (record === undefined || (record.id?.length ?? 0) > 0) throw notOurs();
  if (record.tnf === TNF.external && equal(record.type, ascii(recordType))) {
    return { kind: 'objects', objects: record.payload };
  }
  if (record.tnf === TNF.wellKnown && equal(record.type, TEXT)) {
    return { kind: 'status', status: statusOfText(record.payload) };
  }
  throw notOurs();
}

function statusOfText(payload: Bytes): Status {
  const [head = TEXT_UTF16] = payload;
  if ((head & TEXT_UTF16) !== 0) throw notOurs();
  const [name = ''] = fromUtf8(payload.subarray(1 + (head & TEXT_LANGUAGE_MASK))).split(':', 1);
  const status = (Object.keys(STATUS) as Status[]).find((s) => s === name);
  if (status === undefined) throw notOurs();
  return status;
}

const notOurs = () =>
  new SokkinError('bad_message', 'The tag holds something else than a message of a purse.');
