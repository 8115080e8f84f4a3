/**
 * The file of a backup: a mark, blocks, and the SHA-256 of all before it.
 *
 *     "SOKKIN-BACKUP 1\n"
 *     H header            JSON: program, migrations, when
 *     T table             JSON: name, columns                    \
 *     D data              rows as COPY text, gzip, in pieces      | for each table
 *     E end of table      JSON: rows, SHA-256 of the COPY text   /
 *     M manifest          JSON: all tables again, sequences, the audit's totals
 *     S seal              32 bytes
 *
 * A block is its letter, four bytes of length (big-endian), and so many bytes. What must hold: a reader knows from the first pass, before
 * it changes anything, whether the file is whole and unchanged; nothing in the file makes it take more memory than a block.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SokkinError } from '@sokkin/codec';

export const MARK = Buffer.from('SOKKIN-BACKUP 1\n');
const FAMILY = 'SOKKIN-BACKUP ';
export const SEAL_BYTES = 32;
const HEAD_BYTES = 5;
const SEAL_BLOCK = HEAD_BYTES + SEAL_BYTES;
const MOST_JSON = 16 * 1024 * 1024;
const MOST_DATA = 1024 * 1024;

export type BlockKind = 'H' | 'T' | 'D' | 'E' | 'M' | 'S';
export interface Block {
  readonly kind: BlockKind;
  readonly bytes: Buffer;
}

export class BackupWriter {
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  #size = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async begin(): Promise<void> {
    await this.#put(MARK);
  }

  async json(kind: 'H' | 'T' | 'E' | 'M', value: object): Promise<void> {
    await this.block(kind, Buffer.from(JSON.stringify(value)));
  }

  async block(kind: BlockKind, bytes: Buffer): Promise<void> {
    const head = Buffer.alloc(HEAD_BYTES);
    head.write(kind, 0, 'latin1');
    head.writeUInt32BE(bytes.length, 1);
    await this.#put(Buffer.concat([head, bytes]));
  }

  /** The seal, and all of it on disk. */
  async end(): Promise<{ readonly bytes: number; readonly sha256: string }> {
    const head = Buffer.alloc(HEAD_BYTES);
    head.write('S', 0, 'latin1');
    head.writeUInt32BE(SEAL_BYTES, 1);
    await this.#put(head);
    const seal = this.#hash.digest();
    await this.#file.write(seal);
    await this.#file.sync();
    return { bytes: this.#size + SEAL_BYTES, sha256: seal.toString('hex') };
  }

  async #put(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    this.#size += bytes.length;
    await this.#file.writev([bytes]);
  }
}

const damaged = (file: string, what: string) =>
  new SokkinError('backup_damaged', `${file} is damaged: ${what}. Use another copy of it.`);

/** Reads the whole file once. Throws `backup_foreign`, `backup_truncated`, `backup_damaged` or `backup_unreadable`. */
export async function checkSeal(file: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const size = await checkMark(file);
  const hash = createHash('sha256');
  let tail = Buffer.alloc(0);
  for await (const part of createReadStream(file) as AsyncIterable<Buffer>) {
    const all = Buffer.concat([tail, part]);
    const keep = Math.min(all.length, SEAL_BLOCK);
    hash.update(all.subarray(0, all.length - keep));
    tail = Buffer.from(all.subarray(all.length - keep));
  }
  const [head, seal] = [tail.subarray(0, HEAD_BYTES), tail.subarray(HEAD_BYTES)];
  const isSealed = head.toString('latin1', 0, 1) === 'S' && head.readUInt32BE(1) === SEAL_BYTES;
  hash.update(head);
  const found = hash.digest();
  if (found.equals(seal)) return { bytes: size, sha256: found.toString('hex') };
  if (isSealed) throw damaged(file, 'its contents are not those that were sealed');
  throw new SokkinError(
    'backup_truncated',
    `${file} does not end as a backup does: it was cut off or changed. Use another copy of it.`,
  );
}

async function checkMark(file: string): Promise<number> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MARK.length), 0, MARK.length, 0);
      const mark = buffer.subarray(0, bytesRead);
      if (!mark.equals(MARK)) throw notOurs(file, mark);
      if (size < MARK.length + SEAL_BLOCK)
        throw new SokkinError('backup_truncated', `${file} ends right after its beginning: it was cut off.`);
      return size;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof SokkinError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SokkinError('backup_unreadable', `${file} cannot be read: ${why}`, { cause: error });
  }
}

function notOurs(file: string, mark: Buffer): SokkinError {
  if (mark.length < MARK.length && MARK.subarray(0, mark.length).equals(mark))
    return new SokkinError('backup_truncated', `${file} ends within its beginning: it was cut off.`);
  if (
    mark.toString('latin1').startsWith(FAMILY) &&
    /^[0-9]+\n$/.test(mark.toString('latin1').slice(FAMILY.length))
  )
    return new SokkinError(
      'backup_newer',
      `${file} was made by a newer version of Sokkin: restore it with that one.`,
    );
  return new SokkinError('backup_foreign', `${file} is no backup of Sokkin.`);
}

/** The blocks of a file whose seal was checked, without the seal. */
export async function* readBlocks(file: string): AsyncGenerator<Block> {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const part of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part]);
    if (isFirst) {
      if (rest.length < MARK.length) continue;
      rest = rest.subarray(MARK.length);
      isFirst = false;
    }
    for (let block = take(file, rest); block !== undefined; block = take(file, rest)) {
      rest = rest.subarray(HEAD_BYTES + block.bytes.length);
      if (block.kind !== 'S') yield block;
      else if (rest.length > 0) throw damaged(file, 'there is something after its seal');
    }
  }
  if (rest.length > 0) throw damaged(file, 'its last block is not whole');
}

function take(file: string, bytes: Buffer): Block | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const kind = bytes.toString('latin1', 0, 1);
  const length = bytes.readUInt32BE(1);
  if (!isKind(kind)) throw damaged(file, 'it has a block of no known kind');
  if (length > (kind === 'D' ? MOST_DATA : MOST_JSON)) throw damaged(file, 'it has a block that is too long');
  if (bytes.length < HEAD_BYTES + length) return undefined;
  return { kind, bytes: bytes.subarray(HEAD_BYTES, HEAD_BYTES + length) };
}

const isKind = (kind: string): kind is BlockKind => /^[HTDEMS]$/.test(kind);
