/**
 * Fixed-layout bytes: a cursor that reads them and a buffer that writes them, big-endian.
 *
 * What must hold: a Reader never reads beyond its input (`truncated`) and `end()` lets nothing be
 * left over (`trailing_bytes`), so a layout read to its end has exactly one encoding. A failed read
 * does not move the cursor.
 */

import { allocate, assertUnsigned, type Bytes } from './bytes.ts';
import { assert, fail } from './errors.ts';

/** Reads one message from its front. `what` names the message in error texts ('Ticket'). */
export class Reader {
  readonly #bytes: Bytes;
  readonly #view: DataView;
  readonly #what: string;
  #offset = 0;

  constructor(bytes: Bytes, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** One byte, unsigned. */
  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** Two bytes, big-endian, unsigned. */
  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  /** Four bytes, big-endian, unsigned. */
  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  /** Eight bytes, big-endian, unsigned. */
  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8));
  }

  /** The next `n` bytes, as a view of the input and not a copy. */
  take(n: number): Bytes {
    assert(Number.isSafeInteger(n) && n >= 0, () => `take: not a length: ${n}`);
    const start = this.#advance(n);
    return this.#bytes.subarray(start, start + n);
  }

  /** All that is left, perhaps nothing, as a view of the input. */
  rest(): Bytes {
    return this.take(this.remaining);
  }

  /** Nothing may be left: `trailing_bytes` otherwise. */
  end(): void {
    if (this.remaining === 0) return;
    fail(
      'trailing_bytes',
      `${this.#what}: ${this.remaining} more bytes than expected at byte ${this.#offset}`,
    );
  }

  #advance(n: number): number {
    const start = this.#offset;
    if (n > this.remaining) {
      fail(
        'truncated',
        `${this.#what}: ends early, ${n} bytes needed at byte ${start}, ${this.remaining} left`,
      );
    }
    this.#offset = start + n;
    return start;
  }
}

/** Buffer of a writer that has finished, for the next one: most messages are written one at a time. */
let spare: Uint8Array | undefined;
const FIRST_CAPACITY = 2048;

/**
 * Writes one message. Every method but `finish` returns the writer, so that a layout reads as a list.
 * Once finished, a writer takes nothing more.
 */
export class Writer {
  #buffer: Uint8Array;
  #length = 0;
  #finished = false;

  constructor() {
    this.#buffer = spare ?? new Uint8Array(FIRST_CAPACITY);
    spare = undefined;
  }

  /** One byte. */
  u8(n: number): this {
    assertUnsigned(n, 0xff, 'u8');
    const at = this.#advance(1);
    this.#buffer[at] = n;
    return this;
  }

  /** Two bytes, big-endian. */
  u16(n: number): this {
    assertUnsigned(n, 0xffff, 'u16');
    const at = this.#advance(2);
    this.#buffer[at] = n >>> 8;
    this.#buffer[at + 1] = n;
    return this;
  }

  /** Four bytes, big-endian. */
  u32(n: number): this {
    assertUnsigned(n, 0xffff_ffff, 'u32');
    this.#put32(n);
    return this;
  }

  /** Eight bytes, big-endian. */
  u64(n: bigint): this {
    assert(n >= 0n && n <= 0xffff_ffff_ffff_ffffn, () => `u64 out of range: ${n}`);
    this.#put32(Number(n >> 32n));
    this.#put32(Number(n & 0xffff_ffffn));
    return this;
  }

  /** The bytes as they are, with no length before them. */
  bytes(b: Bytes): this {
    const at = this.#advance(b.length);
    this.#buffer.set(b, at);
    return this;
  }

  /** All that was written, in memory of its own. */
  finish(): Bytes {
    assert(!this.#finished, 'a writer finishes once');
    this.#finished = true;
    const out = allocate(this.#length);
    out.set(this.#buffer.subarray(0, this.#length));
    spare = this.#buffer;
    return out;
  }

  #put32(n: number): void {
    const at = this.#advance(4);
    const buffer = this.#buffer;
    buffer[at] = n >>> 24;
    buffer[at + 1] = n >>> 16;
    buffer[at + 2] = n >>> 8;
    buffer[at + 3] = n;
  }

  #advance(n: number): number {
    assert(!this.#finished, 'a finished writer takes nothing more');
    const start = this.#length;
    const end = start + n;
    if (end > this.#buffer.length) this.#grow(end);
    this.#length = end;
    return start;
  }

  #grow(least: number): void {
    const larger = new Uint8Array(Math.max(least, this.#buffer.length * 2));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}
