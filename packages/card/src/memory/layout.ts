/**
 * Where every byte of a card's memory stands, and how each record is written and judged. Pure functions.
 *
 *     format block   'SOKKIN-M' | version u16 | page u16 | head u32 | cell u32 | cells u32 | CRC-32
 *     mark A, B      counter u32 | CRC-32
 *     head A, B      counter u32 | length u32 | head ... | CRC-32 | counter u32
 *     cell 0 ...     length u16 | bytes ... | CRC-32 over (index u32, length, bytes)
 *
 * All numbers are big-endian. Commit n goes to slot and mark n mod 2 (A is 0), so the place of a record is
 * part of its validity. Every record starts on a multiple of the page size.
 *
 * What must hold:
 * - an erased (all zero) record is never valid, and no valid record is all zero;
 * - a record that was torn while it was written is not valid. The CRC finds that but for 1 in 2^32; a head
 *   also ends in its counter: cut off at any byte over an older head of the same length, it ends in
 *   the older counter, so that case does not rest on the CRC at all (and no choice of contents helps).
 */
import { assert, type Bytes } from '@sokkin/codec';
import { crc32 } from './crc32.ts';

export interface Geometry {
  /** Longest head record, in bytes. */
  headSize: number;
  /** Longest cell record, in bytes. */
  cellSize: number;
  cellCount: number;
  /**
   * Bytes that the device rewrites together, so that a torn write may damage its neighbours in the page;
   * every record then has pages of its own. 1 if left out: the device writes single bytes.
   */
  pageSize?: number;
}

/** The two places that commits alternate between, by `counter & 1`. */
export type Side = 0 | 1;
export const SIDES = [0, 1] as const;
export const sideOf = (counter: number): Side => (counter & 1 ? 1 : 0);
export const sideName = (side: Side): string => (side === 0 ? 'A' : 'B');

export interface Layout {
  readonly geometry: Required<Geometry>;
  readonly marks: readonly [number, number];
  readonly heads: readonly [number, number];
  /** Offset of cell 0; cell i stands at cells + i * cellStride. */
  readonly cells: number;
  readonly cellStride: number;
  /** Bytes in all. */
  readonly size: number;
}

export const FORMAT_SIZE = 28;
export const MARK_SIZE = 8;
export const HEAD_OVERHEAD = 16;
export const CELL_OVERHEAD = 6;
export const MAX_COUNTER = 0xffffffff;

const MAGIC = Uint8Array.from('SOKKIN-M', (letter) => letter.charCodeAt(0));
const VERSION = 1;

const view = (bytes: Bytes): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const whole = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

/** Heads and cells of 1 byte or more, as far as their length fields reach. */
const isGeometry = ({ headSize, cellSize, cellCount, pageSize }: Required<Geometry>): boolean =>
  whole(headSize, 1, 0xffffff) &&
  whole(cellSize, 1, 0xffff) &&
  whole(cellCount, 0, 0xffffff) &&
  whole(pageSize, 1, 0xffff);

export function layoutOf(wanted: Geometry): Layout {
  const geometry = { ...wanted, pageSize: wanted.pageSize ?? 1 };
  const { headSize, cellSize, cellCount, pageSize } = geometry;
  assert(isGeometry(geometry), 'a possible geometry');
  const pages = (bytes: number) => Math.ceil(bytes / pageSize) * pageSize;
  const [format, mark, head, cell] = [
    pages(FORMAT_SIZE),
    pages(MARK_SIZE),
    pages(HEAD_OVERHEAD + headSize),
    pages(CELL_OVERHEAD + cellSize),
  ];
  const heads = format + 2 * mark;
  const cells = heads + 2 * head;
  return {
    geometry,
    marks: [format, format + mark],
    heads: [heads, heads + head],
    cells,
    cellStride: cell,
    size: cells + cellCount * cell,
  };
}

/** Bytes that a device must have for this geometry. */
export const nvmSize = (geometry: Geometry): number => layoutOf(geometry).size;

export function encodeFormat({ geometry }: Layout): Bytes {
  const block = new Uint8Array(FORMAT_SIZE);
  const out = view(block);
  block.set(MAGIC);
  out.setUint16(8, VERSION);
  out.setUint16(10, geometry.pageSize);
  out.setUint32(12, geometry.headSize);
  out.setUint32(16, geometry.cellSize);
  out.setUint32(20, geometry.cellCount);
  out.setUint32(24, crc32(block, 0, 24));
  return block;
}

/** The geometry, or why there is none. */
export function decodeFormat(block: Bytes): Required<Geometry> | 'erased' | 'damaged' | 'other version' {
  const first = block.subarray(0, FORMAT_SIZE);
  if (first.every((byte) => byte === 0)) return 'erased';
  const given = view(first);
  const sound = first.length === FORMAT_SIZE && MAGIC.every((byte, i) => first[i] === byte);
  if (!sound || given.getUint32(24) !== crc32(first, 0, 24)) return 'damaged';
  if (given.getUint16(8) !== VERSION) return 'other version';
  const geometry = {
    headSize: given.getUint32(12),
    cellSize: given.getUint32(16),
    cellCount: given.getUint32(20),
    pageSize: given.getUint16(10),
  };
  return isGeometry(geometry) ? geometry : 'damaged';
}

/** Writes the mark into `out`, a buffer of MARK_SIZE bytes. */
export function encodeMark(out: Bytes, counter: number): Bytes {
  const target = view(out);
  target.setUint32(0, counter);
  target.setUint32(4, crc32(out, 0, 4));
  return out;
}

/** The commit that this mark confirms; undefined if the mark is not valid. */
export function decodeMark(memory: Bytes, layout: Layout, side: Side): number | undefined {
  const offset = layout.marks[side];
  const given = view(memory);
  const counter = given.getUint32(offset);
  const valid = sideOf(counter) === side && given.getUint32(offset + 4) === crc32(memory, offset, offset + 4);
  return valid ? counter : undefined;
}

export interface HeadRecord {
  readonly counter: number;
  /** Empty: nothing was ever committed (formatting wrote it, or recovery copied it). */
  readonly head: Bytes;
}

/** Writes the record into `out` (at least as long as a slot) and returns the bytes to be written. */
export function encodeHead(out: Bytes, { counter, head }: HeadRecord): Bytes {
  const end = 8 + head.length;
  const record = out.subarray(0, end + 8);
  const target = view(record);
  target.setUint32(0, counter);
  target.setUint32(4, head.length);
  record.set(head, 8);
  target.setUint32(end, crc32(record, 0, end));
  target.setUint32(end + 4, counter);
  return record;
}

/** The head record in this slot (a copy); undefined if it is not valid. */
export function decodeHead(memory: Bytes, layout: Layout, side: Side): HeadRecord | undefined {
  const offset = layout.heads[side];
  const given = view(memory);
  const counter = given.getUint32(offset);
  const length = given.getUint32(offset + 4);
  if (length > layout.geometry.headSize) return undefined;
  const end = offset + 8 + length;
  const valid =
    sideOf(counter) === side &&
    given.getUint32(end + 4) === counter &&
    given.getUint32(end) === crc32(memory, offset, end);
  return valid ? { counter, head: memory.slice(offset + 8, end) } : undefined;
}

const indexBytes = new Uint8Array(4);
const indexView = view(indexBytes);
function crcOfIndex(index: number): number {
  indexView.setUint32(0, index);
  return crc32(indexBytes);
}

/** Writes cell `index` into `cells` (an image of all cells) and returns the bytes to be written. */
export function encodeCell(cells: Bytes, layout: Layout, index: number, bytes: Bytes): Bytes {
  const offset = index * layout.cellStride;
  const end = 2 + bytes.length;
  const record = cells.subarray(offset, offset + end + 4);
  const target = view(record);
  target.setUint16(0, bytes.length);
  record.set(bytes, 2);
  target.setUint32(end, crc32(record, 0, end, crcOfIndex(index)));
  return record;
}

/** What cell `index` holds (a copy); undefined if it was never written. */
export function decodeCell(cells: Bytes, layout: Layout, index: number): Bytes | 'damaged' | undefined {
  const offset = index * layout.cellStride;
  const record = cells.subarray(offset, offset + layout.cellStride);
  const given = view(record);
  const length = given.getUint16(0);
  if (length === 0) return record.every((byte) => byte === 0) ? undefined : 'damaged';
  if (length > layout.geometry.cellSize) return 'damaged';
  const end = 2 + length;
  const valid = given.getUint32(end) === crc32(record, 0, end, crcOfIndex(index));
  return valid ? record.slice(2, end) : 'damaged';
}
