/**
 * A set of purse references in few bytes: sorted, the differences in a Rice code (docs/spec/block-list.md, section 3).
 *
 * References are drawn at random, so nothing stores n of them exactly in much less: there are so many such sets that naming
 * one takes about 65.4 - log2(n) bits a reference, and this takes 0.1 to 0.2 bits more.
 *
 * What must hold: one set has one encoding; what is read is bounded by the bytes that are there, never by a count that
 * was not checked against them.
 */
import { assert, type Bytes, type Reader, type Writer } from '@sokkin/codec';
import { badMessage } from './header.ts';

/** The most that one set may have: about 23 MB. */
export const MAX_SET = 1 << 22;
const WIDTH = 64;
const LAST = 0xffff_ffff_ffff_ffffn;

/** Low bits of a difference that stand as they are; the rest of it is counted out in ones. */
const plainBits = (count: number): number => WIDTH - (32 - Math.clz32(count));

/** References, ascending, none twice. */
export type References = BigUint64Array;

export function writeSet(w: Writer, references: References): void {
  assert(references.length <= MAX_SET, () => `${references.length} references are too many for one list`);
  const packed = pack(references);
  w.u32(references.length).u32(packed.length).bytes(packed);
}

export function readSet(r: Reader, what: string): References {
  const count = r.u32();
  const length = r.u32();
  if (count > MAX_SET) throw badMessage(`${what}: ${count} references, at most ${MAX_SET} fit`);
  const packed = r.take(length);
  // A difference takes its plain bits and the end of its ones at least.
  if (count * (plainBits(count) + 1) > packed.length * 8)
    throw badMessage(`${what}: ${length} bytes do not hold ${count} references`);
  return unpack(packed, count, what);
}

function pack(references: References): Bytes {
  const plain = plainBits(references.length);
  const bits = new BitWriter(references.length * 9 + 8);
  let before = -1n;
  for (const reference of references) {
    assert(reference > before, 'references ascend, and none stands twice');
    const gap = reference - before - 1n;
    const [high, low] = [Number(gap >> 32n), Number(gap & 0xffff_ffffn)];
    const shift = plain - 32;
    bits.ones(shiftedRight(high, shift));
    bits.put(shift === 31 ? high & 0x7fff_ffff : high & ((1 << shift) - 1), shift);
    bits.put(low, 32);
    before = reference;
  }
  return bits.finish();
}

function unpack(packed: Bytes, count: number, what: string): References {
  const plain = plainBits(count);
  const bits = new BitReader(packed, what);
  const references = new BigUint64Array(count);
  let before = -1n;
  for (let i = 0; i < count; i++) {
    const ones = BigInt(bits.ones());
    const high = BigInt(bits.take(plain - 32));
    const gap = (ones << BigInt(plain)) | (high << 32n) | BigInt(bits.take(32));
    before += gap + 1n;
    if (before > LAST) throw badMessage(`${what}: reference ${i + 1} is beyond 8 bytes`);
    references[i] = before;
  }
  bits.end();
  return references;
}

const shiftedRight = (n: number, by: number): number => Math.floor(n / 2 ** by);

/** Bits from the highest of each byte down. */
class BitWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  #current = 0;
  #held = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  put(value: number, count: number): void {
    for (let left = count; left > 0; ) {
      const taken = Math.min(left, 8 - this.#held);
      left -= taken;
      const part = shiftedRight(value, left) & ((1 << taken) - 1);
      this.#current = (this.#current << taken) | part;
      this.#held += taken;
      if (this.#held === 8) this.#flush();
    }
  }

  /** So many ones, and the zero that ends them. */
  ones(count: number): void {
    for (let i = 0; i < count; i++) this.put(1, 1);
    this.put(0, 1);
  }

  finish(): Bytes {
    if (this.#held > 0) this.put(0, 8 - this.#held);
    return this.#bytes.slice(0, this.#length);
  }

  #flush(): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = this.#current;
    this.#current = 0;
    this.#held = 0;
  }
}

class BitReader {
  readonly #bytes: Bytes;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Bytes, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  take(count: number): number {
    if (this.#at + count > this.#bytes.length * 8) throw badMessage(`${this.#what}: ends early`);
    let value = 0;
    for (let left = count; left > 0; ) {
      const room = 8 - (this.#at & 7);
      const taken = Math.min(left, room);
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value = value * 2 ** taken + ((byte >> (room - taken)) & ((1 << taken) - 1));
      this.#at += taken;
      left -= taken;
    }
    return value;
  }

  ones(): number {
    let count = 0;
    while (this.take(1) === 1) count++;
    return count;
  }

  /** Less than a byte is left, and it is zero. */
  end(): void {
    const left = this.#bytes.length * 8 - this.#at;
    if (left > 7 || this.take(left) !== 0) throw badMessage(`${this.#what}: bits are left over`);
  }
}
