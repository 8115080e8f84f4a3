/**
 * Tear-safe memory: one small head that is replaced atomically, and cells beside it that the head refers to.
 *
 * A commit writes (1) the given cells, (2) the head, into the slot that does not hold the current one, and
 * (3) a mark that says "head n was confirmed". Step 2 is the only commit point.
 *
 * What must hold, whatever is cut off at whatever byte:
 * - OLD OR NEW. After a torn commit the memory holds the old head or the new one, and every cell which that head
 *   refers to. This asks one thing of the caller: to write only cells that the current head does not refer to
 *   (the head says by its own means which cells count). Cells of a commit that never happened are harmless.
 * - NEW ONLY once `commit` returned, and so once anybody outside can have heard of it.
 * - NEVER BACK. A head that was confirmed, or shown to the caller, is never silently followed by an older one.
 *   Without the mark, bit rot in the newest slot would look like a torn write, and falling back to the
 *   older head would give spent money back. With it, the newest slot must be at least as new as the mark.
 *   A torn or rotten mark falls back to the other one, which is one commit older and still true.
 * - NEVER A SILENT RESET. Formatting writes head 0 (empty) and mark 0 before the format block, so from then on at
 *   least one head and one mark are valid at every moment. None valid is damage, and is said so.
 *
 * Recovery decides without writing. If it saw traces of a cut, it then makes its decision durable before the
 * caller sees anything, for what was shown must not be taken back (`settle`):
 * - decided for the new head (complete, but unconfirmed): its mark is written;
 * - either way, the head is committed once more as it stands, into the other slot. This overwrites what a torn
 *   commit left there: a later torn write over those remains could otherwise complete them, and bring to life
 *   a commit that was declared never to have happened. And it renews bits that the cut left half
 *   programmed, that read right today and wrong tomorrow.
 * A cut in there is a cut in that same unanswered commit: old or new.
 */
import { allocate, assert, type Bytes, SokkinError } from '@sokkin/codec';
import {
  decodeCell,
  decodeFormat,
  decodeHead,
  decodeMark,
  encodeCell,
  encodeFormat,
  encodeHead,
  encodeMark,
  FORMAT_SIZE,
  type Geometry,
  HEAD_OVERHEAD,
  type HeadRecord,
  type Layout,
  layoutOf,
  MARK_SIZE,
  MAX_COUNTER,
  SIDES,
  sideName,
  sideOf,
} from './layout.ts';
import type { Nvm } from './nvm.ts';

export { type Geometry, nvmSize } from './layout.ts';

export interface CellWrite {
  readonly index: number;
  /** 1 to `cellSize` bytes. */
  readonly bytes: Bytes;
}

export interface TearSafeMemory {
  readonly geometry: Required<Geometry>;
  /** What the last commit wrote (a copy); undefined if nothing was ever committed. */
  readonly head: Bytes | undefined;
  /** What the cell holds (a copy); undefined if it was never written. Throws 'memory_damaged' naming the cell. */
  cell(index: number): Bytes | undefined;
  /**
   * Makes `head` (1 to `headSize` bytes) and `cells` the contents, atomically and durably. One at a time.
   * Throws 'memory_worn_out' (nothing was written) after 2^32 - 1 commits. If the device fails, its error
   * comes through, it is open whether the commit happened, and every further use throws 'memory_failed'
   * until the memory is opened again.
   */
  commit(head: Bytes, cells: readonly CellWrite[]): Promise<void>;
}

const damaged = (what: string): SokkinError =>
  new SokkinError(
    'memory_damaged',
    `The card's memory is damaged: ${what}. The card must not be used any more.`,
  );

/**
 * Formats an erased device. Throws 'memory_not_blank' if it holds anything but the remains of a torn
 * formatting, and 'memory_too_small'.
 */
export async function formatMemory(nvm: Nvm, geometry: Geometry): Promise<TearSafeMemory> {
  const layout = layoutOf(geometry);
  if (nvm.size < layout.size) {
    throw new SokkinError('memory_too_small', `The device has ${nvm.size} bytes; ${layout.size} are needed.`);
  }
  const head = encodeHead(new Uint8Array(HEAD_OVERHEAD), { counter: 0, head: new Uint8Array() });
  const mark = encodeMark(new Uint8Array(MARK_SIZE), 0);
  const block = encodeFormat(layout);

  const fresh = new Uint8Array(nvm.size);
  fresh.set(block);
  fresh.set(mark, layout.marks[0]);
  fresh.set(head, layout.heads[0]);
  const found = await nvm.read(0, nvm.size);
  const remains = found.every((byte, i) => byte === 0 || byte === fresh[i]);
  if (!remains || typeof decodeFormat(found) === 'object') {
    throw new SokkinError('memory_not_blank', 'The device already holds data; it is never formatted over.');
  }
  // The format block comes last: it is the commit point of formatting.
  await nvm.write(layout.heads[0], head);
  await nvm.write(layout.marks[0], mark);
  await nvm.write(0, block);
  return openMemory(nvm);
}

/**
 * Opens a formatted device as the last commit left it. Throws 'memory_not_formatted' (erased),
 * 'memory_version', or 'memory_damaged' naming what is damaged.
 */
export async function openMemory(nvm: Nvm): Promise<TearSafeMemory> {
  const layout = await readLayout(nvm);
  const image = await nvm.read(0, layout.size);
  const confirmed = newestMark(image, layout);
  const heads = SIDES.map((side) => decodeHead(image, layout, side)).filter((head) => head !== undefined);
  const newest = newestHead(heads, confirmed);
  const memory = new StoredMemory(nvm, layout, newest, image.slice(layout.cells));
  if (newest.counter > confirmed || heads.length < 2) await memory.settle(confirmed);
  return memory;
}

/** Opens the device, or formats it if it is erased or its formatting was torn. For whoever starts a card. */
export async function openOrFormatMemory(nvm: Nvm, geometry: Geometry): Promise<TearSafeMemory> {
  try {
    return await formatMemory(nvm, geometry);
  } catch (error) {
    if (error instanceof SokkinError && error.code === 'memory_not_blank') return openMemory(nvm);
    throw error;
  }
}

async function readLayout(nvm: Nvm): Promise<Layout> {
  const format = decodeFormat(await nvm.read(0, Math.min(nvm.size, FORMAT_SIZE)));
  if (format === 'erased')
    throw new SokkinError('memory_not_formatted', 'The device is erased: it holds no card yet.');
  if (format === 'damaged') throw damaged('its format block is not valid');
  if (format === 'other version') {
    throw new SokkinError('memory_version', 'The memory was written by another version of this program.');
  }
  const layout = layoutOf(format);
  if (nvm.size < layout.size) throw damaged(`it has ${nvm.size} of ${layout.size} bytes; the end is missing`);
  return layout;
}

function newestMark(image: Bytes, layout: Layout): number {
  const marks = SIDES.map((side) => decodeMark(image, layout, side)).filter((mark) => mark !== undefined);
  if (marks.length === 0) throw damaged('neither confirmation mark (A, B) is valid');
  return Math.max(...marks);
}

function newestHead(heads: readonly HeadRecord[], confirmed: number): HeadRecord {
  const newest = [...heads].sort((a, b) => b.counter - a.counter)[0];
  if (!newest) throw damaged('neither head slot (A, B) is valid');
  if (newest.counter < confirmed) {
    throw damaged(
      `head slot ${sideName(sideOf(confirmed))} held commit ${confirmed}, which is confirmed, and is not valid`,
    );
  }
  return newest;
}

class StoredMemory implements TearSafeMemory {
  readonly geometry: Required<Geometry>;
  readonly #nvm: Nvm;
  readonly #layout: Layout;
  /** What the device holds in its cells. */
  readonly #cells: Bytes;
  /** Where records are put together; one commit at a time, so one buffer of each is enough. */
  readonly #headBuffer: Bytes;
  readonly #markBuffer = new Uint8Array(MARK_SIZE);
  #current: HeadRecord;
  #state: 'ready' | 'committing' | 'failed' = 'ready';

  constructor(nvm: Nvm, layout: Layout, current: HeadRecord, cells: Bytes) {
    this.geometry = layout.geometry;
    this.#nvm = nvm;
    this.#layout = layout;
    this.#current = current;
    this.#cells = cells;
    this.#headBuffer = new Uint8Array(HEAD_OVERHEAD + layout.geometry.headSize);
  }

  get head(): Bytes | undefined {
    this.#mustNotHaveFailed();
    return this.#current.head.length === 0 ? undefined : this.#current.head.slice();
  }

  cell(index: number): Bytes | undefined {
    this.#mustNotHaveFailed();
    this.#mustBeCell(index);
    const found = decodeCell(this.#cells, this.#layout, index);
    if (found === 'damaged') throw damaged(`cell ${index} is not valid`);
    return found;
  }

  async commit(head: Bytes, cells: readonly CellWrite[]): Promise<void> {
    this.#mustNotHaveFailed();
    assert(this.#state === 'ready', 'one commit at a time');
    this.#mustFit(head, cells);
    if (this.#current.counter === MAX_COUNTER) {
      throw new SokkinError(
        'memory_worn_out',
        "The card's memory has counted its last commit; replace the card.",
      );
    }
    // A copy: the caller may go on using its buffer.
    const own = allocate(head.length);
    own.set(head);
    await this.#replace(own, cells);
  }

  async #replace(head: Bytes, cells: readonly CellWrite[]): Promise<void> {
    const next = { counter: this.#current.counter + 1, head };
    await this.#write(async () => {
      for (const { index, bytes } of cells) {
        const record = encodeCell(this.#cells, this.#layout, index, bytes);
        await this.#nvm.write(this.#layout.cells + index * this.#layout.cellStride, record);
      }
      await this.#writeHead(next);
      await this.#writeMark(next.counter);
      this.#current = next;
    });
  }

  /** Makes what recovery decided durable, and leaves both slots valid. */
  async settle(confirmed: number): Promise<void> {
    const { counter, head } = this.#current;
    // This mark first, alone: the mark of the next commit goes over the other one, perhaps the only valid one.
    if (counter > confirmed) await this.#write(() => this.#writeMark(counter));
    if (counter < MAX_COUNTER) await this.#replace(head, []);
  }

  async #writeHead(record: HeadRecord): Promise<void> {
    const offset = this.#layout.heads[sideOf(record.counter)];
    await this.#nvm.write(offset, encodeHead(this.#headBuffer, record));
  }

  async #writeMark(counter: number): Promise<void> {
    await this.#nvm.write(this.#layout.marks[sideOf(counter)], encodeMark(this.#markBuffer, counter));
  }

  /** Once a write failed, only the device knows what it holds: nothing is answered from RAM any more. */
  async #write(work: () => Promise<void>): Promise<void> {
    this.#state = 'committing';
    try {
      await work();
      this.#state = 'ready';
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
  }

  #mustNotHaveFailed(): void {
    if (this.#state !== 'failed') return;
    throw new SokkinError('memory_failed', "The card's memory could not be written; open the card again.");
  }

  #mustFit(head: Bytes, cells: readonly CellWrite[]): void {
    const { headSize, cellSize } = this.geometry;
    assert(head.length >= 1 && head.length <= headSize, 'a head of 1 byte to headSize');
    for (const { index, bytes } of cells) {
      this.#mustBeCell(index);
      assert(bytes.length >= 1 && bytes.length <= cellSize, 'a cell of 1 byte to cellSize');
    }
    assert(new Set(cells.map((cell) => cell.index)).size === cells.length, 'each cell once in a commit');
  }

  #mustBeCell(index: number): void {
    assert(Number.isInteger(index) && index >= 0 && index < this.geometry.cellCount, 'the index of a cell');
  }
}
