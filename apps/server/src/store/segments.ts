/**
 * Entries of one upload as one row.
 *
 * Of each body its type and what follows its header are kept. The header's version, suite and purse are the same in all,
 * numbers count up, and each link is the hash of the body before: so they are made again when the row is read. What must
 * hold: the bodies that come out are those that went in, byte for byte.
 *
 *   bodies = for each entry: type (1), length (1), what follows the header
 */
import { hash } from 'node:crypto';
import { assert, type Bytes, equal, fromHex, Reader, Writer } from '@sokkin/codec';
import type { JournalEntry } from '@sokkin/issuer';
import { HASH_LENGTH, HEADER_LENGTH, writeHeader } from '@sokkin/purse';

export interface Segment {
  /** Of the first entry. */
  readonly firstSeq: number;
  /** Chain head before it. */
  readonly link: Bytes;
  readonly bodies: Bytes;
}

/**
 * SHA-256 by OpenSSL, given back as text: OpenSSL would hash an entry four times in the time in which Node makes a Buffer for
 * one result.
 */
export function fastSha256(bytes: Bytes): Bytes {
  const octets = hash('sha256', bytes, 'binary');
  const out = new Uint8Array(HASH_LENGTH);
  for (let i = 0; i < HASH_LENGTH; i++) out[i] = octets.charCodeAt(i);
  return out;
}

const SEQ_OFFSET = 11;
const LINK_OFFSET = 15;

/** Consecutive entries of one journal, one at least. */
export function packSegment(entries: readonly JournalEntry[]): Segment {
  const [first] = entries;
  assert(first !== undefined, 'a segment has an entry');
  const w = new Writer();
  let before: JournalEntry | undefined;
  for (const entry of entries) {
    const { body, seq } = entry;
    const header = body.subarray(0, HEADER_LENGTH);
    assert(new Reader(header.subarray(SEQ_OFFSET), 'entry').u32() === seq, 'an entry has its number');
    assert(
      before === undefined || (seq === before.seq + 1 && equal(header.subarray(LINK_OFFSET), before.hash)),
      'entries of a segment follow each other',
    );
    const rest = body.subarray(HEADER_LENGTH);
    w.u8(body[0] ?? 0)
      .u8(rest.length)
      .bytes(rest);
    before = entry;
  }
  return { firstSeq: first.seq, link: first.body.slice(LINK_OFFSET, HEADER_LENGTH), bodies: w.finish() };
}

/** The entries again, with their bodies and hashes. */
export function* unpackSegment(purse: string, segment: Segment): Generator<JournalEntry> {
  const r = new Reader(segment.bodies, 'stored segment');
  const id = fromHex(purse);
  let [seq, link] = [segment.firstSeq, segment.link];
  while (r.remaining > 0) {
    const type = r.u8();
    const rest = r.take(r.u8());
    const body = writeHeader(type, { purse: id, seq, link }).bytes(rest).finish();
    const head = fastSha256(body);
    yield { seq, body, hash: head };
    [seq, link] = [seq + 1, head];
  }
}
