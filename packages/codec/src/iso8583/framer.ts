/**
 * Messages in a stream of octets: each with its length before it.
 *
 * What must hold: the same octets give the same messages however they are cut; memory is bounded by the greatest
 * message; after a length that cannot be, nothing more is read, because where the next message starts would be a guess.
 * What was whole before it is given out all the same.
 */
import { type Bytes, byteAt, concat } from '../bytes.ts';
import { assert } from '../errors.ts';
import { CHARSETS } from './charset.ts';
import { IsoError, PLACE, refuse } from './error.ts';
import type { IsoFraming } from './profile.ts';
import { WireReader, WireWriter } from './wire.ts';

/** What a chunk completed. After a `failure` the connection is of no more use. */
export interface Frames {
  /** Whole messages without their lengths; a heartbeat is one of no octets. */
  readonly messages: readonly Bytes[];
  readonly failure: IsoError | undefined;
}

/** A message with its length before it; `too_long` beyond the profile's greatest. */
export function frameIso(framing: IsoFraming, message: Bytes): Bytes {
  if (message.length > framing.most || (message.length === 0 && !framing.heartbeats))
    refuse('too_long', PLACE.frame, undefined, `a message of ${message.length} octets`, expectedOf(framing));
  const said = message.length + (framing.includesItself ? framing.size : 0);
  return concat(lengthOctets(framing, said), message);
}

/** Cuts one direction of one connection into messages. */
export class IsoFramer {
  readonly #framing: IsoFraming;
  readonly #length: Uint8Array;
  /** The message that is being read; undefined while its length is. */
  #message: Uint8Array | undefined;
  /** Octets of the length, or of the message, that are there. */
  #filled = 0;
  /** Octets of the stream before the length that is read now. */
  #position = 0;
  #failure: IsoError | undefined;

  constructor(framing: IsoFraming) {
    this.#framing = framing;
    this.#length = new Uint8Array(framing.size);
  }

  /** The next octets of the stream. */
  push(chunk: Bytes): Frames {
    const messages: Bytes[] = [];
    let at = 0;
    while (at < chunk.length && this.#failure === undefined) {
      const target = this.#message ?? this.#length;
      const count = Math.min(target.length - this.#filled, chunk.length - at);
      target.set(chunk.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled === target.length) this.#complete(messages);
    }
    return { messages, failure: this.#failure };
  }

  /** The stream has ended: undefined between two messages, else what is missing. */
  end(): IsoError | undefined {
    if (this.#failure !== undefined || (this.#message === undefined && this.#filled === 0))
      return this.#failure;
    const wrong = `the stream ends ${this.#filled} octets into a ${this.#message ? 'message' : 'length'}`;
    return new IsoError('truncated', PLACE.frame, this.#position, wrong, 'a whole message');
  }

  /** A length or a message is whole. */
  #complete(messages: Bytes[]): void {
    this.#filled = 0;
    if (this.#message !== undefined) {
      messages.push(this.#message);
      this.#position += this.#framing.size + this.#message.length;
      this.#message = undefined;
      return;
    }
    const length = this.#messageLength();
    if (length === undefined) return;
    if (length > 0) {
      this.#message = new Uint8Array(length);
      return;
    }
    messages.push(new Uint8Array(0));
    this.#position += this.#framing.size;
  }

  #messageLength(): number | undefined {
    try {
      return readFrameLength(this.#framing, this.#length, this.#position);
    } catch (error) {
      if (!(error instanceof IsoError)) throw error;
      this.#failure = error;
      return undefined;
    }
  }
}

function readFrameLength(framing: IsoFraming, octets: Bytes, position: number): number {
  const expected = expectedOf(framing);
  const said = readNumber(framing, octets, position, expected);
  const length = said - (framing.includesItself ? framing.size : 0);
  const least = framing.heartbeats ? 0 : 1;
  if (length < least || length > framing.most)
    refuse('bad_frame', PLACE.frame, position, `the length says ${said}`, expected);
  return length;
}

function readNumber({ coding, size }: IsoFraming, octets: Bytes, position: number, expected: string): number {
  const reader = new WireReader(octets, position);
  if (coding === 'text') return Number(reader.text(size, CHARSETS.ascii, 'n', PLACE.frame, expected));
  if (coding === 'bcd') return Number(reader.packed(2 * size, 'left-0', false, PLACE.frame, expected));
  return octets.reduce((n, octet) => n * 256 + octet, 0);
}

function lengthOctets({ coding, size }: IsoFraming, said: number): Bytes {
  const writer = new WireWriter();
  const digits = said.toString();
  if (coding === 'text') writer.text(digits.padStart(size, '0'), CHARSETS.ascii, 'n', PLACE.frame, 'digits');
  else if (coding === 'bcd')
    writer.packed(digits.padStart(2 * size, '0'), 'left-0', false, PLACE.frame, 'digits');
  else {
    const octets = new Uint8Array(size);
    new DataView(octets.buffer).setUint16(size - 2, said);
    assert(size === 2 || byteAt(octets, 0) === 0, 'a message has at most 65535 octets');
    writer.bytes(octets);
  }
  return writer.finish();
}

function expectedOf({ coding, size, most, includesItself }: IsoFraming): string {
  const unit = { binary: 'octets, big-endian', text: 'ASCII digits', bcd: 'octets of packed digits' }[coding];
  return `a length in ${size} ${unit}, of a message of at most ${most} octets${includesItself ? ', itself counted' : ''}`;
}
